// What streams of random bits are to the draws made of them, as NumPy's bit generators are to its generators.

/** A stream of random words. Draws of 64 bits are left in `high` and `low`, as unsigned numbers. */
export interface BitGenerator {
  high: number;
  low: number;
  /** The next 64 bits, in `high` and `low`. */
  next64(): void;
  /** The next 32 bits, unsigned. */
  next32(): number;
  /** A number in [0, 1) of 53 bits. */
  nextDouble(): number;
}

/** The top 53 of 64 bits as a number in [0, 1). */
export const unitOf = (high: number, low: number): number => (high * 2097152 + (low >>> 11)) * 2 ** -53;

/** High word of the product of two unsigned words; the low one is Math.imul. */
export function upperProduct(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const rest = (middle & 0xffff) + (Math.imul(a0, b1) >>> 0);
  return (Math.imul(a1, b1) + Math.floor(middle / 65536) + (rest >>> 16)) >>> 0;
}
