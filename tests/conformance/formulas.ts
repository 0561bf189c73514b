// Vectors of formulas, judged by values and not by text: a right answer of another form passes, a wrong one does not.
import { readFileSync } from 'node:fs';
import { formula, FormulaError, type Formula, type Term } from '../../src/formula.ts';

/** A task and what is known of its answer, as scripts/make-formula-vectors.py writes it. */
export interface FormulaVector {
  readonly op: string;
  readonly text: string;
  readonly symbol: string;
  readonly points?: readonly { readonly at: Readonly<Record<string, number>>; readonly value: string }[];
  readonly factors?: number;
  readonly on?: readonly [number, number];
  readonly roots?: readonly string[];
}

/** What came of a suite: `notDone` has no answer, `wrong` has another. */
export interface FormulaReport {
  readonly suite: string;
  readonly total: number;
  right: number;
  notDone: number;
  readonly wrong: string[];
}

export const FORMULA_SUITES: readonly string[] = ['diff', 'factor', 'integral', 'solve'];

export const formulaVectors = (file: string): FormulaVector[] =>
  JSON.parse(readFileSync(file, 'utf8')) as FormulaVector[];

export async function formulaReport(suite: string, vectors: readonly FormulaVector[]): Promise<FormulaReport> {
  const chosen = vectors.filter(({ op }) => op === suite);
  const report: FormulaReport = { suite, total: chosen.length, right: 0, notDone: 0, wrong: [] };
  for (const vector of chosen) {
    const verdict = await judged(vector);
    if (verdict === 'right') report.right++;
    else if (verdict === 'not done') report.notDone++;
    else report.wrong.push(`${vector.text}: ${verdict}`);
  }
  return report;
}

async function judged(vector: FormulaVector): Promise<string> {
  try {
    const f = formula(vector.text);
    if (vector.op === 'solve') return await rootsJudged(f, vector);
    const answer = await answerOf(f, vector);
    if (answer === undefined) return 'not done';
    const compared = vector.op === 'integral' ? answer.diff(vector.symbol) : answer;
    for (const { at, value } of vector.points ?? []) {
      const [is, want] = [compared.value(at), Number(value)];
      if (!(Math.abs(is - want) <= 1e-9 * (1 + Math.abs(want)))) return `${String(answer)} at ${JSON.stringify(at)}`;
    }
    const isWhole = vector.factors === undefined || bases(answer.term) === vector.factors;
    return isWhole ? 'right' : 'not done';
  } catch (error) {
    if (error instanceof FormulaError) return 'not done';
    throw error;
  }
}

async function answerOf(f: Formula, { op, symbol }: FormulaVector): Promise<Formula | undefined> {
  if (op === 'diff') return f.diff(symbol);
  return op === 'factor' ? f.factor() : f.integrate(symbol);
}

/** Factors of a product that are no numbers, each with its power once. */
function bases({ kind, name, args }: Term): number {
  if (kind === 'number') return 0;
  if (kind === 'call' && name === 'multiply') return bases(args[0]!) + bases(args[1]!);
  return 1;
}

async function rootsJudged(f: Formula, { symbol, on, roots = [] }: FormulaVector): Promise<string> {
  const { roots: found } = await f.solve(symbol, on && { on });
  const places = found.map(({ low, high }) => `${low}…${high}`).join(', ');
  const near = (low: number, high: number, root: number): boolean =>
    low - 1e-12 * (1 + Math.abs(root)) <= root && root <= high + 1e-12 * (1 + Math.abs(root));
  if (roots.some((root) => !found.some(({ low, high }) => near(low, high, Number(root))))) return `roots ${places}`;
  const sure = found.filter(({ is }) => is === 'certain');
  if (sure.some(({ low, high }) => !roots.some((root) => near(low, high, Number(root))))) return `roots ${places}`;
  return sure.length === roots.length && found.length === sure.length ? 'right' : 'not done';
}
