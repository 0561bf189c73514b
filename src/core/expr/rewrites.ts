// Stability rewrites: forms that are equal in the real numbers and better in floating point, as rows.
//
// They change bits, so they are never silent: mode `apply` is part of a result's identity and every application is noted on the trace;
// mode `offer` computes what was written and says which better form exists.
import { FULL } from '../ops/creation.ts';
import type { OpRow } from '../ops/define.ts';
import {
  ADD, COS, DIVIDE, EXP, EXPM1, HYPOT, LOG, LOG1P, LOG_SOFTMAX, LOGADDEXP, LOGSUMEXP, MEAN, MULTIPLY, NEGATIVE, NORM, SIGMOID, SIN, SOFTMAX, SOFTPLUS, SQRT,
  SQUARE, SUBTRACT, SUM, VAR,
} from '../ops/named.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Author, Node } from './node.ts';
import { constantOf, isSame, under, underSquare } from './same.ts';

/** Makes an expression of a row the caller knows to be well formed. */
export type Build = (row: OpRow, operands: readonly Node[], given?: Readonly<Record<string, unknown>>) => Node;

/** One rewrite: `apply` answers the better form, or undefined where the pattern or its condition does not hold. */
export interface Rewrite {
  readonly formula: string;
  readonly row: OpRow;
  readonly why: string;
  /** Where the form and its error are analysed. */
  readonly source: string;
  readonly apply: (e: Node, build: Build) => Node | undefined;
}

const scalar = (value: number, like: Node, build: Build): Node => build(FULL, [], { shape: [], value, dtype: like.type.dtype });

/** The other operand of a sum or product of which one operand is the constant. */
function besideConstant(e: Node | undefined, row: OpRow, value: number): Node | undefined {
  if (e?.row !== row) return undefined;
  const [a, b] = e.operands as [Node, Node];
  if (constantOf(a) === value) return b;
  return constantOf(b) === value ? a : undefined;
}

/** Both operands, where they are of one row. */
function bothUnder(e: Node | undefined, outer: OpRow, inner: OpRow): readonly [Node, Node] | undefined {
  if (e?.row !== outer) return undefined;
  const [x, y] = [under(e.operands[0], inner), under(e.operands[1], inner)];
  return x === undefined || y === undefined ? undefined : [x, y];
}

const reductionOf = (e: Node): { axis: readonly number[]; keepdims: boolean } => {
  const { axis, keepdims } = e.attributes.values;
  return { axis: axis as readonly number[], keepdims: keepdims === true };
};

function softmaxForm(e: Node, build: Build): Node | undefined {
  const x = under(e.operands[0], EXP);
  const total = e.operands[1] as Node;
  if (x === undefined || total.row !== SUM || !isSame(e.operands[0] as Node, total.operands[0] as Node)) return undefined;
  const { axis, keepdims } = reductionOf(total);
  return axis.length === 1 && (keepdims || x.type.shape.length === 1) ? build(SOFTMAX, [x], { axis: axis[0] }) : undefined;
}

function varianceForm(e: Node, build: Build): Node | undefined {
  const [ofSquares, squared] = e.operands as [Node, Node];
  const mean = underSquare(squared);
  const x = underSquare(under(ofSquares, MEAN));
  if (x === undefined || mean?.row !== MEAN || mean.attributes !== ofSquares.attributes || !isSame(x, mean.operands[0] as Node)) return undefined;
  return build(VAR, [x], { ...reductionOf(mean), correction: 0 });
}

function differenceOfSquares(e: Node, build: Build): Node | undefined {
  const [x, y] = [underSquare(e.operands[0]), underSquare(e.operands[1])];
  if (x === undefined || y === undefined) return undefined;
  return build(MULTIPLY, [build(SUBTRACT, [x, y]), build(ADD, [x, y])]);
}

/** Of other constants the better form would be NaN where the written one is not: 0/0 at x = 0, ∞/∞. */
const isStep = (value: number | undefined): boolean => value !== undefined && value !== 0 && Number.isFinite(value);

function differenceOfRoots(e: Node, build: Build): Node | undefined {
  const roots = bothUnder(e, SUBTRACT, SQRT);
  if (roots === undefined || roots[0].row !== ADD) return undefined;
  const step = (roots[0].operands as readonly Node[]).find((operand) => isStep(constantOf(operand)));
  const rest = roots[0].operands.find((operand) => operand !== step);
  if (step === undefined || rest === undefined || !isSame(rest, roots[1])) return undefined;
  return build(DIVIDE, [step, build(ADD, e.operands)]);
}

function sinSquaredForm(e: Node, build: Build): Node | undefined {
  const x = constantOf(e.operands[0]) === 1 ? under(e.operands[1], COS) : undefined;
  if (x === undefined) return undefined;
  const half = build(SQUARE, [build(SIN, [build(MULTIPLY, [x, scalar(0.5, x, build)])])]);
  return build(MULTIPLY, [half, scalar(2, x, build)]);
}

function hypotForm(e: Node, build: Build): Node | undefined {
  const sum = e.operands[0];
  const [x, y] = sum?.row === ADD ? [underSquare(sum.operands[0]), underSquare(sum.operands[1])] : [];
  return x !== undefined && y !== undefined ? build(HYPOT, [x, y]) : undefined;
}

function normForm(e: Node, build: Build): Node | undefined {
  const sum = e.operands[0] as Node;
  const x = sum.row === SUM && sum.type.dtype === 'float32' ? underSquare(sum.operands[0]) : undefined;
  return x && build(NORM, [x], reductionOf(sum));
}

function logSumExpForm(e: Node, build: Build): Node | undefined {
  const sum = e.operands[0] as Node;
  const x = sum.row === SUM ? under(sum.operands[0], EXP) : undefined;
  return x && build(LOGSUMEXP, [x], reductionOf(sum));
}

/** Node of `row` on x, where x was found. */
const on = (row: OpRow, x: Node | undefined, build: Build): Node | undefined => x && build(row, [x]);

const LSE = 'Blanchard, Higham, Higham 2021, Accurately computing the log-sum-exp and softmax functions';
const KAHAN = 'Kahan 1987, Branch cuts for complex elementary functions; C99 expm1, log1p';
const GOLDBERG = 'Goldberg 1991, What every computer scientist should know about floating-point arithmetic';
const HIGHAM = 'Higham 2002, Accuracy and stability of numerical algorithms, §1.7–1.14';
const MAECHLER = 'Mächler 2012, Accurately computing log(1 − exp(−|a|)), Rmpfr vignette';

/** The rewrites, tried in this order. */
export const REWRITES: readonly Rewrite[] = [
  { formula: 'log(sum(exp(x))) → logsumexp(x)', row: LOG, why: 'exp overflows or underflows where the logarithm of the sum does not', source: LSE, apply: logSumExpForm },
  { formula: 'exp(x) / sum(exp(x)) → softmax(x)', row: DIVIDE, why: 'exp overflows to ∞/∞ = NaN, or underflows to 0/0', source: LSE, apply: softmaxForm },
  { formula: 'exp(x) / (1 + exp(x)) → sigmoid(x)', row: DIVIDE, why: 'exp overflows to ∞/∞ = NaN', source: LSE, apply: (e, build) => {
    const x = under(e.operands[0], EXP);
    const other = under(besideConstant(e.operands[1], ADD, 1), EXP);
    return x && other && isSame(x, other) ? build(SIGMOID, [x]) : undefined;
  } },
  { formula: 'log(softmax(x)) → log_softmax(x)', row: LOG, why: 'a softmax that underflows to 0 has the logarithm −∞', source: LSE, apply: (e, build) => {
    const softmax = e.operands[0] as Node;
    return softmax.row === SOFTMAX ? build(LOG_SOFTMAX, softmax.operands, { axis: softmax.attributes.values['axis'] }) : undefined;
  } },
  { formula: 'log(exp(x) + exp(y)) → logaddexp(x, y)', row: LOG, why: 'exp overflows or underflows where the logarithm of the sum does not', source: LSE, apply: (e, build) => {
    const pair = bothUnder(e.operands[0], ADD, EXP);
    return pair && build(LOGADDEXP, pair);
  } },
  { formula: 'log(1 + exp(x)) → softplus(x)', row: LOG, why: 'exp overflows above, 1 + exp rounds to 1 below', source: MAECHLER, apply: (e, build) => on(SOFTPLUS, under(besideConstant(e.operands[0], ADD, 1), EXP), build) },
  { formula: 'log1p(exp(x)) → softplus(x)', row: LOG1P, why: 'exp overflows where the result is x', source: MAECHLER, apply: (e, build) => on(SOFTPLUS, under(e.operands[0], EXP), build) },
  { formula: 'log(sigmoid(x)) → −softplus(−x)', row: LOG, why: 'sigmoid underflows to 0 far below, rounds to 1 far above', source: MAECHLER, apply: (e, build) => {
    const x = under(e.operands[0], SIGMOID);
    return x && build(NEGATIVE, [build(SOFTPLUS, [build(NEGATIVE, [x])])]);
  } },
  { formula: 'log(1 + x) → log1p(x)', row: LOG, why: '1 + x loses the digits of a small x', source: KAHAN, apply: (e, build) => on(LOG1P, besideConstant(e.operands[0], ADD, 1), build) },
  { formula: 'exp(x) − 1 → expm1(x)', row: SUBTRACT, why: 'exp(x) near 1 cancels', source: KAHAN, apply: (e, build) => (constantOf(e.operands[1]) === 1 ? on(EXPM1, under(e.operands[0], EXP), build) : undefined) },
  { formula: '1 − sigmoid(x) → sigmoid(−x)', row: SUBTRACT, why: 'sigmoid near 1 cancels', source: HIGHAM, apply: (e, build) => {
    const x = constantOf(e.operands[0]) === 1 ? under(e.operands[1], SIGMOID) : undefined;
    return x && build(SIGMOID, [build(NEGATIVE, [x])]);
  } },
  { formula: '1 − cos(x) → 2·sin(x/2)²', row: SUBTRACT, why: 'cos(x) near 1 cancels', source: HIGHAM, apply: sinSquaredForm },
  { formula: 'mean(x²) − mean(x)² → var(x)', row: SUBTRACT, why: 'two large numbers cancel, even to a negative variance', source: 'Chan, Golub, LeVeque 1983, Algorithms for computing the sample variance', apply: varianceForm },
  { formula: 'x² − y² → (x − y)·(x + y)', row: SUBTRACT, why: 'the squares are rounded before they cancel, and overflow early', source: GOLDBERG, apply: differenceOfSquares },
  { formula: '√(x + c) − √x → c / (√(x + c) + √x)', row: SUBTRACT, why: 'nearly equal roots cancel', source: HIGHAM, apply: differenceOfRoots },
  { formula: '√sum(x²) → norm(x)', row: SQRT, why: 'squares of float32 overflow and underflow; the norm accumulates in float64', source: 'Blue 1978, A portable Fortran program to find the Euclidean norm of a vector', apply: normForm },
  { formula: '√(x² + y²) → hypot(x, y)', row: SQRT, why: 'squares overflow and underflow where the length does not', source: 'Moler, Morrison 1983, Replacing square roots by Pythagorean sums', apply: hypotForm },
];

const byRow = new Map<OpRow, Rewrite[]>();
for (const rewrite of REWRITES) byRow.set(rewrite.row, [...(byRow.get(rewrite.row) ?? []), rewrite]);

/** Makes a node of a row from operands the caller knows to fit. */
type Derive<N extends Node> = (row: OpRow, operands: readonly N[], given: Readonly<Record<string, unknown>> | undefined, author: Author<N>) => N;

/** A canonical node as the author wants it: in its better form, or as written with a note of the better form (nothing is then made). */
export function stabilise<N extends Node>(e: N, author: Author<N>, derive: Derive<N>): N {
  const { rewrites } = author;
  if (rewrites !== 'apply' && rewrites !== 'offer') return e;
  const candidates = byRow.get(e.row as OpRow);
  if (candidates === undefined || !isFloat(e.type.dtype)) return e;
  const build: Build = rewrites === 'apply' ? (row, operands, given) => derive(row, operands as readonly N[], given, author) : () => e;
  for (const { apply, formula, why } of candidates) {
    const better = apply(e, build) as N | undefined;
    if (better === undefined || better.type !== e.type) continue;
    if (rewrites === 'apply') author.noted(better, `rewritten: ${formula}; ${why}`);
    else author.noted(e, `a better form exists: ${formula}; ${why}. open({ rewrites: 'apply' }) uses it`);
    return rewrites === 'apply' ? better : e;
  }
  return e;
}
