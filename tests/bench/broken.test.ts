// A bench for devices cannot pass with wrong results: each kind of check refuses its kind of fault. And the aims are
// read from results as they are.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aimsOf, summaryOf } from '../../bench/report/aims.ts';
import {
  computedAgain,
  type DeviceWork,
  hit,
  holdRivals,
  missed,
  onDevice,
} from '../../bench/contenders/device-contenders.ts';
import { MissingDevice, openDevice, type OpenDevice, sizesFor } from '../../bench/devices.ts';
import { type DigestDevice, gpuFingerprint } from '../../bench/gpu-fingerprint.ts';
import { race } from '../../bench/measure/harness.ts';
import { elementsError } from '../../bench/measure/oracle.ts';
import type { BenchOptions } from '../../bench/report/report.ts';
import type { Rival } from '../../bench/contenders/rivals.ts';
import { floats } from '../../bench/measure/seed.ts';
import { panelDigests } from '../../src/core/fingerprint/content.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';

const OPTIONS: BenchOptions = {
  quick: true,
  pace: { rounds: 2, roundMs: 1, maxCalls: 4 },
  values: {},
  isOver: () => false,
};
const [X, Y] = [floats(4096, 1), floats(4096, 2)];
const SUM: DeviceWork = {
  shapes: [
    [64, 64],
    [64, 64],
  ],
  arrays: [X, Y],
  maxCalls: 4,
  apply: (view, [x, y]) => view.matmul(x!, y!),
  applyRival: (rival, [x, y]) => rival.add(x!, y!),
};

describe('contenders on a device', () => {
  let place: OpenDevice;
  beforeEach(async () => {
    place = await openDevice('js', OPTIONS);
  });
  afterEach(() => place.sheet.close());

  test('match their scenarios where they do what they say', async () => {
    const operands = await onDevice(place, SUM);
    const timings = await race(
      [computedAgain(place, SUM, operands), missed(place, SUM, operands), hit(place, SUM, operands)],
      OPTIONS.pace,
    );
    expect(Object.values(timings).flatMap(({ contradictions }) => contradictions)).toEqual([]);
  });

  test('contradict them where a miss is a hit, a hit is computed, and a chain is shorter than it says', async () => {
    const operands = await onDevice(place, SUM);
    const same: DeviceWork = { ...SUM, apply: (view) => view.matmul(operands[0]!, operands[1]!) };
    let serial = 0;
    const other: DeviceWork = { ...SUM, apply: (view, [x, y]) => view.matmul(view.add(x!, ++serial), y!) };
    const longer: DeviceWork = { ...SUM, ops: 3, fuses: false };
    const faultsOf = async (contender: Parameters<typeof race>[0][number]): Promise<string> =>
      (await race([contender], OPTIONS.pace))[contender.name]!.contradictions.join();
    expect(await faultsOf(missed(place, same, operands))).toMatch(/uncached: .*hits is \d+, expected 0/);
    expect(await faultsOf(hit(place, other, operands))).toMatch(/hit: kernelCalls is \d+, expected 0/);
    expect(await faultsOf(computedAgain(place, longer, operands))).toMatch(/off: kernelCalls is (\d+), expected \d+/);
  });

  test('an unknown device is missing', async () => {
    await expect(openDevice('abacus', OPTIONS)).rejects.toThrow(MissingDevice);
  });
});

/** A library on plain arrays; `add` may be wrong. */
const plainRival = (add: (x: number, y: number) => number): Rival<Float32Array> => ({
  name: 'plain',
  tensor: (array) => array,
  add: (x, y) => x.map((value, i) => add(value, y[i]!)),
  matmul: (x) => x,
  multiply: (x) => x,
  tanh: (x) => x,
  settled: () => Promise.resolve(),
  read: (x) => Promise.resolve(x),
  dispose: () => {},
});

describe('rivals', () => {
  const errorOf = (found: ArrayLike<number>): number => elementsError(found, (i) => X[i]! + Y[i]!);

  test('run where their results are right', async () => {
    const { contenders, skipped } = await holdRivals(
      { open: [plainRival((x, y) => x + y) as Rival], skipped: { jax: 'not installed' } },
      SUM,
      errorOf,
    );
    expect(contenders.map(({ name }) => name)).toEqual(['plain']);
    expect(skipped).toEqual({ jax: 'not installed' });
  });

  test('are left out, with the reason, where they are wrong or fail', async () => {
    const failing = { ...plainRival((x) => x), name: 'failing', read: () => Promise.reject(new Error('lost')) };
    const { contenders, skipped } = await holdRivals(
      { open: [plainRival((x, y) => x + y * 1.001) as Rival, failing as unknown as Rival], skipped: {} },
      SUM,
      errorOf,
    );
    expect(contenders).toEqual([]);
    expect(skipped['plain']).toMatch(/its result is off by .* error bounds/);
    expect(skipped['failing']).toMatch(/lost/);
  });
});

describe('digests on a device', () => {
  const device = async (spoil: (digests: Uint8Array) => void): Promise<DigestDevice<Uint8Array>> => {
    const digest = await openNodeDigest();
    return {
      hold: (bytes) => bytes.slice(),
      release: () => {},
      digest: (_content, held) => {
        const digests = panelDigests(new Float32Array(held.buffer), [held.byteLength / 1024, 256], 'float32', digest);
        spoil(digests);
        return Promise.resolve(digests);
      },
      readInto: (held, bytes) => Promise.resolve(bytes.set(held)),
    };
  };
  const options = { ...OPTIONS, values: { bytes: '4096' } };

  test('are timed where they are those of the CPU', async () => {
    const { rows, checked } = await gpuFingerprint(await device(() => {}))(options, () => {});
    expect(rows).toHaveLength(1);
    expect(checked).toEqual({ results: 3, worst: 0 });
  });

  test('end the bench where one bit is wrong', async () => {
    await expect(gpuFingerprint(await device((digests) => void (digests[0]! ^= 1)))(options, () => {})).rejects.toThrow(
      /the panel digests from the GPU is wrong/,
    );
  });
});

describe('the aims', () => {
  const product = { n: 4096, variant: 'sheet', precision: 'f32', tfjsRatio: 2, jaxRatio: null, shareOfPeak: 0.5 };

  test('are those that there are figures for', () => {
    const aims = aimsOf('matmul', [
      product,
      { ...product, n: 512, tfjsRatio: 0.1 },
      { n: 4096, variant: 'tiled-128', precision: 'f32', shareOfPeak: 0.7 },
    ]);
    expect(aims.map(({ what, found }) => [what, found])).toEqual([
      ['product of order 4096, against tfjs', 2],
      ['product of order 4096, of the float32 peak', 50],
      ['the best float32 kernel, of the peak', 70],
    ]);
    expect(aimsOf('dispatch', [{ hitUs: 4 }, { hitUs: 2.5 }])).toEqual([
      { what: 'a hit on the device, of the slower op', found: 4, wanted: 3, unit: 'µs', most: true },
    ]);
    expect(aimsOf('fingerprint', [{ device: 'cpu', gigabytesPerSecond: 9 }])).toEqual([]);
  });

  test('are summed up from the files of a folder, with what is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-results-'));
    try {
      writeFileSync(
        join(folder, 'matmul.json'),
        JSON.stringify({ machine: { adapter: 'a GPU', sanity: true }, rows: [product] }),
      );
      expect(summaryOf(folder).split('\n')).toEqual([
        'a GPU: a software driver, these figures say only that the benches run',
        '✓ product of order 4096, against tfjs         2.00 ×  (≥ 1.5 ×)',
        '✗ product of order 4096, of the float32 peak  50.0 %  (≥ 60 %)',
        'without results: elementwise, dispatch, fingerprint',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('sizes are those asked for, tiny on software drivers', () => {
    const sizes = { all: [1, 2, 3], quick: [1, 2], tiny: [0] };
    expect(sizesFor([7, 8], undefined, false, sizes)).toEqual([7, 8]);
    expect(sizesFor(undefined, { adapter: 'soft', sanity: true }, false, sizes)).toEqual([0]);
    expect(sizesFor(undefined, { adapter: 'hard', sanity: false }, true, sizes)).toEqual([1, 2]);
    expect(sizesFor(undefined, { adapter: 'hard', sanity: false }, false, sizes)).toEqual([1, 2, 3]);
  });
});
