// Conversions of whole arrays: WebAssembly has the bits of JavaScript.
import { describe, expect, test } from 'vitest';
import { convert } from '../../kernels/js/convert.ts';
import { decodeAll, encodeAll } from '../../kernels/codecs/codec.ts';
import { smallFloat } from '../../kernels/codecs/small-float.ts';
import type { NumberArray } from '../../kernels/js/map.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { wasmSkeletons } from '../../kernels/wasm/skeletons.ts';
import { extent } from '../run/extent.ts';

const heap = new Heap();
const on = wasmSkeletons(heap);

/** The array in linear memory. */
function placed<A extends NumberArray>(array: A): A {
  const view = heap.view(Uint8Array, heap.allocate(Math.max(8, array.byteLength)), array.byteLength);
  view.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new (array.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A)(
    view.buffer,
    view.byteOffset,
    array.length,
  );
}

const bytes = (array: NumberArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

const LAYOUTS = {
  float16: { exponentBits: 5, fractionBits: 10, infinities: true },
  bfloat16: { exponentBits: 8, fractionBits: 7, infinities: true },
  float8_e5m2: { exponentBits: 5, fractionBits: 2, infinities: true },
  float8_e4m3: { exponentBits: 4, fractionBits: 3, infinities: false },
  float8_e3m4: { exponentBits: 3, fractionBits: 4, infinities: true },
} as const;

describe.each(Object.entries(LAYOUTS))('the codec of %s', (_name, layout) => {
  const codec = smallFloat(layout);
  const patterns = 2 ** (1 + layout.exponentBits + layout.fractionBits);
  const Stored: Uint16ArrayConstructor | Uint8ArrayConstructor = patterns > 256 ? Uint16Array : Uint8Array;
  const every = new Stored(patterns).map((_: number, pattern: number) => pattern);

  test('takes each number to the nearest element, ties to the even one, from float64 and from float32', () => {
    const half = patterns / 2;
    const positive = [...every.subarray(0, half)].map((pattern) => codec.decode(pattern));
    const last = positive.findIndex((x) => !Number.isFinite(x)) - 1;
    // What lies beyond the largest is rounded as if there were one more.
    const beyond = 2 * positive[last]! - positive[last - 1]!;
    const overflow = codec.encode(Infinity);
    for (let pattern = 0; pattern <= last; pattern++) {
      const [low, high] = [positive[pattern]!, pattern === last ? beyond : positive[pattern + 1]!];
      const next = pattern === last ? overflow : pattern + 1;
      const middle = (low + high) / 2;
      const even = pattern % 2 === 0 ? pattern : next;
      expect([low, middle * (1 - 2 ** -52), middle, middle * (1 + 2 ** -51)].map(codec.encode)).toEqual([
        pattern,
        pattern,
        even,
        next,
      ]);
      const out = new Stored(3);
      encodeAll(codec, Float32Array.of(middle * (1 - 2 ** -23), middle, middle * (1 + 2 ** -22)), out);
      if (middle > 2 ** -120) expect([...out]).toEqual([pattern, even, next]);
    }
    expect(codec.encode(-1)).toBe(codec.encode(1) + half);
    expect(codec.decode(codec.encode(NaN))).toBeNaN();
  });

  test('decodes every element in WebAssembly', () => {
    const [wanted, got] = [new Float32Array(patterns), placed(new Float32Array(patterns))];
    decodeAll(codec, every, wanted);
    on.decode(codec, placed(every), got);
    expect(Buffer.compare(bytes(got), bytes(wanted))).toBe(0);
  });

  test('encodes there every float32 near a tie or a limit, of either sign, and NaNs of all kinds', () => {
    const step = 2 ** (22 - layout.fractionBits);
    const words: number[] = [];
    const stride = patterns > 256 ? extent(7, 1) : 1;
    for (let pattern = 0; pattern < patterns / 2; pattern += stride) {
      const word = new Uint32Array(Float32Array.of(codec.decode(pattern)).buffer)[0]!;
      for (const offset of [-step - 1, -step, -step + 1, -1, 0, 1, step - 1, step, step + 1])
        words.push(word + offset, (word + offset) | 0x80000000);
    }
    for (let i = 0; i < extent(20_011, 100_003); i++) words.push(Math.imul(i, 0x9e3779b1));
    const numbers = new Float32Array(Uint32Array.from(words).buffer);
    const [wanted, got] = [new Stored(numbers.length), placed(new Stored(numbers.length))];
    encodeAll(codec, numbers, wanted);
    on.encode(codec, placed(numbers), got);
    expect(Buffer.compare(bytes(got), bytes(wanted))).toBe(0);
    expect(wanted).toEqual(new Stored(Array.from(numbers, codec.encode)));
  });
});

describe('conversions in WebAssembly', () => {
  test.each([Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array, Uint32Array])(
    'of %o to both floats and back',
    (Elements) => {
      const special = [
        0,
        -0,
        1,
        -1,
        NaN,
        Infinity,
        -Infinity,
        255,
        256,
        2 ** 31,
        -(2 ** 31),
        2 ** 53,
        1e300,
        1e-320,
        0.1,
        16777217,
        3.5,
        -3.5,
      ];
      const source: NumberArray = new Elements(Array.from({ length: 1003 }, (_, i) => special[i % special.length]!));
      if (source instanceof Float32Array) new Uint32Array(source.buffer).set([0x7f800001, 0xffc12345], 5);
      for (const Target of [Float32Array, Float64Array, Int32Array, Uint8Array]) {
        const [wanted, got] = [new Target(1003), placed(new Target(1003))];
        convert(source, wanted);
        on.convert(placed(source), got);
        expect(Buffer.compare(bytes(got), bytes(wanted)), Target.name).toBe(0);
      }
    },
  );
});

test('a NaN that a codec gives is decoded to the one form that NaNs have, whatever its bits', () => {
  const nans = new Float32Array(Uint32Array.of(0xffc00001, 0x7fc12345).buffer);
  const decode = (stored: number): number => (stored < 2 ? nans[stored]! : stored);
  const out = new Float32Array(3);
  decodeAll({ compute: 'float32', decode, encode: (x) => x }, Uint8Array.of(0, 1, 2), out);
  expect([...new Uint32Array(out.buffer)]).toEqual([0x7fc00000, 0x7fc00000, 0x40000000]);
});
