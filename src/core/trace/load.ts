// Opens a saved trace of either form, live log or .sqs.json, and verifies all of it.
import type { Files } from '../env.ts';
import { FormatError, SheetError } from '../errors.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { bytesOf } from '../tensor/dtype.ts';
import { decodeNpy } from '../tensor/npy.ts';
import { decodeUtf8Leniently } from '../tensor/utf8.ts';
import { besidePath, fileError } from './file-name.ts';
import { TRACE_MAGIC } from './frames.ts';
import { traceFromJson } from './json-import.ts';
import { joinRuns } from './join-runs.ts';
import { readRuns } from './read-runs.ts';
import { contentOf } from './roots.ts';
import type { Trace, TraceRoot } from './trace.ts';

export interface LoadOptions {
  /**
   * `refuse` (default): a FormatError says what is wrong. `prefix`: what is sound before it is returned, with `damage`.
   */
  readonly damaged?: 'refuse' | 'prefix';
}

/**
 * Reads and verifies a trace file. Throws a FormatError whose `details.code` says what happened to it, an
 * UnavailableError where it cannot be read.
 */
export async function loadTraceFile(
  path: string,
  dependencies: { readonly digest: Digest; readonly files: Files },
  options: LoadOptions = {},
): Promise<Trace> {
  const bytes = await dependencies.files.read(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  const trace = readTrace(bytes, dependencies.digest, options, path);
  return { ...trace, roots: await Promise.all(trace.roots.map((root) => fetchBeside(root, path, dependencies))) };
}

/** A root with the bytes that lie beside the trace; without them where the file is gone or holds something else. */
async function fetchBeside(
  root: TraceRoot,
  path: string,
  { digest, files }: { readonly digest: Digest; readonly files: Files },
): Promise<TraceRoot> {
  if (root.beside !== true) return root;
  const file = await files.read(besidePath(path, root.contentId)).catch(() => undefined);
  if (file === undefined) return root;
  try {
    const bytes = bytesOf(decodeNpy(file).array);
    return contentOf(root, bytes, digest) === undefined ? root : { ...root, bytes };
  } catch (error) {
    if (error instanceof SheetError) return root;
    throw error;
  }
}

/** As `loadTraceFile`, from bytes; `name` is for messages. */
export function readTrace(bytes: Uint8Array, digest: Digest, options: LoadOptions = {}, name = 'trace'): Trace {
  const trace =
    bytes[0] === TRACE_MAGIC[0]
      ? traceFromFrames(plain(bytes), digest)
      : traceFromJson(decodeUtf8Leniently(bytes).replace(/^\uFEFF/, ''), digest);
  if (trace.damage === undefined || options.damaged === 'prefix') return trace;
  const { code, message } = trace.damage;
  throw new FormatError(`${name}: ${message}`, {
    code,
    events: trace.events.length,
    annotations: trace.annotations.length,
  });
}

/**
 * The same bytes as no subclass: a slice of a Buffer is a view, and its events would hold the whole file and compare as
 * Buffers.
 */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The verified prefix of a live log. */
function traceFromFrames(bytes: Uint8Array, digest: Digest): Trace {
  const { runs, damage } = readRuns(bytes, digest);
  return { ...joinRuns(runs), ...(damage && { damage: { code: damage.code, message: damage.message } }) };
}
