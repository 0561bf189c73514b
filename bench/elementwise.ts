// Elementwise ops and a chain of them: bytes a second against a copy on the same device. A chain goes over memory once.
import type { Tensor } from 'symbolic-sheet';
import { computedAgain, type DeviceWork, hit, holdRivals, missed, onDevice } from './contenders/device-contenders.ts';
import { type OpenDevice, openDevice, type OpenGpu, sizesFor } from './devices.ts';
import { type Contender, race, type Timing } from './measure/harness.ts';
import { numbersOf } from './measure/options.ts';
import { Check, elementsError } from './measure/oracle.ts';
import { accountOf, type Bench, type Row, timesOf } from './report/report.ts';
import { openGpuRivals, type Rivals } from './contenders/rivals.ts';
import { floats } from './measure/seed.ts';

const MIB = 2 ** 20;
const SIZES = {
  all: [1, 4, 16, 64, 256].map((size) => size * MIB),
  quick: [1, 16].map((size) => size * MIB),
  tiny: [2 ** 14],
};
/** Bytes of operands and results that may be under way together. */
const ROUND_BYTES = 2 ** 30;

/** What one row computes, on any library, and in float64; `slack` is its error bound in roundings. */
interface Job extends Pick<DeviceWork, 'apply' | 'applyRival' | 'ops'> {
  readonly op: string;
  readonly operands: 1 | 2;
  readonly slack: number;
  oracle(x: number, y: number): number;
}

const JOBS: readonly Job[] = [
  {
    op: 'add',
    operands: 2,
    slack: 1,
    apply: (view, [x, y]) => view.add(x!, y!),
    applyRival: (rival, [x, y]) => rival.add(x!, y!),
    oracle: (x, y) => x + y,
  },
  {
    op: 'tanh',
    operands: 1,
    slack: 16,
    apply: (view, [x]) => view.tanh(x!),
    applyRival: (rival, [x]) => rival.tanh(x!),
    oracle: Math.tanh,
  },
  {
    op: 'tanh(x·y)·x·y',
    operands: 2,
    slack: 64,
    ops: 4,
    apply: (view, [x, y]) => view.multiply(view.multiply(view.tanh(view.multiply(x!, y!)), x!), y!),
    applyRival: chainByRival,
    oracle: (x, y) => Math.tanh(x * y) * x * y,
  },
];

function chainByRival<T>(
  rival: { multiply(x: T, y: T): T; tanh(x: T): T; dispose(x: T): void },
  [x, y]: readonly T[],
): T {
  const product = rival.multiply(x!, y!);
  const curved = rival.tanh(product);
  const scaled = rival.multiply(curved, x!);
  const result = rival.multiply(scaled, y!);
  for (const between of [product, curved, scaled]) rival.dispose(between);
  return result;
}

/**
 * The bench `elementwise`. `--device webgpu` instead of `wasm`; `--bytes 1048576` picks sizes of an operand,
 * `--rivals tfjs,jax` who runs beside.
 */
export const elementwise: Bench = async (options, tell) => {
  const place = await openDevice(options.values['device'] ?? 'wasm', options);
  const check = new Check();
  const rows: Row[] = [];
  try {
    const rivals = place.run === undefined ? { open: [], skipped: {} } : await openGpuRivals(options.values['rivals']);
    for (const [name, reason] of Object.entries(rivals.skipped)) tell(`without ${name}: ${reason}`);
    for (const bytes of sizesFor(numbersOf(options.values, 'bytes'), place.run, options.quick, SIZES)) {
      for (const job of JOBS) if (!options.isOver()) rows.push(await rowOf(place, rivals, job, bytes, check));
      tell(`elementwise ${bytes} B on ${place.name} done`);
    }
  } finally {
    await place.sheet.close();
  }
  return { checked: check.summary, rows, columns: COLUMNS, ...(place.run !== undefined && { gpu: place.run }) };
};

const COLUMNS = [
  'op',
  'bytes',
  'device',
  'offMs',
  'uncachedMs',
  'hitUs',
  'copyMs',
  'tfjsMs',
  'jaxMs',
  'gigabytesPerSecond',
  'copyGigabytesPerSecond',
  'shareOfCopy',
  'tfjsRatio',
  'jaxRatio',
];

async function rowOf(place: OpenDevice, rivals: Rivals, job: Job, bytes: number, check: Check): Promise<Row> {
  const arrays = [floats(bytes / 4, 1), floats(bytes / 4, 2)].slice(0, job.operands);
  const work: DeviceWork = {
    ...job,
    arrays,
    shapes: arrays.map((array) => [array.length]),
    maxCalls: Math.max(1, Math.min(1000, Math.floor(ROUND_BYTES / bytes / 3))),
  };
  const [x, y = x] = arrays as [Float32Array, Float32Array?];
  const oracle = (i: number): number => job.oracle(x[i]!, y[i]!);
  check.hold(
    `${place.name}'s ${job.op} of ${bytes} B`,
    elementsError(await computedOnce(place, work), oracle) / job.slack,
  );
  const others = await holdRivals(rivals, work, (found) => looseError(found, oracle));
  const operands = await onDevice(place, work);
  const copied = copy(place, bytes);
  const timings = await race(
    [
      computedAgain(place, work, operands),
      missed(place, work, operands),
      hit(place, work, operands),
      copied.contender,
      ...others.contenders,
    ],
    place.pace,
  );
  copied.close();
  others.close();
  operands.forEach((operand) => operand.dispose());
  return assemble(job, bytes, timings, {
    device: place.name,
    sanity: place.run?.sanity ?? false,
    skipped: others.skipped,
  });
}

/** Others promise no relative error: they are held against 2⁻¹⁸ of the largest result there may be, 1. */
function looseError(found: ArrayLike<number>, oracle: (i: number) => number): number {
  let worst = 0;
  for (let i = 0; i < found.length; i++) worst = Math.max(worst, Math.abs(found[i]! - oracle(i)) * 2 ** 18);
  return worst;
}

async function computedOnce({ sheet, name }: OpenDevice, work: DeviceWork): Promise<Float32Array> {
  const off = sheet.with({ device: name, cache: 'off' });
  const operands = work.arrays.map((array, i): Tensor => off.tensor(array, work.shapes[i]));
  return (await work.apply(off, operands).data()) as Float32Array;
}

function assemble({ op, operands }: Job, bytes: number, timings: Readonly<Record<string, Timing>>, notes: object): Row {
  const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
  const gigabytesPerSecond = ((operands + 1) * bytes) / ms('off') / 1e6;
  const copyGigabytesPerSecond = (2 * bytes) / ms('copy') / 1e6;
  return {
    op,
    bytes,
    ...timesOf(timings),
    hitUs: ms('hit') * 1e3,
    gigabytesPerSecond,
    copyGigabytesPerSecond,
    shareOfCopy: gigabytesPerSecond / copyGigabytesPerSecond,
    tfjsRatio: ms('tfjs') / ms('off'),
    jaxRatio: ms('jax') / ms('off'),
    ...notes,
    ...accountOf(timings),
  };
}

/** Copies of as many bytes where the device's memory is. */
function copy(place: OpenDevice | OpenGpu, bytes: number): { contender: Contender; close(): void } {
  if (!('device' in place)) {
    const [from, to] = [new Float32Array(bytes / 4).fill(1), new Float32Array(bytes / 4)];
    const run = (calls: number): void => {
      for (let i = 0; i < calls; i++) to.set(from);
    };
    return { contender: { name: 'copy', run }, close: () => {} };
  }
  const { device } = place;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size: bytes, usage: COPIED })) as [GPUBuffer, GPUBuffer];
  const run = async (calls: number): Promise<void> => {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < calls; i++) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  return {
    contender: { name: 'copy', maxCalls: 1000, run },
    close: () => [from, to].forEach((buffer) => buffer.destroy()),
  };
}

const COPIED = 0x04 | 0x08; // COPY_SRC | COPY_DST
