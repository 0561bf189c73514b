// Linear models of the LIMA paper: a grid search, the same with cross-validation, principal components, and gram
// matrices of a matrix that gets another column. Written the plain way, and by hand without anything twice.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { floats } from '../measure/seed.ts';
import { fitted, type Job, lossOf, matrix, numberOfItem, type Pipeline, solved } from './job.ts';

const LAMBDAS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];
const INTERCEPTS = [0, 1, 2];
const TOLERANCES = 5;
const SUBSETS = 10;
const FOLDS = 4;

/** The columns of one subset: 15 of 100, scattered by a stride that shares no factor with 100. */
const columnsOf = (subset: number): Int32Array =>
  Int32Array.from({ length: 15 }, (_, i) => (subset * 7 + i * 13) % 100);

/** The columns that a model is fitted on: as they are, with a column of ones, or scaled and with a column of ones. */
function withIntercept(sheet: SymbolicSheet, X: Tensor, intercept: number): Tensor {
  if (intercept === 0) return X;
  const scaled = intercept === 1 ? X : X.subtract(X.mean({ axis: 0 })).divide(X.std({ axis: 0 }));
  return sheet.concat([scaled, sheet.ones([X.shape[0]!, 1])], { axis: 1 });
}

/** What every model of a grid is fitted on, and what comes of it for one λ. */
type Model = (subset: number, intercept: number) => Promise<(lambda: number) => Promise<number[]>>;

/** 10 subsets of columns × 6 λ × 3 intercepts × 5 tolerances, of which a direct solver needs none: 900 models. */
async function searched(model: Model, repeats: number): Promise<number[]> {
  const losses: number[] = [];
  for (let subset = 0; subset < SUBSETS; subset++) {
    const held = repeats === 1 ? await Promise.all(INTERCEPTS.map((intercept) => model(subset, intercept))) : [];
    for (const lambda of LAMBDAS)
      for (const intercept of INTERCEPTS) {
        let found: number[] = [];
        for (let tolerance = 0; tolerance < repeats; tolerance++)
          losses.push(...(found = await (held[intercept] ?? (await model(subset, intercept)))(lambda)));
        for (let again = repeats; again < TOLERANCES; again++) losses.push(...found);
      }
  }
  return losses;
}

const gridSearch =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const [X, y] = [matrix(sheet, rows, 100, 1), matrix(sheet, rows, 1, 2)];
    const Z = (subset: number, intercept: number): Tensor =>
      withIntercept(sheet, X.take(columnsOf(subset), { axis: 1 }), intercept);
    const plain: Model = async (subset, intercept) => async (lambda) => {
      const columns = Z(subset, intercept);
      return [await lossOf(columns, y, fitted(sheet, columns, y, lambda))];
    };
    const byHand: Model = async (subset, intercept) => {
      const columns = Z(subset, intercept);
      const [gram, moments] = [columns.matmul(columns, { transposeA: true }), columns.matmul(y, { transposeA: true })];
      await sheet.compute(columns, gram, moments);
      return async (lambda) => [await lossOf(columns, y, solved(sheet, gram, moments, lambda))];
    };
    return () => (isByHand ? searched(byHand, 1) : searched(plain, TOLERANCES));
  };

/** Rows of one fold, and all others. */
function cut(sheet: SymbolicSheet, Z: Tensor, fold: number): readonly [test: Tensor, train: Tensor] {
  const bound = (at: number): number => Math.floor((Z.shape[0]! * at) / FOLDS);
  const parts = Array.from({ length: FOLDS }, (_, at) => Z.slice([bound(at)], [bound(at + 1)]));
  return [parts[fold]!, sheet.concat(parts.filter((_, at) => at !== fold))];
}

/** The grid of `gridSearch`, each model four times, on all rows but those of one fold. */
const crossValidation =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const [X, y] = [matrix(sheet, rows, 100, 1), matrix(sheet, rows, 1, 2)];
    const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
    const Z = (subset: number, intercept: number): Tensor =>
      withIntercept(sheet, X.take(columnsOf(subset), { axis: 1 }), intercept);
    const each = async (of: (fold: number) => Promise<number>): Promise<number[]> => {
      const losses: number[] = [];
      for (const fold of folds) losses.push(await of(fold));
      return losses;
    };
    const plain: Model = async (subset, intercept) => (lambda) =>
      each(async (fold) => {
        const [test, train] = cut(sheet, Z(subset, intercept), fold);
        const [testY, trainY] = cut(sheet, y, fold);
        return lossOf(test, testY, fitted(sheet, train, trainY, lambda));
      });
    const byHand: Model = async (subset, intercept) => {
      const columns = Z(subset, intercept);
      const held = folds.map((fold) => {
        const [test, train] = cut(sheet, columns, fold);
        const [testY, trainY] = cut(sheet, y, fold);
        const gram = train.matmul(train, { transposeA: true });
        return { test, testY, gram, moments: train.matmul(trainY, { transposeA: true }) };
      });
      await sheet.compute(columns, ...held.flatMap(({ test, testY, gram, moments }) => [test, testY, gram, moments]));
      return (lambda) =>
        each(async (fold) => {
          const { test, testY, gram, moments } = held[fold]!;
          return lossOf(test, testY, solved(sheet, gram, moments, lambda));
        });
    };
    return () => (isByHand ? searched(byHand, 1) : searched(plain, TOLERANCES));
  };

/** 200 gram matrices of one matrix with a column appended, another each time: a fifth of those published. */
const appendedGrams =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const X = matrix(sheet, rows, 100, 1);
    const columns = Array.from({ length: 200 }, (_, i) => floats(rows, 10 + i));
    const turned = { transposeA: true };
    const byHand = (known: Tensor, y: Tensor): Tensor => {
      const beside = X.matmul(y, turned);
      const above = sheet.concat([known, beside], { axis: 1 });
      return sheet.concat([above, sheet.concat([beside.permuteDims(), y.matmul(y, turned)], { axis: 1 })]);
    };
    return async () => {
      const known = X.matmul(X, turned);
      if (isByHand) await sheet.compute(known);
      const sums: number[] = [];
      for (const column of columns) {
        const y = sheet.tensor(column, [rows, 1]);
        const Z = sheet.concat([X, y], { axis: 1 });
        sums.push(await numberOfItem((isByHand ? byHand(known, y) : Z.matmul(Z, turned)).sum()));
      }
      return sums;
    };
  };

/** The largest so many principal components, a linear model on them, and its adjusted R². */
const components =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const COLUMNS = 200;
    const [X, y] = [matrix(sheet, rows, COLUMNS, 1), matrix(sheet, rows, 1, 2)];
    const decomposed = (): readonly [centred: Tensor, vectors: Tensor] => {
      const centred = X.subtract(X.mean({ axis: 0 }));
      const covariance = centred.matmul(centred, { transposeA: true }).divide(rows - 1);
      return [centred, covariance.eigh().eigenvectors];
    };
    const adjusted = async (centred: Tensor, vectors: Tensor, count: number): Promise<number> => {
      const P = centred.matmul(vectors.slice([0, COLUMNS - count], [COLUMNS, COLUMNS]));
      const Z = sheet.concat([P, sheet.ones([rows, 1])], { axis: 1 });
      const left = await lossOf(Z, y, fitted(sheet, Z, y, 1e-3));
      const all = await numberOfItem(y.subtract(y.mean()).square().sum());
      return 1 - left / (rows - count - 1) / (all / (rows - 1));
    };
    return async () => {
      const found: number[] = [];
      const held = decomposed();
      if (isByHand) await sheet.compute(...held);
      for (let count = 21; count <= 30; count++) found.push(await adjusted(...(isByHand ? held : decomposed()), count));
      return found;
    };
  };

/** Linear models. The grids are those that were published; columns of TSMM and PCALM are fewer, as rows are. */
export const REGRESSIONS: Readonly<Record<string, Pipeline>> = {
  HLM: { bound: 12.4, better: 'higher', scale: 100, rows: 10_000, plain: gridSearch(false), byHand: gridSearch(true) },
  HCV: {
    bound: 5.1,
    better: 'higher',
    scale: 250,
    rows: 4_000,
    plain: crossValidation(false),
    byHand: crossValidation(true),
  },
  PCALM: { bound: 5, better: 'higher', scale: 10, rows: 10_000, plain: components(false), byHand: components(true) },
  TSMM: {
    bound: 17.4,
    better: 'higher',
    scale: 5,
    rows: 20_000,
    plain: appendedGrams(false),
    byHand: appendedGrams(true),
  },
};
