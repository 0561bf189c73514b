// The dtype table: everything the library knows about element types, in one place.
import { halfOf, widenHalves } from '../../../kernels/scalar/half.ts';
import { DTypeError } from '../errors.ts';

/** Array types that hold tensor elements. */
export type TypedArray =
  | Float64Array | Float32Array | Uint16Array | Int32Array | Uint32Array | Uint8Array | Int8Array | BigInt64Array;

/** Element types by name; the array each is stored in. `bool` is one byte, 0 or 1; `float16` is its bits, two bytes. */
export interface DTypeArrays {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  bool: Uint8Array;
}

export type DType = keyof DTypeArrays;

/** What one element of a dtype is in JavaScript. */
export type ElementOf<D extends DType> = D extends 'int64' ? bigint : D extends 'bool' ? boolean : number;

/** Elements as lists of lists, a level an axis; the element itself for rank 0. */
export type NestedList<E> = E | NestedList<E>[];

/** The same where the rank is known. */
export type ListOfRank<E, R extends 0 | 1 | 2 | 3 | 4> = [E, E[], E[][], E[][][], E[][][][]][R];

/** The dtype of a typed array, by the name its class goes by. */
interface DTypesByTag {
  Float64Array: 'float64';
  Float32Array: 'float32';
  Float16Array: 'float16';
  BigInt64Array: 'int64';
  Int32Array: 'int32';
  Uint32Array: 'uint32';
  Uint8Array: 'uint8';
  Uint8ClampedArray: 'uint8';
  Int8Array: 'int8';
}

/** The dtype that values are read as where none is asked for; any, where their type does not tell. */
export type DTypeOf<V> =
  V extends { readonly [Symbol.toStringTag]: infer Tag extends keyof DTypesByTag } ? DTypesByTag[Tag]
  : V extends number ? 'float32'
  : V extends boolean ? 'bool'
  : V extends bigint ? 'int64'
  : V extends readonly (infer E)[] ? ([E] extends [never] ? 'float32' : readonly V[] extends E ? DType : DTypeOf<E>)
  : DType;

export type DTypeKind = 'float' | 'int' | 'uint' | 'bool';

/** One row of the table. `code` is part of the identity format and never changes. */
export interface DTypeRow {
  readonly name: DType;
  readonly code: number;
  readonly kind: DTypeKind;
  readonly itemBytes: number;
  /** Allocates `length` zero elements, or views `buffer` from `byteOffset`. */
  readonly array: {
    new (length: number): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  };
}

const row = (name: DType, code: number, kind: DTypeKind, itemBytes: number, array: unknown): DTypeRow => ({
  name, code, kind, itemBytes, array: array as DTypeRow['array'],
});

/** The table. */
export const DTYPES: Readonly<Record<DType, DTypeRow>> = {
  float64: row('float64', 1, 'float', 8, Float64Array),
  float32: row('float32', 2, 'float', 4, Float32Array),
  int64: row('int64', 3, 'int', 8, BigInt64Array),
  int32: row('int32', 4, 'int', 4, Int32Array),
  uint32: row('uint32', 5, 'uint', 4, Uint32Array),
  uint8: row('uint8', 6, 'uint', 1, Uint8Array),
  int8: row('int8', 7, 'int', 1, Int8Array),
  bool: row('bool', 8, 'bool', 1, Uint8Array),
  float16: row('float16', 9, 'float', 2, Uint16Array),
};

/** All dtype names, in table order. */
export const DTYPE_NAMES = Object.keys(DTYPES) as readonly DType[];

/** True for a name in the table. */
export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(DTYPES, name);

/** The dtype whose row bears this code; undefined when none does. */
export const dtypeOfCode = (code: number): DType | undefined => DTYPE_NAMES.find((name) => DTYPES[name].code === code);

const BY_TAG: Readonly<DTypesByTag & Record<string, DType>> = {
  Float64Array: 'float64', Float32Array: 'float32', BigInt64Array: 'int64', Int32Array: 'int32',
  Float16Array: 'float16', Uint32Array: 'uint32', Uint8Array: 'uint8', Uint8ClampedArray: 'uint8', Int8Array: 'int8',
};

/** The dtype a typed array holds unless it is told otherwise (Uint8Array is uint8, never bool; a Uint16Array is no dtype's own); undefined for others. */
export const dtypeOfArray = (value: unknown): DType | undefined =>
  ArrayBuffer.isView(value) ? BY_TAG[(value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag]] : undefined;

/** `length` zero elements of a dtype. */
export const allocate = (dtype: DType, length: number): TypedArray => new DTYPES[dtype].array(length);

/** The elements as numbers: those of float16 in a float32 array, others as they are. */
export function numbersOf(array: TypedArray): Exclude<TypedArray, Uint16Array> {
  if (!(array instanceof Uint16Array)) return array;
  const numbers = new Float32Array(array.length);
  widenHalves(array, numbers);
  return numbers;
}

/** A number as it is stored in an array of a dtype that is not int64. */
export const storedNumber = (dtype: DType, value: number): number => (dtype === 'float16' ? halfOf(value) : dtype === 'bool' ? Number(value !== 0) : value);

/** The bytes of an array, not copied. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);

export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float';
export const isInteger = (dtype: DType): boolean => DTYPES[dtype].kind === 'int' || DTYPES[dtype].kind === 'uint';

const FLOATS: readonly DType[] = ['float16', 'float32', 'float64'];
const SIGNED: readonly DType[] = ['int8', 'int32', 'int64'];
const UNSIGNED: readonly DType[] = ['uint8', 'uint32'];
/** The smallest signed type that holds an unsigned one (array API, mixed signedness). */
const SIGNED_ABOVE: Partial<Record<DType, DType>> = { uint8: 'int32', uint32: 'int64' };

/**
 * The common dtype of two operands (Python array API type promotion; bool joins the other type, an integer beside a
 * float takes the float, uint8+int8 is int32 because there is no int16).
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const [x, y] = [DTYPES[a].kind, DTYPES[b].kind];
  if (x === 'bool') return b;
  if (y === 'bool') return a;
  if (x === 'float' || y === 'float') return promoteFloat(a, b);
  if (x === y) return wider(x === 'int' ? SIGNED : UNSIGNED, a, b);
  const [signed, unsigned] = x === 'int' ? [a, b] : [b, a];
  return wider(SIGNED, signed, SIGNED_ABOVE[unsigned] ?? 'int64');
}

function promoteFloat(a: DType, b: DType): DType {
  if (isFloat(a) && isFloat(b)) return wider(FLOATS, a, b);
  return isFloat(a) ? a : b;
}

const wider = (order: readonly DType[], a: DType, b: DType): DType => (order.indexOf(a) >= order.indexOf(b) ? a : b);

/** `name` as a dtype, or a DTypeError that lists the known ones. */
export function parseDType(name: unknown): DType {
  if (isDType(name)) return name;
  throw noDType(name);
}

/** What other libraries and languages call a dtype. */
const DTYPE_ALIASES: Readonly<Record<string, DType>> = {
  float: 'float32', single: 'float32', f32: 'float32', number: 'float32', double: 'float64', f64: 'float64', half: 'float16', f16: 'float16', int: 'int32', integer: 'int32', i32: 'int32',
  long: 'int64', i64: 'int64', bigint: 'int64', bigint64: 'int64', byte: 'int8', i8: 'int8', u8: 'uint8', uint8clamped: 'uint8', u32: 'uint32', uint: 'uint32', boolean: 'bool',
};

/** The error of a value that names no dtype: which one is meant, where that can be told, as of `Float32`, `double` or the class Float32Array. */
export function noDType(name: unknown, op?: string): DTypeError {
  const text = typeof name === 'function' ? name.name : typeof name === 'string' ? JSON.stringify(name) : typeof name === 'object' && name !== null ? 'an object' : String(name);
  const word = text.replaceAll(/[^a-z0-9]/gi, '').toLowerCase().replace(/array$/, '');
  const meant = isDType(word) ? word : Object.hasOwn(DTYPE_ALIASES, word) ? DTYPE_ALIASES[word] : undefined;
  const remedy = meant === undefined ? '' : `did you mean '${meant}'? `;
  return new DTypeError(`${op === undefined ? '' : `${op}: `}${text} is not a dtype; ${remedy}${remedy === '' ? 'use' : 'Use'} one of ${DTYPE_NAMES.join(', ')}.`, { ...(op === undefined ? {} : { op }), dtype: name });
}
