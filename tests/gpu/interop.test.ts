// GPUBuffers in and out without a copy: other WebGPU code on the sheet's device, and typed errors for what does not fit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { USAGE } from '../../src/backend/webgpu/buffers.ts';
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

function bufferOf(array: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, on = device, usage: number = STORAGE): GPUBuffer {
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
    expect(watch.created - created).toBeLessThanOrEqual(2); // the result, and what proves it
    expect([...(await x.add(1).data() as Float32Array)]).toEqual(Array.from(ELEMENTS, (v) => v + 1));
    expect([...(await x.data())]).toEqual([...ELEMENTS]);
    const bytes = gpu.tensor(bufferOf(Uint8Array.of(1, 2, 3, 250)), [4], { dtype: 'uint8' });
    expect(await bytes.add(10).toArray()).toEqual([11, 12, 13, 4]);
  });

  it('has the content id of its elements, and is read where a CPU computes', async () => {
    const { gpu, sheet } = opened;
    const x = gpu.tensor(bufferOf(ELEMENTS), [SIDE, SIDE]);
    expect(await x.fingerprint()).toBe(await sheet.tensor(ELEMENTS, [SIDE, SIDE]).fingerprint());
    expect((await sheet.with({ device: 'js' }).matmul(x, x).data() as Float32Array)[0]).toBeCloseTo(Array.from({ length: SIDE }, (_, k) => (k / 8) * ((k * SIDE) / 8)).reduce((a, b) => a + b), 3);
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

  it('stays the caller\'s when its tensor is disposed of', async () => {
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
    const fails = (make: () => unknown, code: string, message: string): void => expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    fails(() => gpu.tensor(good), 'SHAPE', 'has no shape; give one');
    fails(() => gpu.tensor(good, [SIDE, SIDE + 1]), 'SHAPE', 'needs 288');
    fails(() => gpu.tensor(good, [0]), 'SHAPE', 'no elements');
    fails(() => gpu.tensor(good, [4], { dtype: 'float64' }), 'DTYPE', "astype('float32')");
    fails(() => gpu.tensor(good, [4], { own: true }), 'ATTRIBUTE', 'leave own out');
    fails(() => gpu.tensor(bufferOf(ELEMENTS, device, USAGE.STORAGE), [4]), 'SOURCE', 'usages STORAGE and COPY_SRC');
    fails(() => gpu.tensor(device.createBuffer({ size: 16, usage: STORAGE, mappedAtCreation: true }), [4]), 'SOURCE', 'unmap() it first');
    const bare = await SymbolicSheet.open({ devices: ['js'] });
    fails(() => bare.tensor(good, [4]), 'UNAVAILABLE', 'no GPU');
    fails(() => bare.gpuDevice(), 'UNAVAILABLE', 'no GPU');
    await expect(bare.tensor([1]).gpuBuffer()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await bare.close();
    expect(sheet.core.counters.failures).toBe(0);
  });

  it('of another device is refused when it is used, and harms nobody', async () => {
    const { gpu, watch } = opened;
    const other = await openWatched();
    const foreign = gpu.tensor(bufferOf(ELEMENTS, other.sheet.gpuDevice()), [SIDE, SIDE]);
    await expect(foreign.add(1).data()).rejects.toMatchObject({ code: 'SOURCE', message: expect.stringContaining("cannot be used on the sheet's device") });
    await expect(foreign.data()).rejects.toMatchObject({ code: 'SOURCE' });
    expect(watch.warnings).toEqual([]);
    await other.sheet.close();
  });
});

describe('a tensor as a GPUBuffer', () => {
  it('is the buffer of the result, complete for whatever is submitted next', async () => {
    const { gpu, watch } = opened;
    const y = gpu.tensor(ELEMENTS, [SIDE, SIDE]).add(gpu.tensor(ELEMENTS, [SIDE, SIDE]));
    watch.readbacks.length = 0;
    const buffer = await y.gpuBuffer();
    expect(watch.readbacks).toEqual([]);
    expect([...new Float32Array(await contentsOf(buffer, ELEMENTS.byteLength))]).toEqual(Array.from(ELEMENTS, (v) => 2 * v));
    expect(await y.gpuBuffer()).toBe(buffer);
    const fromRam = await gpu.tensor(ELEMENTS).gpuBuffer();
    expect([...new Float32Array(await contentsOf(fromRam, ELEMENTS.byteLength))]).toEqual([...ELEMENTS]);
  });

  it('stays where it is while others have to make room', async () => {
    const { sheet, gpu, device: own } = await openWatched({ gpuBudgetBytes: 1 << 16 });
    const lent = gpu.tensor(ELEMENTS).multiply(3);
    const buffer = await lent.gpuBuffer();
    for (let i = 0; i < 60; i++) await gpu.compute(gpu.full([1024], i).add(i));
    expect(own.deviceMemory.demotions).toBeGreaterThan(0);
    expect(await lent.gpuBuffer()).toBe(buffer);
    expect([...(await lent.data() as Float32Array)]).toEqual(Array.from(ELEMENTS, (v) => 3 * v));
    await sheet.close();
  });

  it('goes round: what one computes another reads, without elements in RAM', async () => {
    const { gpu } = opened;
    const out = await gpu.tensor(ELEMENTS, [SIDE, SIDE]).exp().gpuBuffer();
    const back = gpu.tensor(out, [SIDE, SIDE]).log();
    const data = await back.data() as Float32Array;
    ELEMENTS.forEach((v, i) => expect(data[i]).toBeCloseTo(v, 4));
  });

  it('that has none is a typed error', async () => {
    const { gpu } = opened;
    await expect(gpu.tensor(Float64Array.of(1)).gpuBuffer()).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(gpu.zeros([0]).gpuBuffer()).rejects.toMatchObject({ code: 'SHAPE' });
  });

  it('and whose device is lost was made of a buffer that is gone says so', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const x = gpu.tensor(bufferOf(ELEMENTS, sheet.gpuDevice()), [SIDE, SIDE]);
    expect((await x.add(1).data() as Float32Array)[0]).toBe(1);
    (watch.devices[0] as GPUDevice).destroy();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(x.add(2).data()).rejects.toMatchObject({ code: 'SOURCE', message: expect.stringContaining('device that was lost') });
    await sheet.close();
  });
});
