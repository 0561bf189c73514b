// Elements from seeded integer arithmetic: scripts/numpy_answers/inputs.py makes the same ones, so that only answers
// are stored.
import { readFileSync } from 'node:fs';
import { FLOAT16 } from '../../kernels/codecs/codecs.ts';
import { allocate, type DType, isBigInt, type TypedArray } from '../../src/core/tensor/dtype.ts';

type Bits = Readonly<Record<string, readonly string[]>>;
const VALUES = JSON.parse(readFileSync(new URL('values.json', import.meta.url), 'utf8')) as Readonly<
  Record<'edge' | 'special' | 'holes' | 'integers', Bits>
>;

/** Fills that draw from a table: at random, or in order so that two operands meet in every pair. */
const SPECIAL_FILLS: Readonly<Record<string, 'edge' | 'special' | 'holes'>> = {
  edge: 'edge',
  special: 'special',
  holes: 'holes',
  sweep: 'edge',
  sweep2: 'edge',
  normal: 'special',
  normal2: 'special',
};

/** The exponents that the fill `wide` reaches, by floating dtype. */
const REACH: Readonly<Record<string, number>> = { float64: 60, float32: 30, float16: 9 };
const isFloating = (dtype: DType): boolean => dtype in REACH;
const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A seed for one operand of one case: FNV-1a of the op's name, then steps by case and operand. */
export function seedOf(op: string, place: number, operand: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(op)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash + place * 8 + operand) >>> 0;
}

/** 32 well mixed bits of an index. */
function word(seed: number, index: number, lane = 0): number {
  let h = Math.imul(index, 0x85ebca77) + Math.imul(seed, 0x9e3779b1) + Math.imul(lane, 0x51ed270b);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Special elements of a dtype as an array. */
function table(name: 'edge' | 'special' | 'holes', dtype: DType): TypedArray {
  const list = (isFloating(dtype) ? VALUES[name] : VALUES.integers)[dtype]!;
  const out = allocate(dtype, list.length);
  const bits =
    dtype === 'float64' ? new BigUint64Array(out.buffer) : dtype === 'float32' ? new Uint32Array(out.buffer) : out;
  for (const [i, text] of list.entries()) {
    const whole = BigInt(isFloating(dtype) ? `0x${text}` : text);
    bits[i] = (bits instanceof BigUint64Array || bits instanceof BigInt64Array ? whole : Number(whole)) as never;
  }
  return out;
}

/** A number between 0 and 1 with as many bits as the dtype keeps. */
function fractionOf(dtype: DType, seed: number, i: number): number {
  const h = word(seed, i);
  if (dtype === 'float16') return (h >>> 22) * 2 ** -10;
  return (h >>> 9) * 2 ** -23 + (dtype === 'float64' ? (word(seed, i, 1) >>> 3) * 2 ** -52 : 0);
}

/** One float by the name of a fill; every step is exact or one rounding of the dtype. */
function floatOf(fill: string, dtype: DType, seed: number, i: number): number {
  if (fill === 'small') return (word(seed, i) % 65) / 8 - 4;
  if (fill === 'few') return (word(seed, i) % 5) - 2;
  if (fill === 'rising') return Math.floor(i / 2) - 2;
  const fraction = fractionOf(dtype, seed, i);
  if (fill === 'unit') return fraction * 2 - 1;
  if (fill === 'positive') return fraction + 0.5;
  if (fill === 'spread') return fraction * 8 - 4;
  if (fill !== 'wide') throw new RangeError(`no fill ${fill}`);
  const second = word(seed, i, 2);
  const reach = REACH[dtype]!;
  return (second >>> 31 === 1 ? -1 : 1) * (1 + fraction) * 2 ** ((second % (2 * reach)) - reach);
}

function integerOf(fill: string, dtype: DType, seed: number, i: number): number {
  const h = word(seed, i);
  if (dtype === 'bool') return h & 1;
  const signed = !dtype.startsWith('u');
  if (fill === 'rising') return Math.floor(i / 2) - (signed ? 2 : 0);
  if (fill === 'index') return signed ? (h % 4) - 2 : h % 2;
  if (fill === 'positive') return (h % 9) + 1;
  if (fill === 'unit' || fill === 'few') return (h % 5) - (signed ? 2 : 0);
  return (h % 41) - (signed ? 20 : 0);
}

/** Arbitrary bits; NaNs become the quiet one. */
function anyBits(dtype: DType, seed: number, length: number): TypedArray {
  const out = allocate(dtype, length);
  const size = out.BYTES_PER_ELEMENT;
  const halves = size === 8 ? new Uint32Array(out.buffer) : undefined;
  const bits =
    size === 4 ? new Uint32Array(out.buffer) : size === 2 ? new Uint16Array(out.buffer) : new Uint8Array(out.buffer);
  for (let i = 0; i < length; i++) {
    if (halves !== undefined) {
      halves[2 * i] = word(seed, i, 1);
      halves[2 * i + 1] = word(seed, i);
    } else bits[i] = dtype === 'bool' ? word(seed, i) & 1 : word(seed, i) >>> (32 - 8 * size);
  }
  return quieted(out, dtype);
}

function quieted(array: TypedArray, dtype: DType): TypedArray {
  if (!isFloating(dtype)) return array;
  const quiet = table('edge', dtype)[6] as number;
  const isNotNumber = dtype === 'float16' ? (x: number): boolean => (x & 0x7fff) > 0x7c00 : Number.isNaN;
  for (let i = 0; i < array.length; i++) if (isNotNumber(array[i] as number)) array[i] = quiet as never;
  return array;
}

/**
 * Well conditioned matrices in the last two axes: 'dominant' as drawn, 'definite' symmetric, both with a heavy
 * diagonal.
 */
function matrices(fill: string, array: TypedArray, n: number): TypedArray {
  for (let at = 0; at < array.length; at += n * n) {
    for (let row = 0; row < n; row++) {
      if (fill === 'definite')
        for (let column = row + 1; column < n; column++)
          array[at + row * n + column] = array[at + column * n + row] as never;
      array[at + row * n + row] = (array instanceof Uint16Array ? FLOAT16.encode(8 * n) : 8 * n) as never;
    }
  }
  return array;
}

/** Elements of special tables: at random, or in order so that two operands meet in every pair. */
function specials(dtype: DType, length: number, fill: string, seed: number): TypedArray {
  const elements = table(SPECIAL_FILLS[fill] as 'edge', dtype);
  const out = allocate(dtype, length);
  const drawn = ['edge', 'special', 'holes'].includes(fill);
  for (let i = 0; i < length; i++) {
    const place = drawn ? word(seed, i) : fill.endsWith('2') ? Math.floor(i / elements.length) : i;
    out[i] = elements[place % elements.length] as never;
  }
  return out;
}

/** An array by its dtype, shape, the name of its fill, and a seed. */
export function elementsOf(dtype: DType, shape: readonly number[], fill: string, seed: number): TypedArray {
  const length = count(shape);
  if (fill === 'dominant' || fill === 'definite')
    return matrices(fill, elementsOf(dtype, shape, 'few', seed), shape.at(-1)!);
  if (fill in SPECIAL_FILLS) return specials(dtype, length, fill, seed);
  if (fill === 'bits') return anyBits(dtype, seed, length);
  const out = allocate(dtype, length);
  for (let i = 0; i < length; i++) {
    const value = isFloating(dtype) ? floatOf(fill, dtype, seed, i) : integerOf(fill, dtype, seed, i);
    out[i] = (dtype === 'float16' ? FLOAT16.encode(value) : isBigInt(dtype) ? BigInt(value) : value) as never;
  }
  return out;
}

/** The shape of what a view is taken of. */
export function baseShape(shape: readonly number[], view: string): readonly number[] {
  if (view === 'T') return [...shape].reverse();
  if (view === 'step') return shape.map((n) => 2 * n);
  return view === 'stretch' ? [1, ...shape.slice(1)] : shape;
}
