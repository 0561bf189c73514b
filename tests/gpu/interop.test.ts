// GPUBuffers in and out without a copy: other WebGPU code on the sheet's device, and typed errors for what does not
// fit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { USAGE } from '../../src/core/device/webgpu/memory/buffers.ts';
import { gc } from '../sheet/fixtures/collected.ts';
import { openWatched, type WatchedSheet } from './watched-gpu.ts';

const STORAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
const SIDE = 8;
const ELEMENTS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => i / 8);

let opened: WatchedSheet;
let device: GPUDevice;
beforeAll(async () => {
  opened = await openWatched({}, { digests: 'device' });
  device = opened.sheet.gpuDevice();
});
afterAll(() => opened.sheet.close());

function bufferOf(
  array: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  on = device,
  usage: number = STORAGE,
): GPUBuffer {
  const buffer = on.createBuffer({ size: Math.ceil(array.byteLength / 16) * 16, usage });
  if ((usage & USAGE.COPY_DST) !== 0) on.queue.writeBuffer(buffer, 0, array);
  return buffer;
}

/** What is in a buffer, read by other code than the library's. */
async function contentsOf(buffer: GPUBuffer, sizeBytes: number): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size: sizeBytes, usage: USAGE.MAP_READ | USAGE.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, sizeBytes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}

describe('a GPUBuffer as a tensor', () => {
  it('is used where it is, in every op, and never copied', async () => {
    const { gpu, watch } = opened;
    const buffer = bufferOf(ELEMENTS);
    const created = watch.created;
    const x = gpu.tensor(buffer, [SIDE, SIDE]);
    await gpu.compute(x.add(x));
    // The result, what proves it, and four bytes that try the buffer.
    expect(watch.created - created).toBeLessThanOrEqual(3);
    expect([...((await x.add(1).data()) as Float32Array)]).toEqual(Array.from(ELEMENTS, (v) => v + 1));
    expect([...(await x.data())]).toEqual([...ELEMENTS]);
    const bytes = gpu.tensor(bufferOf(Uint8Array.of(1, 2, 3, 250)), [4], { dtype: 'uint8' });
    expect(await bytes.add(10).toArray()).toEqual([11, 12, 13, 4]);
  });

  it('has the content id of its elements, and is read where a CPU computes', async () => {
    const { gpu, sheet } = opened;
    const x = gpu.tensor(bufferOf(ELEMENTS), [SIDE, SIDE]);
    expect(await x.fingerprint()).toBe(await sheet.tensor(ELEMENTS, [SIDE, SIDE]).fingerprint());
    expect(((await sheet.with({ device: 'js' }).matmul(x, x).data()) as Float32Array)[0]).toBeCloseTo(
      Array.from({ length: SIDE }, (_, k) => (k / 8) * ((k * SIDE) / 8)).reduce((a, b) => a + b),
      3,
    );
  });

  it('is on a trace that can be saved, with its elements once they were read', async () => {
    const { sheet, gpu } = await openWatched();
    const folder = await mkdtemp(join(tmpdir(), 'gpu-interop-'));
    const x = gpu.tensor(bufferOf(ELEMENTS, sheet.gpuDevice()), [SIDE, SIDE]);
    await x.add(1).data();
    expect((await sheet.trace.save(join(folder, 'unread.sqs.json'))).roots.count).toBe(0);
    await x.data();
    expect((await sheet.trace.save(join(folder, 'read.sqs.json'))).roots.count).toBe(1);
    await sheet.close();
    await rm(folder, { recursive: true });
  });

  it("stays the caller's when its tensor is disposed of", async () => {
    const buffer = bufferOf(ELEMENTS);
    const x = opened.gpu.tensor(buffer, [SIDE * SIDE]);
    await x.multiply(2).data();
    x.dispose();
    opened.sheet.forget();
    expect([...new Float32Array(await contentsOf(buffer, ELEMENTS.byteLength))]).toEqual([...ELEMENTS]);
  });

  it('that cannot be one is a typed error that says what to do', async () => {
    const { gpu, sheet } = opened;
    const good = bufferOf(ELEMENTS);
    const fails = (make: () => unknown, code: string, message: string): void =>
      expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    fails(() => gpu.tensor(good), 'SHAPE', 'has no shape; give one');
    fails(() => gpu.tensor(good, [SIDE, SIDE + 1]), 'SHAPE', 'needs 288');
    fails(() => gpu.tensor(good, [0]), 'SHAPE', 'no elements');
    fails(
      () => gpu.tensor(good, [4], { dtype: 'float64' }),
      'DTYPE',
      'write float32 into it, or read its bytes and pass them as a Float64Array',
    );
    fails(
      () => gpu.tensor(good, [4], { dtype: 'int64' }),
      'DTYPE',
      'write int32 into it, or read its bytes and pass them as a BigInt64Array',
    );
    fails(
      () => gpu.tensor(device.createBuffer({ size: 18, usage: STORAGE }), [4]),
      'SOURCE',
      'has 18 bytes, and only whole words of 4 can be bound; create it with 20',
    );
    fails(() => gpu.tensor(good, [4], { own: true }), 'ATTRIBUTE', 'leave own out');
    fails(() => gpu.tensor(bufferOf(ELEMENTS, device, USAGE.STORAGE), [4]), 'SOURCE', 'usages STORAGE and COPY_SRC');
    fails(
      () => gpu.tensor(device.createBuffer({ size: 16, usage: STORAGE, mappedAtCreation: true }), [4]),
      'SOURCE',
      'unmap() it first',
    );
    const bare = await SymbolicSheet.open({ devices: ['js'] });
    fails(() => bare.tensor(good, [4]), 'UNAVAILABLE', 'no GPU');
    fails(() => bare.gpuDevice(), 'UNAVAILABLE', 'no GPU');
    await expect(bare.tensor([1]).gpuBuffer()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await bare.close();
    expect(sheet.stats().counters.failures).toBe(0);
  });

  it('of another device is refused when it is used, and harms nobody', async () => {
    const { gpu, watch } = opened;
    const other = await openWatched();
    const foreign = gpu.tensor(bufferOf(ELEMENTS, other.sheet.gpuDevice()), [SIDE, SIDE]);
    await expect(foreign.add(1).data()).rejects.toMatchObject({
      code: 'SOURCE',
      message: expect.stringContaining("cannot be used on the sheet's device"),
    });
    await expect(foreign.data()).rejects.toMatchObject({ code: 'SOURCE' });
    await expect(gpu.compute(foreign)).rejects.toMatchObject({ code: 'SOURCE' });
    expect(watch.warnings).toEqual([]);
    await other.sheet.close();
  });

  it('that was destroyed, or is none, is refused when it is used, and the device goes on', async () => {
    const { gpu, watch } = opened;
    const destroyed = bufferOf(ELEMENTS);
    destroyed.destroy();
    const bare = { mapAsync() {}, mapState: 'unmapped', usage: STORAGE, size: 1024 };
    for (const [none, why] of [
      [destroyed, 'destroyed'],
      [bare, 'createBindGroup'],
    ] as const) {
      const refused = {
        code: 'SOURCE',
        message: expect.stringMatching(
          new RegExp(`cannot be used on the sheet's device .*${why}.*destroy it after its last use\\.$`),
        ),
      };
      const x = gpu.tensor(none, [4]);
      await expect(x.data()).rejects.toMatchObject(refused);
      await expect(x.add(1).data()).rejects.toMatchObject(refused);
    }
    expect([watch.warnings, watch.devices.length]).toEqual([[], 1]);
    expect((await gpu.tensor(bufferOf(ELEMENTS), [4]).data())[1]).toBe(ELEMENTS[1]);
  });
});

describe('a tensor as a GPUBuffer', () => {
  it('is the buffer of the result, complete for whatever is submitted next', async () => {
    const { gpu, watch } = opened;
    const y = gpu.tensor(ELEMENTS, [SIDE, SIDE]).add(gpu.tensor(ELEMENTS, [SIDE, SIDE]));
    watch.readbacks.length = 0;
    const buffer = await y.gpuBuffer();
    expect(watch.readbacks).toEqual([]);
    expect([...new Float32Array(await contentsOf(buffer, ELEMENTS.byteLength))]).toEqual(
      Array.from(ELEMENTS, (v) => 2 * v),
    );
    expect(await y.gpuBuffer()).toBe(buffer);
    const fromRam = await gpu.tensor(ELEMENTS).gpuBuffer();
    expect([...new Float32Array(await contentsOf(fromRam, ELEMENTS.byteLength))]).toEqual([...ELEMENTS]);
  });

  it('stays where it is while others have to make room', async () => {
    const { sheet, gpu, device: own } = await openWatched({ gpuBudgetBytes: 1 << 16 });
    const lent = gpu.tensor(ELEMENTS).multiply(3);
    const buffer = await lent.gpuBuffer();
    for (let i = 0; i < 60; i++) await gpu.compute(gpu.full([1024], i).add(i));
    expect(own.memory.gpu.demotions).toBeGreaterThan(0);
    expect(await lent.gpuBuffer()).toBe(buffer);
    expect([...((await lent.data()) as Float32Array)]).toEqual(Array.from(ELEMENTS, (v) => 3 * v));
    await sheet.close();
  });

  it('goes round: what one computes another reads, without elements in RAM', async () => {
    const { gpu } = opened;
    const out = await gpu.tensor(ELEMENTS, [SIDE, SIDE]).exp().gpuBuffer();
    const back = gpu.tensor(out, [SIDE, SIDE]).log();
    const data = (await back.data()) as Float32Array;
    ELEMENTS.forEach((v, i) => expect(data[i]).toBeCloseTo(v, 4));
  });

  it('that is passed in again keeps its elements, whatever becomes of the tensor that lent it', async () => {
    const { sheet, gpu } = await openWatched({ cache: 'off' });
    const [x, wanted] = [gpu.tensor(ELEMENTS), Array.from(ELEMENTS, (v) => 3 * v)];
    const overwrite = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await gpu.compute(x.add(100 + i));
    };
    const lender = x.multiply(3);
    const back = gpu.tensor(await lender.gpuBuffer(), [ELEMENTS.length]);
    lender.dispose();
    await overwrite();
    expect([...(await back.data())]).toEqual(wanted);
    const again = await (async () => gpu.tensor(await x.multiply(3).gpuBuffer(), [SIDE, SIDE]))();
    for (let i = 0; i < 10; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 2));
      await overwrite();
    }
    expect([...(await again.data())]).toEqual(wanted);
    await sheet.close();
  });

  it('goes back to the pool when the last tensor over it is gone, and is known to be gone', async () => {
    const { sheet, gpu } = await openWatched({ cache: 'off' });
    const lender = gpu.tensor(ELEMENTS).multiply(3);
    const buffer = await lender.gpuBuffer();
    const back = gpu.tensor(buffer, [ELEMENTS.length]);
    lender.dispose();
    back.dispose();
    expect(() => gpu.tensor(buffer, [ELEMENTS.length])).toThrow(
      expect.objectContaining({ code: 'SOURCE', message: expect.stringContaining('of a tensor that is gone') }),
    );
    const held = [1, 2, 3].map((value) => gpu.full([ELEMENTS.length], value));
    expect((await Promise.all(held.map((tensor) => tensor.gpuBuffer()))).includes(buffer)).toBe(true);
    await sheet.close();
  });

  it('counts in the budget: more than that is not lent, and what has no room beside it says why', async () => {
    const { sheet, gpu, watch } = await openWatched({ gpuBudgetBytes: 1 << 16, cache: 'off' });
    const empty = watch.bytes;
    const lent = await Promise.all(
      [1, 2, 3].map(async (i) => {
        const tensor = gpu.full([4096], i);
        await tensor.gpuBuffer();
        return tensor;
      }),
    );
    const [a, b] = [gpu.full([4096], 4), gpu.full([4096], 5)];
    await a.gpuBuffer();
    await expect(b.gpuBuffer()).rejects.toMatchObject({
      code: 'LIMIT',
      message: expect.stringMatching(
        new RegExp(
          /^gpuBuffer: its buffers do not fit: 16384 bytes .* beside 65536 lent by gpuBuffer\(\) are /.source +
            /more than the budget of 65536; .* or dispose of tensors whose buffers were lent\.$/.source,
        ),
      ),
    });
    expect(watch.bytes - empty).toBeLessThanOrEqual((1 << 16) + (1 << 13)); // proofs beside it
    const negative = a.negative();
    await negative.data();
    expect(negative.explain().toString()).toContain('beside 65536 lent by gpuBuffer()');
    (lent[0] as Tensor).dispose();
    const fits = a.square();
    await fits.data();
    expect(fits.explain().toString(), 'a lent operand is not counted twice').not.toContain('not on webgpu');
    await sheet.close();
  });

  it("of a result that another device computed is the tensor's as long as that is held", async () => {
    const { sheet, gpu } = await openWatched({ cache: 'off' });
    const onCpu = sheet.with({ device: 'js' }).multiply(ELEMENTS, 3);
    const buffer = await onCpu.gpuBuffer();
    for (let i = 0; i < 5; i++) await gpu.compute(gpu.tensor(ELEMENTS).add(i));
    expect([...(await gpu.tensor(buffer, [ELEMENTS.length]).add(0.5).data())]).toEqual(
      Array.from(ELEMENTS, (v) => 3 * v + 0.5),
    );
    expect(await onCpu.gpuBuffer()).toBe(buffer);
    await sheet.close();
  });

  it('that has none is a typed error', async () => {
    const { gpu } = opened;
    await expect(gpu.tensor(Float64Array.of(1)).gpuBuffer()).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(gpu.zeros([0]).gpuBuffer()).rejects.toMatchObject({ code: 'SHAPE' });
  });

  it('and whose device is lost was made of a buffer that is gone says so', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const x = gpu.tensor(bufferOf(ELEMENTS, sheet.gpuDevice()), [SIDE, SIDE]);
    expect(((await x.add(1).data()) as Float32Array)[0]).toBe(1);
    watch.devices[0]!.destroy();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(x.add(2).data()).rejects.toMatchObject({
      code: 'SOURCE',
      message: expect.stringContaining('device that was lost'),
    });
    await sheet.close();
  });
});
