// Several expressions for one function, each where it is the best: by signs and magnitudes of symbols.
import { floatAlgebra } from '../../../kernels/readings/numbers.ts';
import { apply, type Expression, fractionOf, number, Evaluation, operationsIn, symbol, whole } from './expression.ts';
import { costOf, type PointSplit } from './extract.ts';
import { bitsOff, type Point } from './points.ts';

/** An expression with its bits of error at points. */
interface Rival {
  readonly expression: Expression;
  readonly bits: readonly number[];
}

/** How far an expression is off at points. */
export function candidateAt(expression: Expression, points: readonly Point[], symbols: readonly string[]): Rival {
  const program = new Evaluation(expression, symbols);
  return { expression, bits: points.map(({ x, value }) => bitsOff(program.run(floatAlgebra, x), value)) };
}

/** Signs of symbols and of products of two, and so many magnitudes of each symbol between those of the points. */
export function splitsOf(points: readonly Point[], symbols: readonly string[], sizes: number): PointSplit[] {
  const below = (left: Expression, right: Expression): PointSplit => {
    const [a, b] = [new Evaluation(left, symbols), new Evaluation(right, symbols)];
    return { left, right, holds: points.map(({ x }) => a.run(floatAlgebra, x) < b.run(floatAlgebra, x)) };
  };
  const all = symbols.map(symbol);
  const signs = all.map((x) => below(x, whole(0)));
  const products = all.flatMap((x, i) => all.slice(i + 1).map((y) => below(apply('*', x, y), whole(0))));
  const magnitudes = all.flatMap((x, i) => {
    const every = points.map((point) => Math.abs(point.x[i]!)).sort((a, b) => a - b);
    const step = Math.max(1, Math.floor(every.length / (sizes + 1)));
    const sorted = every.filter((_, k) => k % step === 0);
    return sorted.slice(1).map((size, k) => below(apply('fabs', x), number(fractionOf(between(sorted[k]!, size)))));
  });
  return [...signs, ...products, ...magnitudes];
}

/** A power of two between two magnitudes. */
function between(a: number, b: number): number {
  const [p, q] = [a, b].map((x) => Math.log2(Math.max(x, 2 ** -1000))) as [number, number];
  return 2 ** Math.max(-1000, Math.min(1000, Math.round((p + q) / 2)));
}

const MOST_CANDIDATES = 12;

/** Few of many: the best one, then whichever makes the best at each point better the most. */
export function covering(all: readonly Rival[]): Rival[] {
  const rest = [...all].sort((a, b) => costOf(a.expression, a.bits) - costOf(b.expression, b.bits));
  const taken = rest.splice(0, 1);
  let least = taken[0]!.bits;
  while (taken.length < MOST_CANDIDATES && rest.length > 0) {
    const gains = rest.map(({ bits }) => bits.reduce((sum, x, i) => sum + Math.max(0, least[i]! - x), 0));
    const at = gains.indexOf(Math.max(...gains));
    if (!(gains[at]! > least.length / 8)) break;
    const [next] = rest.splice(at, 1);
    taken.push(next!);
    least = least.map((x, i) => Math.min(x, next!.bits[i]!));
  }
  return taken;
}

/** What a question more has to gain, in mean bits over all points. */
const LEAST_GAIN = 0.2;
const MOST_DEPTH = 3;
/** Points on a side by which it can be judged. */
const LEAST_POINTS = 2;

/** One candidate, or several that share the points by the questions that gain most. */
export function sharedOut(pool: readonly Rival[], points: readonly Point[], symbols: readonly string[]): Expression {
  const splits = splitsOf(points, symbols, points.length);
  const least = LEAST_GAIN * points.length;
  const best = (among: readonly number[]): { readonly expression: Expression; readonly bits: number } =>
    pool
      .map(({ expression, bits }) => ({
        expression,
        bits: among.reduce((sum, i) => sum + bits[i]!, 0) + operationsIn(expression) * 2 ** -10,
      }))
      .reduce((a, b) => (b.bits < a.bits ? b : a));
  const shared = (among: readonly number[], depth: number): Expression => {
    const alone = best(among);
    if (depth === 0 || alone.bits < least) return alone.expression;
    const divided = splits
      .map(({ left, right, holds }) => ({
        left,
        right,
        sides: [true, false].map((is) => among.filter((i) => holds[i] === is)),
      }))
      .filter(({ sides }) => sides.every((side) => side.length >= LEAST_POINTS))
      .map((split) => ({ ...split, bits: split.sides.reduce((sum, side) => sum + best(side).bits, 0) }))
      .reduce<{ left: Expression; right: Expression; sides: number[][]; bits: number } | undefined>(
        (a, b) => (a === undefined || b.bits < a.bits ? b : a),
        undefined,
      );
    if (divided === undefined || divided.bits > alone.bits - least) return alone.expression;
    const [yes, no] = divided.sides.map((side) => shared(side, depth - 1));
    return apply('where<', divided.left, divided.right, yes!, no!);
  };
  return shared(
    points.map((_, i) => i),
    MOST_DEPTH,
  );
}
