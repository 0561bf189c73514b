// The page in which a browser's WebGPU computes: sheets on it, and what was seen of the device below them.
import { SymbolicSheet } from '../../src/browser.ts';
import { OPS } from '../../src/core/ops/index.ts';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import type { Tensor } from '../../src/core/handle/tensor.ts';
import { CLOSE_CASES, EXACT_CASES } from './browser-cases.ts';

const CASES = { ...CLOSE_CASES, ...EXACT_CASES };
const MAP_READ = 1;
const EPSILON = 2 ** -23;

const warnings: string[] = [];
console.warn = (line: string) => void warnings.push(line);

/** Bytes that were read back from devices. */
let readBytes = 0;
const mapAsync = Object.getOwnPropertyDescriptor(GPUBuffer.prototype, 'mapAsync')?.value as (
  this: GPUBuffer,
  mode: number,
  ...range: number[]
) => Promise<undefined>;
GPUBuffer.prototype.mapAsync = function (mode, ...range) {
  if (mode === MAP_READ) readBytes += this.size;
  return mapAsync.call(this, mode, ...range.map(Number));
};

const open = (): Promise<SymbolicSheet> => SymbolicSheet.open({ devices: ['webgpu', 'wasm', 'js'] });
const onGpu = (sheet: SymbolicSheet): Sheet => sheet.with({ device: 'webgpu' });
const plain = (elements: unknown): number[] => Array.from(elements as ArrayLike<number>);

/** The reports of a sheet's devices, and the bytes of parameters that go along with a dispatch. */
export async function devices() {
  const sheet = await open();
  const reports = sheet.devices();
  const { maxImmediateSize = 0 } = sheet.gpuDevice().limits as { maxImmediateSize?: number };
  await sheet.close();
  return { reports, maxImmediateSize };
}

/** A result beside that of JavaScript. */
export interface Compared {
  readonly name: string;
  /** In epsilons of its largest element; infinite where integers differ. */
  readonly error: number;
  /** The sum of the bounds of its ops. */
  readonly bound: number;
  /** Devices that computed for its case. */
  readonly devices: readonly string[];
}

/** Every case on the GPU, its results computed together, and in JavaScript. */
export async function compare(): Promise<Compared[]> {
  const [sheet, reference] = [await open(), await SymbolicSheet.open({ devices: ['js'] })];
  const found: Compared[] = [];
  for (const [name, make] of Object.entries(CASES)) {
    const before = sheet.trace.annotations().length;
    const [results, wanted] = [make(onGpu(sheet)), make(reference)];
    await onGpu(sheet).compute(...results);
    const devices = devicesSince(sheet, before);
    for (const [i, result] of results.entries()) {
      const [got, want] = [await result.data(), await wanted[i]!.data()];
      found.push({
        name: `${name} ${i}`,
        error: errorOf(result, plain(got), plain(want)),
        bound: boundOf(result),
        devices,
      });
    }
  }
  await Promise.all([sheet.close(), reference.close()]);
  return found;
}

const devicesSince = (sheet: Sheet, before: number): string[] =>
  [
    ...new Set(
      sheet.trace
        .annotations()
        .slice(before)
        .map(({ device }) => device),
    ),
  ]
    .filter((device) => device !== '')
    .sort();

const boundOf = (result: Tensor): number =>
  result.explain().ops.reduce((sum, { op }) => sum + (OPS.get(op)?.bound ?? 0), 0);

function errorOf({ dtype }: Tensor, got: readonly number[], wanted: readonly number[]): number {
  const worst = Math.max(...got.map((x, i) => (Object.is(x, wanted[i]) ? 0 : Math.abs(x - wanted[i]!))));
  if (worst === 0 && got.length === wanted.length) return 0;
  return dtype === 'float32' && got.length === wanted.length
    ? worst / Math.max(...wanted.map(Math.abs)) / EPSILON
    : Infinity;
}

/** A result with its content id. */
export interface Identified {
  readonly name: string;
  readonly id: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly elements: readonly number[];
}

/** Content ids of every case's results on the GPU, told before their elements are read. */
export async function identify(): Promise<Identified[]> {
  const sheet = await open();
  const found: Identified[] = [];
  for (const [name, make] of Object.entries(CASES)) {
    for (const [i, result] of make(onGpu(sheet)).entries()) {
      const id = await result.fingerprint();
      found.push({
        name: `${name} ${i}`,
        id,
        shape: result.shape,
        dtype: result.dtype,
        elements: plain(await result.data()),
      });
    }
  }
  await sheet.close();
  return found;
}

const SIDE = 256;

/** A chain of ops on matrices of 256 KiB. */
function chain(sheet: Sheet): Tensor {
  const x = sheet.tensor(
    Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.cos(i)),
    [SIDE, SIDE],
  );
  let y = x.matmul(x).multiply(1 / SIDE);
  for (let i = 0; i < 12; i++) y = i % 4 === 3 ? y.permuteDims() : y.add(x).tanh();
  return y;
}

/** Bytes read back by computing a chain, by reading its result, and by reading it again. */
export async function readbacks() {
  const sheet = await open();
  const read: number[] = [];
  const gpu = onGpu(sheet);
  const result = chain(gpu);
  for (const step of [() => gpu.compute(result), () => result.data(), () => result.data()]) {
    readBytes = 0;
    await step();
    read.push(readBytes);
  }
  await sheet.close();
  return { sizeBytes: SIDE * SIDE * 4, read };
}

/** Devices that compute where a view names none. */
export async function unasked(): Promise<string[]> {
  const sheet = await open();
  await chain(sheet).data();
  const used = devicesSince(sheet, 0);
  await sheet.close();
  return used;
}

/**
 * A device destroyed after a result was computed and before it was read, again while it is being read, and what
 * computes then.
 */
export async function lose() {
  const sheet = await open();
  const [kept, reading] = [chain(onGpu(sheet)), chain(onGpu(sheet)).add(1)];
  const wanted = plain(await chain(sheet.with({ device: 'js', cache: 'off' })).data());
  warnings.length = 0;
  await onGpu(sheet).compute(kept);
  sheet.gpuDevice().destroy();
  const first = plain(await kept.data());
  await reopened(sheet);
  const underWay = reading.data();
  sheet.gpuDevice().destroy();
  const second = plain(await underWay).map((x) => x - 1);
  await reopened(sheet);
  const before = sheet.trace.annotations().length;
  await sheet.with({ device: 'webgpu', cache: 'off' }).sin(kept).sum().data();
  const after = devicesSince(sheet, before);
  await sheet.close();
  const errors = [first, second].map((got) => Math.max(...got.map((x, i) => Math.abs(x - wanted[i]!))));
  return { errors, after, warnings: [...warnings] };
}

/** Resolves when the sheet's device is open again; it is opened beside what goes on. */
async function reopened(sheet: SymbolicSheet): Promise<void> {
  for (let waits = 0; waits < 200; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      return void sheet.gpuDevice();
    } catch {
      // Not yet.
    }
  }
}
