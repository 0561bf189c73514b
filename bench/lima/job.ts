// What a pipeline of the bench `lima` is: how it is prepared and run, by whom its results are judged, and what its
// figure is.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { floats } from '../measure/seed.ts';

/** Answers the numbers that a user would look at. */
export type Job = () => Promise<number[]>;

/** Makes the data of a pipeline, untimed; `turn`: data of its own for every time it is run. */
export type Prepare = (sheet: SymbolicSheet, rows: number, turn: number) => Promise<Job>;

/** A pipeline of the paper. */
export interface Pipeline {
  /**
   * `higher`: how many times faster it should be with reuse. `lower`: what it may take with reuse, where 1 is what it
   * takes without, or written by hand where `against` says so.
   */
  readonly bound: number;
  readonly better: 'higher' | 'lower';
  readonly against?: 'byHand';
  /** Rows of the published data over rows here. */
  readonly scale: number;
  readonly rows: number;
  readonly plain: Prepare;
  /** The same numbers by a program that computes nothing twice, without a cache. */
  readonly byHand?: Prepare;
  /** Bytes that the cache may take, where that is what is measured. */
  readonly budgetBytes?: (rows: number) => number;
}

/** A matrix of seeded numbers. */
export const matrix = (sheet: SymbolicSheet, rows: number, columns: number, seed: number): Tensor =>
  sheet.tensor(floats(rows * columns, seed), [rows, columns]);

/** The only element of a tensor. */
export const numberOfItem = async (tensor: Tensor): Promise<number> => Number(await tensor.item());

/** Ridge regression by the normal equations. */
export function fitted(sheet: SymbolicSheet, Z: Tensor, y: Tensor, lambda: number): Tensor {
  return solved(sheet, Z.matmul(Z, { transposeA: true }), Z.matmul(y, { transposeA: true }), lambda);
}

/** The same from the gram matrix and the moments. */
export const solved = (sheet: SymbolicSheet, gram: Tensor, moments: Tensor, lambda: number): Tensor =>
  gram.add(sheet.eye(gram.shape[0]!).multiply(lambda)).solve(moments);

/** The sum of squared errors of a linear model. */
export const lossOf = (Z: Tensor, y: Tensor, beta: Tensor): Promise<number> =>
  numberOfItem(y.subtract(Z.matmul(beta)).square().sum());
