// The system's BLAS against plain float64 loops; every test that needs a library is skipped, with the reason, where
// there is none.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError, ShapeError } from '../../src/core/errors.ts';
import {
  openBlas,
  type Blas,
  type BlasArray,
  type BlasDType,
  type GemmCall,
  type Lapack,
} from '../../src/host/node/blas.ts';
import { openAnyBlas } from './any-blas.ts';
import { gc } from '../sheet/fixtures/collected.ts';
import { koffiWith } from './koffi-with.ts';

const opened = await openAnyBlas();
const absence = opened.found ? '' : ` (skipped: ${opened.reason})`;
const blas = opened as Blas;
const seed = 20261120;

type Get = (array: BlasArray, row: number, column: number) => number;
const at =
  (leading: number, transposed = false): Get =>
  (array, row, column) =>
    array[transposed ? column * leading + row : row * leading + column]!;

function fill(dtype: BlasDType, length: number, from: number): BlasArray {
  const array = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  let state = from >>> 0;
  return array.map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const epsilon = (dtype: BlasDType): number => (dtype === 'float32' ? 2 ** -23 : 2 ** -52);
const dtypes = fc.constantFrom<BlasDType>('float32', 'float64');
const extent = fc.integer({ min: 1, max: 40 });
const gap = fc.integer({ min: 0, max: 5 });
const triangles = fc.constantFrom<'lower' | 'upper'>('lower', 'upper');
const scale = fc.constantFrom(0, 1, -0.5, 2);

const gemmCalls = fc
  .record({
    dtype: dtypes,
    m: extent,
    n: extent,
    k: extent,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    gaps: fc.tuple(gap, gap, gap),
    alpha: scale,
    beta: scale,
    from: fc.nat(),
  })
  .map(({ gaps, from, ...rest }): GemmCall => {
    const { dtype, m, n, k, transposeA, transposeB } = rest;
    const lda = (transposeA ? m : k) + gaps[0];
    const ldb = (transposeB ? k : n) + gaps[1];
    const ldc = n + gaps[2];
    return {
      ...rest,
      lda,
      ldb,
      ldc,
      a: fill(dtype, lda * (transposeA ? k : m), from),
      b: fill(dtype, ldb * (transposeB ? n : k), from + 1),
      c: fill(dtype, ldc * m, from + 2),
    };
  });

function expectGemm(call: GemmCall, before: BlasArray): void {
  const { dtype, m, n, k, a, b, c, ldc, alpha = 1, beta = 0 } = call;
  const [left, right] = [at(call.lda, call.transposeA), at(call.ldb, call.transposeB)];
  for (let i = 0; i < c.length; i++) {
    const [row, column] = [Math.floor(i / ldc), i % ldc];
    let expected = before[i]!;
    if (row < m && column < n) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += left(a, row, l) * right(b, l, column);
      expected = alpha * sum + (beta === 0 ? 0 : beta * expected);
    }
    if (!(Math.abs(c[i]! - expected) <= epsilon(dtype) * (4 * k + 8)))
      expect.fail(`c[${i}] is ${c[i]}, expected ${expected}`);
  }
}

describe.skipIf(!opened.found)(`the system BLAS${absence}`, () => {
  test('says what it is', () => {
    expect(blas.gflops).toBeGreaterThan(0);
    expect(blas.signature).toContain(blas.name);
    expect(blas.name === 'OpenBLAS' ? blas.version : '0.').toMatch(/\d\./);
    if (blas.name === 'OpenBLAS') expect(blas.threads).toBeGreaterThanOrEqual(1);
    expect(blas.notes.join()).not.toMatch(/LAPACK/);
  });

  test(
    'gemm equals plain loops for every shape, transposition, row distance, alpha and beta, and writes only its ' +
      'window',
    () => {
      fc.assert(
        fc.property(gemmCalls, (call) => {
          const before = call.c.slice();
          blas.gemm(call);
          expectGemm(call, before);
        }),
        { seed, numRuns: 300 },
      );
    },
  );

  test('gemmAsync gives the bits of gemm', async () => {
    await fc.assert(
      fc.asyncProperty(gemmCalls, async (call) => {
        const later = { ...call, c: call.c.slice() };
        const running = blas.gemmAsync(later);
        blas.gemm(call);
        await running;
        expect(later.c).toEqual(call.c);
      }),
      { seed, numRuns: 100 },
    );
  });

  test('beta 0 does not read C, not even a NaN, and k 0 leaves beta * C', () => {
    const shape = {
      dtype: 'float32',
      m: 2,
      n: 2,
      transposeA: false,
      transposeB: false,
      lda: 2,
      ldb: 2,
      ldc: 2,
    } as const;
    const c = new Float32Array(4).fill(NaN);
    blas.gemm({ ...shape, k: 2, a: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(1, 0, 0, 1), c });
    expect([...c]).toEqual([1, 2, 3, 4]);
    blas.gemm({ ...shape, k: 0, a: new Float32Array(0), b: new Float32Array(0), c, beta: 3 });
    expect([...c]).toEqual([3, 6, 9, 12]);
    blas.gemm({ ...shape, m: 0, k: 2, a: new Float32Array(0), b: new Float32Array(4), c });
    expect([...c]).toEqual([3, 6, 9, 12]);
  });

  test('views with a byte offset, shared memory and WebAssembly memory are computed in place', async () => {
    const wasm = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const homes = [new ArrayBuffer(256), new SharedArrayBuffer(256), wasm.buffer];
    for (const a of homes) {
      for (const c of homes) {
        const left = new Float32Array(a, 20, 4);
        const result = new Float32Array(c, 100, 4);
        const call = {
          dtype: 'float32',
          m: 2,
          n: 2,
          k: 2,
          transposeA: false,
          transposeB: true,
          a: left,
          lda: 2,
          b: left,
          ldb: 2,
          c: result,
          ldc: 2,
        } as const;
        left.set([1, 2, 3, 4]);
        blas.gemm(call);
        expect([...new Float32Array(c, 96, 6)]).toEqual([0, 5, 11, 11, 25, 0]);
        result.fill(0);
        await blas.gemmAsync(call);
        expect([...new Float32Array(c, 96, 6)]).toEqual([0, 5, 11, 11, 25, 0]);
        result.fill(0);
      }
    }
  });

  test('syrk writes one triangle and leaves the other alone', () => {
    const calls = fc.record({
      dtype: dtypes,
      triangle: triangles,
      transposeA: fc.boolean(),
      n: extent,
      k: extent,
      gap,
      alpha: scale,
      beta: scale,
      from: fc.nat(),
    });
    fc.assert(
      fc.property(calls, ({ gap: extra, from, ...rest }) => {
        const { dtype, n, k, transposeA, triangle, alpha, beta } = rest;
        const [lda, ldc] = [(transposeA ? n : k) + extra, n + extra];
        const a = fill(dtype, lda * (transposeA ? k : n), from);
        const c = fill(dtype, ldc * n, from + 1);
        const before = c.slice();
        blas.syrk({ ...rest, a, lda, c, ldc });
        const get = at(lda, transposeA);
        for (let i = 0; i < c.length; i++) {
          const [row, column] = [Math.floor(i / ldc), i % ldc];
          const inside = column < n && (triangle === 'lower' ? column <= row : column >= row);
          let sum = 0;
          for (let l = 0; inside && l < k; l++) sum += get(a, row, l) * get(a, column, l);
          const expected = inside ? alpha * sum + (beta === 0 ? 0 : beta * before[i]!) : before[i]!;
          if (!(Math.abs(c[i]! - expected) <= epsilon(dtype) * (4 * k + 8)))
            expect.fail(`c[${i}] is ${c[i]}, expected ${expected}`);
        }
      }),
      { seed, numRuns: 200 },
    );
  });

  test('trsm inverts a triangular product on either side, and does not read the other triangle', () => {
    const calls = fc.record({
      dtype: dtypes,
      side: fc.constantFrom<'left' | 'right'>('left', 'right'),
      triangle: triangles,
      transposeA: fc.boolean(),
      diagonal: fc.constantFrom<'stored' | 'unit'>('stored', 'unit'),
      m: extent,
      n: extent,
      gap,
      from: fc.nat(),
    });
    fc.assert(
      fc.property(calls, ({ gap: extra, from, ...rest }) => {
        const { dtype, side, triangle, transposeA, diagonal, m, n } = rest;
        const order = side === 'left' ? m : n;
        const [lda, ldb] = [order + extra, n + extra];
        const a = fill(dtype, lda * order, from).map((value) => value / order);
        const used = (i: number, j: number): number => {
          if (i === j) return diagonal === 'unit' ? 1 : a[i * lda + i]!;
          return (triangle === 'lower' ? j < i : j > i) ? a[i * lda + j]! : 0;
        };
        for (let i = 0; i < order; i++) {
          for (let j = 0; j < order; j++) if (i !== j && used(i, j) === 0) a[i * lda + j] = NaN;
          a[i * lda + i] = diagonal === 'unit' ? NaN : 1 + (i % 3);
        }
        const b = fill(dtype, ldb * m, from + 1);
        const before = b.slice();
        blas.trsm({ ...rest, a, lda, b, ldb, alpha: 2 });
        const op = (i: number, j: number): number => (transposeA ? used(j, i) : used(i, j));
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let product = 0;
            for (let l = 0; l < order; l++)
              product += side === 'left' ? op(i, l) * b[l * ldb + j]! : b[i * ldb + l]! * op(l, j);
            if (!(Math.abs(product - 2 * before[i * ldb + j]!) <= epsilon(dtype) * 200 * order))
              expect.fail(`row ${i}, column ${j}: ${product}`);
          }
          for (let j = n; j < ldb; j++) expect(b[i * ldb + j]).toBe(before[i * ldb + j]);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  test('a call that would leave its arrays throws before anything is written', async () => {
    const c = new Float32Array(4).fill(7);
    const good: GemmCall = {
      dtype: 'float32',
      m: 2,
      n: 2,
      k: 2,
      transposeA: false,
      transposeB: false,
      a: new Float32Array(4),
      lda: 2,
      b: new Float32Array(4),
      ldb: 2,
      c,
      ldc: 2,
    };
    const shapes: Partial<GemmCall>[] = [
      { lda: 1 },
      { ldc: 3 },
      { m: 3 },
      { n: -1 },
      { k: 1.5 },
      { m: 2 ** 32 + 2 },
      { ldb: 0 },
      { b: new Float32Array(3) },
      { a: new Float32Array(4).subarray(1) },
    ];
    for (const wrong of shapes) {
      expect(() => blas.gemm({ ...good, ...wrong }), JSON.stringify(wrong)).toThrow(ShapeError);
      await expect(blas.gemmAsync({ ...good, ...wrong })).rejects.toThrow(ShapeError);
    }
    const detached = new Float32Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    expect(() => blas.gemm({ ...good, a: detached })).toThrow(ShapeError);
    for (const wrong of [{ a: new Float64Array(4) }, { dtype: 'float64' }] as Partial<GemmCall>[]) {
      expect(() => blas.gemm({ ...good, ...wrong })).toThrow(DTypeError);
    }
    const square = { dtype: 'float64', triangle: 'lower', transposeA: false, lda: 3, a: new Float64Array(8) } as const;
    expect(() => blas.syrk({ ...square, n: 3, k: 3, c: new Float64Array(9), ldc: 3 })).toThrow(ShapeError);
    expect(() =>
      blas.trsm({ ...square, side: 'left', diagonal: 'stored', m: 3, n: 1, b: new Float64Array(3), ldb: 1 }),
    ).toThrow(ShapeError);
    expect([...c]).toEqual([7, 7, 7, 7]);
  });

  test('the event loop turns while a large gemmAsync runs', async () => {
    const n = 1024;
    const [a, b] = [fill('float64', n * n, 1), fill('float64', n * n, 2)];
    const call: GemmCall = {
      dtype: 'float64',
      m: n,
      n,
      k: n,
      transposeA: false,
      transposeB: false,
      a,
      lda: n,
      b,
      ldb: n,
      c: new Float64Array(n * n),
      ldc: n,
    };
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await Promise.all([blas.gemmAsync(call), blas.gemmAsync({ ...call, c: new Float64Array(n * n) })]);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });

  test('hundreds of calls may wait at once', async () => {
    const n = 48;
    const call = async (i: number): Promise<number> => {
      const [a, c] = [new Float32Array(n * n).fill(i), new Float32Array(n * n)];
      await blas.gemmAsync({
        dtype: 'float32',
        m: n,
        n,
        k: n,
        transposeA: false,
        transposeB: false,
        a,
        lda: n,
        b: a.slice().fill(1),
        ldb: n,
        c,
        ldc: n,
      });
      return c[n]!;
    };
    const results = await Promise.all(Array.from({ length: 600 }, (_, i) => call(i)));
    expect(results).toEqual(Array.from({ length: 600 }, (_, i) => i * n));
  });

  test('arrays that nobody else holds survive a collection while their call runs', async () => {
    const n = 768;
    const start = (): [running: Promise<void>, c: Float64Array] => {
      const c = new Float64Array(n * n);
      const ones = (): Float64Array => new Float64Array(n * n).fill(1);
      return [
        blas.gemmAsync({
          dtype: 'float64',
          m: n,
          n,
          k: n,
          transposeA: false,
          transposeB: false,
          a: ones(),
          lda: n,
          b: ones(),
          ldb: n,
          c,
          ldc: n,
        }),
        c,
      ];
    };
    const [running, c] = start();
    gc();
    const elsewhere = Array.from({ length: 4 }, () => new Float64Array(n * n).fill(2));
    await running;
    expect(c.every((sum) => sum === n)).toBe(true);
    expect(elsewhere.every((array) => array[0] === 2)).toBe(true);
  });

  test('an array detached while its call waits rejects instead of being written', async () => {
    const n = 512;
    const big: GemmCall = {
      dtype: 'float32',
      m: n,
      n,
      k: n,
      transposeA: false,
      transposeB: false,
      a: new Float32Array(n * n),
      lda: n,
      b: new Float32Array(n * n),
      ldb: n,
      c: new Float32Array(n * n),
      ldc: n,
    };
    const c = new Float32Array(n * n);
    const running = [blas.gemmAsync(big), blas.gemmAsync(big)];
    const waiting = blas.gemmAsync({ ...big, c });
    structuredClone(c, { transfer: [c.buffer] });
    await expect(waiting).rejects.toThrow(ShapeError);
    await Promise.all(running);
  });

  test('does not keep the process alive', () => {
    const source = fileURLToPath(new URL('../../src/host/node/blas.ts', import.meta.url));
    const program = `import(${JSON.stringify(source)}).then(async ({ openBlas }) => {
      const blas = await openBlas(${JSON.stringify({ candidates: [blas.file], minimumGflops: 0 })});
      const a = new Float32Array(4096).fill(1), c = new Float32Array(4096);
      const form = { dtype: 'float32', m: 64, n: 64, k: 64, transposeA: false, transposeB: false };
      await blas.gemmAsync({ ...form, a, lda: 64, b: a, ldb: 64, c, ldc: 64 });
      console.log(c[5]);
    })`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([child.stdout.trim(), child.status]).toEqual(['64', 0]);
  }, 25_000);

  test('Fortran symbols alone are enough', async () => {
    const hidden = (name: string): boolean => name.includes('cblas');
    const fortran = await openBlas({
      candidates: [blas.file],
      minimumGflops: 0,
      importKoffi: () => koffiWith((name, found) => (hidden(name) ? undefined : found)),
    });
    if (!fortran.found) return expect.fail(fortran.reason);
    expect(fortran.symbols).toBe('fortran');
    await fc.assert(
      fc.asyncProperty(gemmCalls, async (call) => {
        const later = { ...call, c: call.c.slice() };
        const before = call.c.slice();
        fortran.gemm(call);
        expectGemm(call, before);
        await fortran.gemmAsync(later);
        expect(later.c).toEqual(call.c);
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe.skipIf(!opened.found || opened.lapack === undefined)(`the system LAPACK${absence}`, () => {
  const lapack = (): Lapack => blas.lapack!;

  test('potrf and potrs solve positive definite systems from either triangle and leave the other one alone', () => {
    const calls = fc.record({
      dtype: dtypes,
      triangle: triangles,
      n: extent,
      columns: fc.integer({ min: 1, max: 6 }),
      gap,
      from: fc.nat(),
    });
    fc.assert(
      fc.property(calls, ({ dtype, triangle, n, columns, gap: extra, from }) => {
        const [lda, ldb] = [n + extra, columns + extra];
        const a = fill(dtype, lda * n, from);
        for (let i = 0; i < n; i++)
          for (let j = i; j < n; j++) a[i * lda + j] = a[j * lda + i] = i === j ? 2 * n : a[i * lda + j]!;
        const before = a.slice();
        const b = fill(dtype, ldb * n, from + 1);
        const right = b.slice();
        expect(lapack().potrf({ dtype, triangle, n, a, lda })).toBe(0);
        lapack().potrs({ dtype, triangle, n, columns, a, lda, b, ldb });
        expectSolution(before, lda, right, b, ldb, n, columns, epsilon(dtype) * 40 * n);
        for (let i = 0; i < a.length; i++) {
          const [row, column] = [Math.floor(i / lda), i % lda];
          const outside = column >= n || (triangle === 'lower' ? column > row : column < row);
          if (outside) expect(a[i]).toBe(before[i]);
        }
        expect(Number.isNaN(a[0])).toBe(false);
      }),
      { seed, numRuns: 150 },
    );
  });

  test('potrf names the first minor that is not positive definite', () => {
    for (const triangle of ['lower', 'upper'] as const) {
      const a = Float64Array.of(4, 0, 0, 0, -1, 0, 0, 0, 4);
      expect(lapack().potrf({ dtype: 'float64', triangle, n: 3, a, lda: 3 })).toBe(2);
    }
  });

  test('gesv solves general systems, rows exchanged or not', () => {
    const calls = fc.record({
      dtype: dtypes,
      n: extent,
      columns: fc.integer({ min: 1, max: 6 }),
      gap,
      turn: fc.nat(),
      from: fc.nat(),
    });
    fc.assert(
      fc.property(calls, ({ dtype, n, columns, gap: extra, turn, from }) => {
        const [lda, ldb] = [n + extra, columns + extra];
        const a = fill(dtype, lda * n, from);
        // A dominant, turned diagonal: well conditioned, and every pivot is somewhere else.
        for (let i = 0; i < n; i++) a[i * lda + ((i + turn) % n)]! += 2 * n;
        const before = a.slice();
        const b = fill(dtype, ldb * n, from + 1);
        const right = b.slice();
        expect(lapack().gesv({ dtype, n, columns, a, lda, b, ldb })).toBe(0);
        expectSolution(before, lda, right, b, ldb, n, columns, epsilon(dtype) * 60 * n);
      }),
      { seed, numRuns: 200 },
    );
  });

  test('gesv reports a singular matrix and leaves B as it was', () => {
    const b = Float32Array.of(1, 2);
    expect(
      lapack().gesv({ dtype: 'float32', n: 2, columns: 1, a: Float32Array.of(1, 2, 2, 4), lda: 2, b, ldb: 1 }),
    ).toBe(2);
    expect([...b]).toEqual([1, 2]);
    expect(() =>
      lapack().gesv({
        dtype: 'float32',
        n: 3,
        columns: 1,
        a: new Float32Array(8),
        lda: 3,
        b: new Float32Array(3),
        ldb: 1,
      }),
    ).toThrow(ShapeError);
  });

  function expectSolution(
    a: BlasArray,
    lda: number,
    right: BlasArray,
    x: BlasArray,
    ldb: number,
    n: number,
    columns: number,
    tolerance: number,
  ): void {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < ldb; j++) {
        if (j >= columns) {
          expect(x[i * ldb + j]).toBe(right[i * ldb + j]);
          continue;
        }
        let product = 0;
        for (let l = 0; l < n; l++) product += a[i * lda + l]! * x[l * ldb + j]!;
        if (!(Math.abs(product - right[i * ldb + j]!) <= tolerance))
          expect.fail(`row ${i}, column ${j}: ${product} for ${right[i * ldb + j]}`);
      }
    }
  }
});
