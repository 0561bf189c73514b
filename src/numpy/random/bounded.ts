// Integers below a bound, from the fewest bits and in the ways in which NumPy draws them: by the high part of a product
// (Lemire 2019) in generators, by a mask in RandomState.
import { AttributeError } from '../../core/errors.ts';
import { type BitGenerator, upperProduct } from './bit-generator.ts';

/** Integer dtypes of NumPy, and the arrays their draws are given in; bools are 0 and 1. */
interface IntegerArrays {
  int64: BigInt64Array;
  uint64: BigUint64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type IntegerDType = keyof IntegerArrays;
export type DrawnIntegers<D extends IntegerDType> = IntegerArrays[D];

/** How a word of too many values is made one of the right many. */
type Method = 'product' | 'mask';

interface Kind {
  readonly make: (count: number) => IntegerArrays[IntegerDType];
  readonly bits: number;
  readonly signed: boolean;
}

const KINDS: Readonly<Record<IntegerDType, Kind>> = {
  int64: { make: (count) => new BigInt64Array(count), bits: 64, signed: true },
  uint64: { make: (count) => new BigUint64Array(count), bits: 64, signed: false },
  int32: { make: (count) => new Int32Array(count), bits: 32, signed: true },
  uint32: { make: (count) => new Uint32Array(count), bits: 32, signed: false },
  int16: { make: (count) => new Int16Array(count), bits: 16, signed: true },
  uint16: { make: (count) => new Uint16Array(count), bits: 16, signed: false },
  int8: { make: (count) => new Int8Array(count), bits: 8, signed: true },
  uint8: { make: (count) => new Uint8Array(count), bits: 8, signed: false },
  bool: { make: (count) => new Uint8Array(count), bits: 1, signed: false },
};

/** Integers from `low` to `high`, both included. */
export function integersBetween<D extends IntegerDType>(
  bits: BitGenerator,
  method: Method,
  { low, high, dtype, count }: { low: bigint; high: bigint; dtype: D; count: number },
): DrawnIntegers<D> {
  const kind = KINDS[dtype];
  const least = kind.signed ? -(2n ** BigInt(kind.bits - 1)) : 0n;
  const most = least + 2n ** BigInt(kind.bits) - 1n;
  if (low > high || low < least || high > most)
    throw new AttributeError(
      `integers: there are none of ${dtype} from ${low} to ${high}; give bounds within ${least} to ${most}, ` +
        'the lower one first.',
      { low, high, dtype },
    );
  const out = kind.make(count);
  if (kind.bits === 64) fillWide(bits, method, low, high - low, out as BigInt64Array);
  else fillNarrow(drawOf(bits, method, Number(high - low), kind.bits), Number(low), out as Int32Array);
  return out as DrawnIntegers<D>;
}

function fillWide(bits: BitGenerator, method: Method, low: bigint, range: bigint, out: BigInt64Array): void {
  if (range <= 0xffffffffn) {
    const draw = drawOf(bits, method, Number(range), 32);
    for (let i = 0; i < out.length; i++) out[i] = low + BigInt(draw());
  } else {
    const draw = method === 'mask' ? maskedWide(bits, range) : productWide(bits, range);
    for (let i = 0; i < out.length; i++) out[i] = low + draw();
  }
}

function fillNarrow(draw: () => number, low: number, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = low + draw();
}

/** Draws from 0 to `range`, both included, from parts of words that are as wide as the dtype. */
function drawOf(bits: BitGenerator, method: Method, range: number, width: number): () => number {
  if (range === 0) return () => 0;
  const part = width === 32 ? (): number => bits.next32() : partsOf(bits, width);
  if (range === 2 ** width - 1) return part;
  return method === 'mask' ? masked(part, range) : product(part, range, width);
}

/** Words cut into parts, the low ones first. */
function partsOf(bits: BitGenerator, width: number): () => number {
  const mask = 2 ** width - 1;
  let [word, left] = [0, 0];
  return () => {
    if (left === 0) [word, left] = [bits.next32(), 32 / width];
    else word >>>= width;
    left--;
    return word & mask;
  };
}

function masked(part: () => number, range: number): () => number {
  const mask = maskOf(range);
  return () => {
    for (;;) {
      const value = (part() & mask) >>> 0;
      if (value <= range) return value;
    }
  };
}

/** The least 2^k - 1 that is not below the range. */
const maskOf = (range: number): number => 0xffffffff >>> Math.clz32(range);

function product(part: () => number, range: number, width: number): () => number {
  const count = range + 1;
  const size = 2 ** width;
  const threshold = (size - count) % count;
  const split = width === 32 ? splitWord : splitPart(size);
  return () => {
    for (;;) {
      const { upper, lower } = split(part(), count);
      if (lower >= threshold) return upper;
    }
  };
}

interface Product {
  upper: number;
  lower: number;
}

const halves: Product = { upper: 0, lower: 0 };

function splitWord(a: number, b: number): Product {
  halves.upper = upperProduct(a, b);
  halves.lower = Math.imul(a, b) >>> 0;
  return halves;
}

const splitPart =
  (size: number) =>
  (a: number, b: number): Product => {
    halves.upper = Math.floor((a * b) / size);
    halves.lower = (a * b) % size;
    return halves;
  };

const SIZE_64 = 2n ** 64n;

function next64(bits: BitGenerator): bigint {
  bits.next64();
  return (BigInt(bits.high) << 32n) | BigInt(bits.low);
}

function maskedWide(bits: BitGenerator, range: bigint): () => bigint {
  const mask = 2n ** BigInt(range.toString(2).length) - 1n;
  return () => {
    for (;;) {
      const value = next64(bits) & mask;
      if (value <= range) return value;
    }
  };
}

function productWide(bits: BitGenerator, range: bigint): () => bigint {
  const count = range + 1n;
  if (count === SIZE_64) return () => next64(bits);
  const threshold = (SIZE_64 - count) % count;
  return () => {
    for (;;) {
      const wide = next64(bits) * count;
      if (BigInt.asUintN(64, wide) >= threshold) return wide >> 64n;
    }
  };
}

/** One integer from 0 to `range`, both included, below 2^32. */
export function below(bits: BitGenerator, method: Method, range: number): number {
  return drawOf(bits, method, range, 32)();
}
