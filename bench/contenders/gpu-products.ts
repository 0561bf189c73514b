// Products on a GPU through a sheet, nothing known and everything known, beside other libraries in the same run; then
// every kernel variant.
import { computedAgain, type DeviceWork, hit, holdRivals, missed, onDevice, roundTrip } from './device-contenders.ts';
import { type OpenGpu, openGpu, sizesFor } from '../devices.ts';
import { gpuMatmul } from '../gpu-matmul.ts';
import { race, type Timing } from '../measure/harness.ts';
import { onnxProduct } from './onnx-product.ts';
import { numbersOf } from '../measure/options.ts';
import { Check, productError } from '../measure/oracle.ts';
import { accountOf, type Bench, type BenchOptions, joined, type Row, timesOf } from '../report/report.ts';
import { openGpuRivals, type Rivals } from './rivals.ts';
import { floats } from '../measure/seed.ts';

const SIZES = { all: [256, 512, 1024, 2048, 4096, 8192], quick: [256, 512, 1024], tiny: [64] };
/** Bytes of operands and results that may be under way together. */
const ROUND_BYTES = 2 ** 31;
/** Above this, copies to the device and back are all that a round trip shows. */
const ROUND_TRIP_LIMIT = 2048;

/**
 * Products on WebGPU. `--sizes 256,1024` picks sizes, `--rivals tfjs,jax,onnx` who runs beside, `--variants tiled` what
 * the kernels' names start with.
 */
export const gpuProducts: Bench = async (options, tell) => {
  const gpu = await openGpu(options);
  const check = new Check();
  const rows: Row[] = [];
  try {
    const sizes = sizesFor(numbersOf(options.values, 'sizes'), gpu.run, options.quick, SIZES);
    const kernels = await gpuMatmul(
      gpu.device,
      gpu.limits,
      { ...options, pace: gpu.pace, values: { ...options.values, sizes: sizes.join() } },
      tell,
    );
    const peakGflops = (kernels.rows[0]?.['peakGflops'] ?? Number.NaN) as number;
    const rivals = await openGpuRivals(options.values['rivals']);
    for (const [name, reason] of Object.entries(rivals.skipped)) tell(`without ${name}: ${reason}`);
    for (const n of sizes) {
      if (options.isOver()) break;
      rows.push(await rowOf(gpu, rivals, n, peakGflops, options, check));
      tell(`matmul ${n}³ on webgpu done`);
    }
    const marked = kernels.rows.map((row) => ({ ...row, device: 'webgpu', sanity: gpu.run.sanity }));
    return joined([
      { checked: check.summary, rows, columns: COLUMNS, gpu: gpu.run },
      { ...kernels, rows: marked },
    ]);
  } finally {
    await gpu.sheet.close();
  }
};

const COLUMNS = [
  'n',
  'device',
  'precision',
  'variant',
  'offMs',
  'uncachedMs',
  'hitUs',
  'roundTripMs',
  'tfjsMs',
  'jaxMs',
  'onnxMs',
  'tfjsRatio',
  'jaxRatio',
  'onnxRatio',
  'gflops',
  'shareOfPeak',
];

/** C = A·B of order n. */
function productWork(n: number): DeviceWork {
  const shapes = [
    [n, n],
    [n, n],
  ];
  return {
    shapes,
    arrays: [floats(n * n, 1), floats(n * n, 2)],
    maxCalls: Math.max(1, Math.min(1000, Math.floor(ROUND_BYTES / (n * n * 4) / 3))),
    apply: (view, [x, y]) => view.matmul(x!, y!),
    applyRival: (rival, [x, y]) => rival.matmul(x!, y!),
  };
}

async function rowOf(
  gpu: OpenGpu,
  rivals: Rivals,
  n: number,
  peakGflops: number,
  { values }: BenchOptions,
  check: Check,
): Promise<Row> {
  const work = productWork(n);
  const [a, b] = work.arrays as [Float32Array, Float32Array];
  const errorOf = (found: ArrayLike<number>): number => productError(a, b, found, { m: n, n, k: n });
  const off = gpu.sheet.with({ device: 'webgpu', cache: 'off' });
  check.hold(
    `webgpu's product of order ${n}`,
    errorOf((await off.matmul(off.tensor(a, [n, n]), off.tensor(b, [n, n])).data()) as Float32Array),
  );
  const others = await holdRivals(rivals, work, errorOf);
  const onnx =
    n <= ROUND_TRIP_LIMIT && (values['rivals'] ?? 'onnx').split(',').includes('onnx')
      ? await onnxProduct({ a, b, m: n, n, k: n })
      : n <= ROUND_TRIP_LIMIT
        ? 'not asked for'
        : `its round trips of order ${n} show copies alone`;
  if (typeof onnx !== 'string') check.hold(`onnx's product of order ${n}`, errorOf(await onnx.multiply()));
  const operands = await onDevice(gpu, work);
  const own = [
    computedAgain(gpu, work, operands),
    missed(gpu, work, operands),
    hit(gpu, work, operands),
    ...(n <= ROUND_TRIP_LIMIT ? [roundTrip(gpu, work, n * n * 4)] : []),
  ];
  const onnxContender = typeof onnx === 'string' ? [] : [onnx.contender];
  const timings = await race([...own, ...others.contenders, ...onnxContender], gpu.pace);
  others.close();
  operands.forEach((operand) => operand.dispose());
  const skipped = { ...others.skipped, ...(typeof onnx === 'string' && { onnx }) };
  return assemble(n, timings, peakGflops, { sanity: gpu.run.sanity, skipped });
}

function assemble(n: number, timings: Readonly<Record<string, Timing>>, peakGflops: number, notes: object): Row {
  const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
  const gflops = (2 * n ** 3) / ms('uncached') / 1e6;
  return {
    n,
    device: 'webgpu',
    precision: 'f32',
    variant: 'sheet',
    ...timesOf(timings),
    hitUs: ms('hit') * 1e3,
    tfjsRatio: ms('tfjs') / ms('uncached'),
    jaxRatio: ms('jax') / ms('uncached'),
    onnxRatio: ms('onnx') / ms('roundTrip'),
    gflops,
    shareOfPeak: gflops / peakGflops,
    peakGflops,
    ...notes,
    ...accountOf(timings),
  };
}
