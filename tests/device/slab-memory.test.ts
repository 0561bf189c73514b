// Small results share buffers: never their bytes, and never so many that one which is kept holds much.
import { describe, expect, it } from 'vitest';
import { SlabMemory } from '../../src/core/device/wasm/slab-memory.ts';
import { DTYPE_NAMES, DTYPES } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';

const types = DTYPE_NAMES.flatMap((dtype) => [1, 9, 17, 200, 511, 1023, 5000].map((size) => tensorType(dtype, [size])));

describe('slab memory', () => {
  it('gives arrays of the dtype and size asked for, aligned, that share no byte', () => {
    const memory = new SlabMemory();
    const taken = [...types, ...types.toReversed(), ...types].map((type, i) => {
      const { array, address, recycled } = memory.take(type);
      expect(array).toBeInstanceOf(DTYPES[type.dtype].array);
      expect([array.length, array.byteOffset % 64, address, recycled]).toEqual([type.size, 0, 0, false]);
      return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(i);
    });
    taken.forEach((bytes, i) =>
      expect(
        bytes.every((byte) => byte === i % 256),
        `block ${i}`,
      ).toBe(true),
    );
  });

  it('puts few results of one size into a buffer, so that one of them holds no more than 16 times its bytes', () => {
    const memory = new SlabMemory();
    const buffers = new Set(Array.from({ length: 160 }, () => memory.take(tensorType('float32', [200])).array.buffer));
    expect(buffers.size).toBe(10);
    for (const type of types) {
      const { array } = memory.take(type);
      expect(array.buffer.byteLength).toBeLessThanOrEqual(16 * Math.ceil(array.byteLength / 64) * 64);
    }
  });

  it('never gives out again what it gave', () => {
    const memory = new SlabMemory();
    const type = tensorType('float64', [20]);
    const first = memory.take(type);
    first.array.fill(1 as never);
    first.release();
    for (let i = 0; i < 100; i++) memory.take(type).array.fill(2 as never);
    expect([...(first.array as Float64Array)]).toEqual(new Array(20).fill(1));
  });
});
