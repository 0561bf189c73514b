// Floats of 8 and 16 bits with the fields of IEEE 754: stored as bits, computed in float32, rounded to nearest, ties to
// even.
// WASM (kernels/wasm/copy/codec-module.ts) and WGSL (shaders/scalar/small-float.wgsl) have the same conversions, made
// from the layout.
import type { Codec, FloatLayout } from './codec.ts';

/**
 * What conversions are made of: numbers that follow from a layout. Words are float32 bits, patterns those of the stored
 * element.
 */
export interface FloatConstants {
  /** Bits below the sign. */
  readonly magnitudeBits: number;
  readonly bias: number;
  /** Fraction bits that float32 has more. */
  readonly shift: number;
  /** Pattern of infinity; undefined where there is none. */
  readonly infinity: number | undefined;
  /** Pattern of the one NaN that is written, and the least that is NaN. */
  readonly nan: number;
  readonly firstNaN: number;
  /** The largest finite number. */
  readonly largest: number;
  /** The least number, and its word, that is rounded beyond the largest. */
  readonly overflow: number;
  readonly overflowWord: number;
  /** What the exponent of float32 is larger by, as a word. */
  readonly rebias: number;
  /** Word of the least number that is rounded as normal ones are: all, where the exponents are those of float32. */
  readonly firstNormalWord: number;
  /** Word of the least that becomes NaN. */
  readonly nanWord: number;
}

const number64 = new Float64Array(1);
const words64 = new Uint32Array(number64.buffer);
const bits64 = new BigInt64Array(number64.buffer);
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

const wordOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0]!;

/** The next float64 above a positive one. */
export function above(x: number): number {
  number64[0] = x;
  bits64[0] = bits64[0]! + 1n;
  return number64[0];
}

/** The numbers of a layout. */
export function constantsOf({ exponentBits, fractionBits, infinities }: FloatLayout): FloatConstants {
  const magnitudeBits = exponentBits + fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const all = 2 ** magnitudeBits - 1;
  const infinity = infinities ? all - (2 ** fractionBits - 1) : undefined;
  const nan = infinity === undefined ? all : infinity + 2 ** (fractionBits - 1);
  const firstNaN = infinity === undefined ? nan : infinity + 1;
  const last = (infinity ?? nan) - 1;
  const quantum = 2 ** ((last >> fractionBits) - bias - fractionBits);
  const largest = (2 ** fractionBits + (last & (2 ** fractionBits - 1))) * quantum;
  // Half a quantum beyond the largest is a tie, which goes to the even side.
  const tie = largest + quantum / 2;
  const isOdd = last % 2 === 1;
  const overflowWord = isOdd ? wordOf(tie) : wordOf(tie) + 1;
  return {
    magnitudeBits,
    bias,
    shift: 23 - fractionBits,
    infinity,
    nan,
    firstNaN,
    largest,
    overflow: isOdd ? tie : above(tie),
    overflowWord,
    rebias: (127 - bias) * 2 ** 23,
    firstNormalWord: exponentBits < 8 ? (128 - bias) * 2 ** 23 : 0,
    nanWord: infinity === undefined ? overflowWord : 0x7f800001,
  };
}

/** 2^52 has no bits behind the point: adding it rounds to an integer, ties to even. */
const roundedEven = (x: number): number => x + 2 ** 52 - 2 ** 52;

/** The codec of a layout. */
export function smallFloat(layout: FloatLayout): Codec {
  const constants = constantsOf(layout);
  return {
    compute: 'float32',
    layout,
    decode: decoder(layout, constants),
    encode: encoder(layout, constants),
    encodeAll: arrayEncoder(constants),
  };
}

function decoder({ fractionBits }: FloatLayout, constants: FloatConstants): Codec['decode'] {
  const { magnitudeBits, bias, infinity, firstNaN } = constants;
  const [sign, hidden] = [2 ** magnitudeBits, 2 ** fractionBits];
  return (stored) => {
    const pattern = stored & (sign - 1);
    const fraction = pattern & (hidden - 1);
    const exponent = pattern >> fractionBits;
    const significand = exponent === 0 ? fraction : hidden + fraction;
    const finite = significand * 2 ** (Math.max(exponent, 1) - bias - fractionBits);
    const magnitude = pattern >= firstNaN ? NaN : pattern === infinity ? Infinity : finite;
    return (stored & sign) !== 0 ? -magnitude : magnitude;
  };
}

function encoder({ fractionBits }: FloatLayout, constants: FloatConstants): Codec['encode'] {
  const { magnitudeBits, bias, infinity, nan, overflow } = constants;
  const [signBit, signShift] = [2 ** magnitudeBits, 31 - magnitudeBits];
  // 2^(fractionBits - exponent), for the exponents of numbers.
  const scales = Float64Array.from({ length: 2 * bias + 2 }, (_, i) => 2 ** (fractionBits - (i + 1 - bias)));
  return (x) => {
    if (x !== x) return nan;
    number64[0] = x;
    const high = words64[HIGH_WORD]!;
    const sign = (high >>> signShift) & signBit;
    const magnitude = Math.abs(x);
    if (magnitude >= overflow) return infinity === undefined ? nan : sign | infinity;
    // Below the least normal number all are multiples of the least one.
    const place = Math.max(0, ((high >>> 20) & 0x7ff) - 1024 + bias);
    return sign + (place << fractionBits) + roundedEven(magnitude * scales[place]!);
  };
}

/**
 * From words of float32: in the normal range the exponent is rebiased and the last bits are rounded off, all in one
 * integer.
 */
function arrayEncoder(constants: FloatConstants): NonNullable<Codec['encodeAll']> {
  const { magnitudeBits, bias, shift, infinity, nan, overflowWord, rebias, firstNormalWord } = constants;
  const [signBit, signShift, range] = [2 ** magnitudeBits, 31 - magnitudeBits, overflowWord - firstNormalWord];
  const [below, lastSmall] = [2 ** (shift - 1) - 1 - rebias, 128 - bias + shift];
  const special = (word: number, magnitude: number): number => {
    if (magnitude > 0x7f800000) return nan;
    const sign = (word >>> signShift) & signBit;
    if (magnitude >= overflowWord) return infinity === undefined ? nan : sign | infinity;
    return sign | encodedSmall(magnitude, lastSmall - (magnitude >>> 23));
  };
  return (numbers, out) => {
    const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      const magnitude = word & 0x7fffffff;
      out[i] =
        (magnitude - firstNormalWord) >>> 0 < range
          ? ((word >>> signShift) & signBit) | ((magnitude + below + ((magnitude >>> shift) & 1)) >>> shift)
          : special(word, magnitude);
    }
  };
}

/** Below the least normal number: the 24-bit fraction moves right by what the exponent says. */
function encodedSmall(magnitude: number, places: number): number {
  if (places > 24) return 0;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const kept = fraction >>> places;
  const rest = fraction & ((1 << places) - 1);
  const tie = 1 << (places - 1);
  return kept + Number(rest > tie || (rest === tie && (kept & 1) === 1));
}
