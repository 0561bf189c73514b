// The command that looks into a file or an entry of the store: shapes, dtypes and digests, never elements.
import { existsSync } from 'node:fs';
import { AttributeError, decodeNpy, diskStore, FormatError, storeFolder } from '../index.ts';
import { decodeSafetensors, isBundle, type StoredTensor } from '../interchange.ts';
import { contentId, panelDigests } from '../core/fingerprint/content.ts';
import { isDigestHex, toHex } from '../core/fingerprint/digest.ts';
import { dtypeOfSafetensors } from '../core/tensor/safetensors-dtypes.ts';
import { alignColumns } from '../core/text.ts';
import { nodeHost } from '../host/node/host.ts';
import { readSafetensorsHeader } from '../interchange/safetensors-header.ts';
import { readBytes, readTraceFile, type TraceFileOptions } from './files.ts';
import { oneLine } from './printable.ts';
import { type CommandResult, damageOf, limitOf } from './trace-commands.ts';
import { bytes } from './units.ts';

/** Options of the command, as words of the command line. */
interface InspectOptions extends TraceFileOptions {
  readonly store?: string | undefined;
  readonly limit?: string | undefined;
}

/** A tensor as it is listed. */
interface Listed {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  /** Content id; undefined where elements are of a dtype that is not held, or are not there. */
  readonly contentId: string | undefined;
}

interface Found {
  readonly kind: 'bundle' | 'trace' | 'npy' | 'safetensors' | 'store entry';
  readonly tensors: readonly Listed[];
  /** What else is known, in lines and as values. */
  readonly lines?: readonly string[];
  readonly record?: Readonly<Record<string, unknown>>;
}

/** Lists what is in a file, or under a key of the store. */
export async function inspectCommand(path: string, options: InspectOptions): Promise<CommandResult> {
  const limit = limitOf(options.limit, 'inspect');
  const isKey = isDigestHex(path) && !existsSync(path);
  const { kind, tensors, lines = [], record } = await (isKey ? inStore(path, options) : inFile(path, options));
  const rows = tensors
    .slice(0, limit)
    .map((each) => [
      `  ${oneLine(each.name)}`,
      `${oneLine(each.dtype)} [${each.shape.join('×')}]`,
      bytes(each.sizeBytes),
      each.contentId ?? '',
    ]);
  const more = tensors.length - rows.length;
  return {
    text: [
      `${path}: ${kind}, ${tensors.length} tensor${tensors.length === 1 ? '' : 's'}`,
      ...lines,
      ...(rows.length === 0 ? [] : [alignColumns(rows)]),
      ...(more > 0 ? [`  … and ${more} more: --limit ${tensors.length} lists them all`] : []),
    ].join('\n'),
    record: { path, kind, ...record, tensors },
    exitCode: 0,
  };
}

const JSON_BEGINS = 0x7b;
const TRACE_BEGINS = 0x89;
const NPY_BEGINS = 0x93;

async function inFile(path: string, options: InspectOptions): Promise<Found> {
  const file = await readBytes(path);
  const first = file.find((byte) => byte > 0x20 && byte < 0x80) ?? 0;
  if (isBundle(file) || file[0] === TRACE_BEGINS) return inTrace(path, options);
  if (file[0] === NPY_BEGINS) return { kind: 'npy', tensors: [await listed('elements', decodeNpy(file))] };
  if (file[8] === JSON_BEGINS) return inSafetensors(file);
  if (first === JSON_BEGINS) return inTrace(path, options);
  throw new FormatError(
    `${path} is no bundle, trace, .npy or .safetensors file; give one of these, or a key of the store.`,
    { code: 'unknown', path },
  );
}

async function inTrace(path: string, options: InspectOptions): Promise<Found> {
  const { trace, bundle } = await readTraceFile(path, options);
  const { head, events, annotations, roots } = trace;
  const written = Object.entries(head).map(([name, value]) => `${name} ${String(value)}`);
  const omitted = bundle?.omitted.roots.length ?? 0;
  return {
    kind: bundle === undefined ? 'trace' : 'bundle',
    tensors: roots.map(({ contentId: id, dtype, shape, bytes: elements }, i) => ({
      name: `root ${i}`,
      dtype,
      shape,
      sizeBytes: elements?.length ?? 0,
      contentId: toHex(id),
    })),
    lines: [
      `  ${events.length} calls, ${annotations.length} annotations · ${oneLine(written.join(' · '))}`,
      ...damageOf(trace),
      ...(bundle === undefined ? [] : [`  root ${bundle.root} · ${omitted} roots left out`]),
    ],
    record: {
      head,
      calls: events.length,
      annotations: annotations.length,
      damage: trace.damage,
      ...(bundle && { root: bundle.root, signer: bundle.signer, omitted: bundle.omitted }),
    },
  };
}

async function inSafetensors(file: Uint8Array): Promise<Found> {
  const { entries, metadata } = readSafetensorsHeader(file);
  const held = entries.filter(({ stored }) => dtypeOfSafetensors(stored) !== undefined).map(({ name }) => name);
  const { tensors } = decodeSafetensors(file, { names: held });
  const list = entries.map(async ({ name, stored, shape, start, end }): Promise<Listed> => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return listed(name, tensor);
    return { name, dtype: stored.name, shape, sizeBytes: end - start, contentId: undefined };
  });
  return {
    kind: 'safetensors',
    tensors: await Promise.all(list),
    lines: [...metadata].map(([name, text]) => `  ${oneLine(name)}: ${oneLine(text)}`),
    record: { metadata: [...metadata] },
  };
}

async function listed(name: string, { dtype, shape, array }: StoredTensor): Promise<Listed> {
  const { digest } = await nodeHost();
  const id = contentId(panelDigests(array, shape, dtype, digest), shape, dtype, digest);
  return { name, dtype, shape, sizeBytes: array.byteLength, contentId: toHex(id) };
}

async function inStore(key: string, { store: named }: InspectOptions): Promise<Found> {
  const folder = storeFolder(named);
  const store = existsSync(folder) ? await diskStore(folder) : undefined;
  try {
    const stored = await store?.get(key);
    if (stored === undefined)
      throw new AttributeError(`inspect: ${folder} has no result of ${key}; see "symbolic-sheet stats".`, { key });
    const { dtype, shape, digest, elements, costs, producer } = stored;
    const sizeBytes = elements instanceof Uint8Array ? elements.length : elements.sizeBytes;
    return {
      kind: 'store entry',
      tensors: [{ name: 'result', dtype, shape, sizeBytes, contentId: digest }],
      lines: [`  computed on ${oneLine(producer)} in ${(costs.ownNs / 1e6).toPrecision(3)} ms`],
      record: { key, producer, costs },
    };
  } finally {
    await store?.close();
  }
}
