// Products and substitutions in plain JavaScript, in turns of the event loop: rows of a product and right-hand sides
// know nothing of each other.
import { contractAny, type Contraction, type MatrixArray } from './contract.ts';
import { type BlockSolve, solveBlock } from './linalg-leaf.ts';
import type { AsyncLinalgKernels } from './linalg.ts';
import type { Turns } from '../turns.ts';

/** Multiply-adds of the first stretch, a fraction of a millisecond. */
const FIRST_WORK = 1 << 16;

/** Steps of linalg.ts, and products of any dtype. */
export class LinalgKernelsInTurns implements AsyncLinalgKernels {
  protected readonly turns: Turns;

  constructor(turns: Turns) {
    this.turns = turns;
  }

  contractAsync(spec: Contraction<MatrixArray>): Promise<void> {
    return this.turns.work(spec.m, firstOf(spec.n * spec.k), (start, end) =>
      contractAny(rowsOfProduct(spec, start, end)),
    );
  }

  solveAsync(spec: BlockSolve): Promise<void> {
    const stride = spec.layout === 'columns' ? 1 : spec.x.stride;
    return this.turns.work(spec.count, firstOf(spec.size * spec.size), (start, end) =>
      solveBlock({ ...spec, count: end - start, x: { ...spec.x, offset: spec.x.offset + start * stride } }),
    );
  }
}

const firstOf = (workEach: number): number => Math.max(1, Math.floor(FIRST_WORK / Math.max(1, workEach)));

/** Rows of a product; of a triangle also what is beside it, which nothing depends on. */
export function rowsOfProduct(spec: Contraction<MatrixArray>, start: number, end: number): Contraction<MatrixArray> {
  const { a, c, n, transposeA, triangle } = spec;
  return {
    ...spec,
    m: end - start,
    n: triangle === 'lower' ? Math.min(n, end) : n,
    triangle: 'none',
    a: { ...a, offset: a.offset + (transposeA ? start : start * a.stride) },
    c: { ...c, offset: c.offset + start * c.stride },
  };
}
