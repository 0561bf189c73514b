import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawBlocks, philox } from '../../kernels/js/philox.ts';
import { normal, uniform } from '../../kernels/js/random.ts';
import { integers, permutation } from '../../kernels/js/random-integers.ts';
import { plainSkeletons } from '../../kernels/skeletons.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { wasmSkeletons } from '../../kernels/wasm/skeletons.ts';

const hex = (words: Uint32Array): string[] => [...words].map((word) => word.toString(16).padStart(8, '0'));

describe('philox4x32-10', () => {
  // Known answers of Random123 (kat_vectors).
  const vectors = [
    [
      [0, 0, 0, 0],
      [0, 0],
      ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
    ],
  ] as const;
  test.each(vectors)('of counter %j under key %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(Uint32Array.from(counter), key, out);
    expect(hex(out)).toEqual(expected);
  });
});

describe('WebAssembly', () => {
  const on = wasmSkeletons(new Heap());

  test('draws the blocks of JavaScript, from any number on, for any key and stream', () => {
    const key = { seed: 0xfedcba9876543210n, stream: 7 };
    for (const [first, blocks] of [
      [0, 1],
      [0, 4],
      [3, 5],
      [12345, 7001],
      [2 ** 32 - 9, 4],
      [2 ** 32 - 3, 9],
      [2 ** 40 + 1, 30],
      [2 ** 32 - 20, 16],
    ] as const) {
      for (const source of [key, { seed: 1n }]) {
        const [expected, got] = [new Uint32Array(4 * blocks), new Uint32Array(4 * blocks)];
        drawBlocks(source, first, expected);
        on.drawBlocks(source, first, got);
        expect(got).toEqual(expected);
      }
    }
  });

  test('gives every distribution the bits of JavaScript', () => {
    const source = { seed: 99n };
    for (const first of [0, 1, 2, 3, 5001]) {
      for (const Out of [Float32Array, Float64Array] as const) {
        for (const draw of [uniform, normal] as const) {
          const [expected, got] = [new Out(9001), new Out(9001)];
          draw(plainSkeletons, source, expected, first);
          draw(on, source, got, first);
          expect(got).toEqual(expected);
        }
      }
      const [expected, got] = [new Int32Array(9001), new Int32Array(9001)];
      integers(plainSkeletons, source, -7, 2 ** 31 - 1, expected, first);
      integers(on, source, -7, 2 ** 31 - 1, got, first);
      expect(got).toEqual(expected);
    }
    expect(permutation(on, source, 9001)).toEqual(permutation(plainSkeletons, source, 9001));
  });
});

describe('draws', () => {
  const source = { seed: 0x123456789abcdefn };
  test('a slice has the elements of the whole, whatever its start and length', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(30), (start, length) => {
        for (const draw of [uniform, normal] as const) {
          for (const Out of [Float32Array, Float64Array] as const) {
            const [whole, part] = [new Out(90), new Out(length)];
            draw(plainSkeletons, source, whole);
            draw(plainSkeletons, source, part, start);
            expect([...part]).toEqual([...whole.subarray(start, start + length)]);
          }
        }
        const [whole, part] = [new Int32Array(90), new Int32Array(length)];
        integers(plainSkeletons, source, -5, 1000, whole);
        integers(plainSkeletons, source, -5, 1000, part, start);
        expect([...part]).toEqual([...whole.subarray(start, start + length)]);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('seeds and streams differ', () => {
    const draw = (seed: bigint, stream: number): number[] => {
      const out = new Float64Array(4);
      uniform(plainSkeletons, { seed, stream }, out);
      return [...out];
    };
    const all = [draw(0n, 0), draw(1n, 0), draw(1n << 32n, 0), draw(0n, 1)].flat();
    expect(new Set(all).size).toBe(all.length);
  });

  test('uniform stays in [0, 1) with the moments of a uniform variable, normal with those of a normal one', () => {
    const n = 40000;
    const moments = (x: Float64Array) => [1, 2, 3, 4].map((k) => x.reduce((sum, v) => sum + v ** k, 0) / n);
    const out = new Float64Array(n);
    uniform(plainSkeletons, source, out);
    expect(out.every((x) => x >= 0 && x < 1)).toBe(true);
    moments(out).forEach((moment, i) => expect(moment).toBeCloseTo(1 / (i + 2), 2));
    normal(plainSkeletons, source, out);
    const [mean, square, cube, fourth] = moments(out);
    expect(Math.abs(mean!)).toBeLessThan(0.02);
    expect(Math.abs(square! - 1)).toBeLessThan(0.03);
    expect(Math.abs(cube!)).toBeLessThan(0.08);
    expect(Math.abs(fourth! - 3)).toBeLessThan(0.2);
  });

  test('float32 uniforms have 24 bits, so none rounds up to one', () => {
    const out = new Float32Array(1000);
    uniform(plainSkeletons, source, out);
    expect(out.every((x) => Number.isInteger(x * 2 ** 24) && x < 1)).toBe(true);
  });

  test('integers fill their range evenly and reject an empty one', () => {
    const out = new BigInt64Array(60000);
    integers(plainSkeletons, source, -3, 3, out);
    const counts = new Map<bigint, number>();
    out.forEach((x) => counts.set(x, (counts.get(x) ?? 0) + 1));
    expect([...counts.keys()].sort((a, b) => Number(a - b))).toEqual([-3n, -2n, -1n, 0n, 1n, 2n]);
    for (const count of counts.values()) expect(Math.abs(count - 10000)).toBeLessThan(450);
    expect(() => integers(plainSkeletons, source, 2, 2, new Int32Array(1))).toThrow(RangeError);
  });

  test('integers are floor(word * range / 2^64) exactly', () => {
    const [low, count] = [new Uint32Array(50), 50];
    for (const range of [1, 3, 1000, 65537, 2 ** 31 + 7, 2 ** 32 - 1, 2 ** 32]) {
      integers(plainSkeletons, source, 0, range, low);
      for (let i = 0; i < count; i++) {
        const block = new Uint32Array(4);
        philox(
          Uint32Array.of(i >> 1, 0, 0, 0),
          [Number(BigInt.asIntN(32, source.seed)), Number(source.seed >> 32n)],
          block,
        );
        const word = (BigInt(block[(i & 1) * 2 + 1]!) << 32n) | BigInt(block[(i & 1) * 2]!);
        expect(low[i]).toBe(Number((word * BigInt(range)) >> 64n));
      }
    }
  });

  test('permutation is a permutation and all orders of three are equally likely', () => {
    expect([...permutation(plainSkeletons, source, 1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    const counts = new Map<string, number>();
    for (let seed = 0n; seed < 6000n; seed++) {
      const order = permutation(plainSkeletons, { seed }, 3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('bits are frozen', () => {
    const [u, z] = [new Float32Array(3), new Float64Array(2)];
    uniform(plainSkeletons, { seed: 42n }, u);
    normal(plainSkeletons, { seed: 42n }, z);
    expect(hex(new Uint32Array(u.buffer))).toMatchInlineSnapshot(`
      [
        "3f1ceaf0",
        "3eefea92",
        "3d95fa80",
      ]
    `);
    expect(hex(new Uint32Array(z.buffer))).toMatchInlineSnapshot(`
      [
        "9f80c7dc",
        "bfe371e0",
        "6bfae949",
        "3fee46d1",
      ]
    `);
  });
});
