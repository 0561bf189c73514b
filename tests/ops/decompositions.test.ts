// Decompositions of matrices that are hard: the parts multiply to the matrix, vectors are orthogonal, values are those
// of NumPy where the matrix has known ones; what has no decomposition is refused.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { determinantOf } from '../../kernels/js/decompose/lu.ts';
import { NumericError, ShapeError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { drawFrom } from '../../src/testing/random.ts';

const EPSILON = 2 ** -52;

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], class: 'exact' });
});
afterAll(() => sheet.close());

type Numbers = Float64Array;
type Entry = (i: number, j: number, m: number, n: number) => number;

const random = drawFrom(5);
const noise = Float64Array.from({ length: 4096 }, () => random() - 0.5);
const drawn: Entry = (i, j) => noise[i * 61 + j]!;

/** Matrices of any shape that decompositions are known to go wrong on. */
const HARD: Readonly<Record<string, Entry>> = {
  'random ones': drawn,
  'those of Hilbert': (i, j) => 1 / (i + j + 1),
  'those graded downwards': (i, j) => drawn(i, j, 0, 0) * 10 ** (-i - j),
  'those graded upwards': (i, j, m, n) => drawn(i, j, 0, 0) * 10 ** (i + j - m - n),
  'those of rank 2': (i, j) => (i + 1) * (j + 2) + (i % 3) * (j % 2),
  'those with equal values': (i, j) => (i === j ? (i % 3) - 1 : 0),
  identities: (i, j) => Number(i === j),
  zeros: () => 0,
  ones: () => 1,
  'nilpotent ones': (i, j) => Number(j === i + 1),
  'tridiagonal ones with pairs of near eigenvalues': (i, j, m) =>
    i === j ? Math.abs(i - (m - 1) / 2) : Math.abs(i - j) === 1 ? 1 : 0,
  'those scaled by 1e150': (i, j) => drawn(i, j, 0, 0) * 1e150,
  'those scaled by 1e-150': (i, j) => drawn(i, j, 0, 0) * 1e-150,
  'those near the largest number': (i, j) => drawn(i, j, 0, 0) * 1e307,
  'subnormal ones': (i, j) => drawn(i, j, 0, 0) * 1e-312,
};

const matrix = (m: number, n: number, entry: Entry): Numbers =>
  Float64Array.from({ length: m * n }, (_, at) => entry(Math.floor(at / n), at % n, m, n));

/** A power of two near the largest element, by which errors are measured. */
const sizeOf = (a: Numbers): number => a.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) || 1;

/** So many roundings, beside a size: the least number there is for each too. */
const roundings = (count: number, size: number): number => count * (EPSILON + 5e-324 / size);

/** a · b of m × k and k × n, each element divided by a size first. */
function product(a: Numbers, b: Numbers, m: number, k: number, n: number, size = 1): Numbers {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j]! += a[i * k + l]! * (b[l * n + j]! / size);
  return out;
}

const transposed = (a: Numbers, m: number, n: number): Numbers => matrix(n, m, (i, j) => a[j * n + i]!);
const distance = (a: Numbers, b: Numbers): number => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
const withoutOrthogonality = (q: Numbers, m: number, k: number): number =>
  distance(product(transposed(q, m, k), q, k, m, k), matrix(k, k, HARD['identities']!));

const dataOf = async (tensor: Tensor): Promise<Numbers> => (await tensor.data()) as Numbers;
const enter = (a: Numbers, m: number, n: number): Tensor => sheet.tensor(a, [m, n], { dtype: 'float64' });

/** Shapes, all beyond four columns at a time, some tall. */
const SHAPES = [
  [1, 1],
  [2, 2],
  [9, 9],
  [7, 4],
  [4, 7],
  [30, 6],
] as const;

describe.each(Object.entries(HARD))('%s', (_name, entry) => {
  it.each(SHAPES)('of %i × %i are Q · R', async (m, n) => {
    const a = matrix(m, n, entry);
    const size = sizeOf(a);
    for (const mode of ['reduced', 'complete'] as const) {
      const k = mode === 'complete' ? m : Math.min(m, n);
      const packed = await dataOf(enter(a, m, n).qrPacked({ mode }));
      const [q, r] = [packed.slice(0, m * k), packed.slice(m * k)];
      expect(
        distance(
          product(q, r, m, k, n, size),
          a.map((x) => x / size),
        ),
      ).toBeLessThan(roundings(30 * n, size));
      expect(withoutOrthogonality(q, m, k)).toBeLessThan(roundings(30 * m, 1));
      for (let i = 0; i < k; i++)
        for (let j = 0; j <= Math.min(i, n - 1); j++)
          expect(r[i * n + j]! >= 0 && (i === j || r[i * n + j] === 0)).toBe(true);
    }
  });

  it.each(SHAPES)('of %i × %i are U · S · Vᵀ', async (m, n) => {
    const a = matrix(m, n, entry);
    const size = sizeOf(a);
    const values = await dataOf(enter(a, m, n).svdvals());
    for (const fullMatrices of [true, false]) {
      const k = Math.min(m, n);
      const [p, q] = fullMatrices ? [m, n] : [k, k];
      const packed = await dataOf(enter(a, m, n).svdPacked({ fullMatrices }));
      const [u, s, v] = [packed.slice(0, m * p), packed.slice(m * p, m * p + k), packed.slice(m * p + k)];
      const us = matrix(m, k, (i, j) => u[i * p + j]! * (s[j]! / size));
      expect(
        distance(
          product(us, v.slice(0, k * n), m, k, n),
          a.map((x) => x / size),
        ),
      ).toBeLessThan(roundings(30 * (m + n), size));
      expect(withoutOrthogonality(u, m, p)).toBeLessThan(roundings(30 * m, 1));
      expect(withoutOrthogonality(transposed(v, q, n), n, q)).toBeLessThan(roundings(30 * n, size));
      expect([...s]).toEqual([...s].sort((x, y) => y - x));
      expect(s.every((value) => value >= 0)).toBe(true);
      expect(
        distance(
          s.map((x) => x / size),
          values.map((x) => x / size),
        ),
      ).toBeLessThan(roundings(30 * (m + n), size));
    }
  });

  it.each([1, 2, 3, 9, 30])('of order %i are V · D · Vᵀ, made symmetric', async (n) => {
    const a = matrix(n, n, (i, j) => entry(Math.max(i, j), Math.min(i, j), n, n));
    const size = sizeOf(a);
    // What is above the diagonal is not read.
    const lower = enter(
      a.map((x, at) => (at % n > Math.floor(at / n) ? NaN : x)),
      n,
      n,
    );
    const packed = await dataOf(lower.eighPacked());
    const [w, v] = [packed.slice(0, n), packed.slice(n)];
    const scaled = matrix(n, n, (i, j) => v[i * n + j]! * (w[j]! / size));
    expect(
      distance(
        product(scaled, transposed(v, n, n), n, n, n),
        a.map((x) => x / size),
      ),
    ).toBeLessThan(roundings(60 * n, size));
    expect(withoutOrthogonality(v, n, n)).toBeLessThan(roundings(30 * n, size));
    expect([...w]).toEqual([...w].sort((x, y) => x - y));
    const values = await dataOf(lower.eigvalsh());
    expect(
      distance(
        w.map((x) => x / size),
        values.map((x) => x / size),
      ),
    ).toBeLessThan(roundings(30 * n, size));
  });

  it.each([1, 2, 3, 9, 30])('of order %i are taken by their eigenvectors to multiples of them', async (n) => {
    const a = matrix(n, n, entry);
    const size = sizeOf(a);
    const packed = await dataOf(enter(a, n, n).eigPacked());
    const [real, imag] = [packed.slice(0, n), packed.slice(n, 2 * n)];
    const [x, y] = [packed.slice(2 * n, 2 * n + n * n), packed.slice(2 * n + n * n)];
    const scaled = a.map((value) => value / size);
    const multiples = (left: Numbers, right: Numbers, sign: number): Numbers =>
      matrix(n, n, (i, j) => left[i * n + j]! * (real[j]! / size) + sign * right[i * n + j]! * (imag[j]! / size));
    expect(distance(product(scaled, x, n, n, n), multiples(x, y, -1))).toBeLessThan(roundings(100 * n, size));
    expect(distance(product(scaled, y, n, n, n), multiples(y, x, 1))).toBeLessThan(roundings(100 * n, size));
    for (let j = 0; j < n; j++) {
      let squares = 0;
      for (let i = 0; i < n; i++) squares += x[i * n + j]! ** 2 + y[i * n + j]! ** 2;
      expect(Math.abs(squares - 1)).toBeLessThan(1e-13);
      expect(imag[j] === 0 || imag[j] === -imag[j + (imag[j]! > 0 ? 1 : -1)]!).toBe(true);
    }
    const trace = scaled.reduce((sum, value, at) => sum + (at % (n + 1) === 0 ? value : 0), 0);
    expect(Math.abs(real.reduce((sum, value) => sum + value / size, 0) - trace)).toBeLessThan(roundings(100 * n, size));
  });

  it.each(SHAPES)('of %i × %i are L · U with rows in another order', async (m, n) => {
    const a = matrix(m, n, entry);
    const size = sizeOf(a);
    const k = Math.min(m, n);
    const packed = await dataOf(enter(a, m, n).luPacked());
    const lower = matrix(m, k, (i, j) => (i === j ? 1 : i > j ? packed[i * n + j]! : 0));
    const upper = matrix(k, n, (i, j) => (i <= j ? packed[i * n + j]! : 0));
    const rows = Array.from(packed.subarray(m * n, m * n + m));
    expect([...rows].sort((x, y) => x - y)).toEqual(rows.map((_, i) => i));
    expect(
      distance(
        product(lower, upper, m, k, n, size),
        matrix(m, n, (i, j) => a[rows[i]! * n + j]! / size),
      ),
    ).toBeLessThan(roundings(10 * n, size));
    expect(lower.every((x) => Math.abs(x) <= 1)).toBe(true);
  });
});

describe('values that are known', () => {
  it('singular values of a bidiagonal matrix keep their relative accuracy, however small', async () => {
    const values = await dataOf(enter(Float64Array.of(1, 1e-20, 0, 0, 1e-40, 0, 0, 0, 1e-60), 3, 3).svdvals());
    [1, 1e-40, 1e-60].forEach((value, i) => expect(Math.abs(values[i]! / value - 1)).toBeLessThan(1e-14));
  });

  it('eigenvalues of the second difference are 2 − 2·cos(kπ / (n + 1))', async () => {
    const n = 40;
    const values = await dataOf(
      enter(
        matrix(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
        n,
        n,
      ).eigvalsh(),
    );
    values.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13));
  });

  it('a determinant overflows where its value does, not on the way', async () => {
    const diagonal = (...values: number[]): Promise<Numbers> =>
      dataOf(
        enter(
          matrix(values.length, values.length, (i, j) => (i === j ? values[i]! : 0)),
          values.length,
          values.length,
        ).det(),
      );
    expect([...(await diagonal(1e200, 1e200, 1e-300, 1e-100))]).toEqual([expect.closeTo(1, 13)]);
    expect([...(await diagonal(1e-200, 1e-200, 1e300, 1e100))]).toEqual([expect.closeTo(1, 13)]);
    expect([...(await diagonal(1e200, 1e200))]).toEqual([Infinity]);
    expect([...(await diagonal(1e-200, 1e-200))]).toEqual([0]);
    expect([...(await diagonal(NaN, 1))]).toEqual([NaN]);
    expect(determinantOf({ factors: Float64Array.of(5e-324), permutation: Int32Array.of(0), parity: -1 }, 1)).toBe(
      -5e-324,
    );
  });
});

describe('exponentials', () => {
  const exponentialOf = (...values: number[]): Promise<Numbers> =>
    dataOf(enter(Float64Array.from(values), 2, 2).expm());
  it('are those that are known: of a turn, of a shift, of one that is large', async () => {
    const turn = await exponentialOf(0, -100, 100, 0);
    [Math.cos(100), -Math.sin(100), Math.sin(100), Math.cos(100)].forEach((x, i) => expect(turn[i]).toBeCloseTo(x, 11));
    expect([...(await exponentialOf(0, 7, 0, 0))]).toEqual([1, 7, 0, 1]);
    expect([...(await exponentialOf(0, 0, 0, 0))]).toEqual([1, 0, 0, 1]);
    expect((await exponentialOf(1000, 0, 0, -1000))[0]).toBe(Infinity);
    expect((await exponentialOf(-1000, 0, 0, -1000))[0]).toBe(0);
  });
});

describe('what there is of nothing', () => {
  it.each([
    ['qrPacked', [3, 0, 2], [3, 0]],
    ['qrPacked', [0, 4, 2], [0, 12]],
    ['eighPacked', [2, 0, 0], [2, 0]],
    ['eigvalsh', [0, 3, 3], [0, 3]],
    ['svdvals', [2, 0, 5], [2, 0]],
    ['luPacked', [2, 0, 5], [2, 1]],
    ['det', [2, 0, 0], [2]],
    ['expm', [2, 0, 0], [2, 0, 0]],
    ['eigPacked', [2, 0, 0], [2, 0]],
  ] as const)('%s of %j is of shape %j', async (method, shape, wanted) => {
    const result = sheet.zeros(shape)[method]();
    expect(result.shape).toEqual(wanted);
    expect([...(await dataOf(result))].every((x) => x === 1)).toBe(true);
  });

  it('a complete Q and full U and Vᵀ of an empty matrix are identities', async () => {
    expect([...(await dataOf(sheet.zeros([2, 0]).qrPacked({ mode: 'complete' })))]).toEqual([1, 0, 0, 1]);
    expect([...(await dataOf(sheet.zeros([0, 2]).svdPacked()))]).toEqual([1, 0, 0, 1]);
  });
});

describe('what has no decomposition', () => {
  it.each([
    ...(['qrPacked', 'eighPacked', 'eigvalsh', 'svdPacked', 'svdvals', 'luPacked', 'expm', 'eigPacked'] as const),
  ])('%s says which matrix is not finite', async (method) => {
    const x = sheet.tensor([1, 2, 3, 4, 5, 6, NaN, 8], [2, 2, 2]);
    await expect(x[method]().data()).rejects.toThrow(NumericError);
    await expect(x[method]().data()).rejects.toThrow(/matrix 1 of x has elements that are not finite/);
    await expect(
      sheet
        .tensor([[Infinity]])
        [method]()
        .data(),
    ).rejects.toThrow(/: x has elements that are not finite/);
  });

  it.each(['eighPacked', 'eigvalsh', 'det', 'expm', 'eigPacked', 'eigvalsPacked'] as const)(
    '%s is refused where a matrix is not square',
    (method) => {
      expect(() => sheet.zeros([2, 3])[method]()).toThrow(ShapeError);
      expect(() => sheet.zeros([3])[method]()).toThrow(/rank/);
    },
  );
});

describe('batches and widths', () => {
  it('a matrix of a batch has the bits it has by itself, in float32 too', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('float32', 'float64', 'float16'),
        fc.constantFrom('qrPacked', 'svdPacked', 'svdvals', 'luPacked'),
        async (count, m, n, dtype, method) => {
          const all = sheet.tensor(matrix(count, m * n, drawn), [count, m, n]).astype(dtype);
          const whole = (await all[method]().data()) as Numbers;
          const last = (await all
            .slice([count - 1])
            .squeeze({ axis: 0 })
            [method]()
            .data()) as Numbers;
          expect(whole.slice((whole.length / count) * (count - 1))).toEqual(last);
        },
      ),
      { numRuns: 40, seed: 7 },
    ));
});
