// Whether a matrix product is right, in less than the product takes: C·r is compared with A·(B·r) for random vectors r
// (Freivalds). Rows that differ by more than rounding does as a rule are computed again, so that no product is refused
// for its rounding.
import { isBigIntArray } from '../../../kernels/big-integers.ts';
import { equalBytes } from '../fingerprint/digest.ts';
import { boundOf } from '../ops/define.ts';
import { Block, type Value, valueOfArray } from '../tensor/block.ts';
import { allocate, bytesOf, DTYPES, type TypedArray } from '../tensor/dtype.ts';
import { tensorType } from '../tensor/type.ts';
import type { Task } from './device.ts';
import { type Product, productOf } from './product.ts';

/** 32 random bits, drawn once the result is there: what is known before could be made to fit. */
export type DrawBits = () => number;

/** Suspect rows that are computed again at most; others are judged by the bound that no rounding exceeds. */
const MOST_ROWS = 8;
/** Rounding errors of one row as they are met, in units of √k · u · ‖A_i‖ · ‖B‖. */
const SOFT = 1;
/** Above this a float32 sum may overflow, so that nothing follows from what is not finite. */
const OVERFLOW = { float32: 1e37, float64: 1e307 };

/** How a product is checked. */
interface ProductCheck {
  /** Whether its bits are those of the specification: then rows are compared bit for bit, and one more is drawn. */
  readonly isBitwise: boolean;
  /** Random vectors; each misses several errors in one row with a chance of a half, and a single one never. */
  readonly vectors: number;
  readonly draw: DrawBits;
  /** Computes a task in the bits of the specification. */
  readonly run: (task: Task, out: Block) => void;
}

/** What is wrong with a product; undefined where nothing was found. */
export function faultOfProduct(task: Task, result: Value, check: ProductCheck): string | undefined {
  const product = productOf(task);
  for (const batch of product.offsetsA.keys()) {
    const fault = new Checked(product, task, result, check, batch).fault();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A matrix as it lies in an array. */
interface Laid {
  readonly values: ArrayLike<number>;
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

/** One product of a batch. */
class Checked {
  readonly #a: Laid;
  readonly #b: Laid;
  readonly #c: Laid;
  readonly #task: Task;
  readonly #check: ProductCheck;
  /** What operations round by. */
  readonly #unit: number;
  /** What factors may be rounded by before. */
  readonly #factorUnit: number;

  constructor(product: Product, task: Task, { array }: Value, check: ProductCheck, batch: number) {
    const { m, n, k, lda, ldb, transposeA, transposeB } = product;
    const laid = (
      values: TypedArray,
      offset: number,
      stride: number,
      rows: number,
      columns: number,
      flip: boolean,
    ) => ({
      values: values as ArrayLike<number>,
      offset,
      stride,
      rows,
      columns,
      isTransposed: flip,
    });
    this.#a = laid(task.operands[0]!.array, product.offsetsA[batch]!, lda, m, k, transposeA);
    this.#b = laid(task.operands[1]!.array, product.offsetsB[batch]!, ldb, k, n, transposeB);
    this.#c = laid(array, batch * m * n, n, m, n, false);
    this.#task = task;
    this.#check = check;
    // A GPU may round in any direction.
    this.#unit = ((DTYPES[task.type.dtype].epsilon ?? 0) / 2) * (check.isBitwise ? 1 : 2);
    const ofFactors = check.isBitwise ? 0 : boundOf(task.row, task.attrs) - task.row.bound;
    this.#factorUnit = ofFactors * (DTYPES.float32.epsilon ?? 0);
  }

  fault(): string | undefined {
    if (this.#c.rows === 0 || this.#c.columns === 0) return undefined;
    const { array } = this.#task.operands[0]!;
    if (isBigIntArray(array)) return this.#ofRows(this.#differingIn(BIG));
    if (this.#unit === 0) return this.#ofRows(this.#differingIn(WORDS));
    const { suspects, rest } = this.#suspects();
    const drawn = this.#check.isBitwise ? [(this.#check.draw() >>> 0) % this.#c.rows] : [];
    return this.#ofRows([...suspects, ...drawn]) ?? this.#ofRows(rest.length === 0 ? [] : this.#beyondBound(rest));
  }

  /** The first fault in some rows, which are computed again. */
  #ofRows(rows: readonly number[]): string | undefined {
    for (const row of rows) {
      const fault = this.#ofRow(row);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #ofRow(row: number): string | undefined {
    const { columns, offset, values } = this.#c;
    const wanted = this.#rowAgain(row);
    const got = (values as TypedArray).subarray(offset + row * columns, offset + (row + 1) * columns);
    if (this.#check.isBitwise || this.#unit === 0)
      return equalBytes(bytesOf(got), bytesOf(wanted))
        ? undefined
        : said(row, got, wanted, (j) => !Object.is(got[j], wanted[j]));
    const [is, was] = [got as ArrayLike<number>, wanted as ArrayLike<number>];
    // Both were rounded.
    const allowed = 2 * gamma(this.#a.columns + 2, this.#unit) + 2.01 * this.#factorUnit;
    const sizes = this.#sizesOf(row);
    const isWrong = (j: number): boolean =>
      sizes[j]! < OVERFLOW[this.#floatName] && !(Math.abs(is[j]! - was[j]!) <= allowed * sizes[j]! + LEAST);
    for (let j = 0; j < columns; j++) if (isWrong(j)) return said(row, got, wanted, isWrong);
    return undefined;
  }

  /** One row of the product, in the bits of the specification. */
  #rowAgain(row: number): TypedArray {
    const { dtype } = this.#task.type;
    const { columns: k } = this.#a;
    const own = allocate(dtype, k);
    for (let p = 0; p < k; p++) own[p] = this.#a.values[indexOf(this.#a, row, p)]! as never;
    const b = this.#task.operands[1]!;
    const { rows, columns, isTransposed, offset } = this.#b;
    const shape = isTransposed ? [columns, rows] : [rows, columns];
    const matrix = b.array.subarray(offset, offset + rows * columns);
    const out = allocate(dtype, columns);
    this.#check.run(
      {
        ...this.#task,
        attrs: { ...this.#task.attrs, transposeA: false, transposeB: isTransposed },
        operands: [valueOfArray(tensorType(dtype, [1, k]), own), valueOfArray(tensorType(dtype, shape), matrix)],
        type: tensorType(dtype, [1, columns]),
      },
      new Block(out),
    );
    return out;
  }

  /** Σ|a||b| for every element of a row. */
  #sizesOf(row: number): Float64Array {
    const sizes = new Float64Array(this.#c.columns);
    for (let p = 0; p < this.#a.columns; p++) {
      const size = Math.abs(this.#a.values[indexOf(this.#a, row, p)]!);
      if (size === 0) continue;
      for (let j = 0; j < sizes.length; j++) sizes[j]! += size * Math.abs(this.#b.values[indexOf(this.#b, p, j)]!);
    }
    return sizes;
  }

  /** Rows that differ by more than rounding does as a rule, the worst first; those of many that are left over. */
  #suspects(): { readonly suspects: readonly number[]; readonly rest: readonly number[] } {
    const [ofA, ofB] = [squaresByRow(this.#a), squaresByRow(this.#b)];
    const normOfB = Math.sqrt(ofB.reduce((sum, x) => sum + x, 0));
    // In float64 the check rounds as the product does.
    const terms = this.#floatName === 'float64' ? 2 * (this.#a.columns + this.#c.columns) : this.#a.columns;
    const soft = SOFT * Math.sqrt(terms) * this.#unit + this.#factorUnit;
    const least = this.#a.columns * this.#c.columns * LEAST;
    const worst = new Float64Array(this.#c.rows);
    for (let vector = 0; vector < this.#check.vectors; vector++) {
      const off = this.#differences();
      for (let i = 0; i < off.length; i++) {
        const size = Math.sqrt(ofA[i]!) * normOfB;
        // What is not finite, or may have overflowed on its way, is computed again.
        const excess = size < OVERFLOW[this.#floatName] ? off[i]! / (soft * size + least) : Infinity;
        worst[i] = Math.max(worst[i]!, Number.isNaN(excess) ? Infinity : excess);
      }
    }
    const rows = [...worst.keys()].filter((i) => !(worst[i]! <= 1)).sort((i, j) => (worst[j]! > worst[i]! ? 1 : -1));
    return { suspects: rows.slice(0, MOST_ROWS), rest: rows.slice(MOST_ROWS) };
  }

  get #floatName(): keyof typeof OVERFLOW {
    return this.#task.type.dtype === 'float64' ? 'float64' : 'float32';
  }

  /** |A·(B·r) − C·r| for signs r. */
  #differences(): Float64Array {
    const signs = new Float64Array(this.#c.columns);
    for (let j = 0, bits = 0; j < signs.length; j++, bits >>>= 1) {
      if (j % 32 === 0) bits = this.#check.draw();
      signs[j] = (bits & 1) === 0 ? 1 : -1;
    }
    const [z, w] = [times(this.#a, times(this.#b, signs)), times(this.#c, signs)];
    return z.map((each, i) => Math.abs(each - w[i]!));
  }

  /** Those of some rows that differ by more than any rounding; the bound is that of sums in any order. */
  #beyondBound(rows: readonly number[]): number[] {
    const ones = new Float64Array(this.#c.columns).fill(1);
    const sizes = times(absolute(this.#a), times(absolute(this.#b), ones));
    const factor = gamma(this.#a.columns + 2, this.#unit) + 2.01 * this.#factorUnit;
    const own = gamma(2 * (this.#a.columns + this.#c.columns), 2 ** -53);
    const off = this.#differences();
    return rows.filter((i) => off[i]! > (factor + own) * sizes[i]! + LEAST);
  }

  /** Rows of integers of which C·r and A·(B·r) differ, modulo 2^bits. */
  #differingIn<E>(ring: Ring<E>): number[] {
    const bits = DTYPES[this.#task.type.dtype].bits;
    const found = new Set<number>();
    for (let vector = 0; vector <= this.#check.vectors; vector++) {
      // Odd ones first: an odd number times one wrong element is never zero.
      const r = Array.from({ length: this.#c.columns }, () => ring.draw(this.#check.draw, vector === 0));
      const [z, w] = [inRing(ring, this.#a, inRing(ring, this.#b, r)), inRing(ring, this.#c, r)];
      for (const [i, each] of z.entries()) if (!ring.isSame(each, w[i]!, bits)) found.add(i);
    }
    return [...found].slice(0, MOST_ROWS);
  }
}

/** What a flush of subnormal numbers to zero may change. */
const LEAST = 2 ** -126;

/** Higham's bound of the relative error of a sum of so many products. */
const gamma = (count: number, unit: number): number => (count * unit) / Math.max(0.5, 1 - count * unit);

const indexOf = ({ offset, stride, isTransposed }: Laid, i: number, j: number): number =>
  offset + (isTransposed ? j * stride + i : i * stride + j);

function said(row: number, got: TypedArray, wanted: TypedArray, isWrong: (j: number) => boolean): string {
  const at = Array.from({ length: got.length }, (_, j) => j).findIndex(isWrong);
  const j = Math.max(0, at);
  return `element ${j} of row ${row} is ${got[j]}, computed again ${wanted[j]}`;
}

/** A matrix times a vector, in float64. Both loops run along memory. */
function times({ values, offset, stride, rows, columns, isTransposed }: Laid, x: Float64Array): Float64Array {
  const out = new Float64Array(rows);
  if (isTransposed)
    for (let j = 0; j < columns; j++) {
      const [from, by] = [offset + j * stride, x[j]!];
      for (let i = 0; i < rows; i++) out[i]! += values[from + i]! * by;
    }
  else
    for (let i = 0; i < rows; i++) {
      const from = offset + i * stride;
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += values[from + j]! * x[j]!;
      out[i] = sum;
    }
  return out;
}

/** Sums of squares of the rows. */
function squaresByRow(matrix: Laid): Float64Array {
  const { values, offset, stride, rows, columns, isTransposed } = matrix;
  const out = new Float64Array(rows);
  for (let line = 0; line < (isTransposed ? columns : rows); line++) {
    const from = offset + line * stride;
    if (isTransposed) for (let i = 0; i < rows; i++) out[i]! += values[from + i]! ** 2;
    else for (let j = 0; j < columns; j++) out[line]! += values[from + j]! ** 2;
  }
  return out;
}

const absolute = (matrix: Laid): Laid => ({ ...matrix, values: Float64Array.from(matrix.values, Math.abs) });

/** Integers modulo a power of two. */
interface Ring<E> {
  readonly zero: E;
  draw(bits: DrawBits, isOdd: boolean): E;
  add(sum: E, a: E, b: E): E;
  isSame(a: E, b: E, bits: number): boolean;
}

const WORDS: Ring<number> = {
  zero: 0,
  draw: (bits, isOdd) => bits() | (isOdd ? 1 : 0),
  add: (sum, a, b) => (sum + Math.imul(a, b)) | 0,
  isSame: (a, b, bits) => (a - b) << (32 - bits) === 0,
};

const BIG: Ring<bigint> = {
  zero: 0n,
  draw: (bits, isOdd) => (BigInt(bits() >>> 0) << 32n) | BigInt(bits() >>> 0) | (isOdd ? 1n : 0n),
  add: (sum, a, b) => BigInt.asUintN(64, sum + a * b),
  isSame: (a, b, bits) => BigInt.asUintN(bits, a - b) === 0n,
};

function inRing<E>(ring: Ring<E>, matrix: Laid, x: readonly E[]): E[] {
  const values = matrix.values as unknown as ArrayLike<E>;
  return Array.from({ length: matrix.rows }, (_, i) => {
    let sum = ring.zero;
    for (let j = 0; j < matrix.columns; j++) sum = ring.add(sum, values[indexOf(matrix, i, j)]!, x[j]!);
    return sum;
  });
}
