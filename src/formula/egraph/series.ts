// Taylor series of an expression in one symbol at 0, with exact rational coefficients, for where it would cancel.
import { balls } from '../../../kernels/readings/ball.ts';
import { compare, fromNumber, toNumber } from '../../../kernels/readings/big.ts';
import { seriesOf } from '../../../kernels/readings/jet.ts';
import { apply, type Expression, type Fraction, fraction, number, Evaluation } from './expression.ts';

const BITS = 512;
const m = balls(BITS);
type Ball = ReturnType<typeof m.constant>;

const isZero = ({ low, high }: Ball): boolean => low.m === 0n && high.m === 0n;

const ORDER = 14;
const MOST_TERMS = 4;

/** The polynomial of the first coefficients; undefined where there is no such series of rationals. */
export function seriesAtZero(expression: Expression, variable: Expression): Expression | undefined {
  const program = new Evaluation(expression, [variable.name!]);
  const f = {
    name: 'f',
    arity: 1,
    returns: 'value' as const,
    body: <T, M>(a: Parameters<typeof program.run<T, M>>[0], x: T): T => program.run(a, [x]),
  };
  const found = seriesOf(m, f, m.constant(0), ORDER, isZero).map(rationalOf);
  const known = found.slice(0, found.indexOf(undefined) < 0 ? found.length : found.indexOf(undefined)) as Fraction[];
  const terms = known.map((value, power) => ({ value, power })).filter(({ value }) => value.n !== 0n);
  if (terms.length < 2) return undefined;
  return horner(terms.slice(0, MOST_TERMS), variable);
}

/** x^p (c + x^q (d + …)). */
function horner(terms: readonly { readonly value: Fraction; readonly power: number }[], x: Expression): Expression {
  const [first, ...rest] = terms;
  const { value, power } = first!;
  const inner =
    rest.length === 0
      ? number(value)
      : apply(
          '+',
          number(value),
          horner(
            rest.map((term) => ({ ...term, power: term.power - power })),
            x,
          ),
        );
  return power === 0 ? inner : apply('*', powerOf(x, power), inner);
}

const powerOf = (x: Expression, power: number): Expression =>
  power === 1 ? x : power % 2 === 0 ? squared(powerOf(x, power / 2)) : apply('*', x, powerOf(x, power - 1));
const squared = (x: Expression): Expression => apply('*', x, x);

const LARGEST = 1n << 52n;

/** The rational of small terms within an enclosure, by continued fractions; undefined where there is none. */
function rationalOf({ low, high, nan }: Ball): Fraction | undefined {
  if (
    nan ||
    compare(low, high) > 0 ||
    !Number.isFinite(toNumber(low, 'down')) ||
    !Number.isFinite(toNumber(high, 'up'))
  )
    return undefined;
  const places = BigInt(BITS + 64);
  const scaled =
    low.e + Number(places) >= 0 ? low.m << BigInt(low.e + Number(places)) : low.m >> BigInt(-low.e - Number(places));
  let [n, d] = [scaled, 1n << places];
  let [p, q, r, s] = [0n, 1n, 1n, 0n];
  for (;;) {
    const floor = n / d - (n % d < 0n ? 1n : 0n);
    [p, q, r, s] = [r, s, floor * r + p, floor * s + q];
    if (s > LARGEST || r > LARGEST || -r > LARGEST) return undefined;
    const candidate = fraction(r, s);
    const gap = m.sub(m.div(big(candidate.n), big(candidate.d)), { low, high, nan });
    if (Math.abs(toNumber(gap.low, 'down')) < 2 ** -300 && Math.abs(toNumber(gap.high, 'up')) < 2 ** -300)
      return candidate;
    [n, d] = [d, n - floor * d];
    if (d === 0n) return undefined;
  }
}

const big = (value: bigint): Ball => {
  const end = value >= -(2n ** 53n) && value <= 2n ** 53n ? fromNumber(Number(value)) : { m: value, e: 0 };
  return { low: end, high: end, nan: false };
};
