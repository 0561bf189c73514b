// Content ids against one-shot native BLAKE3 of the same bytes, 4 KB to 64 MB; with a GPU, those made where the bytes
// are.
import { blake3 } from 'hash-wasm';
import type { SymbolicSheet } from 'symbolic-sheet';
import { toHex } from '../src/core/fingerprint/digest.ts';
import { tensorType } from '../src/core/tensor/type.ts';
import { openCpu, openGpu, sizesFor } from './devices.ts';
import { StreamedDigests } from './gpu-digests.ts';
import { gpuFingerprint } from './gpu-fingerprint.ts';
import { type Contender, race } from './measure/harness.ts';
import { numbersOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { accountOf, type Bench, type BenchOptions, joined, type Row, timesOf } from './report/report.ts';
import { floats } from './measure/seed.ts';
import { partsOf } from '../tests/parts.ts';

const COLUMNS = 256;
const SURE_BYTES = 2 ** 20;
const GPU_SIZES = {
  all: [18, 20, 22, 24, 26, 28].map((bits) => 2 ** bits),
  quick: [18, 20, 22].map((bits) => 2 ** bits),
  tiny: [2 ** 14],
};

/** The bench `fingerprint`. `--device webgpu` on the GPU, `all` on both; `--bytes 4096,1048576` picks sizes. */
export const fingerprint: Bench = async (options, tell) => {
  const device = options.values['device'] ?? 'cpu';
  if (device === 'cpu') return onCpu(options, tell);
  if (device === 'webgpu') return onGpu(options, tell);
  if (device !== 'all') throw new RangeError(`fingerprint has no device "${device}"; give one of cpu, webgpu, all`);
  return joined([await onCpu(options, tell), await onGpu(options, tell)]);
};

/** The digests where a sheet's GPU is, through buffers and submissions like its own. */
const onGpu: Bench = async (options, tell) => {
  const gpu = await openGpu(options);
  try {
    const values = {
      ...options.values,
      bytes: sizesFor(numbersOf(options.values, 'bytes'), gpu.run, options.quick, GPU_SIZES).join(),
    };
    const outcome = await gpuFingerprint(new StreamedDigests(gpu.device))({ ...options, pace: gpu.pace, values }, tell);
    return {
      ...outcome,
      rows: outcome.rows.map((row) => ({ device: 'webgpu', sanity: gpu.run.sanity, ...row })),
      columns: ['device', ...outcome.columns],
      gpu: gpu.run,
    };
  } finally {
    await gpu.sheet.close();
  }
};

const onCpu: Bench = async (options, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  const sheet = await openCpu();
  try {
    for (const bytes of sizesOf(options)) {
      rows.push(await rowOf(sheet, bytes, options, check));
      tell(`fingerprint ${bytes} B done`);
    }
  } finally {
    await sheet.close();
  }
  return {
    checked: check.summary,
    rows,
    columns: ['device', 'bytes', 'contentIdMs', 'nativeMs', 'gigabytesPerSecond', 'nativeGigabytesPerSecond', 'share'],
  };
};

const sizesOf = ({ quick, values }: BenchOptions): readonly number[] =>
  numbersOf(values, 'bytes') ??
  [12, 16, 20, 22, 24, 26].filter((bits) => !quick || bits <= 22).map((bits) => 2 ** bits);

async function rowOf(sheet: SymbolicSheet, bytes: number, { pace }: BenchOptions, check: Check): Promise<Row> {
  const array = floats(bytes / 4, bytes);
  const type = tensorType('float32', [bytes / 4 / COLUMNS, COLUMNS]);
  const { contents, host } = partsOf(sheet);
  const raw = new Uint8Array(array.buffer);
  await checkIds(sheet, array, check);
  const own: Contender = {
    name: 'contentId',
    sheet,
    run: (calls) => {
      for (let i = 0; i < calls; i++) contents.contentId(array, type);
    },
    scenario: (calls) => ({
      kernelCalls: 0,
      hits: 0,
      misses: 0,
      bypasses: 0,
      bytesHashed: calls * bytes,
      bytesCopied: 0,
      bytesDemanded: 0,
    }),
  };
  const native: Contender = {
    name: 'native',
    run: (calls) => {
      for (let i = 0; i < calls; i++) host.digest.hash(raw);
    },
  };
  const timings = await race([own, native], pace);
  const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
  return {
    device: 'cpu',
    bytes,
    digest: host.digest.name,
    ...timesOf(timings),
    gigabytesPerSecond: bytes / ms('contentId') / 1e6,
    nativeGigabytesPerSecond: bytes / ms('native') / 1e6,
    share: ms('native') / ms('contentId'),
    wanted: bytes >= SURE_BYTES ? 0.85 : null,
    ...accountOf(timings),
  };
}

/** The digest agrees with the portable BLAKE3; equal bytes have one id, and one other bit has another. */
async function checkIds(sheet: SymbolicSheet, array: Float32Array, check: Check): Promise<void> {
  const bytes = new Uint8Array(array.buffer);
  check.hold(
    'the native digest',
    toHex(partsOf(sheet).host.digest.hash(bytes)) === (await blake3(bytes)) ? 0 : Infinity,
  );
  const shape = [array.length / COLUMNS, COLUMNS];
  const [id, same] = [
    await sheet.tensor(array, shape).fingerprint(),
    await sheet.tensor(array.slice(), shape).fingerprint(),
  ];
  const changed = array.slice();
  new Uint8Array(changed.buffer)[changed.byteLength - 1]! ^= 1;
  check.hold('the content id', id === same && id !== (await sheet.tensor(changed, shape).fingerprint()) ? 0 : Infinity);
}
