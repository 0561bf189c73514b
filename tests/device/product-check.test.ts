// Checks of products: none is refused for its rounding, and what is wrong is found at the rates that the guide states.
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { faultOfProduct } from '../../src/core/device/product-check.ts';
import { checkOf, computeAgain } from '../../src/core/device/result-check.ts';
import { MATMUL } from '../../src/core/ops/matrices/linalg.ts';
import { Block, type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { allocate, type DType, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { extent } from '../run/extent.ts';

type Random = () => number;
const gauss = (r: Random): number => Math.sqrt(-2 * Math.log(1 - r())) * Math.cos(2 * Math.PI * r());

/** What elements are drawn from. */
const DISTRIBUTIONS: Readonly<Record<string, (r: Random, i: number) => number>> = {
  gauss,
  'U(-1, 1)': (r) => 2 * r() - 1,
  'U(0, 1)': (r) => r(),
  relu: (r) => Math.max(0, gauss(r)),
  lognormal: (r) => Math.exp(3 * gauss(r)),
  constant: () => 0.1,
  'whole numbers': (r) => Math.floor(r() * 17) - 8,
  'many magnitudes': (r) => gauss(r) * 10 ** (r() * 24 - 12),
  'far from zero': (r) => 1e6 + gauss(r),
  sparse: (r) => (r() < 0.9 ? 0 : gauss(r)),
  'near the least': (r) => gauss(r) * 2 ** -75,
  'cancelling in pairs': (_r, i) => (i % 2 === 0 ? 1e3 : -1e3) * (1 + (i % 7) * 1e-4),
};

const draw = (seed: number): (() => number) => {
  const random = drawFrom(seed);
  return () => Math.floor(random() * 2 ** 32) | 0;
};

function matrix(dtype: DType, shape: readonly number[], element: (i: number) => number): Value {
  const type = tensorType(dtype, shape);
  const array = allocate(dtype, type.size);
  const isBig = dtype === 'int64';
  for (let i = 0; i < array.length; i++)
    array[i] = (isBig ? BigInt(Math.round(element(i) * 1e6)) : element(i)) as never;
  return valueOfArray(type, array);
}

interface Product {
  readonly task: Task;
  readonly value: Value;
}

function product(seed: number, name: string, dtype: DType = 'float32'): Product {
  const random = drawFrom(seed);
  const size = (most: number): number => 1 + Math.floor(random() * most);
  const [m, n, k] = [size(24), size(24), size(extent(160, 600))];
  const [transposeA, transposeB] = [random() < 0.5, random() < 0.5];
  const by = DISTRIBUTIONS[name]!;
  const operands = [
    matrix(dtype, transposeA ? [k, m] : [m, k], (i) => by(random, i)),
    matrix(dtype, transposeB ? [n, k] : [k, n], (i) => by(random, i)),
  ];
  const attrs = { transposeA, transposeB, precision: 'float32' };
  const task: Task = { row: MATMUL, attrs, type: tensorType(dtype, [m, n]), numerics: 'tolerance', operands };
  return { task, value: computed(task) };
}

function computed(task: Task): Value {
  const out = allocate(task.type.dtype, task.type.size);
  computeAgain(task, new Block(out));
  return valueOfArray(task.type, out);
}

/** The product as another device might have it: summed from the end, and rounded at every step. */
function backwards({ task, value }: Product): Value {
  const reversed = (operand: Value, isRows: boolean): Value => {
    const [rows, columns] = operand.type.shape as [number, number];
    const at = (i: number, j: number): number => (isRows ? rows - 1 - i : i) * columns + (isRows ? j : columns - 1 - j);
    return matrix(operand.type.dtype, [rows, columns], (p) =>
      Number(operand.array[at(Math.floor(p / columns), p % columns)]),
    );
  };
  const [a, b] = task.operands as [Value, Value];
  return computed({
    ...task,
    type: value.type,
    operands: [reversed(a, task.attrs['transposeA'] === true), reversed(b, task.attrs['transposeB'] !== true)],
  });
}

/** The product as it is where sums are kept in float64, and rounded once. */
function inDoubles({ task, value }: Product): Value {
  const operands = task.operands.map(({ type, array }) => matrix('float64', type.shape, (i) => Number(array[i])));
  const { array } = computed({ ...task, operands, type: tensorType('float64', task.type.shape) });
  return matrix(value.type.dtype, value.type.shape, (i) => Number(array[i]));
}

const check = (isBitwise: boolean, seed: number, vectors = 2) => ({
  isBitwise,
  vectors,
  draw: draw(seed),
  run: computeAgain,
});

describe('a product that is right', () => {
  const count = extent(9, 84);
  it.each(Object.keys(DISTRIBUTIONS))('of %s is not refused, whoever computed it', (name) => {
    for (let seed = 1; seed <= count; seed++) {
      for (const dtype of ['float32', 'float64'] as const) {
        const right = product(seed, name, dtype);
        expect(faultOfProduct(right.task, right.value, check(true, seed))).toBeUndefined();
        expect(faultOfProduct(right.task, backwards(right), check(false, seed))).toBeUndefined();
        expect(faultOfProduct(right.task, inDoubles(right), check(false, seed))).toBeUndefined();
      }
    }
  });

  it('of one number again and again, whose rounding errors add up, is not refused', () => {
    const attrs = { transposeA: false, transposeB: false, precision: 'float32' };
    for (let step = 1; step <= 60; step++) {
      const operands = [matrix('float32', [1, 256], () => 0.037 * step), matrix('float32', [256, 1], () => 0.71)];
      const type = tensorType('float32', [1, 1]);
      const task: Task = { row: MATMUL, attrs, type, numerics: 'tolerance', operands };
      expect(faultOfProduct(task, inDoubles({ task, value: computed(task) }), check(false, step))).toBeUndefined();
    }
  });

  it.each(['int8', 'int32', 'uint16', 'int64'] as const)('of %s is not refused', (dtype) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { task, value } = product(seed, 'many magnitudes', dtype);
      expect(faultOfProduct(task, value, check(true, seed))).toBeUndefined();
    }
  });

  it('with elements that are not finite is not refused', () => {
    for (const special of [NaN, Infinity, 3e38]) {
      const { task } = product(5, 'gauss');
      (task.operands[0]!.array as Float32Array)[1] = special;
      const value = computed(task);
      for (const isBitwise of [true, false])
        expect(faultOfProduct(task, value, check(isBitwise, 1)), String(special)).toBeUndefined();
    }
  });
});

const [M, N, K] = [32, 64, 512];
const words = (array: TypedArray): Uint32Array => new Uint32Array(array.buffer, array.byteOffset, array.length);
type Damage = (array: Float32Array, random: Random) => void;
const at = (array: Float32Array, random: Random): number => Math.floor(random() * array.length);
const flip =
  (bit: number): Damage =>
  (array, random) => {
    words(array)[at(array, random)]! ^= 1 << bit;
  };
const swap = (array: Float32Array, i: number, j: number): void => {
  [array[i], array[j]] = [array[j]!, array[i]!];
};

function swapInRow(array: Float32Array, r: Random): void {
  const [row] = rowOf(r);
  swap(array, row + Math.floor(r() * 32), row + 32 + Math.floor(r() * 32));
}

function swapRows(array: Float32Array, r: Random): void {
  const row = Math.floor(r() * (M - 1)) * N;
  for (let j = 0; j < N; j++) swap(array, row + j, row + N + j);
}

/**
 * What is done to a product of 32×512 by 512×64 float32, and the least share of it that has to be found: where bits are
 * those of the specification, and where they may be others.
 */
const DAMAGES: readonly (readonly [string, Damage, number, number])[] = [
  ['bit 30 of one element', flip(30), 0.95, 0.9],
  ['the sign of one element', flip(31), 0.95, 0.9],
  ['bit 22 of one element', flip(22), 0.99, 0.95],
  ['bit 18 of one element', flip(18), 0.95, 0.85],
  ['bit 14 of one element', flip(14), 0.7, 0],
  ['one element 1 % larger', (array, r) => void (array[at(array, r)]! *= 1.01), 0.95, 0.75],
  ['one element that is no number', (array, r) => void (array[at(array, r)] = NaN), 1, 1],
  ['one element that is 0', (array, r) => void (array[at(array, r)] = 0), 0.95, 0.9],
  ['two elements of a row that were swapped', swapInRow, 0.5, 0.5],
  ['two rows that were swapped', swapRows, 1, 1],
  ['a row of zeros', (array, r) => void array.fill(0, ...rowOf(r)), 1, 1],
  ['a row of another order', (array, r) => array.set(array.slice(0, N).reverse(), rowOf(r)[0]), 1, 1],
  ['all elements 0.1 % larger', (array) => array.forEach((x, i) => (array[i] = x * 1.001)), 1, 1],
  ['all elements cut to 8 bits', (array) => words(array).forEach((x, i, all) => (all[i] = x & 0xffff0000)), 1, 1],
];
const rowOf = (r: Random): [number, number] => {
  const row = Math.floor(r() * M) * N;
  return [row, row + N];
};

describe('a product that is wrong', () => {
  const random = drawFrom(3);
  const operands = [matrix('float32', [M, K], () => gauss(random)), matrix('float32', [K, N], () => gauss(random))];
  const task: Task = {
    row: MATMUL,
    attrs: { transposeA: false, transposeB: false, precision: 'float32' },
    type: tensorType('float32', [M, N]),
    numerics: 'tolerance',
    operands,
  };
  const right = computed(task);
  const trials = extent(16, 200);

  const shareFound = (damage: Damage, isBitwise: boolean): number => {
    let found = 0;
    for (let seed = 1; seed <= trials; seed++) {
      const array = (right.array as Float32Array).slice();
      damage(array, drawFrom(seed));
      if (faultOfProduct(task, valueOfArray(task.type, array), check(isBitwise, seed)) !== undefined) found++;
    }
    return found / trials;
  };

  it.each(DAMAGES)('by %s is found', (_name, damage, whereBitsAre, whereBitsMayDiffer) => {
    expect(shareFound(damage, true)).toBeGreaterThanOrEqual(whereBitsAre);
    expect(shareFound(damage, false)).toBeGreaterThanOrEqual(whereBitsMayDiffer);
  });

  it('by one integer is found, whichever bit it is', () => {
    for (const dtype of ['int32', 'int64', 'uint8'] as const) {
      const { task: of, value } = product(11, 'whole numbers', dtype);
      for (const bit of [0, 3, 7]) {
        const array = value.array.slice();
        const element = array[array.length >> 1]!;
        const other = typeof element === 'bigint' ? element ^ (1n << BigInt(bit * 9)) : element ^ (1 << bit);
        array[array.length >> 1] = other as never;
        expect(faultOfProduct(of, valueOfArray(of.type, array), check(true, bit + 1))).toMatch(/computed again/);
      }
    }
  });

  it('by the highest bit of one integer is found whatever is drawn', () => {
    const { task: of, value } = product(11, 'whole numbers', 'int32');
    const array = (value.array as Int32Array).slice();
    array[3]! ^= 1 << 31;
    for (let seed = 1; seed <= 40; seed++)
      expect(faultOfProduct(of, valueOfArray(of.type, array), check(true, seed))).toMatch(/computed again/);
  });

  it('is checked in a small part of the time of the product', () => {
    const type = tensorType('float32', [512, 512]);
    const operands = [1, 2].map(() => valueOfArray(type, new Float32Array(1)));
    expect(checkOf({ ...task, operands, type }, right, true, 2)!.costNs).toBeLessThan(0.02 * (2 * 512 ** 3));
  });
});
