// Results of memoised functions as bytes, so that they lie in the store under its budget, and back as fresh values.
import { FormatError } from '../errors.ts';
import { TAG, TlvWriter } from '../fingerprint/encode.ts';
import { encodeValue } from '../fingerprint/value.ts';
import { decodeUtf8Leniently } from '../tensor/utf8.ts';
import { bytesOf } from '../tensor/dtype.ts';
import { isOpaque, rememberKind, reviveView } from './kinds.ts';
import { join, type Leaf, part, type Path } from './leaves.ts';

/** A result without its tensors, which are numbered; the bytes are undefined where the result is one tensor. */
interface Tree {
  readonly bytes: Uint8Array | undefined;
  readonly tensors: readonly object[];
}

const writer = new TlvWriter();

/** Tells a result's tensors from the rest. An AttributeError names the path of what is neither tensor nor JSON. */
export function encodeTree(result: unknown, owner: string): Tree {
  const { skeleton, leaves } = part(result);
  const tensors: object[] = [];
  const views = leaves.map(({ leaf }) => leaf).filter((leaf) => isView(leaf));
  const marks = leaves.map(({ path, leaf }) => [
    path,
    typeof leaf === 'bigint' ? String(leaf) : isView(leaf) ? [rememberKind(leaf)] : tensors.push(leaf) - 1,
  ]);
  if (tensors.length === 1 && leaves[0]?.path.length === 0) return { bytes: undefined, tensors };
  writer.beginFields();
  encodeValue(writer, skeleton, owner);
  encodeValue(writer, marks, owner);
  for (const view of views) writer.bytes(bytesOf(view));
  return { bytes: writer.copy(), tensors };
}

const isView = (leaf: Leaf['leaf']): leaf is ArrayBufferView => ArrayBuffer.isView(leaf) && isOpaque(leaf);

/** The result, made anew at every call; `tensors` are numbered as they were. */
export function decodeTree<T>(bytes: Uint8Array | undefined, tensors: readonly T[]): unknown {
  if (bytes === undefined) return tensors[0];
  const reader = new FieldReader(bytes);
  const skeleton = reader.read();
  const marks = reader.read() as readonly (readonly [Path, Mark])[];
  return join(
    skeleton,
    marks.map(([path, mark]) => ({ path, leaf: leafOf(mark, tensors, reader) })),
  );
}

/** A bigint as digits, the kind of an array whose bytes follow, or the number of a tensor. */
type Mark = string | readonly [string] | number;

const leafOf = (mark: Mark, tensors: readonly unknown[], reader: FieldReader): unknown =>
  typeof mark === 'string'
    ? BigInt(mark)
    : typeof mark === 'number'
      ? tensors[mark]
      : reviveView(mark[0], reader.read() as Uint8Array);

/** Reads plain values as `encodeValue` writes them. */
class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #numbers: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): unknown {
    const tag = this.#bytes[this.#at];
    const start = this.#at + 9;
    const end = start + Number(this.#numbers.getBigUint64(this.#at + 1, true));
    this.#at = start;
    const value = this.#value(tag, start, end);
    this.#at = end;
    return value;
  }

  #value(tag: number | undefined, start: number, end: number): unknown {
    switch (tag) {
      case TAG.null:
        return null;
      case TAG.boolean:
        return this.#bytes[start] === 1;
      case TAG.f64:
        return this.#numbers.getFloat64(start, true);
      case TAG.string:
        return decodeUtf8Leniently(this.#bytes.subarray(start, end));
      case TAG.bytes:
        return this.#bytes.slice(start, end);
      case TAG.list:
        return this.#list(end);
      case TAG.map:
        return this.#map(end);
      default:
        throw new FormatError(`A kept result has a field of tag ${tag}; forget it and call the function again.`, {
          code: 'malformed',
          tag,
        });
    }
  }

  #list(end: number): unknown[] {
    const items: unknown[] = [];
    while (this.#at < end) items.push(this.read());
    return items;
  }

  #map(end: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    while (this.#at < end) entries.push([this.read() as string, this.read()]);
    return Object.fromEntries(entries);
  }
}
