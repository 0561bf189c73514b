// Routes of factorisations: diagonal and triangular matrices, whose factors are known.
//
// The kernels subtract products with the zeros of the matrix. Those leave every value alone but −0, which they may turn
// into +0, so operands without −0 are asked for; and a value that overflows spoils others (0·∞), so results are checked
// and left to the kernel then.
import type { LinearAlgebraName } from '../ops/define.ts';
import { SOLVE_TRIANGULAR } from '../ops/matrices/linalg.ts';
import type { Value } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import { factsOf } from './facts.ts';
import type { Route, RoutePlan, RouteTask } from './route.ts';

type Numbers = Float32Array | Float64Array;

const isClean = (value: Value): boolean => factsOf(value).finite && !factsOf(value).negativeZero;

/** The diagonal of a square matrix without zeros on it, or undefined. */
function pivotsOf({ array, type }: Value): number[] | undefined {
  const n = type.shape[0]!;
  const pivots = Array.from({ length: n }, (_, i) => Number(array[i * n + i]));
  return pivots.includes(0) ? undefined : pivots;
}

/** Pivots of a diagonal matrix that is one clean matrix, with a clean right-hand side where there is one. */
function diagonalPivots({ operands: [a, b] }: RouteTask): number[] | undefined {
  if (a?.type.shape.length !== 2 || !factsOf(a).diagonal || !isClean(a)) return undefined;
  if (b !== undefined && (b.type.shape.length > 2 || !isClean(b))) return undefined;
  return pivotsOf(a);
}

const nameOf = ({ operands: [a] }: RouteTask): string =>
  a !== undefined && factsOf(a).identity ? 'identity route' : 'diagonal route';

function planDiagonalSolve(task: RouteTask): RoutePlan | undefined {
  const pivots = diagonalPivots(task);
  if (pivots === undefined) return undefined;
  const [, b] = task.operands;
  const isPositive =
    task.row.kernel.skeleton === 'linalg' && task.row.kernel.factor === 'solve' && pivots.every((pivot) => pivot > 0);
  return {
    name: nameOf(task),
    fill: (out) => divideRows(b?.array as Numbers, out as Numbers, pivots, isPositive ? 2 : 1),
  };
}

/**
 * Row i of b over pivot i; twice by its root where the kernel takes the Cholesky factor. False at a value the kernel
 * must see.
 */
function divideRows(b: Numbers, out: Numbers, pivots: readonly number[], times: 1 | 2): boolean {
  const columns = out.length / Math.max(1, pivots.length);
  const factor = out.slice(0, 1);
  for (let i = 0; i < pivots.length; i++) {
    factor[0] = times === 2 ? Math.sqrt(pivots[i]!) : pivots[i]!;
    const divisor = factor[0];
    for (let at = i * columns; at < (i + 1) * columns; at++) {
      out[at] = b[at]! / divisor;
      if (times === 2) {
        if (Object.is(out[at], -0)) return false;
        out[at] = out[at]! / divisor;
      }
      if (!Number.isFinite(out[at])) return false;
    }
  }
  return true;
}

function planDiagonalCholesky(task: RouteTask): RoutePlan | undefined {
  const pivots = diagonalPivots(task);
  if (pivots === undefined || !pivots.every((pivot) => pivot > 0)) return undefined;
  const n = pivots.length;
  const fill = (out: TypedArray): boolean => {
    out.fill(0 as never);
    pivots.forEach((pivot, i) => ((out as Numbers)[i * n + i] = Math.sqrt(pivot)));
    return true;
  };
  return { name: nameOf(task), fill };
}

function planUpperSolve({ operands, type }: RouteTask): RoutePlan | undefined {
  const [a, b] = operands;
  if (a?.type.shape.length !== 2 || b === undefined || b.type.shape.length > 2) return undefined;
  if (!factsOf(a).upper || factsOf(a).diagonal || !isClean(a) || !isClean(b) || pivotsOf(a) === undefined)
    return undefined;
  return {
    name: 'upper triangular route',
    detour: { row: SOLVE_TRIANGULAR, attrs: { lower: false, transposeA: false }, operands, type },
  };
}

function diagonal(factor: LinearAlgebraName, instead: string, plan: Route['plan']): Route {
  return {
    name: `diagonal ${factor.replace('_', ' ')}`,
    skeleton: 'linalg',
    factor,
    plan,
    instead,
    pattern: 'one diagonal matrix, the identity among them',
    precondition:
      'operands are finite and without −0, no zero on the diagonal; results are finite, or the kernel computes them',
  };
}

/** The routes of factorisations. */
export const LINALG_ROUTES: readonly Route[] = [
  diagonal(
    'solve',
    'b_i / √a_ii / √a_ii where all pivots are positive (the kernel takes Cholesky then), else b_i / a_ii',
    planDiagonalSolve,
  ),
  diagonal('solve_triangular', 'b_i / a_ii', planDiagonalSolve),
  diagonal('cholesky', '√a_ii on the diagonal', planDiagonalCholesky),
  {
    name: 'upper triangular solve',
    skeleton: 'linalg',
    factor: 'solve',
    pattern: 'one upper triangular matrix',
    precondition: 'operands are finite and without −0, no zero on the diagonal',
    instead: 'back substitution alone: its LU factors are the identity and itself, and no row is swapped',
    plan: planUpperSolve,
  },
];
