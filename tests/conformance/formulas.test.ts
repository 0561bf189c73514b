// What formulas answer, beside SymPy's answers (scripts/make-formula-vectors.py).
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FORMULA_SUITES, formulaReport, formulaVectors } from './formulas.ts';

const VECTORS = formulaVectors(fileURLToPath(new URL('formulas.json', import.meta.url)));
/** Most that are not done; none is wrong. e^x / x has no antiderivative of elementary functions. */
const NOT_DONE: Readonly<Record<string, number>> = { diff: 0, factor: 0, integral: 1, solve: 0 };

describe('formulas beside SymPy', () => {
  it.each(FORMULA_SUITES)('%s: none is wrong', async (suite) => {
    const report = await formulaReport(suite, VECTORS);
    expect(report.wrong).toEqual([]);
    expect(report.total).toBeGreaterThan(10);
    expect(report.notDone).toBeLessThanOrEqual(NOT_DONE[suite]!);
  });

  it('a wrong answer is seen to be one', async () => {
    const [vector] = VECTORS.filter(({ op }) => op === 'diff');
    const points = vector!.points!.map((point) => ({ ...point, value: `${Number(point.value) + 1e-6}` }));
    expect((await formulaReport('diff', [{ ...vector!, points }])).wrong.length).toBe(1);
    const roots = { op: 'solve', text: 'x^2 - 2', symbol: 'x', roots: ['1.4142135623'] };
    expect((await formulaReport('solve', [roots])).wrong.length).toBe(1);
  });
});
