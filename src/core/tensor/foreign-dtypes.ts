// Element types of other libraries: which of ours a name or an array means, and what to do about those that are none.
import { DTypeError, SourceError } from '../errors.ts';
import type { StoredArray } from '../../../kernels/codecs/codec.ts';
import { DTYPES, type DType, dtypeOfArray, isCoded, isDType, type TypedArray } from './dtype.ts';

/** Other names for our dtypes (ndarray, @stdlib/ndarray). */
const ALIASES: Readonly<Record<string, DType>> = {
  uint8_clamped: 'uint8',
  uint8c: 'uint8',
  buffer: 'uint8',
  bigint64: 'int64',
  biguint64: 'uint64',
};

const UNPACK = 'unpack it, one element a byte, into an Int8Array or Uint8Array first';

/** Element types that exist elsewhere, by name, with the way to one of ours. */
const REMEDIES: Readonly<Record<string, string>> = {
  int4: UNPACK,
  uint4: UNPACK,
  string: 'map the strings to numbers first, or give them to sheet.memo, which takes any arguments',
  complex64: 'give its real and its imaginary part as two tensors: tf.real(t), tf.imag(t)',
  complex128: 'give its real and its imaginary part as two tensors',
};

/** The dtype another library's name means; a DTypeError with the way out when it means none of ours. */
export function dtypeOfName(name: unknown, owner: string): DType {
  // Other libraries pack the integers of 4 bits that are one a byte here.
  if (isDType(name) && !Object.hasOwn(REMEDIES, name)) return name;
  const text = typeof name === 'string' ? name : typeof name;
  if (Object.hasOwn(ALIASES, text)) return ALIASES[text]!;
  const remedy = Object.hasOwn(REMEDIES, text)
    ? REMEDIES[text]
    : `convert it to one of ${Object.keys(DTYPES).join(', ')} first`;
  throw new DTypeError(`${owner}: elements of type ${text} are not supported; ${remedy}.`, { dtype: text });
}

/**
 * The dtype a view holds; a DTypeError with the way out for a view of none of ours. A DataView is taken as its bytes.
 */
export function dtypeOfView(view: ArrayBufferView, owner: string): DType {
  const own = dtypeOfArray(view);
  if (own !== undefined) return own;
  if (view instanceof DataView) return 'uint8';
  const tag = (view as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  return dtypeOfName(tag, owner);
}

/**
 * Whether a value is an array of elements as the codec of a dtype stores them, as onnxruntime keeps those of 16 bits;
 * it is that where it is named.
 */
export const isStoredForm = (value: unknown, dtype: DType): value is StoredArray =>
  isCoded(dtype) &&
  ArrayBuffer.isView(value) &&
  (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === DTYPES[dtype].array.name;

/**
 * The same elements as an array of the dtype's own class, so that a Buffer, a Uint8ClampedArray or an array of another
 * realm behaves as the table says (`Buffer.slice` would not copy). A SourceError when the memory under it is gone.
 */
export function asTableArray(view: ArrayBufferView, dtype: DType, owner: string): TypedArray {
  checkReadable(view, owner);
  const { array, itemBytes } = DTYPES[dtype];
  if (Object.getPrototypeOf(view) === (array as unknown as { prototype: unknown }).prototype) return view as TypedArray;
  return new array(view.buffer, view.byteOffset, view.byteLength / itemBytes);
}

/**
 * Throws a SourceError for a view whose buffer was detached, or shrunk below it: both read as empty without an error.
 */
export function checkReadable(view: ArrayBufferView, owner: string): void {
  try {
    // Both refuse a detached buffer and a view out of bounds (ECMA-262 ValidateTypedArray, GetViewByteLength).
    if (view instanceof DataView) void view.byteLength;
    else Uint8Array.prototype.keys.call(view as Uint8Array);
  } catch {
    throw new SourceError(
      `${owner}: the array's buffer was transferred elsewhere or shrunk below the array; pass a copy made before that.`,
      { bufferBytes: view.buffer.byteLength },
    );
  }
}
