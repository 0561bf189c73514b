// Tensors by name as .safetensors files: the exchange with PyTorch, JAX and what else keeps models.
import { AttributeError, DTypeError, ShapeError } from '../core/errors.ts';
import { littleEndianHost, swapBytes } from '../core/tensor/byte-order.ts';
import { allocate, bytesOf, DTYPES } from '../core/tensor/dtype.ts';
import type { Elements } from '../core/tensor/elements.ts';
import { asTruth } from '../core/tensor/foreign-elements.ts';
import { dtypeOfSafetensors, safetensorsNameOf } from '../core/tensor/safetensors-dtypes.ts';
import { checkShape, formatShape, sizeOf } from '../core/tensor/shape.ts';
import { encodeUtf8 } from '../core/tensor/utf8.ts';
import { LONE_SURROGATE } from './json-reader.ts';
import {
  checkSafetensorsLimits,
  METADATA_KEY,
  readSafetensorsHeader,
  type SafetensorsEntry,
} from './safetensors-header.ts';

/** A tensor on its way in or out: row-major elements with their type. */
export type StoredTensor = Pick<Elements, 'dtype' | 'shape' | 'array'>;

/** What a file has. Fields are maps, for a name may be any text. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Texts beside them, by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** What is written: maps, or objects with the same names. */
export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, StoredTensor> | Readonly<Record<string, StoredTensor>>;
  readonly metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
}

/** What `decodeSafetensors` may be told. */
export interface SafetensorsOptions {
  /** Reads these tensors alone; others may be of element types that are not held here. */
  readonly names?: readonly string[];
}

/**
 * The tensors of a .safetensors file, in fresh arrays. Throws FormatError (`details.code`: truncated, trailing,
 * malformed, duplicate, offsets), LimitError for more than a file may have, and DTypeError for element types that are
 * not held.
 */
export function decodeSafetensors(file: Uint8Array, { names }: SafetensorsOptions = {}): SafetensorsFile {
  const { entries, metadata } = readSafetensorsHeader(file);
  const missing = names?.find((wanted) => !entries.some(({ name }) => name === wanted));
  if (missing !== undefined)
    throw new AttributeError(`safetensors: there is no tensor ${JSON.stringify(missing)} in the file.`, { missing });
  const read = names === undefined ? entries : entries.filter(({ name }) => names.includes(name));
  return { tensors: new Map(read.map((entry) => [entry.name, readTensor(file, entry)])), metadata };
}

function readTensor(file: Uint8Array, { name, stored, shape, start, end }: SafetensorsEntry): StoredTensor {
  const dtype = dtypeOfSafetensors(stored);
  if (dtype === undefined) {
    throw new DTypeError(
      `safetensors: tensor ${JSON.stringify(name)} has elements of ${stored.name}, which are not held here; ` +
        `${stored.remedy}.`,
      { name, dtype: stored.name },
    );
  }
  const array = allocate(dtype, sizeOf(shape));
  const bytes = bytesOf(array);
  bytes.set(file.subarray(start, end));
  if (!littleEndianHost) swapBytes(bytes, DTYPES[dtype].itemBytes);
  return { dtype, shape, array: dtype === 'bool' ? asTruth(array).array : array };
}

/** Alignment of the elements in the file, as the format's own writer has it. */
const ALIGNMENT_BYTES = 8;

/**
 * The bytes of a .safetensors file, as the format's own writer makes them: wide elements first, then by name. The same
 * content is the same file. Throws DTypeError, ShapeError, AttributeError and LimitError for what it cannot hold.
 */
export function encodeSafetensors({ tensors, metadata = {} }: SafetensorsContent): Uint8Array {
  const written = entriesOf(tensors).map(toWritten).sort(inFileOrder);
  const texts = entriesOf(metadata);
  let at = 0;
  const members = written.map(({ name, stored, shape, array }): string => {
    const offsets = [at, (at += array.byteLength)];
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: stored, shape, data_offsets: offsets })}`;
  });
  if (texts.length > 0) members.unshift(`"${METADATA_KEY}":${metadataText(texts)}`);
  const header = encodeUtf8(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(header.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  checkSafetensorsLimits({ headerBytes, entries: written.length });
  const file = new Uint8Array(8 + headerBytes + at).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setUint32(0, headerBytes, true);
  file.set(header, 8);
  let end = 8 + headerBytes;
  for (const { array, itemBytes } of written) {
    const data = file.subarray(end, (end += array.byteLength));
    data.set(bytesOf(array));
    if (!littleEndianHost) swapBytes(data, itemBytes);
  }
  return file;
}

interface Written extends StoredTensor {
  readonly name: string;
  readonly stored: string;
  readonly rank: number;
  readonly itemBytes: number;
}

function toWritten([name, { dtype, shape, array }]: readonly [string, StoredTensor]): Written {
  checkText('the name', name);
  checkSafetensorsLimits({ nameBytes: encodeUtf8(name).length });
  if (name === METADATA_KEY)
    throw new AttributeError(`encodeSafetensors: "${METADATA_KEY}" is the name of the metadata; take another.`, {
      name,
    });
  const row = safetensorsNameOf(dtype);
  if (row === undefined)
    throw new DTypeError(`encodeSafetensors: files have no ${dtype}; use astype('float32') first.`, { name, dtype });
  if (sizeOf(checkShape(shape, 'encodeSafetensors')) !== array.length)
    throw new ShapeError(
      `encodeSafetensors: ${array.length} elements of ${JSON.stringify(name)} do not fill shape ` +
        `${formatShape(shape)}; give a shape whose product is ${array.length}.`,
      { name, shape, length: array.length },
    );
  return { name, dtype, shape, array, stored: row.name, rank: row.rank, itemBytes: DTYPES[dtype].itemBytes };
}

/** Wide elements first, then names in the order of their UTF-8: two files of the same content are the same. */
const inFileOrder = (a: Written, b: Written): number => b.rank - a.rank || compareText(a.name, b.name);

function compareText(a: string, b: string): number {
  const [x, y] = [encodeUtf8(a), encodeUtf8(b)];
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

function metadataText(texts: readonly (readonly [string, string])[]): string {
  checkSafetensorsLimits({ entries: texts.length });
  const members = [...texts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, text]) => {
      checkText('the name', name);
      checkText(`metadata ${JSON.stringify(name)}`, text);
      return `${JSON.stringify(name)}:${JSON.stringify(text)}`;
    });
  return `{${members.join(',')}}`;
}

/** Refuses what is no text of Unicode. */
function checkText(what: string, text: unknown): void {
  if (typeof text === 'string' && !LONE_SURROGATE.test(text)) return;
  throw new AttributeError(
    `encodeSafetensors: ${what} is ${typeof text === 'string' ? 'half a character of Unicode' : typeof text}; ` +
      'files hold texts: String(value).',
    { text },
  );
}

const entriesOf = <T>(values: ReadonlyMap<string, T> | Readonly<Record<string, T>>): (readonly [string, T])[] =>
  values instanceof Map ? [...values] : Object.entries(values as Readonly<Record<string, T>>);
