// Products by TensorFlow.js behind a sheet, on each of its backends that starts here, against the same module called
// directly.
import { SymbolicSheet } from 'symbolic-sheet';
import type { TensorflowModule } from '../../src/core/ops/mapping/tensorflow-module.ts';
import type { Product } from './foreign-products.ts';
import { type Contender, race } from '../measure/harness.ts';
import { numbersOf, wordsOf } from '../measure/options.ts';
import { Check, productError } from '../measure/oracle.ts';
import { hitByContent, hitByHandle, uncached } from './product-contenders.ts';
import { openTfjs, type Rival, startTfjs, type TfBackend } from './rivals.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from '../report/report.ts';
import { floats } from '../measure/seed.ts';

/** Largest order worth waiting for. */
const LIMITS: Readonly<Record<TfBackend, number>> = { cpu: 256, wasm: 2048, webgpu: 8192 };

/** Products on the device `tensorflow`. `--sizes 64,1024` picks sizes, `--backends wasm,cpu` backends. */
export const tensorflowProducts: Bench = async (options, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  const backends =
    wordsOf(options.values, 'backends', Object.keys(LIMITS) as TfBackend[]) ?? (Object.keys(LIMITS) as TfBackend[]);
  for (const backend of backends) {
    const rival = await openTfjs(backend).catch((error: unknown) => error as Error);
    if (rival instanceof Error) {
      tell(`without TensorFlow.js on ${backend}: ${rival.message}`);
      continue;
    }
    for (const n of sizesOf(options, backend)) {
      if (options.isOver()) break;
      rows.push(await rowOf(backend, rival as Rival, n, options, check));
      tell(`matmul ${n}³ by TensorFlow.js on ${backend} done`);
    }
  }
  return {
    checked: check.summary,
    rows,
    columns: ['n', 'device', 'backend', 'uncachedMs', 'hitHandleMs', 'hitContentMs', 'tfjsMs', 'tfjsRatio', 'gflops'],
  };
};

const sizesOf = ({ quick, values }: BenchOptions, backend: TfBackend): number[] =>
  (numbersOf(values, 'sizes') ?? [64, 256, 512, 1024, 2048].filter((n) => !quick || n <= 256)).filter(
    (n) => n <= LIMITS[backend],
  );

async function rowOf(backend: TfBackend, rival: Rival, n: number, { pace }: BenchOptions, check: Check): Promise<Row> {
  const product: Product = { m: n, n, k: n, a: floats(n * n, 1), b: floats(n * n, 2) };
  const tf = (await startTfjs(backend)) as unknown as TensorflowModule;
  const sheet = await SymbolicSheet.open({ tf, devices: ['tensorflow', 'wasm', 'js'] });
  try {
    const view = sheet.with({ device: 'tensorflow' });
    const [x, y] = [view.tensor(product.a, [n, n]), view.tensor(product.b, [n, n])];
    check.hold(
      `the sheet's product of order ${n} by tfjs-${backend}`,
      productError(product.a, product.b, (await view.matmul(x, y).data()) as Float32Array, product),
    );
    const direct = directly(rival, product);
    check.hold(
      `tfjs-${backend}'s product of order ${n}`,
      productError(product.a, product.b, await direct.multiply(), product),
    );
    const timings = await race(
      [
        uncached(sheet, product, 'tensorflow', 0),
        hitByHandle(sheet, product, view),
        hitByContent(sheet, product, view),
        direct.contender,
      ],
      pace,
    );
    const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
    const { 'uncached tensorflow': missed, ...rest } = timings;
    const shown = { uncached: missed!, ...rest };
    return {
      n,
      device: 'tensorflow',
      backend,
      ...timesOf(shown),
      tfjsRatio: ms('tfjs') / ms('uncached tensorflow'),
      gflops: (2 * n ** 3) / ms('uncached tensorflow') / 1e6,
      ...accountOf(shown),
    };
  } finally {
    await sheet.close();
  }
}

/**
 * The library itself on the same fresh elements: they go in and come back with every call, as they do behind the sheet.
 */
function directly(
  rival: Rival,
  { a, b, n }: Product,
): { contender: Contender; multiply(): Promise<ArrayLike<number>> } {
  const multiply = async (): Promise<ArrayLike<number>> => {
    const operands = [rival.tensor(a, [n, n]), rival.tensor(b, [n, n])];
    const result = rival.matmul(operands[0], operands[1]);
    const elements = await rival.read(result);
    for (const tensor of [...operands, result]) rival.dispose(tensor);
    return elements;
  };
  const run = async (calls: number): Promise<void> => {
    for (let i = 0; i < calls; i++) await multiply();
  };
  return { contender: { name: 'tfjs', maxCalls: 2000, run }, multiply };
}
