// Arrays of special and ordinary values, and comparison by bits (NaN is one value).
import fc from 'fast-check';
import { allocate, type DType, isBigInt, isFloat, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';

const SPECIAL: Record<'float32' | 'float64', readonly number[]> = {
  float32: [0, -0, 1, -1, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, -3.4028235e38, Infinity, -Infinity, NaN],
  float64: [0, -0, 1, -1, 5e-324, -5e-324, 2.2e-308, 1.797e308, -1.797e308, Infinity, -Infinity, NaN],
};
const INTEGERS = [0, 1, -1, 127, -128, 255, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];

/** One element of a dtype. `finite` leaves NaN and infinities out, `ordinary` all special values. */
export function element(dtype: DType, kind: 'any' | 'finite' | 'ordinary' = 'any'): fc.Arbitrary<number | bigint> {
  if (dtype === 'bool') return fc.constantFrom(0, 1);
  if (!isFloat(dtype)) {
    const numbers =
      kind === 'ordinary'
        ? fc.integer({ min: -100, max: 100 })
        : fc.oneof(fc.constantFrom(...INTEGERS), fc.integer({ min: -100, max: 100 }));
    return isBigInt(dtype)
      ? fc.oneof(numbers.map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
      : numbers;
  }
  const ordinary = fc
    .double({ min: -4, max: 4, noNaN: true })
    .map((x) => (dtype === 'float32' ? Math.fround(x) : x))
    .filter((x) => !Object.is(x, -0));
  const special = SPECIAL[dtype as 'float32'].filter((x) => kind === 'any' || Number.isFinite(x));
  return kind === 'ordinary'
    ? ordinary
    : fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...special) }, { weight: 3, arbitrary: ordinary });
}

/** A value of `shape` whose elements repeat the given ones. */
export function valueFrom(dtype: DType, shape: readonly number[], elements: readonly (number | bigint)[]): Value {
  const type = tensorType(dtype, shape);
  const array = allocate(dtype, type.size) as unknown as Record<number, number | bigint> & TypedArray;
  for (let i = 0; i < type.size; i++) array[i] = elements[i % elements.length] as number;
  return valueOfArray(type, array);
}

/** First place where two arrays differ in bits, with both values; undefined where they are equal. NaN is one value. */
export function difference(
  a: TypedArray,
  b: TypedArray,
): { readonly at: number; readonly a: unknown; readonly b: unknown } | undefined {
  if (a.length !== b.length) return { at: -1, a: a.length, b: b.length };
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return { at: i, a: a[i], b: b[i] };
  return undefined;
}

export const DTYPES_OF_NUMBERS: readonly DType[] = ['float32', 'float64', 'int64', 'int32', 'uint32', 'uint8', 'int8'];
