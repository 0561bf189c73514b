// Rules, e-graphs and the search for accuracy: rules hold, unions of different functions are refused, answers are good.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { balls, nearestOf } from '../../kernels/readings/ball.ts';
import { compare } from '../../kernels/readings/big.ts';
import { improve } from '../../src/formula/egraph/accuracy.ts';
import { parseFraction, Evaluation, symbolsIn, coreText } from '../../src/formula/egraph/expression.ts';
import { Extraction } from '../../src/formula/egraph/extract.ts';
import { readCores, readExpression } from '../../src/formula/egraph/fpcore.ts';
import { EGraph } from '../../src/formula/egraph/graph.ts';
import { bitsOff, pointsOf } from '../../src/formula/egraph/points.ts';
import { REWRITINGS } from '../../src/formula/egraph/rules.ts';
import { saturate } from '../../src/formula/egraph/saturate.ts';
import { moreAccurate } from '../../src/formula/egraph/simplify.ts';
import { seriesAtZero } from '../../src/formula/egraph/series.ts';
import { together } from '../../src/formula/egraph/together.ts';
import { Terms } from '../../src/formula/term.ts';
import { parse } from '../../src/formula/text/parser.ts';
import { printText } from '../../src/formula/text/print.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { hammingCores, hammingReport } from '../conformance/hamming.ts';
import { extent, some } from '../run/extent.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/conformance/fpbench', import.meta.url));

describe('every rule', () => {
  const random = drawFrom(31);
  const m = balls(160);

  it.each(REWRITINGS.map((rule) => [rule.name, rule] as const))(
    '%s: both sides have the same value',
    (_name, { pattern, template, condition }) => {
      const [left, right] = [readExpression(pattern), readExpression(template)];
      const symbols = symbolsIn(left);
      expect(symbolsIn(right).filter((name) => !symbols.includes(name))).toEqual([]);
      const [a, b] = [new Evaluation(left, symbols), new Evaluation(right, symbols)];
      let compared = 0;
      for (let k = 0; k < 300 && compared < extent(8, 200); k++) {
        const x = symbols.map(() => m.constant(Math.round((random() - 0.4) * 4 * 2 ** 20) / 2 ** 20));
        const [p, q] = [a.run(m, x), b.run(m, x)];
        if (compare(p.low, p.high) > 0 || p.nan) continue;
        const isEmpty = compare(q.low, q.high) > 0 || q.nan;
        // A template may have no value where its condition does not hold; where it has one, it is that of the pattern.
        if (isEmpty) expect(condition, `${template} has no value`).toBeDefined();
        else if (condition !== undefined && !(compare(p.low, q.high) <= 0 && compare(q.low, p.high) <= 0)) continue;
        else {
          expect(compare(p.low, q.high) <= 0 && compare(q.low, p.high) <= 0, `${pattern} → ${template}`).toBe(true);
          compared++;
        }
      }
      expect(compared).toBeGreaterThanOrEqual(symbols.length === 0 ? 1 : 8);
    },
  );
});

describe('an e-graph', () => {
  const graphOf = (points: readonly (readonly number[])[]): EGraph => new EGraph(['x'], points, 'same');

  it('joins what is equal, and what is made of it', () => {
    const graph = graphOf([[1], [2], [3.5]]);
    const [a, b] = ['(sin (+ x x))', '(sin (* 2 x))'].map((text) => graph.addExpression(readExpression(text)));
    expect(graph.find(a!)).not.toBe(graph.find(b!));
    const [p, q] = ['(+ x x)', '(* 2 x)'].map((text) => graph.addExpression(readExpression(text)));
    expect(graph.union(p!, q!)).toBe(true);
    graph.rebuild();
    expect(graph.find(a!)).toBe(graph.find(b!));
    expect(graph.addExpression(readExpression('(* x 2)'))).toBe(graph.find(q!));
  });

  it('folds constants exactly', () => {
    const graph = graphOf([[1]]);
    const id = graph.addExpression(readExpression('(- (/ 1 3) (* 2 (/ 1 6)))'));
    expect(graph.classes.get(graph.find(id))!.constant).toEqual({ n: 0n, d: 1n });
    expect(parseFraction('-1.25e-1')).toEqual({ n: -1n, d: 8n });
  });

  it('refuses to join different functions, and counts it', () => {
    const graph = graphOf([[1], [-2], [3]]);
    const [a, b] = ['(sqrt (* x x))', 'x'].map((text) => graph.addExpression(readExpression(text)));
    expect(graph.union(a!, b!)).toBe(false);
    expect(graph.refused).toBe(1);
    const [log, twice] = ['(log (* x x))', '(* 2 (log x))'].map((text) => graph.addExpression(readExpression(text)));
    expect(graph.union(log!, twice!)).toBe(false); // the one has values where the other has none
    const partial = new EGraph(['x'], [[1], [-2], [3]], 'partial');
    const [wide, narrow] = ['(log (* x x))', '(* 2 (log x))'].map((text) =>
      partial.addExpression(readExpression(text)),
    );
    expect(partial.union(narrow!, wide!, 'rewriting')).toBe(false); // it would have values where it had none
    expect(partial.union(wide!, narrow!, 'rewriting')).toBe(true);
  });

  it('keeps to its budget of nodes', () => {
    const graph = graphOf([[1], [2]]);
    graph.addExpression(readExpression('(+ (+ (+ x (sin x)) (+ (cos x) (exp x))) (* (+ x 1) (- x 2)))'));
    saturate(graph, { nodes: 200, iterations: 8, matches: 400 });
    expect(graph.nodes).toBeLessThan(230);
  });

  it('gives the expression that comes nearest', () => {
    const body = readExpression('(- (exp x) 1)');
    const points = pointsOf(body, { symbols: ['x'], count: 24, stream: 1, size: 'any' });
    const graph = new EGraph(
      ['x'],
      points.map(({ x }) => x),
      'partial',
    );
    const root = graph.addExpression(body);
    saturate(graph);
    expect(coreText(new Extraction(graph, root, points, ['x']).best.expression)).toBe('(expm1 x)');
  });
});

describe('forms', () => {
  it('of sums of quotients have one denominator, and what cancels is gone', () => {
    const found = together(readExpression('(+ (- (/ 1 (+ x 1)) (/ 2 x)) (/ 1 (- x 1)))'))!;
    expect(coreText(found)).toBe('(/ 2 (* (* (+ x 1) x) (- x 1)))');
    expect(together(readExpression('(+ x (/ 1 x))'))).toBeUndefined();
  });

  it('of a series have exact coefficients, where numerator and denominator are 0 too', () => {
    const x = readExpression('x');
    expect(coreText(seriesAtZero(readExpression('(/ (- x (sin x)) (* x (* x x)))'), x)!)).toBe(
      '(+ (/ 1 6) (* (* x x) (+ (/ -1 120) (* (* x x) (+ (/ 1 5040) (* (* x x) (/ -1 362880)))))))',
    );
    expect(seriesAtZero(readExpression('(/ 1 x)'), x)).toBeUndefined();
    expect(seriesAtZero(readExpression('(exp (+ x 1))'), x)).toBeUndefined();
  });
});

describe('points', () => {
  it('are the same for an expression, and hold the condition', () => {
    const [core] = readCores('(FPCore (x y) :pre (and (< 0 x 1) (!= y 0)) (/ x y))');
    const options = { symbols: core!.symbols, where: core!.where, count: 20, stream: 1, size: 'any' } as const;
    const points = pointsOf(core!.body, options);
    expect(points).toEqual(pointsOf(core!.body, options));
    expect(points.length).toBe(20);
    for (const { x, value } of points) {
      expect(x[0]! > 0 && x[0]! < 1 && x[1] !== 0).toBe(true);
      expect(value === x[0]! / x[1]!).toBe(true);
    }
  });

  it('have bits of error that count the numbers between', () => {
    expect([bitsOff(1, 1), bitsOff(0, -0), bitsOff(NaN, 1)]).toEqual([0, 0, 64]);
    expect(bitsOff(1 + 2 ** -52, 1)).toBe(1);
    expect(bitsOff(5e-324, -5e-324)).toBeCloseTo(Math.log2(3), 12);
    expect(bitsOff(-1, 1)).toBeGreaterThan(62);
  });
});

describe('accuracy', () => {
  it.each([
    ['(/ (- 1 (cos x)) (* x x))', 1e-9, 0.5],
    ['(/ (- (exp x) 1) x)', 1e-12, 1.0000000000005],
  ])('of %s is found where it fails as it is written', (text, at, value) => {
    const body = readExpression(text);
    const { expression, before, after } = improve(body);
    expect(after).toBeLessThan(1);
    expect(before).toBeGreaterThan(20);
    const got = nearestOf(new Evaluation(expression, ['x']).run(balls(256), [balls(256).constant(at)]))!;
    expect(got).toBeCloseTo(value, 14);
    expect(coreText(improve(body).expression)).toBe(coreText(expression));
  });

  it('of terms of formulas is found, and said of those that rules do not know', () => {
    const found = moreAccurate(new Terms(), parse('sqrt(x + 1) - sqrt(x)').root)!;
    expect(printText(found.term)).toMatch(/^1\/\(sqrt\((x \+ 1|1 \+ x)\) \+ sqrt\(x\)\)$/);
    expect(found.after).toBeLessThan(1);
    expect(found.before).toBeGreaterThan(20);
    expect(moreAccurate(new Terms(), parse('floor(x) + 1').root)).toBeUndefined();
  });

  it('that cannot be had leaves the expression as it is', () => {
    expect(coreText(improve(readExpression('(+ x y)')).expression)).toBe('(+ x y)');
  });

  const cores = hammingCores(FOLDER);
  if (cores.length === 0)
    it('of the cores of FPBench', (context) => context.skip('there is no folder ../shared/conformance/fpbench'));
  else
    it('of the cores of Hamming’s book is within a bit for most, and worse for none', () => {
      const { wrong, meanBits, right, total } = hammingReport(some(cores, 14, 4));
      expect(wrong).toEqual([]);
      expect(meanBits).toBeLessThanOrEqual(4);
      expect(right / total).toBeGreaterThanOrEqual(24 / 28);
    });
});
