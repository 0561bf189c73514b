// Saving a live trace as .sqs.json, a file or its bytes, with the contents of its roots in it, beside it, or left to
// whoever replays it.
import type { Files } from '../env.ts';
import { type Digest, toHex } from '../fingerprint/digest.ts';
import type { Value } from '../tensor/block.ts';
import { bytesOf } from '../tensor/dtype.ts';
import { encodeNpy } from '../tensor/npy.ts';
import { encodeUtf8 } from '../tensor/utf8.ts';
import { besidePath } from './file-name.ts';
import { traceToJson } from './json-export.ts';
import { ROOT_NAME } from './records.ts';
import type { KeptRoot } from './kept-roots.ts';
import { savedForm } from './saved-form.ts';
import type { Trace, TraceRoot } from './trace.ts';
import type { TraceWriter } from './writer.ts';

/** Where the contents of roots go. */
export type RootPlace = 'embedded' | 'beside' | 'none';

export interface SaveOptions {
  /** Default `embedded` up to 64 MiB in total, `none` above. */
  readonly roots?: RootPlace;
}

/** Options of a trace as bytes, which have nothing beside them. */
export interface BytesOptions {
  /** Default `embedded` up to 64 MiB in total, `none` above. */
  readonly roots?: 'embedded' | 'none';
}

/** What was saved. */
export interface SaveReport {
  readonly path: string;
  readonly events: number;
  readonly annotations: number;
  readonly sizeBytes: number;
  /** Distinct contents of roots, and their bytes, wherever they went. */
  readonly roots: { readonly place: RootPlace; readonly count: number; readonly sizeBytes: number };
  /** What a reader should know: roots left out or no longer in memory. */
  readonly note?: string;
}

/** What saving needs from the machine. */
export interface SaveDependencies {
  readonly digest: Digest;
  readonly files: Files;
}

const EMBEDDED_LIMIT_BYTES = 64 * 2 ** 20;

/** Writes what is in memory of a trace; a reader of `path` sees the old file or the new one. */
export async function saveTrace(
  writer: TraceWriter,
  path: string,
  { digest, files }: SaveDependencies,
  options: SaveOptions,
): Promise<SaveReport> {
  const { contents, bytes, ...report } = traceBytes(writer, digest, options, 'beside');
  if (report.roots.place === 'beside')
    for (const { contentId, value } of contents) await writeBeside(files, path, contentId, value);
  await files.write(path, bytes);
  return { path, ...report };
}

/** `Uint8Array<ArrayBuffer>`, as a Blob takes it, for compilers from before typed arrays had that argument too. */
export type OwnBytes = ReturnType<Uint8ArrayConstructor['of']>;

/** The bytes of a saved trace, and what is to be said of them. */
export interface SavedBytes extends Omit<SaveReport, 'path'> {
  readonly bytes: OwnBytes;
  /** Distinct contents of roots. */
  readonly contents: readonly Content[];
}

/**
 * What is in memory of a trace as the bytes of a file. `remedy` is the place that a note names where roots were left
 * out unasked.
 */
export function traceBytes(writer: TraceWriter, digest: Digest, options: SaveOptions, remedy: RootPlace): SavedBytes {
  const form = savedForm(writer, digest);
  const contents = collectContents(form.roots);
  let sizeBytes = 0;
  for (const { value } of contents) sizeBytes += value.type.sizeBytes;
  const place = options.roots ?? (sizeBytes <= EMBEDDED_LIMIT_BYTES ? 'embedded' : 'none');
  const trace: Trace = { ...form.trace, roots: contents.map((content) => rootOf(content, place)) };
  const bytes = encodeUtf8(traceToJson(trace));
  const leftOut =
    place === 'none' && options.roots === undefined
      ? `Roots take ${sizeBytes} bytes and were left out; save with { roots: '${remedy}' } to replay without ` +
        'finding them again.'
      : '';
  const note = [leftOut, ...lossesOf(trace)].filter((line) => line !== '').join(' ');
  return {
    bytes,
    contents,
    events: trace.events.length,
    annotations: trace.annotations.length,
    sizeBytes: bytes.length,
    roots: { place, count: contents.length, sizeBytes },
    ...(note !== '' && { note }),
  };
}

interface Content {
  readonly contentId: Uint8Array;
  readonly value: Value;
}

/** Readable roots by content. */
function collectContents(roots: readonly KeptRoot[]): Content[] {
  const contents = new Map<string, Content>();
  for (const { contentId, value } of roots) {
    if (contentId !== undefined && value !== undefined) contents.set(toHex(contentId), { contentId, value });
  }
  return [...contents.values()];
}

function rootOf({ contentId, value }: Content, place: RootPlace): TraceRoot {
  const { dtype, shape } = value.type;
  const root = { contentId, dtype, shape };
  if (place === 'embedded') return { ...root, bytes: bytesOf(value.array) };
  return place === 'beside' ? { ...root, beside: true } : root;
}

const writeBeside = (files: Files, path: string, contentId: Uint8Array, { array, type }: Value): Promise<void> =>
  files.write(besidePath(path, contentId), encodeNpy({ dtype: type.dtype, shape: type.shape, array }));

/** What a reader will miss. */
function lossesOf(trace: Trace): string[] {
  const known = new Set(trace.annotations.map((record) => (record.kind === 'root' ? record.seq : -1)));
  const gone = trace.events.filter((event) => event.op === ROOT_NAME && !known.has(event.seq)).length;
  const dropped = trace.seals.program.start.events + trace.seals.annotations.start.events;
  return [
    gone > 0 ? `${gone} roots are no longer in memory; a replay will ask for them.` : '',
    dropped > 0 ? `${dropped} older frames are no longer in memory (trace.maxEvents); a trace.file has them all.` : '',
  ];
}
