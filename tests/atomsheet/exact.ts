// Sums of float64 numbers by integers without bounds: slow, and right by definition.

/** The nearest float64 to the sum of finite numbers, ties to even; +0 where it is 0. */
export function exactSumOf(values: readonly number[]): number {
  let sum = 0n;
  for (const value of values) sum += unitsOf(value);
  if (sum === 0n) return 0;
  const magnitude = sum < 0n ? -sum : sum;
  const excess = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  let bits = magnitude >> excess;
  const rest = magnitude - (bits << excess);
  const half = excess === 0n ? 1n : 1n << (excess - 1n);
  if (rest > half || (rest === half && (bits & 1n) === 1n)) bits += 1n;
  // In parts that are powers of two each, so that every product is exact.
  let result = Number(bits) * 2 ** -1022;
  for (let left = Number(excess) - 52; left !== 0;) {
    const part = Math.max(-52, Math.min(1000, left));
    result *= 2 ** part;
    left -= part;
  }
  return sum < 0n ? -result : result;
}

const word = new DataView(new ArrayBuffer(8));

/** A finite number in units of 2^-1074. */
function unitsOf(value: number): bigint {
  word.setFloat64(0, value);
  const bits = word.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const units = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -units : units;
}
