// The dtype table: everything the library knows about element types, in one place. More rows come from define-dtype.ts.
import { type Codec, decodeAll, decodedArray, type StoredArray } from '../../../kernels/codecs/codec.ts';
import { FLOAT16 } from '../../../kernels/codecs/codecs.ts';
import { DTypeError } from '../errors.ts';

/** Array types that hold tensor elements. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Uint8Array
  | Int16Array
  | Int8Array
  | BigInt64Array
  | BigUint64Array;

/**
 * Element types by name; the array each is stored in. `bool` is one byte, 0 or 1; `float16` is its bits, two bytes, as
 * `bfloat16` is; the narrower ones (small-dtypes.ts) are one code a byte.
 */
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
  int16: Int16Array;
  uint16: Uint16Array;
  uint64: BigUint64Array;
  bfloat16: Uint16Array;
  float8_e4m3fn: Uint8Array;
  float8_e4m3fnuz: Uint8Array;
  float8_e5m2: Uint8Array;
  float8_e5m2fnuz: Uint8Array;
  float8_e8m0fnu: Uint8Array;
  float4_e2m1fn: Uint8Array;
  int4: Uint8Array;
  uint4: Uint8Array;
  int2: Uint8Array;
  uint2: Uint8Array;
}

export type DType = keyof DTypeArrays;

/** The floating dtypes of the library. */
export type FloatDType = Extract<DType, `${'b' | ''}float${string}`>;

/** The least precise dtype that factors of a product may be rounded to. */
export type Precision = 'float32' | 'float16';

/** What one element of a dtype is in JavaScript. */
export type ElementOf<D extends DType> = D extends 'int64' | 'uint64' ? bigint : D extends 'bool' ? boolean : number;

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
  Int16Array: 'int16';
  Uint16Array: 'uint16';
  BigUint64Array: 'uint64';
}

/** The dtype that values are read as where none is asked for; any, where their type does not tell. */
export type DTypeOf<V> = V extends { readonly [Symbol.toStringTag]: infer Tag extends keyof DTypesByTag }
  ? DTypesByTag[Tag]
  : V extends number
    ? 'float32'
    : V extends boolean
      ? 'bool'
      : V extends bigint
        ? 'int64'
        : V extends readonly (infer E)[]
          ? [E] extends [never]
            ? 'float32'
            : readonly V[] extends E
              ? DType
              : DTypeOf<E>
          : DType;

export type DTypeKind = 'float' | 'int' | 'uint' | 'bool';

/** One row of the table. */
export interface DTypeRow {
  readonly name: DType;
  /**
   * Part of the identity format: it never changes. Dtypes that were defined have one code, and `identity` tells them
   * apart.
   */
  readonly code: number;
  readonly identity: string | undefined;
  /** Number inside this process; never leaves it. */
  readonly number: number;
  readonly kind: DTypeKind;
  /** Bits of an element's value; what it is stored in may have more. */
  readonly bits: number;
  readonly itemBytes: number;
  /** Allocates `length` zero elements, or views `buffer` from `byteOffset`. */
  readonly array: {
    new (length: number): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  };
  /** Of two dtypes of a kind, the common one is that of the higher rank (promotion.ts). */
  readonly rank: number;
  /** The dtype that ops compute in: itself, unless it has a codec. */
  readonly compute: DType;
  /** How elements are stored where that is not how they are computed. */
  readonly codec: Codec | undefined;
  /** The largest finite element of a float, and the distance from 1 to the next. */
  readonly largest: number | undefined;
  readonly epsilon: number | undefined;
  /** What a GPU rounds the factors of a product to where the `precision` of the call names this dtype. */
  readonly factors: 'f32' | 'f16' | undefined;
}

type RowDraft = Pick<DTypeRow, 'name' | 'code' | 'kind' | 'bits'> &
  Partial<DTypeRow> & {
    readonly storage: { readonly BYTES_PER_ELEMENT: number };
  };

/** As many as a process can have; their numbers are below it. */
export const MAX_DTYPES = 256;

const rows: Partial<Record<DType, DTypeRow>> = {};
const names: DType[] = [];

/**
 * Adds a row; the caller knows that there is none of its name. All rows have all fields, in one order: calls read them.
 */
export function addDType(draft: RowDraft): DTypeRow {
  const { name, code, identity, kind, bits, storage, codec, largest, epsilon, factors } = draft;
  const { rank = bits, compute = codec?.compute ?? name } = draft;
  const array = storage as unknown as DTypeRow['array'];
  const row: DTypeRow = Object.freeze({
    name,
    code,
    identity,
    number: names.length,
    kind,
    bits,
    itemBytes: storage.BYTES_PER_ELEMENT,
    array,
    rank,
    compute,
    codec,
    largest,
    epsilon,
    factors,
  });
  rows[name] = row;
  names.push(name);
  return row;
}

addDType({
  name: 'float64',
  code: 1,
  kind: 'float',
  bits: 64,
  storage: Float64Array,
  largest: Number.MAX_VALUE,
  epsilon: 2 ** -52,
});
addDType({
  name: 'float32',
  code: 2,
  kind: 'float',
  bits: 32,
  storage: Float32Array,
  largest: 3.4028234663852886e38,
  epsilon: 2 ** -23,
  factors: 'f32',
});
addDType({ name: 'int64', code: 3, kind: 'int', bits: 64, storage: BigInt64Array });
addDType({ name: 'int32', code: 4, kind: 'int', bits: 32, storage: Int32Array });
addDType({ name: 'uint32', code: 5, kind: 'uint', bits: 32, storage: Uint32Array });
addDType({ name: 'uint8', code: 6, kind: 'uint', bits: 8, storage: Uint8Array });
addDType({ name: 'int8', code: 7, kind: 'int', bits: 8, storage: Int8Array });
addDType({ name: 'bool', code: 8, kind: 'bool', bits: 1, storage: Uint8Array });
addDType({
  name: 'float16',
  code: 9,
  kind: 'float',
  bits: 16,
  storage: Uint16Array,
  codec: FLOAT16,
  largest: 65504,
  epsilon: 2 ** -10,
  factors: 'f16',
});
addDType({ name: 'int16', code: 10, kind: 'int', bits: 16, storage: Int16Array });
addDType({ name: 'uint16', code: 11, kind: 'uint', bits: 16, storage: Uint16Array });
addDType({ name: 'uint64', code: 12, kind: 'uint', bits: 64, storage: BigUint64Array });

/** The table. */
export const DTYPES = rows as Readonly<Record<DType, DTypeRow>>;

/** All dtype names, in table order: those of the library, then those that were defined. */
export const DTYPE_NAMES: readonly DType[] = names;

/** The dtypes that the `precision` of a product may name, the most precise first. */
export const PRECISIONS = names.filter((name) => DTYPES[name].factors !== undefined) as readonly Precision[];

/** True for a name in the table. */
export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(DTYPES, name);

const BY_TAG: Readonly<DTypesByTag & Record<string, DType>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  BigInt64Array: 'int64',
  Int32Array: 'int32',
  Float16Array: 'float16',
  Uint32Array: 'uint32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  BigUint64Array: 'uint64',
};

/**
 * The dtype a typed array holds unless it is told otherwise: a Uint8Array is uint8, never bool, and a Uint16Array
 * uint16, never the bits of float16; undefined for others.
 */
export const dtypeOfArray = (value: unknown): DType | undefined =>
  ArrayBuffer.isView(value)
    ? BY_TAG[(value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag]]
    : undefined;

/** `length` zero elements of a dtype. */
export const allocate = (dtype: DType, length: number): TypedArray => new DTYPES[dtype].array(length);

/** The elements as numbers: decoded where the dtype has a codec, others as they are. */
export function numbersOf(array: TypedArray, dtype: DType): TypedArray {
  const { codec } = DTYPES[dtype];
  if (codec === undefined) return array;
  const numbers = decodedArray(codec, array.length);
  decodeAll(codec, array as StoredArray, numbers);
  return numbers;
}

/** A number as it is stored in an array of a dtype whose elements are no bigints. */
export const storedNumber = (dtype: DType, value: number): number =>
  DTYPES[dtype].codec?.encode(value) ?? (dtype === 'bool' ? Number(value !== 0) : value);

/** A number as the nearest element of a floating dtype. */
export function nearestElement(dtype: DType, value: number): number {
  const { codec } = DTYPES[dtype];
  if (codec !== undefined) return codec.decode(codec.encode(value));
  return dtype === 'float32' ? Math.fround(value) : value;
}

/** The bytes of an array, not copied. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);

/** Whether elements are stored in another form than they are computed in. */
export const isCoded = (dtype: DType): boolean => DTYPES[dtype].codec !== undefined;

/** Whether elements are bigints. */
export const isBigInt = (dtype: DType): boolean => isInteger(dtype) && DTYPES[dtype].bits > 53;

export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float';
export const isInteger = (dtype: DType): boolean => DTYPES[dtype].kind === 'int' || DTYPES[dtype].kind === 'uint';

/** `name` as a dtype, or a DTypeError that lists the known ones. */
export function parseDType(name: unknown): DType {
  if (isDType(name)) return name;
  throw noDType(name);
}

/** What other libraries and languages call a dtype. */
const DTYPE_ALIASES: Readonly<Record<string, DType>> = {
  float: 'float32',
  single: 'float32',
  f32: 'float32',
  number: 'float32',
  double: 'float64',
  f64: 'float64',
  half: 'float16',
  f16: 'float16',
  int: 'int32',
  integer: 'int32',
  i32: 'int32',
  long: 'int64',
  i64: 'int64',
  u64: 'uint64',
  ulong: 'uint64',
  biguint64: 'uint64',
  short: 'int16',
  i16: 'int16',
  ushort: 'uint16',
  u16: 'uint16',
  bigint: 'int64',
  bigint64: 'int64',
  byte: 'int8',
  i8: 'int8',
  u8: 'uint8',
  uint8clamped: 'uint8',
  u32: 'uint32',
  uint: 'uint32',
  boolean: 'bool',
};

/**
 * The error of a value that names no dtype: which one is meant, where that can be told, as of `Float32`, `double` or
 * the class Float32Array.
 */
export function noDType(name: unknown, op?: string): DTypeError {
  const text =
    typeof name === 'function'
      ? name.name
      : typeof name === 'string'
        ? JSON.stringify(name)
        : typeof name === 'object' && name !== null
          ? 'an object'
          : String(name);
  const word = text
    .replaceAll(/[^a-z0-9]/gi, '')
    .toLowerCase()
    .replace(/array$/, '');
  const meant = isDType(word) ? word : Object.hasOwn(DTYPE_ALIASES, word) ? DTYPE_ALIASES[word] : undefined;
  const remedy = meant === undefined ? '' : `did you mean '${meant}'? `;
  return new DTypeError(
    `${op === undefined ? '' : `${op}: `}${text} is not a dtype; ${remedy}${remedy === '' ? 'use' : 'Use'} one ` +
      `of ${DTYPE_NAMES.join(', ')}.`,
    { ...(op === undefined ? {} : { op }), dtype: name },
  );
}
