// Pipelines of the LIMA paper written the plain way, on fewer rows. The grids of HLM are those that were published; of
// TSMM the columns are fewer too, and of ENS the weights.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { floats } from '../measure/seed.ts';

/** A pipeline: answers the numbers that a user would look at. */
export interface Pipeline {
  /** How many times faster it was published to be with reuse. */
  readonly bound: number;
  /** Rows of the published data over rows here. */
  readonly scale: number;
  readonly run: (sheet: SymbolicSheet, rows: number) => Promise<number[]>;
  readonly rows: number;
}

const LAMBDAS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];
const TOLERANCES = 5;
const SUBSETS = 10;

/** The columns of one subset: 15 of 100, scattered by a stride that shares no factor with 100. */
const columnsOf = (subset: number): Int32Array =>
  Int32Array.from({ length: 15 }, (_, i) => (subset * 7 + i * 13) % 100);

const matrix = (sheet: SymbolicSheet, rows: number, columns: number, seed: number): Tensor =>
  sheet.tensor(floats(rows * columns, seed), [rows, columns]);

/** The columns that a model is fitted on: as they are, with a column of ones, or scaled and with a column of ones. */
function withIntercept(sheet: SymbolicSheet, X: Tensor, intercept: number): Tensor {
  if (intercept === 0) return X;
  const scaled = intercept === 1 ? X : X.subtract(X.mean({ axis: 0 })).divide(X.std({ axis: 0 }));
  return sheet.concat([scaled, sheet.ones([X.shape[0]!, 1])], { axis: 1 });
}

/** Ridge regression by the normal equations. */
function fitted(sheet: SymbolicSheet, Z: Tensor, y: Tensor, lambda: number): Tensor {
  const gram = Z.matmul(Z, { transposeA: true }).add(sheet.eye(Z.shape[1]!).multiply(lambda));
  return gram.solve(Z.matmul(y, { transposeA: true }));
}

const lossOf = (Z: Tensor, y: Tensor, beta: Tensor): Promise<number> =>
  y.subtract(Z.matmul(beta)).square().sum().item() as Promise<number>;

/** 10 subsets of columns × 6 λ × 3 intercepts × 5 tolerances: 900 models and their losses. */
async function gridSearch(sheet: SymbolicSheet, rows: number): Promise<number[]> {
  const [X, y] = [matrix(sheet, rows, 100, 1), matrix(sheet, rows, 1, 2)];
  const losses: number[] = [];
  for (let subset = 0; subset < SUBSETS; subset++)
    for (const lambda of LAMBDAS)
      for (const intercept of [0, 1, 2])
        for (let tolerance = 0; tolerance < TOLERANCES; tolerance++) {
          const Z = withIntercept(sheet, X.take(columnsOf(subset), { axis: 1 }), intercept);
          losses.push(await lossOf(Z, y, fitted(sheet, Z, y, lambda)));
        }
  return losses;
}

/** 1000 gram matrices of one matrix with a column appended, another each time. */
async function appendedGrams(sheet: SymbolicSheet, rows: number): Promise<number[]> {
  const X = matrix(sheet, rows, 100, 1);
  const sums: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const Z = sheet.concat([X, matrix(sheet, rows, 1, 10 + i)], { axis: 1 });
    sums.push((await Z.matmul(Z, { transposeA: true }).sum().item()) as number);
  }
  return sums;
}

/**
 * 3 + 3 linear models of 20 classes, their scores weighted by 200 pairs of weights: a fifth of the fewest published.
 * Models are given: the published figure has their training in it.
 */
async function ensemble(sheet: SymbolicSheet, rows: number): Promise<number[]> {
  const X = matrix(sheet, rows, 1000, 1);
  const models = Array.from({ length: 6 }, (_, i) => matrix(sheet, 1000, 20, 2 + i));
  const weights = floats(400, 9);
  const found: number[] = [];
  for (let pair = 0; pair < 200; pair++) {
    const scores = models.map((B, i) => X.matmul(B).multiply(weights[2 * pair + (i < 3 ? 0 : 1)]!));
    const best = scores.reduce((sum, score) => sum.add(score)).argmax({ axis: 1 });
    found.push(Number(await best.sum().item()));
  }
  return found;
}

export const PIPELINES: Readonly<Record<string, Pipeline>> = {
  HLM: { bound: 12.4, scale: 100, rows: 10_000, run: gridSearch },
  TSMM: { bound: 4.2, scale: 5, rows: 2_000, run: appendedGrams },
  ENS: { bound: 4.2, scale: 10, rows: 1_000, run: ensemble },
};
