import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementArray } from '../../kernels/js/map.ts';
import { scalar, type Scalar } from '../../kernels/scalar/algebra.ts';
import { exp } from '../../kernels/scalar/math.ts';
import { argReduce, reduce, reductions, runsInLanes, type Reduction } from '../../kernels/js/reduce.ts';
import { WasmArgReduce } from '../../kernels/wasm/reduce/arg-reduce.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { WasmReduce } from '../../kernels/wasm/reduce/reduce.ts';
import { Scratch } from '../../kernels/wasm/memory/staging.ts';

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe('reduce in JavaScript', () => {
  test('sums the innermost axis in eight lanes, joined as ((0+4)+(2+6))+((1+5)+(3+7))', () => {
    const x = Float64Array.from({ length: 21 }, (_, i) => Math.sin(i) * 10 ** (i % 9));
    const lanes = new Float64Array(8);
    x.forEach((value, r) => (lanes[r % 8]! += value));
    const [a, b, c, d, e, f, g, h] = lanes as unknown as readonly number[];
    const out = new Float64Array(1);
    reduce(reductions.sum, { array: x, shape: [21] }, [0], out);
    expect(out[0]).toBe(a! + e! + (c! + g!) + (b! + f! + (d! + h!)));
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
    expect(() => argReduce('min', { array: new Float32Array(0), shape: [0] }, [0], new Int32Array(1))).toThrow(
      RangeError,
    );
  });

  test('holds no list of the elements it reads, whatever their dtype', () => {
    const n = 30_000_000;
    const array = new Uint8Array(n).fill(7);
    [array[n - 2], array[n - 5]] = [9, 3];
    const before = process.resourceUsage().maxRSS;
    const out = new Int32Array(1);
    argReduce('max', { array, shape: [n] }, [0], out);
    expect(out[0]).toBe(n - 2);
    argReduce('min', { array, shape: [n / 2, 2] }, [0, 1], out);
    expect(out[0]).toBe(n - 5);
    const sum = new Float64Array(1);
    reduce(reductions.sum, { array, shape: [n] }, [0], sum);
    expect(sum[0]).toBe(7 * n + 2 - 4);
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(2 * n);
  });
});

describe('reduce in WebAssembly has the bits of reduce in JavaScript', () => {
  const heap = new Heap();
  const wasm = new WasmReduce(heap);
  const sources = [Float32Array, Float64Array, Int32Array, Uint8Array] as const;
  const values = fc.oneof(
    { weight: 20, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -0, 1e300, -5e-324) },
  );

  test.each(Object.values(reductions).map((reduction): [string, Reduction] => [reduction.name, reduction]))(
    '%s',
    (_, reduction) => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 3 }),
          fc.nat(2),
          fc.nat(2),
          fc.nat(3),
          fc.boolean(),
          fc.infiniteStream(values),
          (shape, low, span, type, single, stream) => {
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
              const copy = new (source.constructor as Float64ArrayConstructor)(
                heap.memory.buffer,
                address,
                source.length,
              );
              copy.set(source as Float64Array);
              return copy;
            };
            const out = place(resident);
            expect(
              wasm.run(reduction, { array: place(array), shape }, axes, out, { perResult: perResult.map(place) }),
            ).toBe(true);
            taken.forEach((address) => heap.free(address));
            const bits = (x: ElementArray) => [...new Uint8Array(x.buffer, x.byteOffset, x.byteLength)];
            expect(bits(staged)).toEqual(bits(expected));
            expect(bits(out)).toEqual(bits(expected));
          },
        ),
        { seed: 20250104, numRuns: 60 },
      );
    },
  );

  const deviation = scalar('distance', 2, (m, x, y) => m.abs(m.sub(x, y)));
  const halfSquare = scalar('halfSquare', 2, (m, x, y) =>
    m.mul(m.single(m.mul(m.sub(x, y), m.sub(x, y))), m.constant(0.5)),
  );
  const blend = scalar('blend', 3, (m, x, y, z) =>
    m.select(m.lt(x, y), m.single(m.add(m.single(m.mul(x, y)), z)), m.copySign(z, x)),
  );
  const placed = (source: Float32Array): Float32Array => {
    const view = heap.view(Float32Array, heap.allocate(Math.max(4, source.byteLength)), source.length);
    view.set(source);
    return view;
  };

  test.each(
    [deviation, blend].flatMap((element) =>
      Object.values(reductions).map((reduction): [string, Scalar, Reduction] => [
        `${reduction.name} of ${element.name}`,
        element,
        reduction,
      ]),
    ),
  )('%s, computed as it is read', (_, element, reduction) => {
    const shapes = fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        shapes,
        fc.nat(2),
        fc.nat(2),
        fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(values),
        (shape, low, span, whole, single, stream) => {
          const axes = shape.map((_, d) => d).filter((d) => d >= Math.min(low, shape.length - 1) && d <= low + span);
          const results = product(shape.filter((_, d) => !axes.includes(d)));
          // Each operand repeats along some of the dimensions; the first along none.
          const operands = Array.from({ length: element.arity }, (_, k) => {
            const own = shape.map((extent, d) => (k === 0 || whole[k]![d] ? extent : 1));
            return {
              array: placed(Float32Array.from({ length: product(own) }, () => stream.next().value)),
              shape: own,
            };
          });
          const perResult = reduction.body.arity > 1 ? [Float64Array.from({ length: results }, (_, i) => i)] : [];
          const Out = single ? Float32Array : Float64Array;
          const [expected, out] = [new Out(results), new Out(results)];
          reduce(reduction, { element, operands, shape }, axes, expected, { perResult });
          const ran = wasm.run(reduction, { element, operands, shape }, axes, out, { perResult });
          expect(wasm.joins({ element, operands, shape }, axes)).toBe(ran);
          expect(
            ran ||
              !operands.slice(1).every(({ array }) => array.length === operands[0]!.array.length || array.length === 1),
          ).toBe(true);
          operands.forEach(({ array }) => heap.free(array.byteOffset));
          if (ran) expect([...new Uint8Array(out.buffer)]).toEqual([...new Uint8Array(expected.buffer)]);
        },
      ),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test.each([
    [[70_001], [0]],
    [[3, 70_003], [1]],
    [[70_001, 3], [0]],
    [[130, 1100], [0]],
    [[2, 9000, 21], [1]],
    [
      [70_001, 3],
      [0, 1],
    ],
  ] as [number[], number[]][])('of many elements, some rows at a time: %j along %j', (shape, axes) => {
    const length = product(shape);
    const results = product(shape.filter((_, d) => !axes.includes(d)));
    const x = placed(Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i % 7))));
    const row = placed(Float32Array.from({ length: shape.at(-1)! }, (_, i) => Math.cos(i)));
    const means = Float64Array.from({ length: results }, (_, i) => i / 7);
    const sources = [
      { array: x, shape },
      {
        element: deviation,
        operands: [
          { array: x, shape },
          { array: row, shape: [shape.at(-1)!] },
        ],
        shape,
      },
    ];
    for (const source of axes.length === 1 ? sources : sources.slice(0, 1)) {
      for (const [reduction, perResult] of [
        [reductions.mean, []],
        [reductions.max, []],
        [reductions.deviation, [means]],
      ] as [Reduction, Float64Array[]][]) {
        const [expected, out] = [new Float64Array(results), new Float64Array(results)];
        reduce(reduction, source, axes, expected, { perResult });
        expect(wasm.run(reduction, source, axes, out, { perResult })).toBe(true);
        expect(out).toEqual(expected);
      }
    }
    for (const array of [x, row]) heap.free(array.byteOffset);
  });

  test('takes no mapping in that needs float64, or whose operands lie elsewhere', () => {
    const x = { array: placed(new Float32Array(64).fill(2)), shape: [64] };
    expect(wasm.joins({ element: deviation, operands: [x, x], shape: [64] }, [0])).toBe(true);
    expect(
      wasm.joins({ element: halfSquare, operands: [x, x], shape: [64] }, [0]),
      'a product of a difference is rounded once',
    ).toBe(false);
    expect(wasm.joins({ element: exp, operands: [x], shape: [64] }, [0])).toBe(false);
    expect(
      wasm.joins({ element: deviation, operands: [x, { ...x, array: new Float32Array(64) }], shape: [64] }, [0]),
    ).toBe(false);
  });

  test('for calls that differ in shape, axes and places alone, in any order and more than are remembered', () => {
    const calls = [[6, 8], [8, 6], [48], [2, 3, 8], [4, 12], [1, 48]].flatMap((shape) =>
      shape.flatMap((_, axis) => [true, false].map((resident) => ({ shape, axis, resident }))),
    );
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
    for (const [rows, columns, offset] of [
      [3, 5, 2],
      [3, 40_001, 7],
    ] as const) {
      const part = {
        array: Float64Array.from({ length: rows * columns + 10 }, (_, i) => Math.sin(i)),
        shape: [rows, columns],
        offset,
      };
      for (const axis of [0, 1]) {
        const [expected, out] = [
          new Float64Array([rows, columns][1 - axis]!),
          new Float64Array([rows, columns][1 - axis]!),
        ];
        reduce(reductions.sum, part, [axis], expected);
        expect(wasm.run(reductions.sum, part, [axis], out)).toBe(true);
        expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(expected.buffer))).toBe(0);
      }
    }
  });

  test.each((['sum', 'prod', 'min', 'max', 'any', 'all', 'countNonzero'] as const).map((name) => [name]))(
    '%s of integers, wrapped',
    (name) => {
      const outs =
        name === 'any' || name === 'all'
          ? [Uint8Array]
          : name === 'countNonzero'
            ? [Int32Array]
            : [Int32Array, Uint8Array, Int8Array];
      const integers = fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: -300, max: 300 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, 2 ** 31 - 1, -(2 ** 31), 65536) },
      );
      const source = fc.constantFrom(Int32Array, Uint8Array, Int8Array, Float32Array);
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 3 }),
          fc.nat(2),
          fc.nat(2),
          source,
          fc.constantFrom(...outs),
          fc.infiniteStream(integers),
          (shape, low, span, Source, Out, stream) => {
            const axes = shape.map((_, d) => d).filter((d) => d >= Math.min(low, shape.length - 1) && d <= low + span);
            const results = product(shape.filter((_, d) => !axes.includes(d)));
            const array = new Source(Array.from({ length: product(shape) }, () => stream.next().value));
            const [expected, got] = [new Out(results), new Out(results)];
            const narrows =
              (name === 'min' || name === 'max') &&
              !(array instanceof Float32Array) &&
              Out !== Int32Array &&
              !(array instanceof Out);
            reduce(reductions[name], { array, shape }, axes, expected);
            expect(wasm.run(reductions[name], { array, shape }, axes, got)).toBe(!narrows);
            if (!narrows) expect(got).toEqual(expected);
          },
        ),
        { seed: 20261121, numRuns: 120 },
      );
    },
  );

  test.each(['min', 'max'] as const)('positions of %s', (which) => {
    const on = new WasmArgReduce(heap, new Scratch(heap), wasm);
    const element = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -4, max: 4 }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, -0, 1e300, -Infinity, 300) },
    );
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 3 }),
        fc.nat(2),
        fc.boolean(),
        fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array, Int8Array),
        fc.infiniteStream(element),
        (shape, axis, flat, Elements, stream) => {
          const axes = flat ? shape.map((_, d) => d) : [Math.min(axis, shape.length - 1)];
          const length = product(shape);
          const array = new Elements(heap.memory.buffer, heap.allocate(length * 8), length);
          for (let i = 0; i < length; i++) array[i] = stream.next().value;
          const results = product(shape.filter((_, d) => !axes.includes(d)));
          const [expected, got] = [new Int32Array(results), new Int32Array(results)];
          argReduce(which, { array, shape }, axes, expected);
          expect(on.run(which, { array, shape }, axes, got)).toBe(true);
          expect(got).toEqual(expected);
          heap.free(array.byteOffset);
        },
      ),
      { seed: 20261121, numRuns: 200 },
    );
    const long = placed(Float32Array.from({ length: 400_000 }, (_, i) => Math.fround(Math.sin(i * i))));
    for (const [shape, axis] of [
      [[400_000], 0],
      [[200, 2000], 0],
      [[2000, 200], 1],
      [[4, 1000, 100], 1],
    ] as [number[], number][]) {
      const results = 400_000 / shape[axis]!;
      const [expected, got] = [new Int32Array(results), new Int32Array(results)];
      argReduce(which, { array: long, shape }, [axis], expected);
      expect(on.run(which, { array: long, shape }, [axis], got)).toBe(true);
      expect(got).toEqual(expected);
    }
    expect(on.run(which, { array: new Float32Array(4), shape: [4] }, [0], new Int32Array(1)), 'elsewhere').toBe(false);
  });

  test('of no integers is neutral in the type that is reduced', () => {
    for (const Elements of [Int32Array, Uint8Array, Int8Array]) {
      const [expected, got] = [new Elements(3), new Elements(3)];
      for (const reduction of [reductions.max, reductions.min, reductions.sum, reductions.prod]) {
        for (const [shape, axis] of [
          [[0, 3], 0],
          [[3, 0], 1],
        ] as [number[], number][]) {
          reduce(reduction, { array: new Elements(0), shape }, [axis], expected);
          expect(wasm.run(reduction, { array: new Elements(0), shape }, [axis], got)).toBe(true);
          expect(got).toEqual(expected);
        }
      }
    }
  });

  test('64-bit and unsigned integers, strided operands and separated axes are left to JavaScript', () => {
    const out = new Int32Array(2);
    expect(wasm.run(reductions.sum, { array: new Uint32Array(6), shape: [2, 3] }, [1], out)).toBe(false);
    expect(
      wasm.run(
        reductions.sum,
        { array: new Float32Array(6), shape: [2, 3], strides: [1, 2] },
        [1],
        new Float32Array(2),
      ),
    ).toBe(false);
    expect(
      wasm.run(reductions.sum, { array: new Float32Array(12), shape: [2, 3, 2] }, [0, 2], new Float32Array(3)),
    ).toBe(false);
  });
});
