// Arrays of 64-bit integers, whose elements are bigints.

/** An array of 64-bit integers. */
export type BigIntArray = BigInt64Array | BigUint64Array;

/** Whether the array holds 64-bit integers. */
export const isBigIntArray = (array: unknown): array is BigIntArray =>
  array instanceof BigInt64Array || array instanceof BigUint64Array;
