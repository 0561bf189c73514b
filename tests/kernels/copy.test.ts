// Elements on the move: strided copies and gathered slices, in JavaScript and in WebAssembly.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copy, gather, type Place } from '../../kernels/js/copy.ts';
import type { ElementArray } from '../../kernels/js/map.ts';
import { elementCount, rowMajorStrides } from '../../kernels/strides.ts';
import { WasmCopy } from '../../kernels/wasm/copy/copy.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';

const CLASSES = [Uint8Array, Uint16Array, Float32Array, Float64Array, BigInt64Array] as const;
const heap = new Heap();
const wasm = new WasmCopy(heap);

/** An array of distinct bit patterns, NaNs with payloads among them, in linear memory. */
function numbered(Elements: (typeof CLASSES)[number], length: number): ElementArray {
  const bytes = heap.view(
    Uint8Array,
    heap.allocate(Math.max(8, length * Elements.BYTES_PER_ELEMENT)),
    length * Elements.BYTES_PER_ELEMENT,
  );
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i + 1, 0x9e3779b1) >>> 13;
  return new Elements(bytes.buffer, bytes.byteOffset, length);
}

const bytesOf = (array: ElementArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const free = (...arrays: ElementArray[]): void => arrays.forEach(({ byteOffset }) => heap.free(byteOffset));

/** The definition, byte by byte. */
function expected(shape: readonly number[], source: Place, target: Place): Uint8Array {
  const [from, to] = [bytesOf(source.array), bytesOf(target.array).slice()];
  const size = source.array.BYTES_PER_ELEMENT;
  for (let i = 0; i < elementCount(shape); i++) {
    let [s, t, rest] = [source.offset, target.offset, i];
    for (let d = shape.length - 1; d >= 0; d--) {
      const index = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
      s += index * source.strides[d]!;
      t += index * target.strides[d]!;
    }
    to.set(from.subarray(s * size, (s + 1) * size), t * size);
  }
  return to;
}

/** Both ways of copying against the definition. */
function check(
  Elements: (typeof CLASSES)[number],
  shape: readonly number[],
  [elements, sourceStrides, sourceOffset]: [number, readonly number[], number],
  [room, targetStrides, targetOffset]: [number, readonly number[], number],
): void {
  const source = { array: numbered(Elements, elements), strides: sourceStrides, offset: sourceOffset };
  const target = { array: numbered(Elements, room), strides: targetStrides, offset: targetOffset };
  const before = bytesOf(target.array).slice();
  const wanted = expected(shape, source, target);
  copy(shape, source, target);
  expect(Buffer.compare(bytesOf(target.array), wanted)).toBe(0);
  bytesOf(target.array).set(before);
  expect(wasm.copy(shape, source, target)).toBe(true);
  expect(Buffer.compare(bytesOf(target.array), wanted)).toBe(0);
  free(source.array, target.array);
}

describe('a copy', () => {
  test('of any permutation, slice and flip of an array gives its elements in row-major order', () => {
    const axis = fc.record({
      extent: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 15, max: 35 })),
      step: fc.constantFrom(1, 1, 1, 2, -1),
      at: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...CLASSES),
        fc.array(axis, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (Elements, axes, stream) => {
          const kept = axes.slice(0, elementCount(axes.map(({ extent }) => extent)) > 40_000 ? 2 : 5);
          const full = kept.map(({ extent, step, at }) => at + extent * Math.abs(step));
          const strides = rowMajorStrides(full);
          const order = kept
            .map((_, d) => [stream.next().value, d] as const)
            .sort(([a], [b]) => a - b)
            .map(([, d]) => d);
          const offset = kept.reduce(
            (sum, { extent, step, at }, d) => sum + (at + (step < 0 ? (extent - 1) * -step : 0)) * strides[d]!,
            0,
          );
          const shape = order.map((d) => kept[d]!.extent);
          check(
            Elements,
            shape,
            [elementCount(full), order.map((d) => strides[d]! * kept[d]!.step), offset],
            [elementCount(shape), rowMajorStrides(shape), 0],
          );
        },
      ),
      { seed: 20261121, numRuns: 150 },
    );
  });

  test.each([
    ['a transposition', [300, 500], [1, 300]],
    ['every third element of a long vector', [70_001], [3]],
    ['a vector backwards', [9001], [-1]],
    ['one row many times', [500, 300], [0, 1]],
    ['one element many times', [70_000], [0]],
    ['channels last to first', [3, 64, 65], [1, 195, 3]],
    ['blocks of a matrix', [20, 20, 8, 9], [8 * 180, 9, 180, 1]],
    ['a turned stack of six dimensions', [4, 3, 2, 3, 4, 5], [1, 4, 12, 24, 72, 288]],
  ])('%s', (_, shape, strides) => {
    const reach = shape.reduce((sum, extent, d) => sum + (extent - 1) * Math.abs(strides[d]!), 1);
    const offset = strides.reduce((sum, stride, d) => sum + (stride < 0 ? (shape[d]! - 1) * -stride : 0), 0);
    for (const Elements of CLASSES)
      check(Elements, shape, [reach, strides, offset], [elementCount(shape), rowMajorStrides(shape), 0]);
  });

  test('writes to strided places too, and nothing between them', () => {
    for (const Elements of CLASSES) {
      check(Elements, [40, 70], [2800, [70, 1], 0], [40 * 100 + 5, [100, 1], 5]);
      check(Elements, [40, 70], [2800, [70, 1], 0], [2 * 2800, [1, 80], 1]);
      check(Elements, [0, 70], [10, [70, 1], 0], [10, [70, 1], 0]);
    }
  });

  test('is left to JavaScript where an array lies outside linear memory', () => {
    const inside = { array: numbered(Float32Array, 4), strides: [1], offset: 0 };
    const outside = { array: new Float32Array(4), strides: [1], offset: 0 };
    expect([wasm.copy([4], inside, outside), wasm.copy([4], outside, inside)]).toEqual([false, false]);
    free(inside.array);
  });
});

describe('gathering', () => {
  test.each([
    [1, 50, 1],
    [1, 50, 3],
    [1, 50, 16],
    [1, 50, 200],
    [4, 30, 1],
    [3, 30, 7],
    [1, 400, 300],
    [2, 1, 5],
  ])('%i blocks of %i slices of %i elements', (outer, length, inner) => {
    for (const Elements of CLASSES) {
      for (const count of [0, 1, 300]) {
        const places = Int32Array.from({ length: count }, (_, k) => (k * 7919) % length);
        const source = numbered(Elements, outer * length * inner);
        const [plain, fast] = [numbered(Elements, outer * count * inner), numbered(Elements, outer * count * inner)];
        gather({ outer, length, inner, places }, source, plain);
        const size = Elements.BYTES_PER_ELEMENT * inner;
        for (let block = 0; block < outer; block++) {
          places.forEach((place, k) => {
            const [from, at] = [(block * length + place) * size, (block * count + k) * size];
            expect(
              Buffer.compare(bytesOf(plain).subarray(at, at + size), bytesOf(source).subarray(from, from + size)),
            ).toBe(0);
          });
        }
        expect(wasm.gather({ outer, length, inner, places }, source, fast)).toBe(count > 0);
        if (count > 0) expect(Buffer.compare(bytesOf(fast), bytesOf(plain))).toBe(0);
        free(source, plain, fast);
      }
    }
  });
});
