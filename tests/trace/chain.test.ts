// The checksum and the chain of a trace's blocks.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { BlockChain, crc32, STREAM } from '../../src/core/trace/chain.ts';

let digest: Digest;
beforeAll(async () => {
  digest = await openNodeDigest();
});

/** CRC-32 by its definition: polynomial division, one bit a step. */
function crcByBits(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32', () => {
  it('gives the published check values', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
  });

  it('agrees with the definition on any bytes and any range of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(10), fc.nat(10), (bytes, a, b) => {
        const start = Math.min(a, bytes.length);
        const end = Math.max(start, bytes.length - b);
        return crc32(bytes, start, end) === crcByBits(bytes.subarray(start, end)) && crc32(bytes) === crcByBits(bytes);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('a block chain', () => {
  const blocks = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4)];
  const headOf = (stream: 1 | 2, list: readonly (readonly [number, Uint8Array])[]): string => {
    const chain = new BlockChain(stream, digest);
    for (const [events, block] of list) chain.extend(events, block);
    return toHex(chain.head.hash);
  };

  it('follows from the specification written out by hand', () => {
    const u64 = (n: number): string => toHex(new Uint8Array(BigUint64Array.of(BigInt(n)).buffer));
    const u32 = (n: number): string => `03${u64(4)}${toHex(new Uint8Array(Uint32Array.of(n).buffer))}`;
    const input = (previous: string, index: number, events: number, block: string): string =>
      `${toHex(new TextEncoder().encode('sqs.trace.v1\0'))}02${u64(1)}01` +
      `08${u64(32)}${previous}${u32(index)}${u32(events)}07${u64(block.length / 2)}${block}`;
    const hash = (hex: string): string => toHex(digest.hash(new Uint8Array(Buffer.from(hex, 'hex'))));
    const first = hash(input('00'.repeat(32), 0, 2, '010203'));
    expect(headOf(1, [[2, Uint8Array.of(1, 2, 3)]])).toBe(first);
    expect(
      headOf(1, [
        [2, Uint8Array.of(1, 2, 3)],
        [1, Uint8Array.of(4)],
      ]),
    ).toBe(hash(input(first, 1, 1, '04')));
  });

  it('counts blocks and events from an empty head', () => {
    const chain = new BlockChain(STREAM.program, digest);
    expect(chain.head).toEqual({ blocks: 0, events: 0, hash: new Uint8Array(32) });
    chain.extend(3, Uint8Array.of(1));
    expect(chain.extend(2, Uint8Array.of(2))).toMatchObject({ blocks: 2, events: 5 });
  });

  it('ends elsewhere when stream, order, count, content or partition differ', () => {
    const [a, b, c] = blocks.map((block) => [1, block] as const) as [
      readonly [number, Uint8Array],
      readonly [number, Uint8Array],
      readonly [number, Uint8Array],
    ];
    const variants = [
      headOf(1, [a, b, c]),
      headOf(2, [a, b, c]),
      headOf(1, [b, a, c]),
      headOf(1, [a, c, b]),
      headOf(1, [a, b]),
      headOf(1, [a, b, c, b]),
      headOf(1, [[2, a[1]], b, c]),
      headOf(1, [[1, Uint8Array.of(1, 2, 3, 4)]]),
      headOf(1, [a]),
      headOf(1, [[1, Uint8Array.of(1, 2)], [1, Uint8Array.of(3)], c]),
    ];
    expect(new Set(variants).size).toBe(variants.length);
    expect(headOf(1, [a, b, c])).toBe(variants[0]);
  });
});
