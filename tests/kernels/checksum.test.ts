// The checksum of the disk store: the quick form gives the bits of the readable one, and damage changes them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checksums } from '../../kernels/wasm/checksum.ts';

const ROOM_BYTES = 300_000;
const quick = new Checksums(ROOM_BYTES);
const plain = new Checksums(ROOM_BYTES, true);
const bytesOf = (length: number, step = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => i * step + (i >> 8));

describe('the checksum', () => {
  it('is the one of the format', () => {
    const ascii = new TextEncoder().encode('abc');
    const sums = [new Uint8Array(0), ascii, bytesOf(256), new Uint8Array(1000)].map((bytes) => quick.of(bytes));
    expect(sums.map((sum) => sum.toString(16))).toEqual([
      'e4fa4703390b7152',
      '64cb9ca0680ee064',
      '8a1818ab89dff291',
      'e217867fae4ab933',
    ]);
  });

  it('has the same bits where there is no WebAssembly, where the bytes stand and in parts', () => {
    const lengths = [0, 1, 15, 16, 17, 112, 127, 128, 129, 255, 256, 4096, 5000, 131_072, 131_073, 290_001];
    for (const length of lengths) {
      const bytes = bytesOf(length, 7);
      const wanted = plain.of(bytes);
      expect(quick.of(bytes), `${length} bytes`).toBe(wanted);
      quick.room.fill(0xff);
      quick.room.set(bytes, 9);
      expect(quick.of(quick.room.subarray(9, 9 + length)), `${length} bytes that stand there`).toBe(wanted);
      for (const partBytes of [128, 131_072 + 128]) {
        if (length > 100 * partBytes) continue;
        const running = quick.running();
        let at = 0;
        for (; at + partBytes < length; at += partBytes) {
          running.add(bytes.subarray(at, at + partBytes));
          // Others may be made meanwhile.
          quick.of(bytes.subarray(0, 77));
        }
        expect(running.end(bytes.subarray(at)), `${length} bytes in parts of ${partBytes}`).toBe(wanted);
      }
    }
  });

  it('is another for every bit that changes, and for any two', () => {
    for (const bytes of [new Uint8Array(300), bytesOf(300, 11)]) {
      const seen = new Set([quick.of(bytes)]);
      let count = 1;
      for (let bit = 0; bit < 2400; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        seen.add(quick.of(bytes));
        count++;
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
      expect(seen.size).toBe(count);
      // High bits of lanes, which multiplying leaves alone, and those that turning puts them over.
      for (let at = 1; at + 125 < 300; at += 2)
        for (const distance of [1, 2, 3, 13, 16, 29, 112, 125, 128]) {
          if (at + distance >= 300) continue;
          const changed = bytes.slice();
          changed[at]! ^= 0x80;
          changed[at + distance]! ^= 0x80;
          expect(seen.has(quick.of(changed)), `${at} and ${distance} further`).toBe(false);
        }
    }
  });

  it('is another for what disks do: cut, filled with zeros, moved, swapped, of other signs', () => {
    const whole = bytesOf(5 * 4096, 13);
    const damaged = [
      ...[0, 1, 511, 512, 4095, 4096, 16_384].map((length) => whole.slice(0, length)),
      ...Array.from({ length: 40 }, (_, sector) => whole.map((byte, i) => (i >> 9 === sector ? 0 : byte))),
      ...Array.from({ length: 4 }, (_, page) => swapped(whole, page * 4096, (page + 1) * 4096, 4096)),
      ...Array.from({ length: 8 }, (_, block) => swapped(whole, block * 16, (block + 1) * 16, 16)),
      ...[1, 16, 128, 512].map((by) => whole.map((_, i) => whole[(i + by) % whole.length]!)),
      ...[2, 4, 8].map((itemBytes) => whole.map((byte, i) => (i % itemBytes === itemBytes - 1 ? byte ^ 0x80 : byte))),
      Uint8Array.from([...whole, 0]),
    ];
    const sums = new Set([whole, ...damaged].map((bytes) => quick.of(bytes)));
    expect(sums.size).toBe(damaged.length + 1);
    const zeros = Array.from({ length: 400 }, (_, length) => quick.of(new Uint8Array(length)));
    expect(new Set(zeros).size).toBe(400);
  });

  const swapped = (bytes: Uint8Array, a: number, b: number, length: number): Uint8Array => {
    const changed = bytes.slice();
    changed.set(bytes.subarray(a, a + length), b);
    changed.set(bytes.subarray(b, b + length), a);
    return changed;
  };

  it('is another for any change of any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 700 }),
        fc.array(fc.tuple(fc.nat(699), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 12 }),
        (bytes, changes) => {
          const changed = bytes.slice();
          for (const [at, mask] of changes) changed[at % bytes.length]! ^= mask;
          const isSame = changed.every((byte, i) => byte === bytes[i]);
          return isSame === (quick.of(changed) === quick.of(bytes));
        },
      ),
      { numRuns: 200 },
    );
  });
});
