// BLAKE3 on the GPU has the bits of the native one: at lengths around every boundary, with panels at any byte, and in
// content ids.
import { beforeAll, describe, expect, it } from 'vitest';
import { type PanelBytes, panelDigestBytes, planPanelDigests } from '../../kernels/wgsl/blake3.ts';
import { contentPlan, MAX_CONTENT_BYTES } from '../../src/core/device/webgpu/memory/content.ts';
import { panelDigests } from '../../src/core/fingerprint/content.ts';
import { type Digest, toHex } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { bytesOf, DTYPE_NAMES, DTYPES } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { type TestGpu, testGpu } from './run-plan.ts';

const KIB = 1024;

let gpu: TestGpu;
let digest: Digest;
beforeAll(async () => {
  [gpu, digest] = [await testGpu(), await openNodeDigest()];
  expect(digest.name).toBe('blake3-256/native');
});

/** Whole 16-byte vectors of words that repeat nowhere; what is past `sizeBytes` is noise that must not count. */
function noise(sizeBytes: number, seed = sizeBytes): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(sizeBytes / 16) * 4);
  let state = seed;
  for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return words;
}

async function onGpu(words: Uint32Array, panels: PanelBytes): Promise<string[]> {
  const found = new Uint8Array(await gpu.run(planPanelDigests(panels), [words], panelDigestBytes(panels)));
  return Array.from({ length: found.length / 32 }, (_, i) => toHex(found.subarray(32 * i, 32 * i + 32)));
}

function onCpu(words: Uint32Array, { sizeBytes, panelBytes }: PanelBytes): string[] {
  const digests: string[] = [];
  for (let start = 0; start < sizeBytes; start += panelBytes)
    digests.push(toHex(digest.hash(bytesOf(words).subarray(start, Math.min(start + panelBytes, sizeBytes)))));
  return digests;
}

/** The cases whose digests differ from the native ones. */
async function wrongOf(cases: readonly PanelBytes[]): Promise<PanelBytes[]> {
  const wrong: PanelBytes[] = [];
  for (const panels of cases) {
    const words = noise(panels.sizeBytes);
    if ((await onGpu(words, panels)).join() !== onCpu(words, panels).join()) wrong.push(panels);
  }
  return wrong;
}

const around = (length: number, by = 1): number[] => [length - by, length, length + by];

const LENGTHS = [
  ...new Set([
    ...Array.from({ length: 130 }, (_, i) => i + 1),
    191,
    192,
    193,
    511,
    513,
    959,
    960,
    961,
    1000,
    1003,
    ...Array.from({ length: 12 }, (_, i) => 2 ** (i + 8)).flatMap((length) => around(length)),
    ...[3, 5, 7, 9, 31, 33, 63, 65, 127, 129, 255, 257, 511, 513].flatMap((chunks) =>
      around(chunks * KIB, (chunks % 5) + 1),
    ),
    600 * KIB + 63,
    1023 * KIB + 5,
    1025 * KIB + 64,
    3 * KIB * KIB + 12,
  ]),
];

describe('the digest of a buffer', () => {
  it('is BLAKE3-256 at every length, whatever follows in the buffer', async () => {
    expect(LENGTHS.length).toBeGreaterThanOrEqual(200);
    expect(await wrongOf(LENGTHS.map((sizeBytes) => ({ sizeBytes, panelBytes: sizeBytes })))).toEqual([]);
  });

  it('depends on the last bit of the last byte', async () => {
    const panels = { sizeBytes: 2 * KIB + 7, panelBytes: 4 * KIB };
    const words = noise(panels.sizeBytes);
    const before = await onGpu(words, panels);
    bytesOf(words)[panels.sizeBytes - 1]! ^= 0x80;
    const after = await onGpu(words, panels);
    expect(after).not.toEqual(before);
    expect(after).toEqual(onCpu(words, panels));
  });
});

describe('the digests of panels', () => {
  it('are those of their bytes where panels start at any byte and end in any', async () => {
    const sizes = [1, 63, 64, 65, 1000, 1023, 1024, 1025, 1026, 1040, 2048, 3001, 4095, 5 * KIB + 4, 66 * KIB + 2];
    expect(
      await wrongOf(
        sizes.flatMap((panelBytes) =>
          [2, 3.5, 5].map((count) => ({ sizeBytes: Math.ceil(panelBytes * count), panelBytes })),
        ),
      ),
    ).toEqual([]);
  });

  it('are right around 256 KiB, a row more and a row less', async () => {
    const rows = [1, 12, 1000, 1024, 4096];
    expect(
      await wrongOf(
        rows.flatMap((row) => around(256 * KIB, row).map((sizeBytes) => ({ sizeBytes, panelBytes: 256 * KIB }))),
      ),
    ).toEqual([]);
    expect(
      await wrongOf([
        { sizeBytes: 600_003, panelBytes: 300_001 },
        { sizeBytes: 3 * 263_168 + 1, panelBytes: 263_168 },
        { sizeBytes: 1_200_000, panelBytes: 599_999 },
      ]),
    ).toEqual([]);
  });

  it('are planned in so many launches of parents as their trees need, each from what the one before wrote', () => {
    const count = 512 ** 2 + 3;
    const { launches, scratch } = planPanelDigests({ sizeBytes: (count + 513) * KIB, panelBytes: count * KIB });
    expect(launches.map(({ buffers }) => buffers)).toEqual([
      [0, 2],
      [2, 3],
      [3, 2],
      [2, 1],
    ]);
    expect(launches.slice(1).map(({ params }) => [...params])).toEqual([
      [count, 513, 1, 513],
      [513, 2, 1, 2],
      [2, 1, 1, 1],
    ]);
    expect(launches.slice(1).map(({ workgroups }) => workgroups[0])).toEqual([513 + 2, 2 + 1, 1 + 1]);
    expect(scratch).toEqual([(count + 513) * 32, (513 + 2) * 32]);
  });

  it('are planned for up to 4 GiB in dispatches that devices take', () => {
    for (const panelBytes of [2 ** 18, 300_001, 2 ** 32]) {
      const { launches, scratch } = planPanelDigests({ sizeBytes: MAX_CONTENT_BYTES, panelBytes });
      expect(launches.flatMap(({ workgroups }) => workgroups).every((count) => count >= 1 && count <= 65535)).toBe(
        true,
      );
      const [x, y] = launches[0]!.workgroups;
      expect(x * y * 64 * KIB).toBeGreaterThanOrEqual(MAX_CONTENT_BYTES);
      expect(scratch.length).toBeLessThanOrEqual(2);
    }
    expect(() => planPanelDigests({ sizeBytes: 0, panelBytes: 1 })).toThrow(RangeError);
    expect(() => planPanelDigests({ sizeBytes: 2 ** 32, panelBytes: 2 ** 18 })).toThrow(RangeError);
  });
});

describe('a content id from the GPU', () => {
  /**
   * The last has rows of more than 256 KiB: panels that start where 16 divides no address, with one byte an element at
   * an odd one.
   */
  const shapesOf = (itemBytes: number): number[][] => [
    [],
    [1],
    [5],
    [3, 7],
    [2, 3, 5],
    [257, 256],
    [1031, 67],
    [2, itemBytes === 1 ? 300_001 : 66_003],
  ];

  it.each(DTYPE_NAMES)('is that of the CPU for %s', async (dtype) => {
    for (const shape of shapesOf(DTYPES[dtype].itemBytes)) {
      const type = tensorType(dtype, shape);
      const elements = bytesOf(noise(type.sizeBytes, 7)).slice(0, type.sizeBytes);
      const array = new DTYPES[dtype].array(elements.buffer);
      const { plan, resultBytes } = contentPlan(type) ?? expect.fail('no plan');
      const panels = new Uint8Array(await gpu.run(plan, [elements], resultBytes));
      expect(toHex(panels)).toBe(toHex(panelDigests(array, shape, dtype, digest)));
    }
  });

  it('is left to the CPU for tensors without bytes and above 4 GiB', () => {
    expect(contentPlan(tensorType('float32', [0, 5]))).toBeUndefined();
    expect(contentPlan(tensorType('float32', [2 ** 30]))).toBeUndefined();
    expect(contentPlan(tensorType('float32', [2 ** 30 - 1]))?.resultBytes).toBe(32);
  });
});
