// How far an answer may be from NumPy's, by op: the bounds that the numerics page and the rows document.
import { boundOf, type OpRow } from '../../src/core/ops/define.ts';
import { type DType, numbersOf, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { documentedUlps } from './documented.ts';

/** Units of the largest element that products of these sizes, and solutions of well conditioned systems, may be off. */
const PRODUCT_UNITS = 64;
/** Sums and points on a line that are no reductions. */
const SUMMED: ReadonlySet<string> = new Set(['trace', 'linspace']);
/**
 * What is lost of results near 0 in float64, absolutely: by the logarithm of a sum near 1 (§5), by the cosine of an
 * angle that is rounded (§6), and by what negative arguments of the gamma functions are reflected by.
 */
const LOST: Readonly<Record<string, number>> = {
  log_softmax: 2 ** -49,
  logsumexp: 2 ** -49,
  random_normal: 2 ** -48,
  lgamma: 2 ** -49,
  digamma: 2 ** -49,
};

const MANTISSA: Readonly<Record<string, readonly [bits: number, least: number]>> = {
  float64: [52, -1074],
  float32: [23, -149],
  float16: [10, -24],
};

/** The distance from a float to the next larger one of a dtype. */
export function unitOf(dtype: DType, value: number): number {
  const [bits, least] = MANTISSA[dtype]!;
  if (value === 0 || !Number.isFinite(value)) return 2 ** least;
  let exponent = Math.floor(Math.log2(Math.abs(value)));
  if (2 ** exponent > Math.abs(value)) exponent--;
  return 2 ** Math.max(least, exponent - bits);
}

/** Units in the last place that an exact device may be off. */
function unitsOnCpu(row: OpRow, dtype: DType): number {
  if (row.kernel.skeleton === 'map') {
    return dtype === 'float64' ? Math.ceil(documentedUlps.get(row.name) ?? 0) : 0;
  }
  if (row.kernel.skeleton === 'steps') return row.bound;
  if (isProduct(row)) return PRODUCT_UNITS;
  return dtype === 'float64' ? 2 * Math.max(row.bound, SUMMED.has(row.name) ? 2 : 0) : 1;
}

/** Products and factorisations are measured against the largest element of the result. */
const isProduct = ({ kernel }: OpRow): boolean => ['contract', 'linalg', 'steps'].includes(kernel.skeleton);

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;

type Verdict = (got: number, want: number, largest: number) => boolean;

/** On exact devices: zeros and infinities as they are, others within units in the last place. */
export const onCpu =
  (row: OpRow, dtype: DType): Verdict =>
  (got, want, largest) => {
    const units = unitsOnCpu(row, dtype);
    if (units === 0) return false;
    const unit = unitOf(dtype, isProduct(row) ? largest : want);
    return Math.abs(got - want) <= units * unit + (LOST[row.name] ?? 0);
  };

/** On a GPU: within the row's bound in epsilons; what is subnormal may be zero. */
export const onGpu =
  (row: OpRow, dtype: DType, attrs: Readonly<Record<string, unknown>>): Verdict =>
  (got, want, largest) => {
    const bound = boundOf(row, attrs as never);
    if (isSubnormal(want) && Math.abs(got - want) <= 2 ** -126) return true;
    const size = Math.max(isProduct(row) ? largest : Math.abs(want), 2 ** -126);
    if (dtype === 'float16') return Math.abs(got - want) <= unitOf(dtype, size);
    return Math.abs(got - want) <= bound * size * 2 ** -23 + (LOST[row.name] ?? 0);
  };

/** Elements that are wrong, the first few; `argument` gives the operand's element where there is one for each. */
export function wrongElements(
  got: TypedArray,
  want: TypedArray,
  dtype: DType,
  within: Verdict,
  argument: (i: number) => number,
): string[] {
  const [numbers, wanted] = [numbersOf(got, dtype), numbersOf(want, dtype)];
  const wrong: string[] = [];
  let largest: number | undefined;
  for (let i = 0; i < wanted.length; i++) {
    const [x, y] = [numbers[i] as number, wanted[i] as number];
    if (Object.is(x, y)) continue;
    if (dtype in MANTISSA && !Number.isNaN(x) && !Number.isNaN(y)) {
      largest ??= Array.from(wanted as Iterable<number>, Math.abs)
        .filter(Number.isFinite)
        .reduce((a, b) => Math.max(a, b), 0);
      if (within(x, y, largest)) continue;
    }
    if (wrong.length < 3)
      wrong.push(`[${i}] is ${x}, NumPy has ${y}${Number.isNaN(argument(i)) ? '' : ` at ${argument(i)}`}`);
  }
  return wrong;
}
