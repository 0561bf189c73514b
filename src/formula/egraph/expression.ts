// Expressions as rules and e-graphs see them: operations on operations, exact rationals and symbols.
import type { Algebra } from '../../kit.ts';
import { CORE_OPERATIONS } from './operations.ts';

/** An exact rational, in lowest terms, with a positive denominator. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** An operation of CORE_OPERATIONS, a `number` with its value, or a `symbol` with its name. */
export interface Expression {
  readonly op: string;
  readonly of: readonly Expression[];
  readonly value?: Fraction;
  readonly name?: string;
}

export function fraction(n: bigint, d = 1n): Fraction {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b !== 0n) [a, b] = [b, a % b];
  const sign = d < 0n ? -1n : 1n;
  return { n: (sign * n) / a, d: (sign * d) / a };
}

export const number = (value: Fraction): Expression => ({ op: 'number', of: [], value });
export const whole = (value: number): Expression => number({ n: BigInt(value), d: 1n });
export const symbol = (name: string): Expression => ({ op: 'symbol', of: [], name });
export const apply = (op: string, ...of: readonly Expression[]): Expression => ({ op, of });

/** Whether numerator and denominator are float64 numbers: others are no literals of expressions here. */
export const isOfFloats = ({ n, d }: Fraction): boolean => [n, d].every((x) => isFloat(x));
const isFloat = (x: bigint): boolean => Number.isFinite(Number(x)) && BigInt(Number(x)) === x;

/** A decimal literal or a quotient of two integers, exact; undefined of other texts, and of too many digits. */
export function parseFraction(text: string): Fraction | undefined {
  const found = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?(?:\/(\d+))?$/.exec(text);
  if (found === null) return undefined;
  const [, sign, digits, decimals = '', exponent = '0', below = '1'] = found;
  const scale = Number(exponent) - decimals.length;
  const n = BigInt(`${digits}${decimals}`) * (sign === '-' ? -1n : 1n);
  const value = fraction(n * 10n ** BigInt(Math.max(0, scale)), BigInt(below) * 10n ** BigInt(Math.max(0, -scale)));
  return isOfFloats(value) ? value : undefined;
}

/** The exact rational of a float64. */
export function fractionOf(value: number): Fraction {
  let [n, exponent] = [value, 0];
  while (!Number.isInteger(n)) [n, exponent] = [n * 2, exponent + 1];
  return fraction(BigInt(n), 1n << BigInt(exponent));
}

/** Names of symbols in the order of their first use. */
export function symbolsIn(expression: Expression): string[] {
  const found = new Set<string>();
  const visit = ({ op, of, name }: Expression): void => {
    if (op === 'symbol') found.add(name!);
    of.forEach(visit);
  };
  visit(expression);
  return [...found];
}

/** Operations and leaves, shared ones as often as they are used. */
export const operationsIn = ({ of }: Expression): number => of.reduce((sum, part) => sum + operationsIn(part), 1);

/** As FPCore writes it. */
export function coreText({ op, of, value, name }: Expression): string {
  if (op === 'symbol') return name!;
  if (op === 'number') return value!.d === 1n ? `${value!.n}` : `(/ ${value!.n} ${value!.d})`;
  return of.length === 0 ? op : `(${op} ${of.map(coreText).join(' ')})`;
}

/** Evaluates an expression in a reading: equal parts once. */
export class Evaluation {
  readonly #steps: { readonly op: string; readonly of: readonly number[]; readonly value?: Fraction; place: number }[] =
    [];
  readonly #places = new Map<string, number>();

  constructor(expression: Expression, symbols: readonly string[]) {
    this.#place(expression, symbols);
  }

  run<T, M>(m: Algebra<T, M>, x: readonly T[]): T {
    const values: T[] = [];
    for (const { op, of, value, place } of this.#steps)
      values.push(
        op === 'symbol'
          ? x[place]!
          : op === 'number'
            ? numberIn(m, value!)
            : CORE_OPERATIONS[op]!(
                m,
                of.map((at) => values[at]!),
              ),
      );
    return values.at(-1)!;
  }

  #place(expression: Expression, symbols: readonly string[]): number {
    const of = expression.of.map((part) => this.#place(part, symbols));
    const { n, d } = expression.value ?? { n: '', d: '' };
    const key = `${expression.op} ${expression.name ?? ''} ${n}/${d} ${of.join()}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const { op, value } = expression;
    const place = op === 'symbol' ? symbols.indexOf(expression.name!) : -1;
    const at = this.#steps.push({ op, of, place, ...(value && { value }) }) - 1;
    this.#places.set(key, at);
    return at;
  }
}

/** A rational: a literal, or a quotient, which floats round once. */
export const numberIn = <T, M>(m: Algebra<T, M>, { n, d }: Fraction): T =>
  d === 1n ? m.constant(Number(n)) : m.div(m.constant(Number(n)), m.constant(Number(d)));
