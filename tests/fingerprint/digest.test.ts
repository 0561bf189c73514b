// The BLAKE3 implementations: equal to the official vectors and to each other, for every kind of memory a tensor may
// lie in.
import { beforeAll, describe, expect, it } from 'vitest';
import { digestFromHex, equalBytes, isNamed, toHex } from '../../src/core/fingerprint/digest.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { nativeDigest, openNodeDigest } from '../../src/host/node/digest.ts';
import { plainDigest } from '../../src/host/plain-digest.ts';
import { openPortableDigest } from '../../src/host/portable-digest.ts';

/** First 32 bytes of "hash" in the official test_vectors.json (input byte i is i mod 251). */
const OFFICIAL: readonly [number, string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [2048, 'e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a'],
  [2049, '5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030'],
  [3072, 'b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2'],
  [3073, '7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3'],
  [4096, '015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969'],
  [4097, '9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995'],
  [5120, '9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833'],
  [5121, '628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff'],
  [6144, '3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205'],
  [6145, 'f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f'],
  [7168, '61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a'],
  [7169, 'a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817'],
];

const LENGTHS = [
  ...Array.from({ length: 8 }, (_, i) => i),
  31,
  32,
  33,
  63,
  64,
  65,
  127,
  128,
  129,
  191,
  192,
  193,
  255,
  256,
  257,
  511,
  512,
  513,
  959,
  960,
  961,
  1023,
  1024,
  1025,
  1087,
  1088,
  1089,
  2047,
  2048,
  2049,
  3071,
  3072,
  3073,
  4095,
  4096,
  4097,
  5119,
  5121,
  8191,
  8192,
  8193,
  16_383,
  16_384,
  16_385,
  31_744,
  65_535,
  65_536,
  65_537,
  102_400,
  262_143,
  262_144,
  262_145,
  2 ** 20 - 1,
  2 ** 20,
  2 ** 20 + 1,
  3 * 2 ** 20 + 12,
];

const cycle = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251);

let native: Digest;
let portable: Digest;
beforeAll(async () => {
  native = nativeDigest() as Digest;
  portable = await openPortableDigest();
});

describe('digests', () => {
  it('gives the official BLAKE3 hashes, native, in WebAssembly and in JavaScript', () => {
    for (const [lengthBytes, hex] of OFFICIAL) {
      expect([lengthBytes, toHex(native.hash(cycle(lengthBytes)))]).toEqual([lengthBytes, hex]);
      expect([lengthBytes, toHex(portable.hash(cycle(lengthBytes)))]).toEqual([lengthBytes, hex]);
      expect([lengthBytes, toHex(plainDigest.hash(cycle(lengthBytes)))]).toEqual([lengthBytes, hex]);
    }
  });

  it(`agrees between them on ${LENGTHS.length} lengths`, () => {
    expect(new Set(LENGTHS).size).toBeGreaterThanOrEqual(60);
    const seen = new Set<string>();
    for (const lengthBytes of LENGTHS) {
      const bytes = cycle(lengthBytes);
      const hex = toHex(native.hash(bytes));
      expect([lengthBytes, toHex(portable.hash(bytes))]).toEqual([lengthBytes, hex]);
      expect([lengthBytes, toHex(plainDigest.hash(bytes))]).toEqual([lengthBytes, hex]);
      seen.add(hex);
    }
    expect(seen.size).toBe(LENGTHS.length);
  });

  it(
    'hashes exactly the view: an offset into plain, shared, resizable and WebAssembly memory and into a pooled ' +
      'Buffer',
    () => {
      const content = cycle(5000);
      const wasm = new WebAssembly.Memory({ initial: 1, maximum: 1 });
      const sharedWasm = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [6000, { maxByteLength: 12_000 }]);
      const buffers = [new ArrayBuffer(6000), new SharedArrayBuffer(6000), resizable, wasm.buffer, sharedWasm.buffer];
      for (const digest of [native, portable, plainDigest]) {
        const expected = toHex(digest.hash(content));
        for (const buffer of buffers) {
          const view = new Uint8Array(buffer, 777, 5000);
          view.set(content);
          expect(toHex(digest.hash(view))).toBe(expected);
        }
        expect(toHex(digest.hash(Buffer.from(content.subarray(0, 100))))).toBe(toHex(digest.hash(cycle(100))));
      }
    },
  );

  it('returns fresh bytes: an earlier digest and a slice of one are not changed by later calls', () => {
    for (const digest of [native, portable, plainDigest]) {
      const first = digest.hash(cycle(1));
      const copy = first.slice();
      copy.fill(0);
      digest.hash(cycle(2));
      expect(toHex(first)).toBe(OFFICIAL[1]?.[1]);
      expect(first.constructor).toBe(Uint8Array);
      expect(first.length).toBe(32);
    }
  });

  it('uses native code here', async () => {
    expect((await openNodeDigest()).name).toBe('blake3-256/native');
  });

  it('falls back to the portable digest when the native binary is absent or wrong', async () => {
    const absent = (): never => {
      throw new TypeError('Cannot find native binding');
    };
    expect((await openNodeDigest(absent)).name).toBe('blake3-256/wasm');
    expect((await openNodeDigest(() => ({ blake3: () => new Uint8Array(32) }))).name).toBe('blake3-256/wasm');
  });
});

describe('the text of a digest', () => {
  it('is 64 lower-case hexadecimal digits and parses back', () => {
    const bytes = native.hash(cycle(3));
    expect(equalBytes(digestFromHex(toHex(bytes)), bytes)).toBe(true);
    for (const text of ['', 'ab', toHex(bytes).toUpperCase(), `${toHex(bytes)}0`, ` ${toHex(bytes).slice(1)}`]) {
      expect(() => digestFromHex(text)).toThrow(expect.objectContaining({ code: 'FORMAT' }));
    }
  });

  it('is told from every other text, without being made', () => {
    const bytes = native.hash(cycle(3));
    const name = toHex(bytes);
    expect(isNamed(bytes, name)).toBe(true);
    for (let at = 0; at < name.length; at++) {
      const other = name.slice(0, at) + (name[at] === '0' ? '1' : '0') + name.slice(at + 1);
      expect(isNamed(bytes, other), other).toBe(false);
    }
    for (const text of ['', name.slice(2), `${name}00`, name.toUpperCase()]) expect(isNamed(bytes, text)).toBe(false);
  });

  it('compares by bytes and length', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
  });
});
