// What a GPU costs before anything ran on it: rates by kind of adapter, and those measured when it is opened.
import type { Clock } from '../../env.ts';
import type { DeviceContext } from './device-context.ts';
import { USAGE } from './memory/buffers.ts';

/** Rates from which the time of a task is estimated. */
export interface GpuRates {
  /** Nanoseconds to encode and submit one dispatch. */
  readonly dispatchNs: number;
  /** Nanoseconds of the shortest readback. */
  readonly latencyNs: number;
  readonly uploadNsPerByte: number;
  readonly readNsPerByte: number;
  readonly memoryNsPerByte: number;
  readonly nsPerFlop: number;
}

/** Careful guesses for an ordinary GPU: the dispatcher doubts estimates, and measurements replace them. */
const ORDINARY: GpuRates = {
  dispatchNs: 15_000,
  latencyNs: 150_000,
  uploadNsPerByte: 0.25,
  readNsPerByte: 0.5,
  memoryNsPerByte: 0.01,
  nsPerFlop: 0.001,
};

const PROBED_BYTES = 1 << 22;

/** Measures copies to, on and from the device, which takes a few milliseconds. */
export async function probeRates(context: DeviceContext, clock: Clock): Promise<GpuRates> {
  const { device } = context.epoch;
  const [a, b] = [context.buffers.take(PROBED_BYTES), context.buffers.take(PROBED_BYTES)];
  const tiny = device.createBuffer({ size: 16, usage: USAGE.STORAGE | USAGE.COPY_SRC });
  const bytes = new Uint8Array(PROBED_BYTES);
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    await work();
    const startNs = clock();
    await work();
    return clock() - startNs;
  };
  const readTiny = (): Promise<void> => context.stream.read(tiny, 4, () => {});
  const latencyNs = await timed(readTiny);
  const uploadNs = await timed(() => {
    device.queue.writeBuffer(a, 0, bytes);
    return readTiny();
  });
  const copyNs = await timed(() => {
    context.stream.copy(a, 0, b, 0, PROBED_BYTES);
    return readTiny();
  });
  const readNs = await timed(() => context.stream.read(b, PROBED_BYTES, (mapped) => bytes.set(mapped)));
  for (const buffer of [a, b]) context.buffers.give(buffer);
  context.buffers.trim(0);
  tiny.destroy();
  const perByte = (ns: number, moved: number): number => Math.max(0.0005, (ns - latencyNs) / moved);
  return {
    ...ORDINARY,
    latencyNs,
    uploadNsPerByte: perByte(uploadNs, PROBED_BYTES),
    readNsPerByte: perByte(readNs, PROBED_BYTES),
    memoryNsPerByte: perByte(copyNs, 2 * PROBED_BYTES),
  };
}
