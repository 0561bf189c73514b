// The header of a safetensors file: which tensors it has and where their elements lie. Everything is checked before a
// byte is allocated for an element. The format: https://github.com/huggingface/safetensors.
import { FormatError, LimitError } from '../core/errors.ts';
import { safetensorsDType, type SafetensorsDType } from '../core/tensor/safetensors-dtypes.ts';
import { formatShape, MAX_ELEMENTS, MAX_RANK, type Shape, sizeOf } from '../core/tensor/shape.ts';
import { decodeUtf8, encodeUtf8 } from '../core/tensor/utf8.ts';
import { JsonReader } from './json-reader.ts';

/** What a file may have at most; more is refused before it is read, and before it is written. */
const SAFETENSORS_LIMITS: Readonly<Record<'headerBytes' | 'entries' | 'nameBytes', number>> = {
  headerBytes: 4 * 2 ** 20,
  entries: 16_384,
  nameBytes: 256,
};

/** The key of the one member that is no tensor. */
export const METADATA_KEY = '__metadata__';

/** A tensor of a file: what it is, and from where to where its elements lie in the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly stored: SafetensorsDType;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

interface SafetensorsHeader {
  /** In the order in which they are listed. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

const LENGTH_BYTES = 8;

/**
 * Reads and checks the header of a file. Throws FormatError (`details.code`: truncated, trailing, malformed, duplicate,
 * offsets) and LimitError.
 */
export function readSafetensorsHeader(file: Uint8Array): SafetensorsHeader {
  if (file.length < LENGTH_BYTES + 2) throw notSafetensors('truncated', `it has ${file.length} bytes and no header`);
  const view = new DataView(file.buffer, file.byteOffset, LENGTH_BYTES);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  checkSafetensorsLimits({ headerBytes });
  const dataStart = LENGTH_BYTES + headerBytes;
  if (dataStart > file.length) throw notSafetensors('truncated', 'it ends inside its header');
  const text = decodeUtf8(file.subarray(LENGTH_BYTES, dataStart));
  if (text?.startsWith('{') !== true) throw notSafetensors('malformed', 'its header is no JSON object in UTF-8');
  const header = parseHeader(text, dataStart);
  checkCoverage(header.entries, dataStart, file.length);
  return header;
}

function parseHeader(text: string, dataStart: number): SafetensorsHeader {
  const reader = new JsonReader(text, (what) => notSafetensors('malformed', `its header ${what}`));
  const entries: SafetensorsEntry[] = [];
  const known = new Set<string>();
  let metadata: ReadonlyMap<string, string> = new Map();
  reader.object((key) => {
    if (known.has(key)) throw notSafetensors('duplicate', `its header names ${quote(key)} twice`);
    known.add(key);
    checkSafetensorsLimits({ entries: entries.length + 1 });
    if (key === METADATA_KEY) metadata = readMetadata(reader);
    else entries.push(readEntry(key, reader, dataStart));
  });
  if (/[^ ]/.test(reader.rest())) throw notSafetensors('malformed', 'its header goes on after its end');
  return { entries, metadata };
}

function readMetadata(reader: JsonReader): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  reader.object((key) => {
    if (metadata.has(key)) throw notSafetensors('duplicate', `its metadata name ${quote(key)} twice`);
    metadata.set(key, reader.string());
    checkSafetensorsLimits({ entries: metadata.size });
  });
  return metadata;
}

function readEntry(name: string, reader: JsonReader, dataStart: number): SafetensorsEntry {
  checkSafetensorsLimits({ nameBytes: encodeUtf8(name).length });
  let [stored, shape, offsets]: [string?, number[]?, number[]?] = [];
  reader.object((key) => {
    if (key === 'dtype' && stored === undefined) stored = reader.string();
    else if (key === 'shape' && shape === undefined) shape = reader.integers(MAX_RANK);
    else if (key === 'data_offsets' && offsets === undefined) offsets = reader.integers(2);
    else throw notSafetensors('malformed', `tensor ${quote(name)} has ${quote(key)} twice, or at all`);
  });
  const [start, end] = offsets ?? [];
  if (stored === undefined || shape === undefined || start === undefined || end === undefined)
    throw notSafetensors('malformed', `tensor ${quote(name)} lacks one of dtype, shape and data_offsets`);
  const entry = { name, stored: rowOf(name, stored), shape, start: dataStart + start, end: dataStart + end };
  checkSize(entry);
  return entry;
}

function rowOf(name: string, stored: string): SafetensorsDType {
  const row = safetensorsDType(stored);
  if (row !== undefined) return row;
  throw notSafetensors('malformed', `tensor ${quote(name)} is of ${quote(stored)}, which is no type of the format`);
}

/** The bytes of an entry are those of its shape. Lengths are compared without zeros too: they hide no product. */
function checkSize({ name, stored, shape, start, end }: SafetensorsEntry): void {
  const size = sizeOf(shape.filter((length) => length !== 0));
  if (size > MAX_ELEMENTS) {
    const what = `tensor ${quote(name)} of shape ${formatShape(shape)} has more than ${MAX_ELEMENTS} elements`;
    throw new LimitError(`safetensors: ${what}; split it.`, { name, shape, limit: MAX_ELEMENTS });
  }
  const sizeBytes = (sizeOf(shape) * stored.bits) / 8;
  if (end - start === sizeBytes) return;
  const stated = `tensor ${quote(name)} is ${stored.name} ${formatShape(shape)}, ${sizeBytes} bytes`;
  throw notSafetensors('offsets', `${stated}, and its offsets are ${end - start} bytes apart`);
}

/** Elements follow each other without gap or overlap, from the header to the end of the file. */
function checkCoverage(entries: readonly SafetensorsEntry[], dataStart: number, fileBytes: number): void {
  let at = dataStart;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== at) throw notSafetensors('offsets', `tensor ${quote(name)} does not begin where the one before ends`);
    at = end;
  }
  if (at === fileBytes) return;
  const [code, place] = at > fileBytes ? ['truncated', 'before'] : ['trailing', 'after'];
  throw notSafetensors(code!, `it ends ${Math.abs(fileBytes - at)} bytes ${place} the end of its last tensor`);
}

/** A name as it may be shown: in quotes, and short. */
const quote = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);

/** What is counted against a limit, as it is called in messages. */
const COUNTED: Readonly<Record<keyof typeof SAFETENSORS_LIMITS, string>> = {
  headerBytes: 'a header of {} bytes',
  entries: '{} entries',
  nameBytes: 'a name of {} bytes',
};

/** Refuses more than a file may have. */
export function checkSafetensorsLimits(counts: Readonly<Partial<typeof SAFETENSORS_LIMITS>>): void {
  for (const name of Object.keys(counts) as (keyof typeof SAFETENSORS_LIMITS)[]) {
    const value = counts[name] ?? 0;
    const limit = SAFETENSORS_LIMITS[name];
    if (value <= limit) continue;
    const what = COUNTED[name].replace('{}', String(value));
    throw new LimitError(`safetensors: ${what}; at most ${limit} are taken: split the file.`, { value, limit });
  }
}

const notSafetensors = (code: string, reason: string): FormatError =>
  new FormatError(
    `safetensors: ${reason}; take the file from where it was written, or write it again with safetensors.save_file ` +
      'or encodeSafetensors.',
    { code, reason },
  );
