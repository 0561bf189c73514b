// Composites against stored answers of NumPy, on JavaScript and WebAssembly; those of networks, spectra and
// distributions are judged by suites of their own (tests/conformance, tests/ops).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { COMPOSITES } from '../../src/core/ops/index.ts';
import { COUNTING_DRAWS } from '../../src/core/ops/random/counting-draws.ts';
import { DISTRIBUTIONS } from '../../src/core/ops/random/distributions.ts';
import { GAMMA_DRAWS } from '../../src/core/ops/random/gamma-draws.ts';
import { NETWORK_COMPOSITES } from '../../src/core/ops/networks.ts';
import { SPECIAL_COMPOSITES } from '../../src/core/ops/elementwise/special-functions.ts';
import { SPECTRA } from '../../src/core/ops/spectra/spectra.ts';
import type { TypedArray } from '../../src/core/tensor/dtype.ts';
import { extent } from '../run/extent.ts';
import { unitOf, wrongElements } from './bounds.ts';
import {
  type Answer,
  ask,
  describeCase,
  digestOfAnswers,
  digestOfInputs,
  type Entrance,
  type OracleCase,
  readAnswers,
  readIndex,
} from './stored.ts';

const LEAST_CASES = extent(500, 3500);
/** Of the cases of an op every so-manyth is tried, from another one on for each op. */
const STEP = { js: extent(7, 1), wasm: extent(37, 1) };

/** Units in the last place of the largest element that a result may be off, where it is computed in several steps. */
const UNITS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [2, 'quantile percentile median nanquantile nanpercentile nanmedian nansum nanmean histogram'],
      [4, 'cross nanprod nanvar nanstd average cdist pdist knn trapezoid'],
      [16, 'vecdot tensordot einsum'],
      [64, 'qr eigh eig eigvals svd lu matrix_norm vector_norm cov corrcoef'],
      // Of matrices whose condition numbers are some hundreds.
      [4096, 'slogdet inv matrix_power pinv lstsq cond'],
    ] as const
  ).flatMap(([units, names]) => names.split(' ').map((name) => [name, units])),
);

/** What may come of a difference from 1. */
const NEAR_ONE: ReadonlySet<string> = new Set(['cdist', 'pdist']);

type Given = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

const ops = readAnswers('composites');
const index = readIndex('composites');

it('the stored answers are those of the index, for every composite, asked with the same elements', () => {
  expect(digestOfAnswers('composites')).toBe(index.sha256);
  const families = [
    ...Object.values(NETWORK_COMPOSITES),
    DISTRIBUTIONS,
    COUNTING_DRAWS,
    GAMMA_DRAWS,
    SPECTRA,
    SPECIAL_COMPOSITES,
  ];
  const elsewhere = new Set(families.flatMap((family) => family.map(({ name }) => name)));
  expect(ops.map(({ op }) => op).sort()).toEqual([...COMPOSITES.keys()].filter((name) => !elsewhere.has(name)).sort());
  expect(ops.filter((op) => digestOfInputs(op) !== op.inputs).map(({ op }) => op)).toEqual([]);
});

describe.each(['js', 'wasm'] as const)('%s', (device) => {
  let sheet: SymbolicSheet;
  let compared = 0;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({
      class: 'exact',
      cache: device === 'js' ? 'off' : 'on',
      devices: device === 'js' ? ['js'] : ['js', 'wasm'],
      budgetBytes: 1 << 26,
    });
  });
  afterAll(() => sheet.close());

  it.each(ops.map((op, at) => [op.op, op, at] as const))('%s gives what NumPy gives', async (name, { cases }, at) => {
    const taken = cases.filter((_, i) => (i + at) % STEP[device] === 0);
    const wrong = await Promise.all(
      taken.map(async (each) => {
        const difference = await differenceOf(sheet.with({ device }), name, each);
        return difference === undefined ? [] : [`${describeCase(name, each)}: ${difference}`];
      }),
    );
    compared += taken.length;
    expect(wrong.flat().slice(0, 8).join('\n')).toBe('');
  });

  it('compared enough of them', () => {
    expect(compared).toBeGreaterThanOrEqual((LEAST_CASES * STEP.js) / STEP[device] - ops.length);
  });
});

/** What is wrong with the answer of one call, if anything. */
async function differenceOf(sheet: Entrance, op: string, each: OracleCase): Promise<string | undefined> {
  let given: Given;
  try {
    given = await ask<Given | Promise<Given>>(sheet, op, each);
  } catch (error) {
    if (!(error instanceof SheetError) || error.code === 'KERNEL') return `threw ${String(error)}`;
    return isAnswered(each) ? `is refused: ${error.message}` : undefined;
  }
  const parts = 'dtype' in given ? { '': given } : given;
  if (!isAnswered(each))
    return (await isReadable(Object.values(parts) as Tensor[])) ? 'is answered, NumPy raises' : undefined;
  const wanted = each.parts ?? { '': each.answer! };
  const names = Object.keys(parts).join();
  if (names !== Object.keys(wanted).join()) return `gives ${names}, NumPy has ${Object.keys(wanted).join()}`;
  const wrong = await Promise.all(
    Object.entries(parts as Record<string, Tensor>).map(([name, tensor]) =>
      disagreement(op, name, tensor, wanted[name]!),
    ),
  );
  return wrong.find((difference) => difference !== undefined);
}

/** Whether elements are computed; indices among them may be refused. */
const isReadable = (parts: readonly Tensor[]): Promise<boolean> =>
  Promise.all(parts.map((tensor) => tensor.data())).then(
    () => true,
    (error: unknown) => !(error instanceof SheetError && error.code !== 'KERNEL'),
  );

const isAnswered = ({ answer, parts }: OracleCase): boolean => answer !== undefined || parts !== undefined;

async function disagreement(op: string, name: string, tensor: Tensor, want: Answer): Promise<string | undefined> {
  const { dtype, shape } = tensor;
  if (dtype !== want.dtype || shape.join() !== want.shape.join())
    return `${name} is ${dtype}[${shape.join()}], NumPy has ${want.dtype}[${want.shape.join()}]`;
  const within = (got: number, wanted: number, largest: number): boolean =>
    Math.abs(got - wanted) <= (UNITS[op] ?? 0) * unitOf(dtype, Math.max(largest, NEAR_ONE.has(op) ? 1 : 0));
  const wrong = wrongElements((await tensor.data()) as TypedArray, want.array, dtype, within, () => NaN);
  return wrong.length === 0 ? undefined : `${name} ${wrong.join('; ')}`;
}
