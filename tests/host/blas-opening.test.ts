// Which library openBlas takes, which it refuses, and what it says where there is none.
import { describe, expect, test } from 'vitest';
import { asyncSlots } from '../../src/host/node/blas/async.ts';
import { blasCandidates } from '../../src/host/node/blas/candidates.ts';
import { widenStacks } from '../../src/host/node/blas/koffi.ts';
import { openBlas, type Blas } from '../../src/host/node/blas.ts';
import { koffiWith } from './koffi-with.ts';

const opened = await openBlas();
const absence = opened.found ? '' : ` (skipped: ${opened.reason})`;
const blas = opened as Blas;

describe.skipIf(!opened.found)(`a library that opens${absence}`, () => {
  test('a library that computes wrongly is refused with the value', async () => {
    const corrupt = await koffiWith((name, found) =>
      name !== 'cblas_dgemm'
        ? found
        : Object.assign((...args: unknown[]) => {
            (found as (...all: unknown[]) => void)(...args);
            (args[12] as Float64Array)[1]! += 1e-9;
          }, found),
    );
    const result = await openBlas({ candidates: [blas.file], importKoffi: () => Promise.resolve(corrupt) });
    expect(result.found === false && result.reason).toMatch(
      /wrong result: gemm float64 .* gives .* for .*; (apt|brew|put) /,
    );
  });

  test('a wrong LAPACK is left out with a note, and gemm stays', async () => {
    const skewed = await koffiWith((name, found) => (name === 'spotrf_' ? () => undefined : found));
    const result = await openBlas({ candidates: [blas.file], importKoffi: () => Promise.resolve(skewed) });
    if (!result.found) return expect.fail(result.reason);
    expect(result.lapack).toBeUndefined();
    expect(result.notes.join()).toMatch(blas.lapack === undefined ? /^/ : /its LAPACK solves a 9 x 9 system wrongly/);
  });

  test('a library slower than asked is refused with its speed', async () => {
    const result = await openBlas({ candidates: [blas.file], minimumGflops: 1e6 });
    expect(result.found === false && result.reason).toMatch(
      /was refused: slow: [\d.e+]+ Gflop\/s at n = 64, below 1000000/,
    );
  });

  test('with too small an asynchronous stack gemmAsync still answers, and a note says why it blocks', async () => {
    const narrow = {
      ...(await koffiWith((_name, found) => found)),
      config: () => ({ sync_stack_size: 2 ** 21, async_stack_size: 2 ** 17 }),
    };
    const result = await openBlas({ importKoffi: () => Promise.resolve(narrow) });
    if (!result.found) return expect.fail(result.reason);
    expect(result.notes.join()).toMatch(/131072 bytes of stack.*open BLAS before any other koffi library/);
    const c = new Float64Array(1);
    await result.gemmAsync({
      dtype: 'float64',
      m: 1,
      n: 1,
      k: 1,
      transposeA: false,
      transposeB: false,
      a: Float64Array.of(3),
      lda: 1,
      b: Float64Array.of(5),
      ldb: 1,
      c,
      ldc: 1,
    });
    expect(c[0]).toBe(15);
  });
});

describe('where there is no BLAS', () => {
  test('a missing koffi is a reason that says what to install', async () => {
    const result = await openBlas({
      importKoffi: () => Promise.reject(new TypeError("Cannot find package 'koffi'\nat somewhere")),
    });
    expect(result).toEqual({
      found: false,
      refused: [],
      reason: "koffi is not usable (Cannot find package 'koffi'); npm install koffi",
    });
    const foreign = await openBlas({ importKoffi: () => Promise.resolve({ default: {} }) });
    expect(foreign.found === false && foreign.reason).toMatch(/npm install koffi@3$/);
  });

  test('a missing library is a reason that ends with what to install on that platform', async () => {
    for (const [platform, advice] of [
      ['linux', /apt install libopenblas0/],
      ['darwin', /brew install openblas$/],
      ['win32', /PATH/],
    ] as const) {
      const result = await openBlas({ candidates: ['libnowhere.so.0'], platform });
      expect(result.found === false && result.reason).toMatch(/^none of 1 BLAS libraries is installed; /);
      expect(result.found === false && result.reason).toMatch(advice);
    }
  });

  test('a library without the symbols is refused', async () => {
    const empty = {
      load: () => ({
        func: () => {
          throw new TypeError('no symbol');
        },
      }),
      config: () => ({ sync_stack_size: 2 ** 23, async_stack_size: 2 ** 23 }),
    };
    const result = await openBlas({ candidates: ['libempty.so'], importKoffi: () => Promise.resolve(empty) });
    expect(result.found === false && result.refused).toEqual([
      { file: 'libempty.so', reason: 'it has neither cblas_sgemm nor sgemm_' },
    ]);
  });

  test('the width of integers is what dscal shows, and gemm is bound with it', async () => {
    const boundWith = async (scales: (n: bigint) => boolean): Promise<readonly string[] | undefined> => {
      const bound = new Map<string, readonly string[]>();
      const dscal = (n: bigint, alpha: number, x: Float64Array): void => {
        if (scales(n)) x[0]! *= alpha;
      };
      const func = (name: string, _result: string, parameters: readonly string[]): unknown => {
        if (name === 'cblas_sgemm') throw new TypeError('only the suffixed name');
        bound.set(name, parameters);
        return name === 'cblas_dscal64_' ? dscal : () => undefined;
      };
      const fake = { load: () => ({ func }), config: () => ({ sync_stack_size: 2 ** 23, async_stack_size: 2 ** 23 }) };
      const result = await openBlas({ candidates: ['libfake.so'], importKoffi: () => Promise.resolve(fake) });
      expect(result.found).toBe(false);
      return bound.get('cblas_sgemm64_')?.slice(3, 6);
    };
    expect(await boundWith((n) => n > 0n)).toEqual(['int64_t', 'int64_t', 'int64_t']);
    expect(await boundWith((n) => BigInt.asIntN(32, n) > 0n)).toEqual(['int', 'int', 'int']);
    expect(await boundWith(() => false)).toEqual([]);
  });

  test('disabled says by what, and koffi is not even loaded', async () => {
    let loads = 0;
    const result = await openBlas({
      disabled: 'BLAS=off',
      importKoffi: () => {
        loads += 1;
        return Promise.resolve({});
      },
    });
    expect([result.found === false && result.reason, loads]).toEqual([
      "BLAS is disabled by BLAS=off; remove that to use the system's library",
      0,
    ]);
  });

  test('an environment prefix comes before the system, and MKL only when MKLROOT asks', () => {
    expect(blasCandidates('linux', {}).some((file) => file.includes('mkl'))).toBe(false);
    expect(blasCandidates('linux', { MKLROOT: '/m' })[0]).toMatch(/m.lib.libmkl_rt\.so$/);
    expect(blasCandidates('linux', { CONDA_PREFIX: '/c', MKLROOT: '' })[0]).toMatch(/c.lib.libopenblas\.so\.0$/);
    expect(blasCandidates('darwin', {})[0]).toContain('Accelerate');
  });

  test('stacks are raised, never lowered, and a refusal by koffi is not an error', () => {
    let sizes = { sync_stack_size: 2 ** 24, async_stack_size: 2 ** 17 };
    const open = {
      load: () => expect.fail('not loaded'),
      config: (wanted?: Partial<typeof sizes>) => (sizes = { ...sizes, ...wanted }),
    };
    expect(widenStacks(open)).toEqual({ sync_stack_size: 2 ** 24, async_stack_size: 2 ** 23 });
    const small = { sync_stack_size: 1, async_stack_size: 1 };
    const closed = {
      ...open,
      config: (wanted?: object) => {
        if (wanted) throw new TypeError('too late');
        return small;
      },
    };
    expect(widenStacks(closed)).toEqual(small);
  });

  test('at most two native calls run at once, in order, and a failed start frees its place', async () => {
    const enqueue = asyncSlots();
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const calls = [0, 1, 2, 3].map((i) =>
      enqueue((done) => {
        started.push(i);
        if (i === 2) throw new RangeError('cannot start');
        finish.push(() => done(null));
      }),
    );
    expect(started).toEqual([0, 1]);
    finish[0]!();
    expect(started).toEqual([0, 1, 2, 3]);
    await expect(calls[2]).rejects.toThrow('cannot start');
    finish[1]!();
    finish[2]!();
    await Promise.all([calls[0], calls[1], calls[3]]);
  });
});
