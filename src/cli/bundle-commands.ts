// The commands on bundles: pack, unpack, verify.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, SheetError } from '../index.ts';
import { type Bundle, packBundle, type Redaction } from '../interchange.ts';
import { allocate, bytesOf, parseDType } from '../core/tensor/dtype.ts';
import { sizeOf } from '../core/tensor/shape.ts';
import { besidePath } from '../core/trace/file-name.ts';
import { traceToJson } from '../core/trace/json-export.ts';
import type { TraceRoot } from '../core/trace/trace.ts';
import { readBundleFile, readSecret, readTraceFile, type TraceFileOptions, writeNew } from './files.ts';
import { oneLine } from './printable.ts';
import { during } from './progress.ts';
import type { CommandResult } from './trace-commands.ts';
import { bytes } from './units.ts';

/** Options of the commands, as words of the command line. */
export interface BundleCommandOptions extends TraceFileOptions {
  /** pack, unpack: where to. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  /** pack: what to leave out, and the file of the secret key that signs. */
  readonly redact?: string | undefined;
  readonly key?: string | undefined;
}

/** Makes one file of a trace and its roots. */
export async function packCommand(path: string, options: BundleCommandOptions): Promise<CommandResult> {
  const { trace } = await readTraceFile(path, options);
  const target = options.out ?? `${path.replace(/\.sqs(\.json)?$|\.sqb$/, '')}.sqb`;
  const key = options.key === undefined ? {} : { key: await readSecret(options.key) };
  const redact = options.redact === undefined ? {} : { redact: redactionOf(options.redact) };
  const packed = await during(`packing ${path}`, () => packBundle(trace, { ...key, ...redact }));
  await writeNew(target, packed.bytes, options.force);
  const { bytes: file, ...figures } = packed;
  return {
    text: [`${target}: ${bytes(file.length)}, root ${packed.root}`, ...contentsOf(packed)].join('\n'),
    record: { path: target, sizeBytes: file.length, ...figures },
    exitCode: 0,
  };
}

/** What `--redact roots,notes,17` says. */
function redactionOf(text: string): Redaction {
  const words = text.split(',').map((word) => word.trim());
  const named = words.filter((word) => word !== 'roots' && word !== 'notes' && word !== '');
  const roots = words.includes('roots')
    ? ('all' as const)
    : named.map((word) => (/^#?\d{1,15}$/.test(word) ? Number(word.replace('#', '')) : word));
  return { roots, notes: words.includes('notes') };
}

/** What is in a bundle, and what is not. */
function contentsOf({ tensors, omitted }: Pick<Bundle, 'tensors' | 'omitted'>): string[] {
  const sizeBytes = tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
  const lines = [`${tensors.length} roots, ${bytes(sizeBytes)}`];
  for (const { why, seq, dtype, shape, contentId } of omitted.roots)
    lines.push(`${why} root #${seq}: ${oneLine(dtype)} [${shape.join('×')}] ${contentId ?? 'of unknown content'}`);
  if (omitted.results + omitted.notes > 0)
    lines.push(`left out with them: ${omitted.results} records of results, ${omitted.notes} notes`);
  return lines;
}

/** Writes the trace of a bundle, with its roots beside it, into a folder of its own. */
export async function unpackCommand(path: string, options: BundleCommandOptions): Promise<CommandResult> {
  const bundle = await during(`verifying ${path}`, () => readBundleFile(path, options));
  const folder = options.out ?? path.replace(/\.sqb$|$/, '.unpacked');
  await mkdir(folder, { recursive: true });
  const target = join(folder, 'run.sqs.json');
  const roots = bundle.trace.roots.map(({ bytes: elements, ...root }): TraceRoot =>
    elements === undefined ? root : { ...root, beside: true },
  );
  for (const { contentId, dtype, shape, bytes: elements } of bundle.trace.roots)
    if (elements !== undefined)
      await writeNew(besidePath(target, contentId), npyOf(dtype, shape, elements), options.force);
  await writeNew(target, traceToJson({ ...bundle.trace, roots }), options.force);
  return {
    text: [`${target}: ${bundle.trace.events.length} calls`, ...contentsOf(bundle)].join('\n'),
    record: { path: target, root: bundle.root, tensors: bundle.tensors, omitted: bundle.omitted },
    exitCode: 0,
  };
}

function npyOf(name: string, shape: readonly number[], elements: Uint8Array): Uint8Array {
  const dtype = parseDType(name);
  const array = allocate(dtype, sizeOf(shape));
  bytesOf(array).set(elements);
  return encodeNpy({ dtype, shape, array });
}

/** Says whether a bundle is whole, and signed by whom. */
export async function verifyCommand(path: string, options: BundleCommandOptions): Promise<CommandResult> {
  let bundle: Bundle;
  try {
    bundle = await during(`verifying ${path}`, () => readBundleFile(path, options));
  } catch (error) {
    // What cannot be read at all is another matter.
    if (!(error instanceof SheetError) || (error.code !== 'FORMAT' && error.code !== 'LIMIT')) throw error;
    const { name, code, message, details } = error;
    const record = { verified: false, error: { name, code, reason: details['code'], message } };
    return { text: oneLine(`${name}: ${message}`), record, exitCode: 1 };
  }
  const { root, signer, isTrusted, tensors, omitted, unreplayable, trace } = bundle;
  const signed =
    signer === undefined
      ? 'signed by nobody'
      : isTrusted
        ? `signed by ${signer}, a key you trust`
        : `signed by ${oneLine(signer)}, which was not checked: --trust says whose signature counts`;
  const lines = [`${path}: whole, root ${root}`, signed, `${trace.events.length} calls`, ...contentsOf(bundle)];
  if (unreplayable > 0) lines.push(`${unreplayable} calls cannot be replayed without what is missing`);
  const record = {
    verified: true,
    root,
    signer,
    isTrusted,
    calls: trace.events.length,
    tensors,
    omitted,
    unreplayable,
  };
  return { text: lines.join('\n'), record, exitCode: 0 };
}
