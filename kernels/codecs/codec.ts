// What a codec is: how elements of a dtype are stored where that is not how they are computed. Kernels load and store
// through it.

/** Arrays that hold stored elements, each in the low bits of a byte or of two. */
export type StoredArray = Uint8Array | Uint16Array;

/** Arrays of the numbers that elements are computed as. */
export type DecodedArray = Float32Array | Int32Array;

/** The fields of a float, below its sign. */
export interface FloatLayout {
  /** At most 8, as float32 has. */
  readonly exponentBits: number;
  readonly fractionBits: number;
  /**
   * False where the largest exponent is one of numbers as well, all bits are NaN, and so is what is too large (OCP FP8
   * E4M3).
   */
  readonly infinities: boolean;
}

/** Stored elements to numbers and back; the plain implementation, which those of devices agree with bit for bit. */
export interface Codec {
  /** The dtype that elements are computed in. It holds each of them exactly. */
  readonly compute: 'float32' | 'int32';
  /** The number that a stored element stands for. */
  readonly decode: (stored: number) => number;
  /**
   * The element nearest to a number, rounded once whatever digits it has; of integers fractions are dropped, and they
   * wrap. NaN is stored in one form.
   */
  readonly encode: (x: number) => number;
  /** A quicker `encode` of whole arrays of float32. */
  readonly encodeAll?: (numbers: Float32Array, out: StoredArray) => void;
  /**
   * The fields of a float, from which devices make kernels of their own; without it they leave conversions to
   * JavaScript.
   */
  readonly layout?: FloatLayout;
}

/** An array for the numbers of so many elements. */
export const decodedArray = ({ compute }: Codec, length: number): DecodedArray =>
  compute === 'float32' ? new Float32Array(length) : new Int32Array(length);

const tables = new WeakMap<Codec, Uint32Array>();

/** The words of the numbers of all elements; NaNs become the canonical one. */
function tableOf(codec: Codec, patterns: number): Uint32Array {
  const known = tables.get(codec);
  if (known !== undefined) return known;
  const numbers = decodedArray(codec, patterns);
  const table = new Uint32Array(numbers.buffer);
  for (let bits = 0; bits < patterns; bits++) {
    const number = codec.decode(bits);
    numbers[bits] = number;
    if (number !== number) table[bits] = 0x7fc00000;
  }
  tables.set(codec, table);
  return table;
}

/** Writes the numbers of stored elements. */
export function decodeAll(codec: Codec, stored: StoredArray, out: DecodedArray): void {
  const table = tableOf(codec, 2 ** (8 * stored.BYTES_PER_ELEMENT));
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < stored.length; i++) words[i] = table[stored[i]!]!;
}

/** Writes the elements nearest to numbers. */
export function encodeAll(codec: Codec, numbers: DecodedArray, out: StoredArray): void {
  if (codec.encodeAll !== undefined && numbers instanceof Float32Array) return codec.encodeAll(numbers, out);
  for (let i = 0; i < numbers.length; i++) out[i] = codec.encode(numbers[i]!);
}
