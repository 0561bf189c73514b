// Facts of a computed value: what structure its elements have. Found when first asked for, remembered with the array.
import type { Value } from '../tensor/block.ts';
import { isFloat, numbersOf, type TypedArray } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import {
  columnSupport,
  hasNegativeZero,
  isConstant,
  isFiniteEverywhere,
  isSymmetric,
  isTriangular,
  largestMagnitude,
  type RowKinds,
  rowKinds,
  rowSupport,
  type ScaledKinds,
  scaledRowKinds,
  smallestMagnitude,
} from './scans.ts';

/** Bits of `Facts.bits`, as entries keep them. A bit that is not set is false or was never asked for. */
export const FACT = {
  finite: 1,
  zero: 2,
  constant: 4,
  identity: 8,
  diagonal: 16,
  permutation: 32,
  symmetric: 64,
  lower: 128,
  upper: 256,
  repeatedRows: 512,
} as const;

type FactName = keyof typeof FACT;

/**
 * Facts of one value; matrix facts are of tensors of rank 2 and false for others. Zeros of either sign are zeros; NaN
 * is never zero and never equal. Values do not change, so a fact is found once.
 */
export class Facts {
  readonly type: TensorType;
  readonly #array: TypedArray;
  readonly #found = new Map<string, unknown>();
  /** Facts that were asked for and hold. */
  bits = 0;

  constructor({ array, type }: { readonly array: TypedArray; readonly type: TensorType }) {
    this.type = type;
    this.#array = numbersOf(array, type.dtype);
  }

  get finite(): boolean {
    return this.#fact('finite', () => isFiniteEverywhere(this.#array));
  }

  get negativeZero(): boolean {
    return this.#once('negativeZero', () => isFloat(this.type.dtype) && hasNegativeZero(this.#array));
  }

  get constant(): boolean {
    return this.#fact('constant', () => isConstant(this.#array));
  }

  get zero(): boolean {
    return this.#fact('zero', () => this.rowSupport?.every((at) => at < 0) ?? false);
  }

  get diagonal(): boolean {
    return this.#fact(
      'diagonal',
      () => this.#square > 0 && (this.rowSupport?.every((at, i) => at < 0 || at === i) ?? false),
    );
  }

  get identity(): boolean {
    return this.#fact(
      'identity',
      () => this.#square > 0 && (this.rowSupport?.every((at, i) => at === i) ?? false) && this.#onesAlong(),
    );
  }

  /** Exactly one 1 in every row and column, all else 0. */
  get permutation(): boolean {
    return this.#fact(
      'permutation',
      () =>
        this.#square > 0 &&
        (this.rowSupport?.every((at) => at >= 0) ?? false) &&
        this.columnSupport !== undefined &&
        this.#onesAlong(),
    );
  }

  get symmetric(): boolean {
    return this.#fact('symmetric', () => this.#square > 0 && isSymmetric(this.#array, this.#square));
  }

  get lower(): boolean {
    return this.#fact('lower', () => this.#square > 0 && isTriangular(this.#array, this.#square, 'lower'));
  }

  get upper(): boolean {
    return this.#fact('upper', () => this.#square > 0 && isTriangular(this.#array, this.#square, 'upper'));
  }

  /** The kinds of rows, where there are at most half as many as rows. */
  get repeatedRows(): RowKinds | undefined {
    const kinds = this.#once('rowKinds', () =>
      this.#isMatrix ? rowKinds(this.#array, this.#rows, this.#columns) : undefined,
    );
    if (kinds !== undefined) this.bits |= FACT.repeatedRows;
    return kinds;
  }

  /** The kinds of rows up to powers of two, where there are at most half as many as rows. */
  get scaledRows(): ScaledKinds | undefined {
    return this.#once('scaledRows', () =>
      this.#isMatrix ? scaledRowKinds(this.#array, this.#rows, this.#columns) : undefined,
    );
  }

  /** Smallest absolute value other than 0; Infinity where there is none. */
  get minAbs(): number {
    return this.#once('minAbs', () => smallestMagnitude(this.#array));
  }

  /** Where each row has its one element other than 0 (−1: nowhere); undefined when a row has two. */
  get rowSupport(): Int32Array | undefined {
    return this.#once('rowSupport', () =>
      this.#isMatrix ? rowSupport(this.#array, this.#rows, this.#columns) : undefined,
    );
  }

  get columnSupport(): Int32Array | undefined {
    return this.#once('columnSupport', () =>
      this.#isMatrix ? columnSupport(this.#array, this.#rows, this.#columns) : undefined,
    );
  }

  /** Largest absolute value; NaN when there is a NaN. */
  get maxAbs(): number {
    return this.#once('maxAbs', () => largestMagnitude(this.#array));
  }

  /** Names of the facts that were found to hold. */
  get names(): readonly FactName[] {
    return (Object.keys(FACT) as FactName[]).filter((name) => (this.bits & FACT[name]) !== 0);
  }

  get #isMatrix(): boolean {
    return this.type.shape.length === 2;
  }

  get #rows(): number {
    return this.type.shape[0]!;
  }

  get #columns(): number {
    return this.type.shape[1]!;
  }

  /** The order of a square matrix, or 0. */
  get #square(): number {
    return this.#isMatrix && this.#rows === this.#columns ? this.#rows : 0;
  }

  #onesAlong(): boolean {
    return this.rowSupport?.every((at, i) => Number(this.#array[i * this.#columns + at]) === 1) ?? false;
  }

  #fact(name: FactName, find: () => boolean): boolean {
    const holds = this.#once(name, find);
    if (holds) this.bits |= FACT[name];
    return holds;
  }

  #once<T>(name: string, find: () => T): T {
    if (!this.#found.has(name)) this.#found.set(name, find());
    return this.#found.get(name) as T;
  }
}

const known = new WeakMap<TypedArray, Facts>();

/** The facts of a value; those found before are remembered as long as its array lives. */
export function factsOf(value: Pick<Value, 'array' | 'type'>): Facts {
  const found = known.get(value.array);
  if (found?.type === value.type) return found;
  const facts = new Facts(value);
  known.set(value.array, facts);
  return facts;
}

/** Bits of the facts found so far; nothing is scanned. */
export const knownFacts = (value: Value): number => {
  if (!value.block.isLocal) return 0;
  const found = known.get(value.array);
  return found?.type === value.type ? found.bits : 0;
};
