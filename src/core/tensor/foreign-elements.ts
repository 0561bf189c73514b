// The elements of a foreign tensor as an array of the dtype its library names: the name wins over the array.
import { DTypeError, SourceError } from '../errors.ts';
import { allocate, DTYPES, type DType, isBigInt, isFloat, numbersOf, storedNumber, type TypedArray } from './dtype.ts';
import { asTableArray, dtypeOfView, isStoredForm } from './foreign-dtypes.ts';

/** Elements in memory order, their shape not yet considered. */
export interface Sequence {
  readonly dtype: DType;
  readonly array: TypedArray;
  /** Nobody else holds the array. */
  readonly fresh: boolean;
}

/**
 * Elements from a typed array, a DataView or a list, held as `declared`; as what they look like when it is undefined.
 */
export function readSequence(source: unknown, declared: DType | undefined, owner: string): Sequence {
  if (ArrayBuffer.isView(source)) return readView(source, declared, owner);
  if (Array.isArray(source)) return readList(source, declared ?? dtypeOfList(source), owner);
  throw new SourceError(
    `${owner}: the tensor's data is ${source === null ? 'null' : `of type ${typeof source}`}, not elements; give ` +
      'a typed array or a list of numbers.',
    { kind: typeof source },
  );
}

/**
 * Elements of any numeric array as `dtype`, converted where the array is of another class (a cast that shares memory).
 */
export function castSequence(source: unknown, dtype: DType, owner: string): Sequence {
  const held = ArrayBuffer.isView(source) ? heldBy(source, dtype, owner) : undefined;
  // bigints and numbers do not convert into each other unasked; readSequence says so.
  if (held === undefined || holds(held, dtype) || isBigInt(held) || isBigInt(dtype))
    return readSequence(source, dtype, owner);
  const from = numbersOf(asTableArray(source as ArrayBufferView, held, owner), held) as Float64Array;
  const array = allocate(dtype, from.length);
  for (let i = 0; i < from.length; i++) array[i] = storedNumber(dtype, from[i]!);
  return { dtype, array, fresh: true };
}

/**
 * Bytes of 0 and 1 only: the array itself where it is so already, otherwise a fresh one with 1 for every other byte.
 */
export function asTruth(array: TypedArray): { array: TypedArray; fresh: boolean } {
  const bytes = array as Uint8Array;
  if (bytes.every((byte) => byte <= 1)) return { array, fresh: false };
  return { array: Uint8Array.from(bytes, (byte) => Number(byte !== 0)), fresh: true };
}

function readView(view: ArrayBufferView, declared: DType | undefined, owner: string): Sequence {
  const held = heldBy(view, declared, owner);
  const dtype = declared ?? held;
  if (!holds(held, dtype)) {
    throw new DTypeError(
      `${owner}: the tensor is named ${dtype} but its array holds ${held}; give a ${DTYPES[dtype].array.name}, ` +
        `or name it ${held}.`,
      { dtype, holds: held },
    );
  }
  const array = asTableArray(view, dtype, owner);
  return dtype === 'bool' ? { dtype, ...asTruth(array) } : { dtype, array, fresh: false };
}

const heldBy = (view: ArrayBufferView, declared: DType | undefined, owner: string): DType =>
  declared !== undefined && isStoredForm(view, declared) ? declared : dtypeOfView(view, owner);

/** True where an array of `held` is how elements of `dtype` are stored. */
const holds = (held: DType, dtype: DType): boolean => held === dtype || (dtype === 'bool' && held === 'uint8');

const dtypeOfList = (list: readonly unknown[]): DType => {
  if (list.length > 0 && list.every((item) => typeof item === 'boolean')) return 'bool';
  return list.some((item) => typeof item === 'bigint') ? 'int64' : 'float32';
};

function readList(list: readonly unknown[], dtype: DType, owner: string): Sequence {
  const array = allocate(dtype, list.length);
  const { codec } = DTYPES[dtype];
  for (let i = 0; i < list.length; i++) {
    const element = elementAs(list[i], dtype);
    if (element !== undefined)
      array[i] = (typeof element === 'number' ? storedNumber(dtype, element) : element) as never;
    const held = codec === undefined ? array[i] : codec.decode(array[i] as number);
    if (element === undefined || (!isFloat(dtype) && held !== element)) {
      throw new DTypeError(
        `${owner}: element ${i} is ${describe(list[i])}, which ${dtype} does not hold; give numbers of that ` +
          'type, or another dtype.',
        { index: i, dtype },
      );
    }
  }
  return { dtype, array, fresh: true };
}

/** A list item as what an array of the dtype is given; undefined when the item is not of that kind. */
function elementAs(item: unknown, dtype: DType): number | bigint | undefined {
  if (dtype === 'bool') return item === true || item === 1 ? 1 : item === false || item === 0 ? 0 : undefined;
  if (isBigInt(dtype))
    return typeof item === 'bigint' ? item : Number.isSafeInteger(item) ? BigInt(item as number) : undefined;
  if (typeof item === 'boolean') return Number(item);
  // −0 would become 0 in an integer array, and is equal to it.
  return typeof item === 'number' ? item : undefined;
}

const describe = (item: unknown): string =>
  typeof item === 'number' || typeof item === 'bigint' || typeof item === 'boolean'
    ? String(item)
    : `of type ${typeof item}`;
