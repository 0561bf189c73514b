import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { predicate, scalar, type ElementFunction } from '../../kernels/scalar/algebra.ts';
import { map, type ElementArray, type StridedOperand } from '../../kernels/js/map.ts';
import * as libm from '../../kernels/scalar/libm.ts';
import * as math from '../../kernels/scalar/math.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { WasmMap } from '../../kernels/wasm/map/map.ts';
import { lanesFor } from '../../kernels/wasm/map/plan.ts';

const add = scalar('add', 2, (m, a, b) => m.add(a, b));
const cast = scalar('cast', 1, (_, x) => x);
const where = scalar('where', 3, (m, c, a, b) => m.select(m.ne(c, m.constant(0)), a, b));
const less = predicate('less', 2, (m, a, b) => m.lt(a, b));
const functions: readonly ElementFunction[] = [
  add,
  cast,
  where,
  less,
  predicate('isnan', 1, (m, x) => m.ne(x, x)),
  predicate('logicalAnd', 2, (m, a, b) => m.and(m.ne(a, m.constant(0)), m.ne(b, m.constant(0)))),
  scalar('sub', 2, (m, a, b) => m.sub(a, b)),
  scalar('mul', 2, (m, a, b) => m.mul(a, b)),
  scalar('div', 2, (m, a, b) => m.div(a, b)),
  scalar('min', 2, (m, a, b) => m.min(a, b)),
  scalar('max', 2, (m, a, b) => m.max(a, b)),
  scalar('copySign', 2, (m, a, b) => m.copySign(a, b)),
  scalar('neg', 1, (m, x) => m.neg(x)),
  scalar('abs', 1, (m, x) => m.abs(x)),
  scalar('sqrt', 1, (m, x) => m.sqrt(x)),
  scalar('floor', 1, (m, x) => m.floor(x)),
  scalar('ceil', 1, (m, x) => m.ceil(x)),
  scalar('trunc', 1, (m, x) => m.trunc(x)),
  scalar('nearest', 1, (m, x) => m.nearest(x)),
  scalar('fused', 3, (m, a, b, c) => m.add(m.mul(a, b), c)),
  math.exp,
  math.exp2,
  math.expm1,
  math.log,
  math.log1p,
  math.log2,
  math.log10,
  math.sin,
  math.cos,
  math.tan,
  math.sinh,
  math.cosh,
  math.tanh,
  math.sigmoid,
  math.silu,
  math.softplus,
  libm.atan,
  libm.atan2,
  libm.asin,
  libm.acos,
  libm.asinh,
  libm.acosh,
  libm.atanh,
  libm.cbrt,
  libm.pow,
  libm.erf,
  libm.erfc,
  libm.gelu,
  libm.geluTanh,
];

const SPECIALS = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  5e-324,
  -1e-310,
  1e-45,
  3e38,
  -1e308,
  Math.PI,
  Math.PI / 2,
  1e22,
  709.78,
  -745.1,
  1,
  -1,
  0.5,
  -2.5,
  1e-8,
  355,
  2 ** 31,
  -(2 ** 33),
];
const number = fc.oneof(
  fc.double({ min: -30, max: 30 }),
  fc.double(),
  fc.constantFrom(...SPECIALS),
  fc.integer({ min: -300, max: 300 }),
);
const bytes = (array: ElementArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('map in JavaScript', () => {
  test('broadcasts and converts', () => {
    const out = new Float32Array(6);
    map(
      add,
      [
        { array: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
        { array: Int32Array.of(10, 20, 30), shape: [3] },
      ],
      out,
      [2, 3],
    );
    expect([...out]).toEqual([11, 22, 33, 14, 25, 36]);
    map(
      add,
      [
        { array: Float32Array.of(1, 2), shape: [2, 1] },
        { array: Float32Array.of(10, 20, 30), shape: [1, 3] },
      ],
      out,
      [2, 3],
    );
    expect([...out]).toEqual([11, 21, 31, 12, 22, 32]);
  });

  test('walks transposed and reversed views', () => {
    const out = new Float64Array(6);
    map(cast, [{ array: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2], strides: [1, 3] }], out, [3, 2]);
    expect([...out]).toEqual([1, 4, 2, 5, 3, 6]);
    map(cast, [{ array: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [6], strides: [-1], offset: 5 }], out, [6]);
    expect([...out]).toEqual([6, 5, 4, 3, 2, 1]);
  });

  test('float to integer truncates and saturates, integer to integer wraps', () => {
    const source = { array: Float64Array.of(-1.9, 300, NaN, Infinity, -1e300), shape: [5] };
    const [small, wide, big] = [new Uint8Array(5), new Int32Array(5), new BigInt64Array(5)];
    for (const out of [small, wide, big]) map(cast, [source], out, [5]);
    expect([...small]).toEqual([0, 255, 0, 255, 0]);
    expect([...wide]).toEqual([-1, 300, 0, 2147483647, -2147483648]);
    expect([...big]).toEqual([-1n, 300n, 0n, 2n ** 63n - 1n, -(2n ** 63n)]);
    map(cast, [{ array: Int32Array.of(-1, 256, 257), shape: [3] }], small.subarray(0, 3), [3]);
    expect([...small.subarray(0, 3)]).toEqual([255, 0, 1]);
  });

  test('64-bit integers add exactly and compare without wrapping', () => {
    const out = new BigInt64Array(1);
    map(
      add,
      [
        { array: BigInt64Array.of(2n ** 62n), shape: [1] },
        { array: Int32Array.of(1), shape: [] },
      ],
      out,
      [1],
    );
    expect(out[0]).toBe(2n ** 62n + 1n);
    const mask = new Uint8Array(1);
    map(
      less,
      [
        { array: BigInt64Array.of(-1n), shape: [1] },
        { array: BigUint64Array.of(2n ** 63n), shape: [1] },
      ],
      mask,
      [1],
    );
    expect(mask[0]).toBe(1);
  });

  test('every NaN is written in canonical bits', () => {
    const payloads = new Float32Array(Uint32Array.of(0xffc00001, 0x7fc12345, 0xffffffff).buffer);
    const out = new Float32Array(3);
    map(
      scalar('neg', 1, (m, x) => m.neg(x)),
      [{ array: payloads, shape: [3] }],
      out,
      [3],
    );
    expect([...new Uint32Array(out.buffer)]).toEqual([0x7fc00000, 0x7fc00000, 0x7fc00000]);
  });

  test('a wrong operand count or size is refused with both numbers', () => {
    expect(() => map(add, [{ array: new Float32Array(1), shape: [1] }], new Float32Array(1), [1])).toThrow(
      /2 operands, got 1/,
    );
    expect(() => map(cast, [{ array: new Float32Array(2), shape: [2] }], new Float32Array(3), [2])).toThrow(
      /holds 3 elements/,
    );
  });
});

describe('map in WebAssembly has the bits of map in JavaScript', () => {
  const heap = new Heap();
  const wasm = new WasmMap(heap);
  const floats = [Float32Array, Float64Array] as const;

  test.each(functions.map((fn) => [fn.name, fn] as const))('%s', (_, fn) => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        (values, types, resident) => {
          const [Source, Out] = [floats[types & 1]!, fn.returns === 'mask' ? Uint8Array : floats[types >> 1]!];
          const n = values.length;
          const operands = Array.from({ length: fn.arity }, (_, k): StridedOperand => ({
            array: new Source(values.map((_, i) => values[(i * (k + 1) + k) % n]!)),
            shape: [n],
          }));
          const [expected, out] = [new Out(n), new Out(n)];
          map(fn, operands, expected, [n]);
          const taken: number[] = [];
          const place = <A extends ElementArray>(array: A): A => {
            const address = heap.allocate(array.byteLength);
            taken.push(address);
            const copy = new (array.constructor as new (b: ArrayBufferLike, o: number, l: number) => A)(
              heap.memory.buffer,
              address,
              array.length,
            );
            bytes(copy).set(bytes(array));
            return copy;
          };
          const target = resident ? place(out) : out;
          expect(
            wasm.run(
              fn,
              resident ? operands.map((operand) => ({ ...operand, array: place(operand.array) })) : operands,
              target,
              [n],
            ),
          ).toBe(true);
          taken.forEach((address) => heap.free(address));
          expect([...bytes(target)], values.join()).toEqual([...bytes(expected)]);
        },
      ),
      { seed: 20250102, numRuns: 40 },
    );
  });

  test('over broadcast, strided and mixed operands', () => {
    const dtypes = [
      Float32Array,
      Float64Array,
      Int32Array,
      Uint32Array,
      Int16Array,
      Uint16Array,
      Int8Array,
      Uint8Array,
    ] as const;
    const extent = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(
        fc.tuple(extent, extent, extent),
        fc.array(fc.tuple(fc.nat(7), fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), fc.boolean()), {
          minLength: 2,
          maxLength: 2,
        }),
        fc.constantFrom(add, less, functions[9]!),
        fc.nat(3),
        (shape, picks, fn, result) => {
          const operands = picks.map(([type, kept, transposed]): StridedOperand => {
            const own = shape.map((n, d) => (kept[d] ? n : 1));
            const size = own.reduce((a, b) => a * b, 1);
            const array = new dtypes[type]!(Array.from({ length: size }, (_, i) => ((i * 37) % 101) - 20.25));
            if (!transposed) return { array, shape: own };
            return { array, shape: own, strides: [1, own[0]!, own[0]! * own[1]!] };
          });
          const size = shape.reduce((a, b) => a * b, 1);
          const Out =
            fn.returns === 'mask' ? Uint8Array : [Float32Array, Float64Array, Int32Array, Uint32Array][result]!;
          const [expected, out] = [new Out(size), new Out(size)];
          map(fn, operands, expected, shape);
          const ran = wasm.run(fn, operands, out, shape);
          if (fn.returns === 'mask' || result < 2) expect(ran).toBe(true);
          if (ran) expect([...out]).toEqual([...expected]);
        },
      ),
      { seed: 20250103, numRuns: 300 },
    );
  });

  test('across chunk borders of the scratch memory, with rows longer and shorter than a chunk', () => {
    for (const shape of [
      [3, 30011],
      [30011, 3],
      [1, 100003],
      [257, 259],
    ]) {
      const size = shape[0]! * shape[1]!;
      const full: StridedOperand = { array: Float32Array.from({ length: size }, (_, i) => Math.fround(i / 7)), shape };
      const row: StridedOperand = { array: Float32Array.from({ length: shape[1]! }, (_, i) => i), shape: [shape[1]!] };
      const column: StridedOperand = {
        array: Float32Array.from({ length: shape[0]! }, (_, i) => -i),
        shape: [shape[0]!, 1],
      };
      const [expected, out] = [new Float32Array(size), new Float32Array(size)];
      map(functions[19]!, [full, row, column], expected, shape);
      wasm.run(functions[19]!, [full, row, column], out, shape);
      expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(expected.buffer))).toBe(0);
    }
  });

  test("for every split of a job's range", () => {
    const n = 103;
    const place = (values: Float32Array): Float32Array => {
      const view = heap.view(Float32Array, heap.allocate(values.byteLength), values.length);
      view.set(values);
      return view;
    };
    const x = place(Float32Array.from({ length: n }, (_, i) => Math.fround(i * 0.37 - 20)));
    const [whole, split] = [place(new Float32Array(n)), place(new Float32Array(n))];
    wasm.run(math.tanh, [{ array: x, shape: [n] }], whole, [n]);
    const job = wasm.job(math.tanh, [{ array: x, shape: [n] }], split, [n])!;
    const params = heap.allocate(job.paramsSizeBytes);
    job.writeParams(params);
    for (let start = 0, step = 1; start < job.range; start += step, step = (step * 5) % 17 || 1)
      job.kernel.call(params, start, Math.min(job.range, start + step));
    expect([...split]).toEqual([...whole]);
  });

  test('for calls that differ in shapes, dtypes and places alone, in any order and more than are remembered', () => {
    const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
      [
        [6, 4],
        [6, 4],
      ],
      [[6, 4], [4]],
      [
        [6, 4],
        [6, 1],
      ],
      [[6, 4], []],
      [[24], [24]],
      [[4, 6], [6]],
      [[2, 3, 4], [4]],
      [
        [2, 3, 4],
        [3, 1],
      ],
    ];
    const calls = shapes.flatMap(([x, y]) =>
      [Float32Array, Float64Array].flatMap((X) => [true, false].map((resident) => ({ x, y, X, resident }))),
    );
    const place = (array: ElementArray, resident: boolean): ElementArray => {
      if (!resident) return array;
      const view = heap.view(
        array.constructor as Float64ArrayConstructor,
        heap.allocate(array.byteLength),
        array.length,
      );
      view.set(array as Float64Array);
      return view;
    };
    for (let round = 0; round < 3 * calls.length; round++) {
      const { x, y, X, resident } = calls[(round * 7) % calls.length]!;
      const sized = (shape: readonly number[], from: number) =>
        (X as Float64ArrayConstructor).from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + from));
      const operands = [
        { array: place(sized(x, round), resident), shape: x },
        { array: place(sized(y, -round), round % 2 === 0), shape: y },
      ];
      const [expected, out] = [new Float32Array(24), place(new Float32Array(24), round % 3 === 0)];
      map(add, operands, expected, x);
      expect(wasm.run(add, operands, out, x)).toBe(true);
      expect([...out]).toEqual([...expected]);
    }
  });

  test('where a shape array was changed by its owner after a call', () => {
    const shape = [2, 3];
    const operands = [
      { array: Float32Array.of(1, 2, 3, 4, 5, 6), shape },
      { array: Float32Array.of(10, 20, 30), shape: [3] },
    ];
    const out = new Float32Array(6);
    wasm.run(add, operands, out, shape);
    shape.reverse();
    wasm.run(add, [operands[0]!, { array: Float32Array.of(10, 20, 30), shape: [3, 1] }], out, shape);
    expect([...out]).toEqual([11, 12, 23, 24, 35, 36]);
  });

  test('for parts of larger arrays, small ones and some that do not fit the scratch memory', () => {
    for (const [length, offset] of [
      [5, 3],
      [70_000, 17],
    ] as const) {
      const whole = Float32Array.from({ length: length + 40 }, (_, i) => i / 3);
      const part = { array: whole, shape: [length], offset };
      const [expected, out] = [new Float32Array(length), new Float32Array(length)];
      map(add, [part, { array: whole, shape: [length] }], expected, [length]);
      wasm.run(add, [part, { array: whole, shape: [length] }], out, [length]);
      expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(expected.buffer))).toBe(0);
    }
  });

  test.each(['shared', 'private'] as const)('before and after a %s memory has grown', (kind) => {
    const growing = new Heap({ initialPages: 3, maximumPages: 40, memory: kind });
    const on = new WasmMap(growing);
    const x = { array: Float32Array.of(1, 2, 3), shape: [3] };
    const out = new Float32Array(3);
    on.run(add, [x, x], out, [3]);
    const before = growing.view(Float32Array, growing.allocate(12), 3).fill(7);
    growing.allocate(12 * 65536);
    on.run(add, [x, x], out, [3]);
    expect([...out]).toEqual([2, 4, 6]);
    if (kind === 'private') return;
    expect(
      on.job(
        add,
        [
          { array: before, shape: [3] },
          { array: before, shape: [3] },
        ],
        before,
        [3],
      ),
      'a view made before the growth still is resident',
    ).toBeDefined();
    on.run(add, [{ array: before, shape: [3] }, x], before, [3]);
    expect([...before]).toEqual([8, 9, 10]);
  });

  test('in int32, wrapping', () => {
    const operands = [
      { array: Int32Array.of(2147483647, -5, 7, 1, 9), shape: [5] },
      { array: Int32Array.of(1, -6, 8, 2, 3), shape: [5] },
    ];
    expect(lanesFor(add, operands, new Int32Array(5))).toBe('i32x4');
    const out = new Int32Array(5);
    expect(wasm.run(add, operands, out, [5])).toBe(true);
    expect([...out]).toEqual([-2147483648, -11, 15, 3, 12]);
  });

  test('and says so where there is no vector form', () => {
    const out = new BigInt64Array(2);
    expect(
      wasm.run(
        add,
        [
          { array: out, shape: [2] },
          { array: out, shape: [2] },
        ],
        out,
        [2],
      ),
    ).toBe(false);
    const remainder = scalar('remainder', 2, (m, a, b) => m.remainder(a, b));
    const x = { array: Float32Array.of(1, 2), shape: [2] };
    expect(wasm.run(remainder, [x, x], new Float32Array(2), [2])).toBe(false);
  });
});
