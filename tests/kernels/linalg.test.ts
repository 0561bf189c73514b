// Dense linear algebra: right by its residuals, and the same bits in JavaScript, in WebAssembly, on any number of
// threads.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { FloatArray, Matrix } from '../../kernels/js/contract.ts';
import {
  cholesky,
  jsLinalgKernels,
  lu,
  luSolve,
  runLinalg,
  runLinalgAsync,
  solveTriangular,
} from '../../kernels/js/linalg.ts';
import type { LinalgSteps } from '../../kernels/js/linalg.ts';
import { WasmContract } from '../../kernels/wasm/contract/contract.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { WasmLinalgKernels } from '../../kernels/wasm/linalg/linalg.ts';
import { StagedLinalgKernels } from '../../kernels/wasm/linalg/staged.ts';
import { Team } from '../../kernels/wasm/team/team.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { extent } from '../run/extent.ts';

type Dtype = 'float32' | 'float64';

const heap = new Heap();
const teams = [1, 3].map((threads) => new Team({ memory: heap.memory, kind: heap.kind, host: nodeThreads(), threads }));
const [alone, many] = teams.map((team) => new WasmLinalgKernels(heap, team, new WasmContract(heap, team))) as [
  WasmLinalgKernels,
  WasmLinalgKernels,
];
afterAll(async () => {
  await Promise.all(teams.map((team) => team.close()));
});

function random(length: number, seed: number): number[] {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function inHeap(dtype: Dtype, values: readonly number[]): FloatArray {
  const address = heap.allocate(values.length * 8);
  const view =
    dtype === 'float32'
      ? heap.view(Float32Array, address, values.length)
      : heap.view(Float64Array, address, values.length);
  view.set(values);
  return view;
}

const own = (dtype: Dtype, values: readonly number[]): FloatArray =>
  dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
const matrix = (values: FloatArray, stride: number): Matrix<FloatArray> => ({ values, offset: 0, stride });
const epsilon = (dtype: Dtype) => (dtype === 'float32' ? 2 ** -24 : 2 ** -53);

function positiveDefinite(n: number, seed: number): number[] {
  const g = random(n * n, seed);
  const a = new Array<number>(n * n).fill(0);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? n / 4 + 1 : 0;
      for (let k = 0; k < n; k++) sum += g[i * n + k]! * g[j * n + k]!;
      a[i * n + j] = a[j * n + i] = sum;
    }
  return a;
}

interface Run {
  readonly result: number;
  readonly arrays: readonly FloatArray[];
}

// Runs an algorithm on copies of the inputs: in JavaScript, in WebAssembly alone, by three threads, asynchronously; all
// must agree in every bit.
async function everywhere(
  dtype: Dtype,
  inputs: readonly (readonly number[])[],
  steps: (arrays: readonly FloatArray[]) => LinalgSteps<number>,
): Promise<Run> {
  const arrays = inputs.map((values) => own(dtype, values));
  const result = runLinalg(steps(arrays), jsLinalgKernels);
  const drives = [
    (s: LinalgSteps<number>) => runLinalg(s, alone),
    (s: LinalgSteps<number>) => runLinalg(s, many),
    (s: LinalgSteps<number>) => runLinalgAsync(s, many),
  ];
  for (const drive of drives) {
    const placed = inputs.map((values) => inHeap(dtype, values));
    expect(await drive(steps(placed))).toBe(result);
    placed.forEach((view, i) => {
      expect(view.findIndex((x, at) => !Object.is(x, arrays[i]![at]))).toBe(-1);
      heap.free(view.byteOffset);
    });
  }
  return { result, arrays };
}

const orders = [1, 2, 7, 32, 33, 65, 100, ...extent<number[]>([], [64, 150])] as const;
const dtypes = ['float32', 'float64'] as const;

describe('cholesky', () => {
  it('gives L with L·Lᵀ = A within the error bound, zeros above, the same bits everywhere', async () => {
    for (const dtype of dtypes)
      for (const n of orders) {
        const source = own(dtype, positiveDefinite(n, n));
        const poisoned = [...source].map((x, at) => (at % n > Math.floor(at / n) ? 1e30 : x));
        const {
          result,
          arrays: [l],
        } = await everywhere(dtype, [poisoned], ([a]) => cholesky(matrix(a!, n), n));
        expect(result).toBe(-1);
        const largest = Math.max(...source.map(Math.abs));
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let k = 0; k < n; k++) sum += l![i * n + k]! * l![j * n + k]!;
            expect(Math.abs(sum - source[i * n + j]!)).toBeLessThanOrEqual(2 * (n + 1) * epsilon(dtype) * largest);
            if (j > i) expect(l![i * n + j]).toBe(0);
          }
      }
  });

  it('returns the index of the first pivot that is not positive', async () => {
    for (const [n, bad] of [
      [1, 0],
      [40, 39],
      [100, 0],
      [100, 31],
      [100, 32],
      [100, 70],
    ] as const) {
      const a = positiveDefinite(n, 3);
      a[bad * n + bad] = -1;
      expect((await everywhere('float64', [a], ([view]) => cholesky(matrix(view!, n), n))).result).toBe(bad);
    }
    expect(runLinalg(cholesky(matrix(Float64Array.of(NaN), 1), 1), jsLinalgKernels)).toBe(0);
  });
});

describe('triangular solve', () => {
  it(
    'solves op(T)·X = B for lower, upper, transposed, unit, and any number of right-hand sides, the same bits ' +
      'everywhere',
    async () => {
      const cases = fc.record({
        n: fc.constantFrom(...orders),
        columns: fc.constantFrom(1, 3, 4, 40, 70),
        triangle: fc.constantFrom('lower' as const, 'upper' as const),
        transposeT: fc.boolean(),
        diagonal: fc.constantFrom('given' as const, 'unit' as const),
        dtype: fc.constantFrom(...dtypes),
        seed: fc.nat(1000),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ n, columns, dtype, seed, ...kind }) => {
          const t = random(n * n, seed).map((x, at) => (at % (n + 1) === 0 ? 2 + x : x / n));
          const b = random(n * columns, seed + 1);
          const {
            result,
            arrays: [tUsed, x],
          } = await everywhere(dtype, [t, b], ([tView, xView]) =>
            solveTriangular({ n, columns, t: matrix(tView!, n), x: matrix(xView!, columns), ...kind }),
          );
          expect(result).toBe(-1);
          for (let i = 0; i < n; i++)
            for (let j = 0; j < columns; j++) {
              let sum = 0;
              for (let k = 0; k < n; k++) {
                const [row, column] = kind.transposeT ? [k, i] : [i, k];
                const inside = row === column || (kind.triangle === 'lower') === row > column;
                const element = row === column && kind.diagonal === 'unit' ? 1 : tUsed![row * n + column]!;
                if (inside) sum += element * x![k * columns + j]!;
              }
              expect(Math.abs(sum - own(dtype, b)[i * columns + j]!)).toBeLessThanOrEqual(
                20 * (n + 1) * epsilon(dtype),
              );
            }
        }),
        { seed: 21, numRuns: extent(24, 60) },
      );
    },
  );

  it('returns the index of a zero on the diagonal and leaves B alone', () => {
    const t = Float64Array.from([1, 0, 0, 5, 2, 0, 5, 5, 0]);
    const x = Float64Array.from([1, 2, 3]);
    expect(
      runLinalg(
        solveTriangular({
          n: 3,
          columns: 1,
          t: matrix(t, 3),
          triangle: 'lower',
          transposeT: false,
          diagonal: 'given',
          x: matrix(x, 1),
        }),
        jsLinalgKernels,
      ),
    ).toBe(2);
    expect([...x]).toEqual([1, 2, 3]);
  });
});

describe('lu', () => {
  it('gives P·A = L·U with |L| ≤ 1 for any shape, the same bits everywhere', async () => {
    for (const dtype of dtypes)
      for (const [m, n] of [
        [1, 1],
        [8, 8],
        [9, 9],
        [30, 30],
        [65, 65],
        [150, 150],
        [120, 40],
        [40, 120],
        [5, 30],
        [100, 3],
      ] as const) {
        const source = own(dtype, random(m * n, m * 7 + n));
        const pivots = new Int32Array(Math.min(m, n));
        const {
          result,
          arrays: [f],
        } = await everywhere(dtype, [[...source]], ([a]) => lu(matrix(a!, n), m, n, pivots.fill(-1)));
        expect(result).toBe(-1);
        const order = Array.from({ length: m }, (_, i) => i);
        pivots.forEach((other, k) => {
          [order[k], order[other]] = [order[other]!, order[k]!];
        });
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let k = 0; k <= Math.min(i, j); k++) sum += (k === i ? 1 : f![i * n + k]!) * f![k * n + j]!;
            expect(Math.abs(sum - source[order[i]! * n + j]!)).toBeLessThanOrEqual(8 * (n + 4) * epsilon(dtype));
            if (j < i) expect(Math.abs(f![i * n + j]!)).toBeLessThanOrEqual(1);
          }
      }
  });

  it('solves systems, with a residual as small as the factors allow', async () => {
    for (const dtype of dtypes)
      for (const [n, columns] of [
        [1, 1],
        [20, 3],
        [100, 1],
        [130, 70],
      ] as const) {
        const source = own(dtype, random(n * n, n));
        const b = own(dtype, random(n * columns, n + 1));
        const pivots = new Int32Array(n);
        function* both([a, x]: readonly FloatArray[]): LinalgSteps<number> {
          yield* lu(matrix(a!, n), n, n, pivots);
          return yield* luSolve(matrix(a!, n), pivots, n, matrix(x!, columns), columns);
        }
        const {
          result,
          arrays: [, x],
        } = await everywhere(dtype, [[...source], [...b]], both);
        expect(result).toBe(-1);
        const size = Math.max(1, ...x!.map(Math.abs));
        for (let i = 0; i < n; i++)
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let k = 0; k < n; k++) sum += source[i * n + k]! * x![k * columns + j]!;
            expect(Math.abs(sum - b[i * columns + j]!)).toBeLessThanOrEqual(8 * n * epsilon(dtype) * size);
          }
      }
  });

  it('returns the first zero pivot of a singular matrix, and solve refuses it', async () => {
    const n = 40;
    const a = random(n * n, 5).map((x, at) => (at % n === 25 ? 0 : x));
    const pivots = new Int32Array(n);
    const {
      result,
      arrays: [f],
    } = await everywhere('float32', [a], ([view]) => lu(matrix(view!, n), n, n, pivots));
    expect(result).toBe(25);
    expect(runLinalg(luSolve(matrix(f!, n), pivots, n, matrix(new Float32Array(n), 1), 1), jsLinalgKernels)).toBe(25);
  });
});

describe('matrices outside linear memory', () => {
  // The heap is private and grows on the way, which detaches every view of it.
  const outside = () => {
    const own = new Heap({ memory: 'private', initialPages: 2 });
    const team = new Team({ memory: own.memory, kind: own.kind, host: nodeThreads() });
    return { own, kernels: new StagedLinalgKernels(own, team, new WasmContract(own, team)) };
  };

  it('have the same bits: large products go by copies, in place, transposed and in part', async () => {
    const [n, columns] = [300, 70];
    const pivots = new Int32Array(n);
    const algorithms: readonly ((a: FloatArray, x: FloatArray) => LinalgSteps<number>)[] = [
      (a) => cholesky(matrix(a, n), n),
      (a) => lu(matrix(a, n), n, n, pivots),
      (t, x) =>
        solveTriangular({
          n,
          columns,
          t: matrix(t, n),
          triangle: 'upper',
          transposeT: true,
          diagonal: 'given',
          x: matrix(x, columns),
        }),
    ];
    const [a, x] = [positiveDefinite(n, 5), random(n * columns, 6)];
    for (const dtype of dtypes)
      for (const steps of algorithms) {
        const [plain, staged] = [
          [own(dtype, a), own(dtype, x)],
          [own(dtype, a), own(dtype, x)],
        ] as const;
        const { own: heapOfOne, kernels } = outside();
        expect(await runLinalgAsync(steps(...staged), kernels)).toBe(runLinalg(steps(...plain), jsLinalgKernels));
        staged.forEach((elements, i) =>
          expect(elements.findIndex((value, at) => !Object.is(value, plain[i]![at]))).toBe(-1),
        );
        // Copies were made, and given back: what is left is the scratch of a product.
        expect(heapOfOne.stats().usedBytes).toBeGreaterThan(0);
        expect(heapOfOne.stats().usedBytes).toBeLessThan(1 << 20);
      }
  });

  it('of many right-hand sides are solved some at a time, with the same bits', async () => {
    const [n, columns] = [32, 2500];
    for (const layout of ['columns', 'rows'] as const) {
      const [t, b] = [own('float64', positiveDefinite(n, 7)), random(n * columns, 8)];
      const [plain, staged] = [own('float64', b), own('float64', b)];
      const spec = (x: FloatArray) =>
        ({
          size: n,
          count: columns,
          t: matrix(t, n),
          transposeT: false,
          direction: 'forward',
          diagonal: 'given',
          layout,
          x: matrix(x, layout === 'columns' ? columns : n),
        }) as const;
      jsLinalgKernels.solve(spec(plain));
      await outside().kernels.solveAsync(spec(staged));
      expect(staged.findIndex((value, at) => !Object.is(value, plain[at]))).toBe(-1);
    }
  });
});
