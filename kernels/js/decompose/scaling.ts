// Powers of two that bring a matrix near 1, so that no square overflows and none that matters vanishes.

const view = new DataView(new ArrayBuffer(8));

/** A power of two by its biased exponent, from 1 to 2045. */
function powerOfTwo(biased: number): number {
  view.setUint32(0, biased << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** A power of two and its inverse, both normal numbers. */
export interface Scale {
  /** What elements are multiplied by. */
  readonly by: number;
  /** What values found are multiplied by to be those of the matrix as it was. */
  readonly back: number;
}

/** The power of two that brings a number to about 1; exact but where elements are subnormal beside the largest. */
export function scaleOf(largest: number): Scale {
  if (largest === 0) return { by: 1, back: 1 };
  view.setFloat64(0, largest);
  const biased = Math.min(2045, Math.max(1, (view.getUint32(0) >>> 20) & 0x7ff));
  return { by: powerOfTwo(2046 - biased), back: powerOfTwo(biased) };
}

/** The largest magnitude; NaN where an element is not finite. */
export function largestOf(values: ArrayLike<number>, from: number, count: number): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) {
    const size = Math.abs(values[i]!);
    if (!(size < Infinity)) return NaN;
    if (size > largest) largest = size;
  }
  return largest;
}

/** The length of a vector of two, without overflow. */
export function lengthOf(x: number, y: number): number {
  const [a, b] = [Math.abs(x), Math.abs(y)];
  const [large, small] = a > b ? [a, b] : [b, a];
  if (small === 0) return large;
  const ratio = small / large;
  return large * Math.sqrt(1 + ratio * ratio);
}
