// Iterative learners of the LIMA paper: support vector machines over λ, repeated multinomial regressions, and a
// weighted
// ensemble.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { floats } from '../measure/seed.ts';
import { type Job, matrix, numberOfItem, type Pipeline } from './job.ts';

/** What a support vector machine begins with, whatever its λ. */
interface Beginning {
  readonly Z: Tensor;
  readonly gradient: Tensor;
  readonly along: Tensor;
}

const beginning = (Z: Tensor, y: Tensor): Beginning => {
  const gradient = Z.matmul(y, { transposeA: true });
  return { Z, gradient, along: Z.matmul(gradient) };
};

const SVM_STEPS = 5;
const SVM_LAMBDAS = 14;
const squaresOf = (x: Tensor): Promise<number> => numberOfItem(x.square().sum());

/** The step along a direction that Newton's method finds. */
async function stepAlong(Zw: Tensor, along: Tensor, y: Tensor, wd: number, dd: number): Promise<number> {
  let step = 0;
  for (let turn = 0; turn < 20; turn++) {
    const out = y
      .multiply(Zw.add(along.multiply(step)))
      .multiply(-1)
      .add(1)
      .maximum(0);
    const isWrong = out.greater(0).astype('float32');
    const slope = wd + step * dd - (await numberOfItem(out.multiply(y).multiply(along).sum()));
    const bend = dd + (await numberOfItem(along.multiply(isWrong).multiply(along).sum()));
    step -= slope / bend;
    if ((slope * slope) / bend < 1e-10) break;
  }
  return step;
}

/** Squared hinge loss by conjugate gradients, as SystemDS has it: its objective at the end. */
async function machine({ Z, gradient, along }: Beginning, y: Tensor, lambda: number): Promise<number> {
  let [w, Zw]: Tensor[] = [gradient.multiply(0), along.multiply(0)];
  let [g, s, Zs] = [gradient, gradient, along];
  let objective = 0;
  for (let turn = 0; turn < SVM_STEPS; turn++) {
    const [wd, dd] = [lambda * (await numberOfItem(w!.multiply(s).sum())), lambda * (await squaresOf(s))];
    const step = await stepAlong(Zw!, Zs, y, wd, dd);
    [w, Zw] = [w!.add(s.multiply(step)), Zw!.add(Zs.multiply(step))];
    const out = y.multiply(Zw).multiply(-1).add(1).maximum(0);
    objective = (await squaresOf(out)) / 2 + (lambda / 2) * (await squaresOf(w));
    const next = Z.matmul(out.multiply(y), { transposeA: true }).subtract(w.multiply(lambda));
    s = s.multiply((await squaresOf(next)) / (await squaresOf(g))).add(next);
    [g, Zs] = [next, Z.matmul(s)];
  }
  return objective;
}

/** 14 λ × with and without a column of ones: a fifth of the λ published. */
const supportVectors =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const X = matrix(sheet, rows, 200, 1);
    const y = matrix(sheet, rows, 1, 2).sign();
    await sheet.compute(y);
    const begin = (intercept: number): Beginning =>
      beginning(intercept === 0 ? X : sheet.concat([X, sheet.ones([rows, 1])], { axis: 1 }), y);
    return async () => {
      const found: number[] = [];
      for (const intercept of [0, 1]) {
        const held = begin(intercept);
        if (isByHand) await sheet.compute(held.Z, held.gradient, held.along);
        for (let i = 0; i < SVM_LAMBDAS; i++)
          found.push(await machine(isByHand ? held : begin(intercept), y, 10 ** (-5 + i / 2)));
      }
      return found;
    };
  };

const CLASSES = 6;
const DESCENTS = 10;

/** Multinomial regression by gradient descent: its loss. */
async function multinomial(sheet: SymbolicSheet, X: Tensor, Y: Tensor, lambda: number): Promise<number> {
  let W: Tensor = sheet.zeros([X.shape[1]!, CLASSES]);
  for (let turn = 0; turn < DESCENTS; turn++) {
    const off = X.matmul(W).softmax({ axis: 1 }).subtract(Y);
    const gradient = X.matmul(off, { transposeA: true }).divide(X.shape[0]!).add(W.multiply(lambda));
    W = W.subtract(gradient.multiply(0.5));
  }
  return numberOfItem(X.matmul(W).logSoftmax({ axis: 1 }).multiply(Y).sum().multiply(-1));
}

/**
 * 40 λ, all of it 20 times over, as when a notebook's cell runs again; what fits one λ is a function that is
 * remembered.
 */
const repeated =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const X = matrix(sheet, rows, 100, 1);
    const Y = sheet
      .tensor(Int32Array.from(floats(rows, 2), (value) => Math.floor(((value + 1) / 2) * CLASSES)))
      .oneHot(CLASSES);
    await sheet.compute(Y);
    const lambdas = Array.from({ length: 40 }, (_, i) => 10 ** (-4 + i / 10));
    const fit = sheet.memo('multinomial', (lambda: number) => multinomial(sheet, X, Y, lambda));
    return async () => {
      const found: number[] = [];
      for (let turn = 0; turn < (isByHand ? 1 : 20); turn++)
        for (const lambda of lambdas) found.push(await fit(lambda));
      return isByHand ? Array.from({ length: 20 }, () => found).flat() : found;
    };
  };

/**
 * 3 + 3 linear models of 20 classes, their scores weighted by 200 pairs of weights: a fifth of the fewest published.
 * Models are given: the published figure has their training in it.
 */
const ensemble =
  (isByHand: boolean) =>
  async (sheet: SymbolicSheet, rows: number): Promise<Job> => {
    const X = matrix(sheet, rows, 1000, 1);
    const models = Array.from({ length: 6 }, (_, i) => matrix(sheet, 1000, 20, 2 + i));
    const weights = floats(400, 9);
    return async () => {
      const held = models.map((B) => X.matmul(B));
      if (isByHand) await sheet.compute(...held);
      const found: number[] = [];
      for (let pair = 0; pair < 200; pair++) {
        const products = isByHand ? held : models.map((B) => X.matmul(B));
        const scores = products.map((scores, i) => scores.multiply(weights[2 * pair + (i < 3 ? 0 : 1)]!));
        const best = scores.reduce((sum, score) => sum.add(score)).argmax({ axis: 1 });
        found.push(await numberOfItem(best.sum()));
      }
      return found;
    };
  };

/** Learners that take many steps, or many models. */
export const LEARNERS: Readonly<Record<string, Pipeline>> = {
  ENS: { bound: 4.2, better: 'higher', scale: 10, rows: 1_000, plain: ensemble(false), byHand: ensemble(true) },
  HL2SVM: {
    bound: 1.3,
    better: 'higher',
    scale: 10,
    rows: 10_000,
    plain: supportVectors(false),
    byHand: supportVectors(true),
  },
  MULTI: { bound: 24.6, better: 'higher', scale: 50, rows: 1_000, plain: repeated(false), byHand: repeated(true) },
};
