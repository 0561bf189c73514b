// The contract skeleton: JavaScript and WebAssembly give the bits of sqs-num/1, whatever the shape, the layout, the
// split or the threads.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  contract,
  contractAny,
  contractBigIntegers,
  contractIntegers,
  contractOracle,
} from '../../kernels/js/contract.ts';
import type { BigIntArray } from '../../kernels/big-integers.ts';
import type { Contraction, FloatArray, IntegerArray, Matrix } from '../../kernels/js/contract.ts';
import { contractDtypeOf, WasmContract, wordsAt } from '../../kernels/wasm/contract/contract.ts';
import type { GemmSpec } from '../../kernels/wasm/contract/contract.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { Team } from '../../kernels/wasm/team/team.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { extent } from '../run/extent.ts';

type Shape = { readonly dtype: 'float32' | 'float64' } & Pick<
  GemmSpec,
  'm' | 'n' | 'k' | 'transposeA' | 'transposeB' | 'mode' | 'triangle'
> & { readonly pad: number; readonly seed: number };

const SPECIAL = [0, -0, Infinity, -Infinity, NaN, 5e-324, -1e-310, 1.2e-38, 1e-45, 3.4e38, 1.7e308, -1];

// A small generator of its own, so that a failing case is named by its seed.
function numbers(length: number, seed: number, specials: 'with' | 'without'): number[] {
  let state = (seed * 2654435761) >>> 0 || 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return specials === 'with' && state % 17 === 0 ? SPECIAL[(state >>> 8) % SPECIAL.length]! : state / 2 ** 31 - 1;
  });
}

function arrayOf(dtype: 'float32' | 'float64', values: readonly number[]): FloatArray {
  return dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

function operands(shape: Shape, specials: 'with' | 'without'): Contraction<FloatArray> {
  const { dtype, m, n, k, pad, seed } = shape;
  const matrix = (rows: number, columns: number, salt: number): Matrix<FloatArray> => ({
    values: arrayOf(dtype, numbers(Math.max(1, rows * (columns + pad)), seed + salt, specials)),
    offset: 0,
    stride: columns + pad,
  });
  const a = shape.transposeA ? matrix(k, m, 1) : matrix(m, k, 1);
  const b = shape.transposeB ? matrix(n, k, 2) : matrix(k, n, 2);
  return { ...shape, a, b, c: matrix(m, n, 3) };
}

const bitsOf = (x: number): bigint => (Number.isNaN(x) ? -1n : new BigUint64Array(new Float64Array([x]).buffer)[0]!);

// The first element inside the wanted triangle whose bits differ, or undefined. NaNs are equal: their payloads are not
// specified.
function difference(spec: Contraction<FloatArray>, got: FloatArray, expected: FloatArray): string | undefined {
  for (let i = 0; i < spec.m; i++) {
    for (let j = 0; j < spec.n; j++) {
      if ((spec.triangle === 'lower' && j > i) || (spec.triangle === 'upper' && j < i)) continue;
      const at = i * spec.c.stride + j;
      if (bitsOf(got[at]!) !== bitsOf(expected[at]!)) return `(${i}, ${j}): ${got[at]} instead of ${expected[at]}`;
    }
  }
  return undefined;
}

class ContractSetup {
  readonly heap = new Heap();
  readonly team: Team;
  readonly contract: WasmContract;
  constructor(threads: number) {
    this.team = new Team({ memory: this.heap.memory, kind: this.heap.kind, host: nodeThreads(), threads });
    this.contract = new WasmContract(this.heap, this.team);
  }

  place(shape: Shape, spec: Contraction<FloatArray>): { spec: GemmSpec; read: () => FloatArray; release: () => void } {
    const addresses = [spec.a, spec.b, spec.c].map(({ values }) => this.heap.allocate(values.byteLength));
    const [a, b, c] = addresses as [number, number, number];
    const view = (address: number, length: number): FloatArray =>
      shape.dtype === 'float32'
        ? this.heap.view(Float32Array, address, length)
        : this.heap.view(Float64Array, address, length);
    [spec.a, spec.b, spec.c].forEach(({ values }, i) => view(addresses[i]!, values.length).set(values));
    return {
      spec: { ...shape, a, lda: spec.a.stride, b, ldb: spec.b.stride, c, ldc: spec.c.stride },
      read: () => view(c, spec.c.values.length).slice(),
      release: () => addresses.forEach((address) => this.heap.free(address)),
    };
  }

  run(shape: Shape, spec: Contraction<FloatArray>): FloatArray {
    const placed = this.place(shape, spec);
    this.contract.gemm(placed.spec);
    const out = placed.read();
    placed.release();
    return out;
  }
}

const one = new ContractSetup(1);
const three = new ContractSetup(3);
afterAll(async () => {
  await Promise.all([one.team.close(), three.team.close()]);
});

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70 }));
const shapes: fc.Arbitrary<Shape> = fc.record({
  dtype: fc.constantFrom('float32' as const, 'float64' as const),
  m: size,
  n: size,
  k: fc.oneof(size, fc.integer({ min: 0, max: 600 })),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  mode: fc.constantFrom('store' as const, 'add' as const, 'subtract' as const),
  triangle: fc.constantFrom('none' as const, 'lower' as const, 'upper' as const),
  pad: fc.nat(3),
  seed: fc.nat(1 << 20),
});

function reference(spec: Contraction<FloatArray>): FloatArray {
  const c = { ...spec.c, values: spec.c.values.slice() };
  contract({ ...spec, c });
  return c.values;
}

// The specification once more, element by element, as docs/format/numerics.md states it.
function element(spec: Contraction<FloatArray>, round: (x: number) => number, i: number, j: number): number {
  let c = spec.mode === 'store' ? undefined : spec.c.values[i * spec.c.stride + j]!;
  for (let k0 = 0; k0 < spec.k || (spec.k === 0 && c === undefined); k0 += 256) {
    let sum = 0;
    for (let k = k0; k < Math.min(spec.k, k0 + 256); k++) {
      const a = spec.a.values[spec.transposeA ? k * spec.a.stride + i : i * spec.a.stride + k]!;
      const b = spec.b.values[spec.transposeB ? j * spec.b.stride + k : k * spec.b.stride + j]!;
      sum = round(sum + round(a * b));
    }
    c = c === undefined ? sum : spec.mode === 'subtract' ? round(c - sum) : round(c + sum);
  }
  return c!;
}

describe('contract in JavaScript', () => {
  it('follows the specification element by element, special values included', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const small = { ...shape, m: Math.min(shape.m, 6), n: Math.min(shape.n, 6) };
        const spec = operands(small, 'with');
        const expected = spec.c.values.slice();
        for (let i = 0; i < small.m; i++)
          for (let j = 0; j < small.n; j++)
            expected[i * spec.c.stride + j] = element(spec, shape.dtype === 'float32' ? Math.fround : (x) => x, i, j);
        expect(difference(spec, reference(spec), expected)).toBeUndefined();
      }),
      { seed: 11, numRuns: extent(120, 300) },
    );
  });

  it('stays within the textbook error bound of a float64 sum', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const plain: Shape = { ...shape, dtype: 'float32', mode: 'store', triangle: 'none' };
        const spec = operands(plain, 'without');
        const oracle = contractOracle(spec);
        const got = reference(spec);
        const bound = (shape.k + 2) * 2 ** -24 * (shape.k + 1);
        for (let i = 0; i < shape.m; i++)
          for (let j = 0; j < shape.n; j++)
            expect(Math.abs(got[i * spec.c.stride + j]! - oracle[i * shape.n + j]!)).toBeLessThanOrEqual(bound);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  it('wraps integers modulo 2^bits, as BigInt arithmetic does', () => {
    const kinds = [
      Int8Array,
      Uint8Array,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(9),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('store' as const, 'add' as const, 'subtract' as const),
        fc.nat(1 << 20),
        (kind, m, n, k, transposeA, transposeB, mode, seed) => {
          const big = kind === BigInt64Array || kind === BigUint64Array;
          const make = (length: number, salt: number) => {
            const raw = numbers(length, seed + salt, 'without').map((x) => BigInt(Math.round(x * 2 ** 40)) * 8388607n);
            return big
              ? kind.from(raw as never)
              : (kind as Int32ArrayConstructor).from(raw.map((x) => Number(BigInt.asIntN(32, x))));
          };
          const [a, b, c] = [make(m * k, 1), make(k * n, 2), make(m * n, 3)];
          const expected = c.slice();
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) {
              let sum = 0n;
              for (let p = 0; p < k; p++)
                sum += BigInt(a[transposeA ? p * m + i : i * k + p]!) * BigInt(b[transposeB ? j * k + p : p * n + j]!);
              const old = BigInt(c[i * n + j]!);
              const value = mode === 'store' ? sum : mode === 'add' ? old + sum : old - sum;
              expected[i * n + j] = (big ? value : Number(BigInt.asIntN(32, value))) as never;
            }
          const spec = {
            m,
            n,
            k,
            transposeA,
            transposeB,
            mode,
            triangle: 'none' as const,
            a: { values: a, offset: 0, stride: transposeA ? m : k },
            b: { values: b, offset: 0, stride: transposeB ? k : n },
            c: { values: c, offset: 0, stride: n },
          };
          if (big) contractBigIntegers(spec as unknown as Contraction<BigIntArray>);
          else contractIntegers(spec as unknown as Contraction<IntegerArray>);
          expect(c).toEqual(expected);
        },
      ),
      { seed: 13, numRuns: extent(120, 300) },
    );
  });
});

describe('contract in WebAssembly', () => {
  it('gives the test vectors of docs/format/numerics.md, as JavaScript does', () => {
    const vectors: readonly (readonly [readonly number[], readonly number[], number])[] = [
      [[3, 16777216], [1, 1], 16777220],
      [new Array<number>(258).fill(1), [16777216, ...new Array<number>(255).fill(0.5), 1, 1], 16777218],
      [[-0], [1], 0],
    ];
    for (const [a, b, expected] of vectors) {
      const shape: Shape = {
        dtype: 'float32',
        m: 1,
        n: 1,
        k: a.length,
        transposeA: false,
        transposeB: false,
        mode: 'store',
        triangle: 'none',
        pad: 0,
        seed: 0,
      };
      const spec = {
        ...operands(shape, 'without'),
        a: { values: Float32Array.from(a), offset: 0, stride: a.length },
        b: { values: Float32Array.from(b), offset: 0, stride: 1 },
      };
      expect(Object.is(reference(spec)[0], expected)).toBe(true);
      expect(Object.is(one.run(shape, spec)[0], expected)).toBe(true);
    }
  });

  it('has the bits of the JavaScript kernel for every shape, layout, mode, triangle and special value', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const spec = operands(shape, 'with');
        expect(difference(spec, one.run(shape, spec), reference(spec))).toBeUndefined();
      }),
      { seed: 14, numRuns: extent(200, 600) },
    );
  });

  const large: readonly Shape[] = [
    {
      dtype: 'float32',
      m: 203,
      n: 147,
      k: 519,
      transposeA: false,
      transposeB: false,
      mode: 'store',
      triangle: 'none',
      pad: 1,
      seed: 1,
    },
    {
      dtype: 'float32',
      m: 150,
      n: 161,
      k: 300,
      transposeA: true,
      transposeB: false,
      mode: 'subtract',
      triangle: 'lower',
      pad: 0,
      seed: 2,
    },
    {
      dtype: 'float64',
      m: 131,
      n: 140,
      k: 257,
      transposeA: true,
      transposeB: true,
      mode: 'add',
      triangle: 'upper',
      pad: 2,
      seed: 3,
    },
    {
      dtype: 'float32',
      m: 70,
      n: 700,
      k: 2100,
      transposeA: false,
      transposeB: true,
      mode: 'store',
      triangle: 'none',
      pad: 0,
      seed: 4,
    },
    {
      dtype: 'float32',
      m: 600,
      n: 3,
      k: 2500,
      transposeA: true,
      transposeB: false,
      mode: 'subtract',
      triangle: 'none',
      pad: 0,
      seed: 5,
    },
    {
      dtype: 'float32',
      m: 2,
      n: 1500,
      k: 700,
      transposeA: false,
      transposeB: false,
      mode: 'add',
      triangle: 'none',
      pad: 0,
      seed: 6,
    },
  ];

  const slim: readonly Shape[] = [
    {
      dtype: 'float32',
      m: 67,
      n: 1,
      k: 9001,
      transposeA: true,
      transposeB: false,
      mode: 'store',
      triangle: 'none',
      pad: 0,
      seed: 7,
    },
    {
      dtype: 'float32',
      m: 601,
      n: 8,
      k: 777,
      transposeA: true,
      transposeB: true,
      mode: 'store',
      triangle: 'none',
      pad: 1,
      seed: 8,
    },
    {
      dtype: 'float64',
      m: 3,
      n: 301,
      k: 2050,
      transposeA: true,
      transposeB: false,
      mode: 'store',
      triangle: 'none',
      pad: 2,
      seed: 9,
    },
    {
      dtype: 'float64',
      m: 8,
      n: 1300,
      k: 3333,
      transposeA: false,
      transposeB: false,
      mode: 'store',
      triangle: 'none',
      pad: 0,
      seed: 10,
    },
    {
      dtype: 'float32',
      m: 1,
      n: 1,
      k: 70000,
      transposeA: false,
      transposeB: false,
      mode: 'store',
      triangle: 'none',
      pad: 0,
      seed: 11,
    },
  ];

  it(
    'has the same bits on one thread, on three, asynchronously and in JavaScript, over several chunks of rows, ' +
      'columns, K and sums',
    async () => {
      for (const shape of [...large, ...slim]) {
        const spec = operands(shape, 'with');
        const expected = reference(spec);
        expect(difference(spec, one.run(shape, spec), expected)).toBeUndefined();
        expect(difference(spec, three.run(shape, spec), expected)).toBeUndefined();
        const placed = three.place(shape, spec);
        await three.contract.gemmAsync(placed.spec);
        expect(difference(spec, placed.read(), expected)).toBeUndefined();
        placed.release();
      }
    },
  );

  it('reads a tall matrix as it lies where the other has few columns: the scratch is a hundredth of it', () => {
    const heap = new Heap();
    const own = new WasmContract(heap, new Team({ memory: heap.memory, kind: heap.kind }));
    const [m, n, k] = [67, 2, 20000];
    const [a, b, c] = [heap.allocate(4 * m * k), heap.allocate(4 * n * k), heap.allocate(4 * m * n)];
    heap.view(Float32Array, a, m * k).fill(1);
    heap.view(Float32Array, b, n * k).fill(0.5);
    const before = heap.stats().usedBytes;
    own.gemm({
      dtype: 'float32',
      m,
      n,
      k,
      a,
      lda: m,
      transposeA: true,
      b,
      ldb: n,
      transposeB: false,
      c,
      ldc: n,
      mode: 'store',
      triangle: 'none',
    });
    expect(heap.view(Float32Array, c, m * n).every((x) => x === k / 2)).toBe(true);
    expect(heap.stats().usedBytes - before).toBeLessThan((4 * m * k) / 100);
  });

  it('keeps asynchronous products apart from each other and from synchronous ones in between', async () => {
    const placed = large.map((shape) => {
      const spec = operands(shape, 'without');
      return { spec, ...((at) => ({ gemm: at.spec, read: at.read, release: at.release }))(three.place(shape, spec)) };
    });
    const pending = placed.map(({ gemm }) => three.contract.gemmAsync(gemm));
    const between = operands(large[0]!, 'without');
    expect(difference(between, three.run(large[0]!, between), reference(between))).toBeUndefined();
    await Promise.all(pending);
    for (const { spec, read, release } of placed) {
      expect(difference(spec, read(), reference(spec))).toBeUndefined();
      release();
    }
  });

  it('multiplies integers modulo 2^bits as JavaScript does, for every shape, layout, mode and triangle', () => {
    const integers = fc.constantFrom(Int32Array, BigInt64Array);
    fc.assert(
      fc.property(integers, shapes, (kind, shape) => {
        const spec = operands({ ...shape, dtype: 'float64' }, 'without');
        const wordsOf = (values: FloatArray): unknown =>
          kind === Int32Array
            ? Int32Array.from(values, (x) => x * 2 ** 32)
            : BigInt64Array.from(Array.from(values, (x) => BigInt(Math.round(x * 2 ** 62))));
        const integersOf = ({ values, ...matrix }: Matrix<FloatArray>): Matrix<Int32Array> => ({
          ...matrix,
          values: wordsOf(values) as Int32Array,
        });
        const plain = { ...spec, a: integersOf(spec.a), b: integersOf(spec.b), c: integersOf(spec.c) };
        const places = [plain.a, plain.b, plain.c].map(({ values }) => one.heap.allocate(values.byteLength));
        const view = (i: number, { values }: Matrix<Int32Array>): Int32Array =>
          wordsAt(one.heap, values, places[i]!, values.length);
        [plain.a, plain.b, plain.c].forEach((matrix, i) => view(i, matrix).set(matrix.values));
        const [a, b, c] = places as [number, number, number];
        one.contract.gemm({
          ...shape,
          dtype: contractDtypeOf(plain.c.values),
          a,
          lda: plain.a.stride,
          b,
          ldb: plain.b.stride,
          c,
          ldc: plain.c.stride,
        });
        contractAny(plain);
        const got = view(2, plain.c);
        for (let i = 0; i < shape.m; i++)
          for (let j = 0; j < shape.n; j++) {
            if (shape.triangle === 'none' || (shape.triangle === 'lower' ? j <= i : j >= i))
              expect(got[i * plain.c.stride + j]).toBe(plain.c.values[i * plain.c.stride + j]);
          }
        places.forEach((address) => one.heap.free(address));
      }),
      { seed: 16, numRuns: extent(60, 150) },
    );
  });

  it('gives a part of the rows and columns the bits they have in the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), (rows, columns) => {
        const whole: Shape = { ...large[0]!, m: 90, n: 90, k: 300, pad: 0 };
        const spec = operands(whole, 'without');
        const all = one.run(whole, spec);
        const part = one.run({ ...whole, m: rows, n: columns }, { ...spec, m: rows, n: columns });
        for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) expect(part[i * 90 + j]).toBe(all[i * 90 + j]);
      }),
      { seed: 15, numRuns: 15 },
    );
  });

  it('leaves nothing allocated after dispose, and works on a private memory', () => {
    const heap = new Heap({ memory: 'private' });
    const own = new WasmContract(heap, new Team({ memory: heap.memory, kind: heap.kind }));
    const [a, b, c] = [heap.allocate(4 * 90 * 90), heap.allocate(4 * 90 * 90), heap.allocate(4 * 90 * 90)];
    heap.view(Float32Array, a, 8100).fill(2);
    heap.view(Float32Array, b, 8100).fill(3);
    own.gemm({
      dtype: 'float32',
      m: 90,
      n: 90,
      k: 90,
      a,
      lda: 90,
      transposeA: true,
      b,
      ldb: 90,
      transposeB: true,
      c,
      ldc: 90,
      mode: 'store',
      triangle: 'none',
    });
    expect(heap.view(Float32Array, c, 8100).every((x) => x === 540)).toBe(true);
    for (const address of [a, b, c]) heap.free(address);
    own.dispose();
    expect(heap.stats().usedBytes).toBe(0);
  });
});
