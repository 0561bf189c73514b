// Products on the CPU: uncached on each device, hit by handle, hit by content; tfjs-wasm, BLAS called directly and
// naive loops beside them.
//
// Every contender ends with the elements in memory, readable without a copy: `borrow` here, the call itself with the
// others.
import { setTimeout as rest } from 'node:timers/promises';
import type { SymbolicSheet } from 'symbolic-sheet';
import { openCpu } from '../devices.ts';
import { blasProduct, type Multiplier, naiveProduct, type Product, tfjsProduct } from './foreign-products.ts';
import { type Contender, race, type Timing } from '../measure/harness.ts';
import { numbersOf } from '../measure/options.ts';
import { Check, productError, type ProductShape } from '../measure/oracle.ts';
import { hitByContent, hitByHandle, uncached } from './product-contenders.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from '../report/report.ts';
import { floats } from '../measure/seed.ts';

/** Largest n of the slow ones. */
const JS_LIMIT = 128;
const NAIVE_LIMIT = 512;
/**
 * Idle threads of OpenBLAS poll for 2^26 ticks, some 30 ms, before they sleep: whoever is timed next would share his
 * processors with them.
 */
const REST_MS = 40;

const SQUARE = (n: number): ProductShape => ({ m: n, n, k: n });
const ODD: readonly ProductShape[] = [
  { m: 129, n: 65, k: 1000 },
  { m: 1000, n: 1003, k: 17 },
  { m: 7, n: 501, k: 4096 },
  { m: 1, n: 67, k: 150_000 },
];

/** Products on the devices of the CPU. `--sizes 64,1024` picks square sizes. */
export const cpuProducts: Bench = async (options, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  for (const shape of shapesOf(options)) {
    if (options.isOver()) break;
    // Each on a sheet of its own: how often content was known before is experience that prices the next digest.
    const sheets: Sheets = { uncached: await openCpu(), handle: await openCpu(), content: await openCpu() };
    try {
      rows.push(...(await rowsOf(sheets, shape, options, check)));
    } finally {
      for (const sheet of Object.values(sheets)) await sheet.close();
    }
    tell(`matmul ${shape.m}×${shape.k} · ${shape.k}×${shape.n} done`);
  }
  const columns = [
    'm',
    'n',
    'k',
    'device',
    'uncachedMs',
    'hitHandleMs',
    'hitContentMs',
    'blasMs',
    'tfjsWasmMs',
    'naiveMs',
    'blasRatio',
    'tfjsRatio',
    'gflops',
  ];
  return { checked: check.summary, rows, columns };
};

type Sheets = Readonly<Record<'uncached' | 'handle' | 'content', SymbolicSheet>>;

function shapesOf({ quick, values }: BenchOptions): ProductShape[] {
  const sizes = numbersOf(values, 'sizes') ?? (quick ? [64, 128, 256, 512] : [64, 128, 256, 512, 1024, 2048]);
  return [...sizes.map(SQUARE), ...(values['sizes'] === undefined ? ODD : [])];
}

async function rowsOf(
  { uncached: sheet, handle, content }: Sheets,
  shape: ProductShape,
  { pace }: BenchOptions,
  check: Check,
): Promise<Row[]> {
  const { m, n, k } = shape;
  const product: Product = { ...shape, a: floats(m * k, 1), b: floats(k * n, 2) };
  const names = sheet
    .devices()
    .filter(({ name, found }) => found && (name !== 'js' || Math.max(m, n, k) <= JS_LIMIT))
    .map(({ name }) => name);
  await checkDevices(sheet, product, names, check);
  const others = await othersOf(product, check);
  const own = [
    ...names.map((name, lane) => uncached(sheet, product, name, lane)),
    hitByHandle(handle, product),
    hitByContent(content, product),
  ];
  const timings = await race(
    [...own, ...Object.entries(others).map(([name, it]) => timed(name, it))].map(rested),
    pace,
  );
  for (const other of Object.values(others)) other.close();
  return names.map((name) => rowOf(name, shape, timings));
}

const rested = (contender: Contender): Contender => ({
  ...contender,
  prepare: async (calls) => {
    await rest(REST_MS);
    await contender.prepare?.(calls);
  },
});

/** One row a device; what does not depend on it is repeated. */
function rowOf(device: string, { m, n, k }: ProductShape, timings: Record<string, Timing>): Row {
  const uncachedTiming = timings[`uncached ${device}`]!;
  const rest = Object.fromEntries(Object.entries(timings).filter(([name]) => !name.startsWith('uncached ')));
  const shown = { uncached: uncachedTiming, ...rest };
  const ms = (name: string): number => timings[name]?.medianMs ?? Number.NaN;
  return {
    m,
    n,
    k,
    device,
    ...timesOf(shown),
    blasRatio: ms('blas') / uncachedTiming.medianMs,
    tfjsRatio: ms('tfjsWasm') / uncachedTiming.medianMs,
    gflops: (2 * m * n * k) / uncachedTiming.medianMs / 1e6,
    ...accountOf(shown),
  };
}

async function othersOf(product: Product, check: Check): Promise<Record<string, Multiplier>> {
  const { m, n, k } = product;
  const blas = await blasProduct(product);
  const found: Record<string, Multiplier> = {
    tfjsWasm: await tfjsProduct(product),
    ...(blas && { blas }),
    ...(m * n * k <= NAIVE_LIMIT ** 3 && { naive: naiveProduct(product) }),
  };
  for (const [name, it] of Object.entries(found)) {
    it.multiply();
    check.hold(`${name}'s ${m}×${k}·${k}×${n}`, productError(product.a, product.b, it.read(), product));
  }
  return found;
}

const timed = (name: string, { multiply }: Multiplier): Contender => ({
  name,
  maxCalls: name === 'naive' ? 200 : 20_000,
  run: (calls) => {
    for (let i = 0; i < calls; i++) multiply();
  },
});

async function checkDevices(
  sheet: SymbolicSheet,
  product: Product,
  names: readonly string[],
  check: Check,
): Promise<void> {
  const { a, b, m, n, k } = product;
  for (const device of names) {
    const view = sheet.with({ device, cache: 'off' });
    const found = await view.matmul(view.tensor(a, [m, k]), view.tensor(b, [k, n])).data();
    check.hold(`${device}'s ${m}×${k}·${k}×${n}`, productError(a, b, found as Float32Array, product));
  }
}
