import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementArray } from '../../kernels/map.ts';
import { argReduce, reduce, reductions, runsInLanes, type Reduction } from '../../kernels/reduce.ts';
import { Heap } from '../../kernels/wasm/heap.ts';
import { WasmReduce } from '../../kernels/wasm/reduce.ts';

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe('reduce in JavaScript', () => {
  test('sums the innermost axis in eight lanes, joined as ((0+4)+(2+6))+((1+5)+(3+7))', () => {
    const x = Float64Array.from({ length: 21 }, (_, i) => Math.sin(i) * 10 ** (i % 9));
    const lanes = new Float64Array(8);
    x.forEach((value, r) => (lanes[r % 8]! += value));
    const [a, b, c, d, e, f, g, h] = lanes as unknown as readonly number[];
    const out = new Float64Array(1);
    reduce(reductions.sum, { array: x, shape: [21] }, [0], out);
    expect(out[0]).toBe(((a! + e!) + (c! + g!)) + ((b! + f!) + (d! + h!)));
  });

  test('sums an outer axis one after the other', () => {
    const x = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i) * 10 ** (i % 9));
    const out = new Float64Array(3);
    reduce(reductions.sum, { array: x, shape: [10, 3] }, [0], out);
    for (let column = 0; column < 3; column++) {
      let sum = 0;
      for (let r = 0; r < 10; r++) sum += x[r * 3 + column]!;
      expect(out[column]).toBe(sum);
    }
  });

  test('accumulates float32 in float64 and rounds once', () => {
    const out = new Float32Array(1);
    reduce(reductions.sum, { array: Float32Array.of(1e8, 1, -1e8, 1), shape: [4] }, [0], out);
    expect(out[0]).toBe(2);
  });

  test('the order depends on shape and axes, not on the layout', () => {
    expect(runsInLanes([4, 5], [1])).toBe(true);
    expect(runsInLanes([4, 5], [0])).toBe(false);
    expect(runsInLanes([4, 5, 1], [1])).toBe(true);
    const values = Float64Array.from({ length: 35 }, (_, i) => Math.tan(i));
    const transposed = new Float64Array(35);
    for (let i = 0; i < 5; i++) for (let j = 0; j < 7; j++) transposed[j * 5 + i] = values[i * 7 + j]!;
    const [dense, strided] = [new Float64Array(5), new Float64Array(5)];
    reduce(reductions.sum, { array: values, shape: [5, 7] }, [1], dense);
    reduce(reductions.sum, { array: transposed, shape: [5, 7], strides: [1, 5] }, [1], strided);
    expect([...strided]).toEqual([...dense]);
  });

  test('integers wrap in the dtype of the result', () => {
    const [wide, narrow] = [new BigInt64Array(1), new Int32Array(1)];
    const x = { array: Int32Array.of(2147483647, 2147483647), shape: [2] };
    reduce(reductions.sum, x, [0], wide);
    reduce(reductions.sum, x, [0], narrow);
    expect(wide[0]).toBe(4294967294n);
    expect(narrow[0]).toBe(-2);
    reduce(reductions.max, { array: BigInt64Array.of(-5n, -(2n ** 63n)), shape: [2] }, [0], wide);
    expect(wide[0]).toBe(-5n);
  });

  test('empty axes give the neutral value; NaN wins minimum and maximum; any and all count NaN as true', () => {
    const out = new Float64Array(1);
    const of = (reduction: Reduction, ...values: number[]): number => {
      reduce(reduction, { array: Float64Array.from(values), shape: [values.length] }, [0], out);
      return out[0]!;
    };
    expect(of(reductions.sum)).toBe(0);
    expect(of(reductions.prod)).toBe(1);
    expect(of(reductions.max)).toBe(-Infinity);
    expect(of(reductions.max, 1, NaN, 3)).toBeNaN();
    expect(Object.is(of(reductions.min, 0, -0), -0)).toBe(true);
    expect(of(reductions.any, 0, NaN)).toBe(1);
    expect(of(reductions.all, 1, 0)).toBe(0);
    expect(of(reductions.countNonzero, 1, 0, -0, 5, NaN)).toBe(3);
    expect(of(reductions.norm, 3, 4)).toBe(5);
    expect(of(reductions.maxMagnitude, 3, -4)).toBe(4);
    expect(of(reductions.mean, 1, 2, 6)).toBe(3);
  });

  test('argReduce gives the first extreme element, and the first NaN before all', () => {
    const out = new BigInt64Array(2);
    argReduce('max', { array: Float32Array.of(1, 7, 7, 2, NaN, NaN), shape: [2, 3] }, [1], out);
    expect([...out]).toEqual([1n, 1n]);
    const columns = new Int32Array(3);
    argReduce('min', { array: Float32Array.of(1, 7, 0, 1, -7, -0), shape: [2, 3] }, [0], columns);
    expect([...columns]).toEqual([0, 1, 0]);
    expect(() => argReduce('min', { array: new Float32Array(0), shape: [0] }, [0], new Int32Array(1))).toThrow(RangeError);
  });
});

describe('reduce in WebAssembly has the bits of reduce in JavaScript', () => {
  const heap = new Heap();
  const wasm = new WasmReduce(heap);
  const sources = [Float32Array, Float64Array, Int32Array, Uint8Array] as const;
  const values = fc.oneof({ weight: 20, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }, { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -0, 1e300, -5e-324) });

  test.each(Object.values(reductions).map((reduction): [string, Reduction] => [reduction.name, reduction]))('%s', (_, reduction) => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 3 }), fc.nat(2), fc.nat(2), fc.nat(3), fc.boolean(), fc.infiniteStream(values), (shape, low, span, type, single, stream) => {
      const axes = shape.map((_, d) => d).filter((d) => d >= Math.min(low, shape.length - 1) && d <= low + span);
      const results = product(shape.filter((_, d) => !axes.includes(d)));
      const array = new sources[type]!(Array.from({ length: product(shape) }, () => stream.next().value));
      const perResult = reduction.body.arity > 1 ? [Float64Array.from({ length: results }, (_, i) => i)] : [];
      const Out = single ? Float32Array : Float64Array;
      const [expected, staged, resident] = [new Out(results), new Out(results), new Out(results)];
      reduce(reduction, { array, shape }, axes, expected, { perResult });
      expect(wasm.run(reduction, { array, shape }, axes, staged, { perResult })).toBe(true);
      const taken: number[] = [];
      const place = (source: ElementArray): Float64Array => {
        const address = heap.allocate(source.byteLength);
        taken.push(address);
        const copy = new (source.constructor as Float64ArrayConstructor)(heap.memory.buffer, address, source.length);
        copy.set(source as Float64Array);
        return copy;
      };
      const out = place(resident);
      expect(wasm.run(reduction, { array: place(array), shape }, axes, out, { perResult: perResult.map(place) })).toBe(true);
      taken.forEach((address) => heap.free(address));
      const bits = (x: ElementArray) => [...new Uint8Array(x.buffer, x.byteOffset, x.byteLength)];
      expect(bits(staged)).toEqual(bits(expected));
      expect(bits(out)).toEqual(bits(expected));
    }), { seed: 20250104, numRuns: 60 });
  });

  test('for every split of a job\'s range, along and across rows', () => {
    const shape = [9, 23];
    const x = heap.view(Float32Array, heap.allocate(9 * 23 * 4), 9 * 23);
    x.forEach((_, i) => (x[i] = Math.fround(Math.sin(i) * 1e3)));
    for (const axis of [0, 1]) {
      const n = shape[1 - axis]!;
      const [whole, split] = [0, 1].map(() => heap.view(Float32Array, heap.allocate(n * 4), n)) as [Float32Array, Float32Array];
      wasm.run(reductions.norm, { array: x, shape }, [axis], whole);
      const job = wasm.job(reductions.norm, { array: x, shape }, [axis], split)!;
      const params = heap.allocate(job.paramsSizeBytes);
      job.writeParams(params);
      for (let start = 0; start < job.range; start += 3) job.kernel.call(params, start, Math.min(job.range, start + 3));
      expect([...split]).toEqual([...whole]);
    }
  });

  test('for calls that differ in shape, axes and places alone, in any order and more than are remembered', () => {
    const calls = [[6, 8], [8, 6], [48], [2, 3, 8], [4, 12], [1, 48]].flatMap((shape) => shape.flatMap((_, axis) => [true, false].map((resident) => ({ shape, axis, resident }))));
    for (let round = 0; round < 3 * calls.length; round++) {
      const { shape, axis, resident } = calls[(round * 5) % calls.length]!;
      const array = Float32Array.from({ length: 48 }, (_, i) => Math.fround(Math.sin(i + round) * 1e3));
      const placed = resident ? heap.view(Float32Array, heap.allocate(192), 48) : array;
      placed.set(array);
      const results = 48 / shape[axis]!;
      const [expected, out] = [new Float32Array(results), new Float32Array(results)];
      reduce(reductions.mean, { array, shape }, [axis], expected);
      expect(wasm.run(reductions.mean, { array: placed, shape }, [axis], out)).toBe(true);
      expect([...out]).toEqual([...expected]);
    }
  });

  test('of parts of larger arrays, small ones and some that do not fit the scratch memory', () => {
    for (const [rows, columns, offset] of [[3, 5, 2], [3, 40_001, 7]] as const) {
      const part = { array: Float64Array.from({ length: rows * columns + 10 }, (_, i) => Math.sin(i)), shape: [rows, columns], offset };
      for (const axis of [0, 1]) {
        const [expected, out] = [new Float64Array([rows, columns][1 - axis]!), new Float64Array([rows, columns][1 - axis]!)];
        reduce(reductions.sum, part, [axis], expected);
        expect(wasm.run(reductions.sum, part, [axis], out)).toBe(true);
        expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(expected.buffer))).toBe(0);
      }
    }
  });

  test('integers, strided operands and separated axes are left to JavaScript', () => {
    const out = new Int32Array(2);
    expect(wasm.run(reductions.sum, { array: new Int32Array(6), shape: [2, 3] }, [1], out)).toBe(false);
    expect(wasm.run(reductions.sum, { array: new Float32Array(6), shape: [2, 3], strides: [1, 2] }, [1], new Float32Array(2))).toBe(false);
    expect(wasm.run(reductions.sum, { array: new Float32Array(12), shape: [2, 3, 2] }, [0, 2], new Float32Array(3))).toBe(false);
  });
});
