// Conversions of whole arrays: WebAssembly has the bits of JavaScript.
import { describe, expect, test } from 'vitest';
import { convert } from '../../kernels/js/convert.ts';
import { decodeAll, encodeAll } from '../../kernels/codecs/codec.ts';
import { FLOAT16 } from '../../kernels/codecs/codecs.ts';
import type { NumberArray } from '../../kernels/js/map.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { wasmSkeletons } from '../../kernels/wasm/skeletons.ts';

const heap = new Heap();
const on = wasmSkeletons(heap);

/** The array in linear memory. */
function placed<A extends NumberArray>(array: A): A {
  const view = heap.view(Uint8Array, heap.allocate(Math.max(8, array.byteLength)), array.byteLength);
  view.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new (array.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A)(view.buffer, view.byteOffset, array.length);
}

const bytes = (array: NumberArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

describe('conversions in WebAssembly', () => {
  test('widen every half', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const [wanted, got] = [new Float32Array(0x10000), placed(new Float32Array(0x10000))];
    decodeAll(FLOAT16, halves, wanted);
    on.decode(FLOAT16, placed(halves), got);
    expect(Buffer.compare(bytes(got), bytes(wanted))).toBe(0);
  });

  test('narrow every float32 near a tie or a limit, of either sign, and NaNs of all kinds', () => {
    const words: number[] = [];
    for (let half = 0; half < 0x8000; half++) {
      const word = new Uint32Array(Float32Array.of(half < 0x7c00 ? (half < 0x400 ? half * 2 ** -24 : (1024 + (half & 0x3ff)) * 2 ** ((half >> 10) - 25)) : Infinity).buffer)[0] as number;
      for (const offset of [-0x1001, -0x1000, -0xfff, -1, 0, 1, 0xfff, 0x1000, 0x1001]) words.push(word + offset, (word + offset) | 0x80000000);
    }
    for (let i = 0; i < 100_003; i++) words.push(Math.imul(i, 0x9e3779b1));
    const numbers = new Float32Array(Uint32Array.from(words).buffer);
    const [wanted, got] = [new Uint16Array(numbers.length), placed(new Uint16Array(numbers.length))];
    encodeAll(FLOAT16, numbers, wanted);
    on.encode(FLOAT16, placed(numbers), got);
    expect(Buffer.compare(bytes(got), bytes(wanted))).toBe(0);
  });

  test.each([Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array, Uint32Array])('of %o to both floats and back', (Elements) => {
    const special = [0, -0, 1, -1, NaN, Infinity, -Infinity, 255, 256, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, 1e-320, 0.1, 16777217, 3.5, -3.5];
    const source: NumberArray = new Elements(Array.from({ length: 1003 }, (_, i) => special[i % special.length] as number));
    if (source instanceof Float32Array) new Uint32Array(source.buffer).set([0x7f800001, 0xffc12345], 5);
    for (const Target of [Float32Array, Float64Array, Int32Array, Uint8Array]) {
      const [wanted, got] = [new Target(1003), placed(new Target(1003))];
      convert(source, wanted);
      on.convert(placed(source), got);
      expect(Buffer.compare(bytes(got), bytes(wanted)), Target.name).toBe(0);
    }
  });
});
