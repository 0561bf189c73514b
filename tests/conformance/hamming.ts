// Judges what the search for accuracy makes of the cores of a folder of FPCore files, at points that it has not seen.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { improve, isSameFunction } from '../../src/formula/egraph/accuracy.ts';
import { symbolsIn, coreText } from '../../src/formula/egraph/expression.ts';
import { type Core, readCores } from '../../src/formula/egraph/fpcore.ts';
import { pointsOf } from '../../src/formula/egraph/points.ts';
import { candidateAt } from '../../src/formula/egraph/regimes.ts';

/** What became of one core: mean bits of error before and after, and whether another function came out. */
export interface JudgedCore {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly isOther: boolean;
  readonly ms: number;
  readonly text: string;
}

const POINTS = 256;
/** Streams of the search are the first ones. */
const STREAM = 77;

/** The cores of Hamming's book in a folder of FPBench; none where there is no such file. */
export function hammingCores(folder: string): Core[] {
  const file = existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith('hamming')) : undefined;
  return file === undefined ? [] : readCores(readFileSync(join(folder, file), 'utf8'));
}

/** Bits of error at points drawn from all float64 numbers; the result is compared with the input at high precision. */
export function judgeCore({ name, body, where }: Core): JudgedCore {
  const start = performance.now();
  const { expression } = improve(body, where === undefined ? {} : { where });
  const ms = performance.now() - start;
  const symbols = symbolsIn(body);
  const points = pointsOf(body, { symbols, where, count: POINTS, stream: STREAM, size: 'any' });
  const meanAt = (form: typeof body): number => {
    const { bits } = candidateAt(form, points, symbols);
    return bits.reduce((sum, x) => sum + x, 0) / bits.length;
  };
  const everyday = pointsOf(body, { symbols, where, count: POINTS, stream: STREAM, size: 'everyday' });
  const after = meanAt(expression);
  const isOther = !isSameFunction(body, expression, [...points, ...everyday], symbols);
  return { name, before: meanAt(body), after, isOther, ms, text: coreText(expression) };
}

/** As the suites of formulas are reported. */
export interface HammingReport {
  readonly suite: 'hamming';
  readonly total: number;
  readonly right: number;
  readonly notDone: number;
  readonly wrong: readonly string[];
  readonly meanBits: number;
  readonly cores: readonly JudgedCore[];
}

const RIGHT_BITS = 1.1;
const WORSE_BITS = 1;

/** Right are those within a bit; wrong those that are another function, or worse than what was given. */
export function hammingReport(cores: readonly Core[]): HammingReport {
  const judged = cores.map(judgeCore);
  const isWrong = ({ before, after, isOther }: JudgedCore): boolean => isOther || after > before + WORSE_BITS;
  const right = judged.filter((core) => !isWrong(core) && core.after <= RIGHT_BITS).length;
  const wrong = judged.filter(isWrong).map(({ name }) => name);
  const meanBits = judged.reduce((sum, { after }) => sum + after, 0) / Math.max(1, judged.length);
  return {
    suite: 'hamming',
    total: cores.length,
    right,
    notDone: cores.length - right - wrong.length,
    wrong,
    meanBits,
    cores: judged,
  };
}
