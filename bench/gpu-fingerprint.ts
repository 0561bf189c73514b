// Panel digests made on a GPU against reading the tensor back and digesting it on the CPU, 256 KiB to 256 MiB.
import { type ContentPlan, contentPlan } from '../src/core/device/webgpu/memory/content.ts';
import { contentId, panelDigests } from '../src/core/fingerprint/content.ts';
import { equalBytes } from '../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../src/host/node/digest.ts';
import { tensorType } from '../src/core/tensor/type.ts';
import { type Contender, race } from './measure/harness.ts';
import { numbersOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from './report/report.ts';
import { floats } from './measure/seed.ts';

const COLUMNS = 256;
/** Submissions of more dispatches than this would measure queues. */
const MAX_PIPELINED = 256;

/** What the bench asks of a GPU; `Held` is its buffer of one tensor. */
export interface DigestDevice<Held> {
  hold(bytes: Uint8Array): Held;
  release(held: Held): void;
  /** Runs a plan on a tensor so many times in one submission, and reads the result back once. */
  digest(content: ContentPlan, held: Held, times: number): Promise<Uint8Array>;
  /** Copies a tensor into memory that is there already. */
  readInto(held: Held, bytes: Uint8Array): Promise<void>;
}

/** The bench `gpu-fingerprint` on a device. `--bytes 1048576,67108864` picks sizes. */
export const gpuFingerprint =
  <Held>(device: DigestDevice<Held>): Bench =>
  async (options, tell) => {
    const check = new Check();
    const rows: Row[] = [];
    for (const bytes of sizesOf(options)) {
      if (options.isOver()) break;
      rows.push(await rowOf(device, bytes, options, check));
      tell(`gpu-fingerprint ${bytes} B done`);
    }
    return {
      checked: check.summary,
      rows,
      columns: [
        'bytes',
        'kernelsMs',
        'awaitedMs',
        'readbackMs',
        'gigabytesPerSecond',
        'awaitedGigabytesPerSecond',
        'readbackGigabytesPerSecond',
        'speedup',
      ],
    };
  };

const sizesOf = ({ quick, values }: BenchOptions): readonly number[] =>
  numbersOf(values, 'bytes') ??
  [18, 20, 22, 24, 26, 28].filter((bits) => !quick || bits <= 22).map((bits) => 2 ** bits);

async function rowOf<Held>(
  device: DigestDevice<Held>,
  bytes: number,
  { pace }: BenchOptions,
  check: Check,
): Promise<Row> {
  const array = floats(bytes / 4, bytes);
  const type = tensorType('float32', [bytes / 4 / COLUMNS, COLUMNS]);
  const content = contentPlan(type);
  if (content === undefined)
    throw new RangeError(`${bytes} bytes have no plan on a GPU; give 1024 to 2³² − 1024, a multiple of 1024.`);
  const [held, back, digest] = [
    device.hold(new Uint8Array(array.buffer)),
    new Float32Array(array.length),
    await openNodeDigest(),
  ];
  const readBack = async (): Promise<Uint8Array> => {
    await device.readInto(held, new Uint8Array(back.buffer));
    return panelDigests(back, type.shape, type.dtype, digest);
  };
  const onCpu = panelDigests(array, type.shape, type.dtype, digest);
  const onGpu = await device.digest(content, held, 2);
  check.hold('the panel digests from the GPU', equalBytes(onGpu, onCpu) ? 0 : Infinity);
  check.hold(
    'the content id from the GPU',
    equalBytes(contentId(onGpu, type.shape, type.dtype, digest), contentId(onCpu, type.shape, type.dtype, digest))
      ? 0
      : Infinity,
  );
  check.hold('the bytes read back', equalBytes(await readBack(), onCpu) ? 0 : Infinity);
  const timings = await race(
    [
      {
        name: 'kernels',
        maxCalls: MAX_PIPELINED,
        run: async (calls) => void (await device.digest(content, held, calls)),
      },
      oneByOne('awaited', () => device.digest(content, held, 1)),
      oneByOne('readback', readBack),
    ],
    pace,
  );
  device.release(held);
  const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
  return {
    bytes,
    ...timesOf(timings),
    gigabytesPerSecond: bytes / ms('kernels') / 1e6,
    awaitedGigabytesPerSecond: bytes / ms('awaited') / 1e6,
    readbackGigabytesPerSecond: bytes / ms('readback') / 1e6,
    speedup: ms('readback') / ms('awaited'),
    ...accountOf(timings),
  };
}

/** Calls that wait for one another, as a program that needs each id does. */
const oneByOne = (name: string, call: () => Promise<unknown>): Contender => ({
  name,
  run: async (calls) => {
    for (let i = 0; i < calls; i++) await call();
  },
});
