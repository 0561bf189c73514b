// Routes of products: an operand with one element a row or column, or with rows that repeat.
import type { MatrixProduct } from '../../../kernels/js/matrix-product.ts';
import type { Value } from '../tensor/block.ts';
import { isFloat, type TypedArray } from '../tensor/dtype.ts';
import { tensorType } from '../tensor/type.ts';
import { type Facts, factsOf } from './facts.ts';
import type { GatheredOperand, Route, RoutePlan, RouteTask } from './route.ts';
import type { RowKinds, ScaledKinds } from './scans.ts';
import { selectColumns, type Selection, selectRows } from './selection.ts';

/** The product of a task of two matrices, or undefined: batches and vectors have no routes. */
function productOfMatrices({
  row,
  operands: [a, b],
  attrs,
}: RouteTask): { a: Value; b: Value; product: MatrixProduct } | undefined {
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

/**
 * The elements that are not 0, line by line: `across` where the lines are the columns of the matrix as it is stored.
 */
function factorsOf({ array, type }: Value, at: Int32Array, across: boolean): ArrayLike<number | bigint> {
  const columns = type.shape[1]!;
  const factors: (number | bigint)[] = [];
  at.forEach((place, line) =>
    factors.push(place < 0 ? 0 : array[across ? place * columns + line : line * columns + place]!),
  );
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
    return {
      name: 'repeated rows route',
      detour: {
        ...task,
        operands: [gathered(a, rows), b],
        type,
        spread: (from, out) => spreadRows(from, out, rows, product.n),
      },
    };
  }
  const columns = product.transposeB ? factsOf(b).repeatedRows : undefined;
  if (columns === undefined) return undefined;
  const type = tensorType(task.type.dtype, [product.m, columns.first.length]);
  return {
    name: 'repeated rows route',
    detour: {
      ...task,
      operands: [a, gathered(b, columns)],
      type,
      spread: (from, out) => spreadColumns(from, out, columns, product),
    },
  };
}

/**
 * Products of numbers this small, and sums this large, stay clear of the ends of float32, so that a power of two passes
 * through every rounding.
 */
const LEAST_PRODUCT = 2 ** -102;
const LARGEST_SUM = 2 ** 126;

function planScaledRows(task: RouteTask): RoutePlan | undefined {
  const found = productOfMatrices(task);
  if (found === undefined || task.type.dtype !== 'float32') return undefined;
  const { a, b, product } = found;
  const [left, right] = [factsOf(a), factsOf(b)];
  const rows = product.transposeA ? undefined : left.scaledRows;
  const columns = rows === undefined && product.transposeB ? right.scaledRows : undefined;
  if (
    (rows ?? columns) === undefined ||
    !(left.minAbs * right.minAbs >= LEAST_PRODUCT && left.maxAbs * right.maxAbs * product.k <= LARGEST_SUM)
  )
    return undefined;
  const name = 'scaled copies route';
  if (rows !== undefined) {
    const type = tensorType('float32', [rows.first.length, product.n]);
    return {
      name,
      detour: {
        ...task,
        operands: [gathered(a, rows), b],
        type,
        spread: (from, out) =>
          spreadScaled(from as Float32Array, out as Float32Array, rows, [product.n, 1], [product.n, 1, product.n]),
      },
    };
  }
  const kinds = columns as ScaledKinds;
  const type = tensorType('float32', [product.m, kinds.first.length]);
  return {
    name,
    detour: {
      ...task,
      operands: [a, gathered(b, kinds)],
      type,
      spread: (from, out) =>
        spreadScaled(
          from as Float32Array,
          out as Float32Array,
          kinds,
          [1, kinds.first.length],
          [1, product.n, product.m],
        ),
    },
  };
}

/**
 * Lines of the result from the lines of their kinds, times their powers of two. Steps are [from line to line, along a
 * line], and how long one is.
 */
function spreadScaled(
  from: Float32Array,
  out: Float32Array,
  { kindOf, exponents }: ScaledKinds,
  [sourceLine, sourceStep]: readonly [number, number],
  [line, step, length]: readonly [number, number, number],
): void {
  for (let i = 0; i < kindOf.length; i++) {
    const factor = 2 ** exponents[i]!;
    const source = kindOf[i]! * sourceLine;
    for (let j = 0; j < length; j++) out[i * line + j * step] = from[source + j * sourceStep]! * factor;
  }
}

/** One row of each kind. */
function gathered({ array, type }: Value, { first }: RowKinds): GatheredOperand {
  const columns = type.shape[1]!;
  return {
    type: tensorType(type.dtype, [first.length, columns]),
    fill: (target) =>
      first.forEach((row, i) => target.set(array.subarray(row * columns, (row + 1) * columns) as never, i * columns)),
  };
}

function spreadRows(from: TypedArray, out: TypedArray, { kindOf }: RowKinds, columns: number): void {
  kindOf.forEach((kind, i) => out.set(from.subarray(kind * columns, (kind + 1) * columns) as never, i * columns));
}

function spreadColumns(from: TypedArray, out: TypedArray, { kindOf, first }: RowKinds, { m, n }: MatrixProduct): void {
  const [source, target] = [from as Float64Array, out as Float64Array];
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) target[i * n + j] = source[i * first.length + kindOf[j]!]!;
}

/** The routes of products. */
export const PRODUCT_ROUTES: readonly Route[] = [
  {
    name: 'selection',
    skeleton: 'contract',
    pattern:
      'op(A) with at most one element other than 0 in each row, or op(B) in each column: zero, identity, ' +
      'diagonal, permutation, one-hot rows',
    precondition: 'floating operands are finite (0·∞ = NaN)',
    instead:
      'rows of op(B) (columns of op(A)) are picked and scaled; −0 becomes +0, as the sum of the specification, ' +
      'which starts at +0, leaves it',
    plan: planSelection,
  },
  {
    name: 'repeated rows',
    skeleton: 'contract',
    pattern: 'A with at most half as many kinds of rows as rows (a constant matrix has one), or B where bᵀ is taken',
    precondition: 'rows are equal byte for byte',
    instead:
      'the product of one row of each kind, then a gather: elements of a product depend on their own row and ' +
      'column alone',
    plan: planRepeatedRows,
  },
  {
    name: 'scaled copies',
    skeleton: 'contract',
    pattern: 'float32 A with at most half as many kinds of rows, up to powers of two, as rows, or B where bᵀ is taken',
    precondition:
      'all elements are normal numbers or 0; no product can fall below 2⁻¹⁰² and no sum exceed 2¹²⁶, so that a ' +
      'power of two commutes with every rounding (with c = 3 it does not)',
    instead: 'the product of one row of each kind, then a gather with scaling',
    plan: planScaledRows,
  },
];
