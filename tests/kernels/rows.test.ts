import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logSoftmax, logSumExp, softmax, variance } from '../../kernels/rows.ts';
import { plainSkeletons } from '../../kernels/skeletons.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { wasmSkeletons } from '../../kernels/wasm/skeletons.ts';

const vector = wasmSkeletons(new Heap());
const row = (...values: number[]) => ({ array: Float64Array.from(values), shape: [values.length] });

describe('rows', () => {
  test('softmax sums to one, is shift invariant and survives large arguments', () => {
    const out = new Float64Array(3);
    softmax(row(1000, 1001, 1002), 0, out);
    const shifted = new Float64Array(3);
    softmax(row(0, 1, 2), 0, shifted);
    expect([...out]).toEqual([...shifted]);
    expect(out[0]! + out[1]! + out[2]!).toBeCloseTo(1, 14);
    expect(out[2]).toBeCloseTo(Math.E ** 2 / (1 + Math.E + Math.E ** 2), 14);
  });

  test('softmax and logSoftmax of a masked row ignore -Infinity; a row of nothing is NaN', () => {
    const out = new Float64Array(3);
    softmax(row(0, -Infinity, 0), 0, out);
    expect([...out]).toEqual([0.5, 0, 0.5]);
    logSoftmax(row(0, -Infinity, 0), 0, out);
    expect([...out]).toEqual([-Math.LN2, -Infinity, -Math.LN2]);
    softmax(row(-Infinity, -Infinity), 0, out.subarray(0, 2));
    expect([...out.subarray(0, 2)]).toEqual([NaN, NaN]);
  });

  test('logSumExp handles infinities and overflow', () => {
    const out = new Float64Array(1);
    const of = (...values: number[]): number => (logSumExp(row(...values), 0, out), out[0]!);
    expect(of(-Infinity, -Infinity)).toBe(-Infinity);
    expect(of(1, Infinity)).toBe(Infinity);
    expect(of(1000, 1000)).toBeCloseTo(1000 + Math.LN2, 12);
    expect(of(1, NaN)).toBeNaN();
  });

  test('variance is two-pass and takes a correction', () => {
    const out = new Float64Array(1);
    variance(row(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16), [0], 1, out);
    expect(out[0]).toBe(30);
    variance(row(1, 3), [0], 0, out, 'deviation');
    expect(out[0]).toBe(1);
  });

  test('WebAssembly and JavaScript skeletons give the same bits along any axis', () => {
    const shape = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
    );
    fc.assert(
      fc.property(
        shape,
        fc.nat(2),
        fc.boolean(),
        fc.infiniteStream(fc.double({ min: -40, max: 40, noNaN: true })),
        (extents, axis, single, stream) => {
          const array = new (single ? Float32Array : Float64Array)(
            Array.from({ length: extents[0] * extents[1] * extents[2] }, () => stream.next().value),
          );
          const operand = { array, shape: extents };
          const results = array.length / extents[axis]!;
          const make = (n: number) => (single ? new Float32Array(n) : new Float64Array(n));
          for (const op of [softmax, logSoftmax] as const) {
            const [a, b] = [make(array.length), make(array.length)];
            op(operand, axis, a, plainSkeletons);
            op(operand, axis, b, vector);
            expect([...b]).toEqual([...a]);
          }
          const [a, b] = [make(results), make(results)];
          logSumExp(operand, axis, a);
          logSumExp(operand, axis, b, vector);
          expect([...b]).toEqual([...a]);
          variance(operand, [axis], 0, a);
          variance(operand, [axis], 0, b, 'variance', vector);
          expect([...b]).toEqual([...a]);
        },
      ),
      { seed: 20250105, numRuns: 60 },
    );
  });

  test('a transposed operand gives the bits of its dense copy', () => {
    const dense = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const transposed = Float32Array.from({ length: 12 }, (_, i) => dense[(i % 3) * 4 + Math.floor(i / 3)]!);
    const [a, b] = [new Float32Array(12), new Float32Array(12)];
    softmax({ array: dense, shape: [3, 4] }, 1, a);
    softmax({ array: transposed, shape: [3, 4], strides: [1, 3] }, 1, b);
    expect([...b]).toEqual([...a]);
  });
});
