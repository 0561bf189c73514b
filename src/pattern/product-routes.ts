// Routes of products: an operand with one element a row or column, or with rows that repeat.
import type { Contraction } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import { isFloat, type TypedArray } from '../tensor/dtype.ts';
import { tensorType } from '../tensor/type.ts';
import { type Facts, factsOf } from './facts.ts';
import type { GatheredOperand, Route, RoutePlan, RouteTask } from './routes.ts';
import type { RowKinds } from './scans.ts';
import { selectColumns, type Selection, selectRows } from './selection.ts';

/** The product of a task of two matrices, or undefined: batches and vectors have no routes. */
function productOfMatrices({ row, operands: [a, b], attrs }: RouteTask): { a: Value; b: Value; product: Contraction } | undefined {
  if (row.kernel.skeleton !== 'contract' || a?.type.shape.length !== 2 || b?.type.shape.length !== 2) return undefined;
  return { a, b, product: row.kernel.contraction([a.type, b.type], attrs) };
}

function planSelection(task: RouteTask): RoutePlan | undefined {
  const found = productOfMatrices(task);
  if (found === undefined) return undefined;
  const { a, b, product } = found;
  const left = factsOf(a);
  const rows = product.transposeA ? left.columnSupport : left.rowSupport;
  const right = rows === undefined ? factsOf(b) : undefined;
  const columns = right === undefined ? undefined : product.transposeB ? right.rowSupport : right.columnSupport;
  const at = rows ?? columns;
  if (at === undefined || (isFloat(task.type.dtype) && !(left.finite && factsOf(b).finite))) return undefined;
  const own = rows === undefined ? b : a;
  const across = rows === undefined ? !product.transposeB : product.transposeA;
  const selection: Selection = { at, factors: factorsOf(own, at, across) };
  const fill = (out: TypedArray): boolean => {
    if (rows === undefined) selectColumns(selection, a.array, product, out);
    else selectRows(selection, b.array, product, out);
    return true;
  };
  return { name: `${selectionName(factsOf(own))} route`, fill };
}

/** The elements that are not 0, line by line: `across` where the lines are the columns of the matrix as it is stored. */
function factorsOf({ array, type }: Value, at: Int32Array, across: boolean): ArrayLike<number | bigint> {
  const columns = type.shape[1] as number;
  const factors: (number | bigint)[] = [];
  at.forEach((place, line) => factors.push(place < 0 ? 0 : (array[across ? place * columns + line : line * columns + place] as number | bigint)));
  return factors;
}

/** What people call the matrix. */
function selectionName(facts: Facts): string {
  if (facts.identity) return 'identity';
  if (facts.zero) return 'zero';
  if (facts.diagonal) return 'diagonal';
  return facts.permutation ? 'permutation' : 'selection';
}

function planRepeatedRows(task: RouteTask): RoutePlan | undefined {
  const found = productOfMatrices(task);
  if (found === undefined) return undefined;
  const { a, b, product } = found;
  const rows = product.transposeA ? undefined : factsOf(a).repeatedRows;
  if (rows !== undefined) {
    const type = tensorType(task.type.dtype, [rows.first.length, product.n]);
    return { name: 'repeated rows route', detour: { ...task, operands: [gathered(a, rows), b], type, spread: (from, out) => spreadRows(from, out, rows, product.n) } };
  }
  const columns = product.transposeB ? factsOf(b).repeatedRows : undefined;
  if (columns === undefined) return undefined;
  const type = tensorType(task.type.dtype, [product.m, columns.first.length]);
  return { name: 'repeated rows route', detour: { ...task, operands: [a, gathered(b, columns)], type, spread: (from, out) => spreadColumns(from, out, columns, product) } };
}

/** One row of each kind. */
function gathered({ array, type }: Value, { first }: RowKinds): GatheredOperand {
  const columns = type.shape[1] as number;
  return {
    type: tensorType(type.dtype, [first.length, columns]),
    fill: (target) => first.forEach((row, i) => target.set(array.subarray(row * columns, (row + 1) * columns) as never, i * columns)),
  };
}

function spreadRows(from: TypedArray, out: TypedArray, { kindOf }: RowKinds, columns: number): void {
  kindOf.forEach((kind, i) => out.set(from.subarray(kind * columns, (kind + 1) * columns) as never, i * columns));
}

function spreadColumns(from: TypedArray, out: TypedArray, { kindOf, first }: RowKinds, { m, n }: Contraction): void {
  const [source, target] = [from as Float64Array, out as Float64Array];
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) target[i * n + j] = source[i * first.length + (kindOf[j] as number)] as number;
}

/** The routes of products. */
export const PRODUCT_ROUTES: readonly Route[] = [
  {
    name: 'selection', skeleton: 'contract',
    pattern: 'op(A) with at most one element other than 0 in each row, or op(B) in each column: zero, identity, diagonal, permutation, one-hot rows',
    precondition: 'floating operands are finite (0·∞ = NaN)',
    instead: 'rows of op(B) (columns of op(A)) are picked and scaled; −0 becomes +0, as the sum of the specification, which starts at +0, leaves it',
    plan: planSelection,
  },
  {
    name: 'repeated rows', skeleton: 'contract',
    pattern: 'A with at most half as many kinds of rows as rows (a constant matrix has one), or B where bᵀ is taken',
    precondition: 'rows are equal byte for byte',
    instead: 'the product of one row of each kind, then a gather: elements of a product depend on their own row and column alone',
    plan: planRepeatedRows,
  },
];
