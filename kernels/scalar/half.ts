// Half precision (IEEE 754 binary16): stored as 16 bits, computed in float32. Conversions round to nearest, ties to even.
// WGSL has the same conversions on whole words (shaders/scalar/half.wgsl).

/** Bits of the one NaN that is written. */
export const HALF_NAN = 0x7e00;
const EXPONENT = 0x7c00;
/** Half the distance beyond the largest finite half, 65504: from here on a number is rounded to infinity. */
const OVERFLOW = 65520;

const number64 = new Float64Array(1);
const words64 = new Uint32Array(number64.buffer);
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Bits of the half nearest to a number; rounded once, also from float64. */
export function halfOf(x: number): number {
  if (x !== x) return HALF_NAN;
  number64[0] = x;
  const high = words64[HIGH_WORD] as number;
  const sign = (high >>> 16) & 0x8000;
  const magnitude = Math.abs(x);
  if (magnitude >= OVERFLOW) return sign | EXPONENT;
  // Below 2^-14 all halves are multiples of 2^-24.
  const exponent = Math.max(-14, ((high >>> 20) & 0x7ff) - 1023);
  return sign + ((exponent + 14) << 10) + roundedEven(magnitude * (SCALES[exponent + 14] as number));
}

/** 2^(10 - exponent), for exponents from -14 to 15. */
const SCALES = Float64Array.from({ length: 30 }, (_, i) => 2 ** (24 - i));

/** 2^52 has no bits behind the point: adding it rounds to an integer, ties to even. */
const roundedEven = (x: number): number => x + 2 ** 52 - 2 ** 52;

/** The number that the bits of a half stand for. */
export function numberOfHalf(bits: number): number {
  const fraction = bits & 0x3ff;
  const exponent = (bits >> 10) & 0x1f;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : exponent === 0x1f ? (fraction === 0 ? Infinity : NaN) : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** The half nearest to a number, as a number. */
export const roundToHalf = (x: number): number => numberOfHalf(halfOf(x));

let table: Uint32Array | undefined;

/** float32 bits of every half; NaNs become the canonical one. */
function widenedBits(): Uint32Array {
  if (table !== undefined) return table;
  const floats = Float32Array.from({ length: 0x10000 }, (_, bits) => numberOfHalf(bits));
  table = new Uint32Array(floats.buffer);
  for (let bits = 0; bits < 0x10000; bits++) if ((bits & 0x7fff) > EXPONENT) table[bits] = 0x7fc00000;
  return table;
}

/** Writes the numbers of halves. */
export function widenHalves(halves: Uint16Array, out: Float32Array): void {
  const widened = widenedBits();
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) words[i] = widened[halves[i] as number] as number;
}

/** Writes the halves nearest to float32 numbers. */
export function narrowToHalves(numbers: Float32Array, out: Uint16Array): void {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < words.length; i++) out[i] = narrowed(words[i] as number);
}

/** float32 bits to the nearest half: in the normal range the exponent is rebiased and 13 bits rounded off, all in one integer. */
function narrowed(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude - 0x38800000 >>> 0 < 0x477ff000 - 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude > 0x7f800000) return HALF_NAN;
  if (magnitude >= 0x477ff000) return sign | EXPONENT;
  return sign | narrowedSmall(magnitude);
}

/** Below 2^-14 a half is a multiple of 2^-24: the 24-bit fraction moves right by what the exponent says. */
function narrowedSmall(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return kept + Number(rest > tie || (rest === tie && (kept & 1) === 1));
}
