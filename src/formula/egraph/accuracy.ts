// The most accurate expression that rules, normal form, series and regimes find, never worse than the one given.
import { balls } from '../../../kernels/readings/ball.ts';
import { compare } from '../../../kernels/readings/big.ts';
import { Evaluation, type Expression, operationsIn, symbol, symbolsIn, coreText } from './expression.ts';
import { Extraction } from './extract.ts';
import type { Condition } from './fpcore.ts';
import { EGraph } from './graph.ts';
import { type Point, pointsOf } from './points.ts';
import { candidateAt, covering, sharedOut, splitsOf } from './regimes.ts';
import { type SearchBudget, saturate, USUAL_BUDGET } from './saturate.ts';
import { seriesAtZero } from './series.ts';
import { together } from './together.ts';

interface Improved {
  readonly expression: Expression;
  /** Mean bits of error before and after, at points that the search has not seen. */
  readonly before: number;
  readonly after: number;
  /** Unions that were refused, as the values of their sides differ. */
  readonly refused: number;
}

const SEARCH_POINTS = 48;
const EVERYDAY_POINTS = 16;
const FRESH_POINTS = 128;
const EVERYDAY_FRESH = 64;
/** Of a series, which is another function by less than a float64 tells. */
const SERIES_BITS = 3;
const PROOF_BITS = 512;
/** Bits of error at which a search is content. */
const GOOD_ENOUGH = 0.5;
/** Magnitudes of each symbol by which parts of expressions are divided. */
const SIZES_WITHIN = 0;
/** Forms whose series is looked for. */
const MOST_SERIES = 8;

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);

/**
 * An expression that is equal where this one has a value, with less error in float64; this one where there is none. The
 * budget is of steps and the points are those of the expression, so that the answer is always the same.
 */
export function improve(
  expression: Expression,
  { where, budget = USUAL_BUDGET }: { readonly where?: Condition | undefined; readonly budget?: SearchBudget } = {},
): Improved {
  const symbols = symbolsIn(expression);
  const drawn = (count: number, stream: number, size: 'any' | 'everyday'): Point[] =>
    pointsOf(expression, { symbols, where, count, stream, size });
  const points = [...drawn(SEARCH_POINTS, 1, 'any'), ...drawn(EVERYDAY_POINTS, 2, 'everyday')];
  const coordinates = points.map(({ x }) => x);
  const graph = new EGraph(symbols, coordinates, 'partial');
  const root = graph.addExpression(expression);
  const normal = together(expression);
  if (normal !== undefined) graph.union(root, graph.addExpression(normal));
  graph.rebuild();
  saturate(graph, budget, () => new Extraction(graph, root, points, symbols).best.cost <= GOOD_ENOUGH);
  const forms = formsOf(new Extraction(graph, root, points, symbols), [expression, normal], points, symbols);
  const pool = covering(forms.map((form) => candidateAt(form, points, symbols)));
  const found = [
    expression,
    ...pool.slice(0, 3).map((candidate) => candidate.expression),
    sharedOut(pool, points, symbols),
  ];
  const fresh = drawn(FRESH_POINTS, 3, 'any');
  const everywhere = [...fresh, ...drawn(EVERYDAY_FRESH, 4, 'everyday')];
  const judged = found
    .filter((form) => form === expression || isSameFunction(expression, form, everywhere, symbols))
    .map((form) => ({ form, bits: mean(candidateAt(form, fresh, symbols).bits) }));
  const cost = ({ form, bits }: { readonly form: Expression; readonly bits: number }): number =>
    bits + operationsIn(form) * 2 ** -10;
  const taken = judged.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  return { expression: taken.form, before: judged[0]!.bits, after: taken.bits, refused: graph.refused };
}

/** Whether two expressions have values in common wherever they are tried, or values that floats do not tell apart. */
export function isSameFunction(
  expression: Expression,
  form: Expression,
  points: readonly Point[],
  symbols: readonly string[],
): boolean {
  const m = balls(PROOF_BITS);
  const [given, found] = [new Evaluation(expression, symbols), new Evaluation(form, symbols)];
  const { bits } = candidateAt(form, points, symbols);
  return points.every(({ x }, i) => {
    if (bits[i]! <= SERIES_BITS) return true;
    const operands = x.map((value) => m.constant(value));
    const [a, b] = [given.run(m, operands), found.run(m, operands)];
    return compare(a.low, b.high) <= 0 && compare(b.low, a.high) <= 0;
  });
}

/** Different expressions of the root, with series of one symbol and parts that are divided where none is good. */
function formsOf(
  extraction: Extraction,
  given: readonly (Expression | undefined)[],
  points: readonly Point[],
  symbols: readonly string[],
): Expression[] {
  const found = new Map<string, Expression>();
  const add = (form: Expression | undefined): void => {
    if (form !== undefined) found.set(coreText(form), form);
  };
  given.forEach(add);
  extraction.rootsOf().forEach(add);
  if (extraction.best.cost > GOOD_ENOUGH) {
    if (symbols.length === 1)
      for (const form of [...found.values()].slice(0, MOST_SERIES)) add(seriesAtZero(form, symbol(symbols[0]!)));
    extraction.divide(splitsOf(points, symbols, SIZES_WITHIN));
    extraction.rootsOf().forEach(add);
  }
  add(extraction.best.expression);
  return [...found.values()];
}
