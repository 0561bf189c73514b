// Arrays that are compared by their bytes are equal in the same cases as those that are compared by their elements.
import { describe, expect, it } from 'vitest';

describe('typed arrays', () => {
  it('are equal where their elements are, whatever bytes NaN has', () => {
    expect(Float32Array.of(1, -0, NaN)).toEqual(Float32Array.of(1, -0, NaN));
    const other = new Float32Array(Uint32Array.of(0x7fc0_0001).buffer);
    expect(other).toEqual(Float32Array.of(NaN));
    expect(new Uint8Array([0, 1, 2]).subarray(1)).toEqual(Uint8Array.of(1, 2));
    expect([{ values: BigInt64Array.of(1n) }]).toEqual([{ values: BigInt64Array.of(1n) }]);
  });

  it('differ by one element, the sign of zero, their length and their type', () => {
    expect(Float32Array.of(1, 2)).not.toEqual(Float32Array.of(1, 3));
    expect(Float32Array.of(0)).not.toEqual(Float32Array.of(-0));
    expect(Float32Array.of(1)).not.toEqual(Float32Array.of(1, 1));
    expect(Uint32Array.of(1)).not.toEqual(Int32Array.of(1));
    expect(new Uint8Array(4)).not.toEqual(new Uint8Array(5).subarray(2));
  });

  it('of a million elements are compared in a moment, however often', () => {
    const [a, b] = [new Float64Array(1 << 20).fill(0.5), new Float64Array(1 << 20).fill(0.5)];
    const { user } = process.cpuUsage();
    for (let i = 0; i < 5; i++) expect(a).toEqual(b);
    expect(process.cpuUsage().user - user).toBeLessThan(1_000_000);
  });
});
