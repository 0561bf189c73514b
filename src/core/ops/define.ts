// What an operation is: one row. Everything else in the library reads rows and never names an op.
import type { ElementFunction } from '../../../kernels/scalar/algebra.ts';
import type { MatrixProduct } from '../../../kernels/js/matrix-product.ts';
import type { Skeletons } from '../../../kernels/skeletons.ts';
import { LimitError } from '../errors.ts';
import type { AttributeValue } from './attribute-values.ts';
import type { OperandKind } from './kinds.ts';
import { type DType, DTYPES, PRECISIONS, type TypedArray } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import type { TensorType } from '../tensor/type.ts';

/**
 * What a plain number in the place of an operand is there for, where it need not be an element of the dtype beside it.
 * Compared: one no element is equal to may be replaced by the next one `up` or `down`, or is the `same` as none. A
 * bound: the `least` or the `most` a result can be.
 */
export type LiteralPlace = 'up' | 'down' | 'same' | 'least' | 'most';

/** One operand of a row. */
export interface OperandSpec {
  readonly name: string;
  readonly kind: OperandKind;
  /** Left out where a plain number is stored: it must then be an element of the dtype. */
  readonly literal?: LiteralPlace | undefined;
  /** Its last axis holds complex numbers: real part, imaginary part. */
  readonly pairs?: true;
}

/** How an attribute's value is read and checked. */
export const ATTRIBUTE_KINDS = [
  'int',
  'float',
  'number',
  'bool',
  'axis',
  'axes',
  'shape',
  'dtype',
  'ints',
  'seed',
  'choice',
  'text',
  'floats',
] as const;

export type AttributeKind = (typeof ATTRIBUTE_KINDS)[number];

/** One attribute of a row. `fallback` undefined means required. */
export interface AttributeSpec {
  readonly kind: AttributeKind;
  readonly doc: string;
  readonly fallback?: AttributeValue;
  readonly choices?: readonly (string | number)[];
  /** Values that suites try, where few of those they try for its kind fit together with other attributes. */
  readonly examples?: readonly AttributeValue[];
}

export type AttributeValues = Readonly<Record<string, AttributeValue>>;

/** A strided window on an operand: what movement ops are. Strides and offset in elements. */
export interface Window {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** An array with its type, as kernels of the `direct` skeleton see it. */
export interface TypedOperand {
  readonly type: TensorType;
  readonly array: TypedArray;
}

/** How an op is computed. Devices implement skeletons; a row picks one and gives it a body. */
export type KernelSpec =
  | { readonly skeleton: 'map'; readonly element: ElementFunction }
  /** `prologue`: a map of the operands, computed as elements are read. */
  | { readonly skeleton: 'reduce'; readonly reduction: ReductionName; readonly prologue?: ElementFunction }
  | { readonly skeleton: 'rows'; readonly transform: RowTransform }
  /** `epilogue`: a map of the product and of the operands after the second, computed as elements are written. */
  | {
      readonly skeleton: 'contract';
      readonly contraction: (operands: readonly TensorType[], attrs: AttributeValues) => MatrixProduct;
      readonly epilogue?: ElementFunction;
    }
  | { readonly skeleton: 'window'; readonly window: (operand: TensorType, attrs: AttributeValues) => Window }
  | { readonly skeleton: 'alias' }
  | { readonly skeleton: 'linalg'; readonly factor: LinearAlgebraName }
  /** `draw`: whether an element depends on its number alone, or on the whole draw. */
  | { readonly skeleton: 'random'; readonly fill: RandomKernel; readonly draw: 'each' | 'whole' }
  /** Copies, gathers and conversions of whole operands, by the skeletons of a device. */
  | { readonly skeleton: 'rearrange'; readonly run: RearrangingKernel }
  /** `byFirstAxis`: each index of the first axis of the result comes from the same one of its one operand. */
  | { readonly skeleton: 'direct'; readonly run: DirectKernel; readonly byFirstAxis?: true }
  /** As `direct`, of long work. */
  | { readonly skeleton: 'steps'; readonly run: SteppedKernel };

/** Reductions of the `reduce` skeleton (kernels/js/reduce.ts). */
export type ReductionName =
  | 'sum'
  | 'prod'
  | 'min'
  | 'max'
  | 'mean'
  | 'var'
  | 'std'
  | 'any'
  | 'all'
  | 'argmin'
  | 'argmax'
  | 'norm1'
  | 'norm2'
  | 'normInf'
  | 'logsumexp'
  | 'count';
/** Shape-keeping transforms along one axis. */
export type RowTransform = 'softmax' | 'log_softmax';
export type LinearAlgebraName = 'cholesky' | 'solve' | 'solve_triangular';

/** A kernel written for this op alone: fills `out` from `operands`; both are row-major. */
export type DirectKernel = (operands: readonly TypedOperand[], out: TypedOperand, attrs: AttributeValues) => void;

/** As a direct kernel, in steps: between any two of them the event loop may have its turn. */
export type SteppedKernel = (...task: Parameters<DirectKernel>) => Iterator<void>;

/** As a direct kernel, made of skeletons. */
export type RearrangingKernel = (
  operands: readonly TypedOperand[],
  out: TypedOperand,
  attrs: AttributeValues,
  on: Skeletons,
) => void;

/**
 * Fills an array from a seed, with the elements from number `first` on; the skeletons serve the functions a
 * distribution is made of.
 */
export type RandomKernel = (out: TypedArray, attrs: AttributeValues, on: Skeletons, first?: number) => void;

/** Work of one call, for placing and pricing it. Bytes follow from the types. */
type FlopCount = (operands: readonly TensorType[], out: TensorType, attrs: AttributeValues) => number;

/**
 * Generic laws a row may claim; each is property-tested for every dtype (tests/laws), even and odd for those with
 * negative numbers.
 */
export type LawName = 'commutative' | 'idempotent' | 'involution' | 'even' | 'odd';

/** Dtype of the result as a type expression, for generated signatures. */
export type ResultDType = 'same' | 'promoted' | 'bool' | 'int32' | 'attribute' | 'averaged' | 'counted';

/** How an op is called: what a row and a composite (composite.ts) have in common. */
export interface Signature {
  readonly name: string;
  readonly doc: string;
  readonly operands: readonly OperandSpec[];
  /** The operands are one list of any length ≥ 1. */
  readonly variadic: boolean;
  /** So many of the last operands may be left out. */
  readonly optional?: number;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** Attributes that may follow the operands by position. */
  readonly positional: readonly string[];
  /** What the standard calls it, where ours differs; shown in docs/ops.md. */
  readonly deviation?: string;
}

/** One operation: the only place where its name is written. */
export interface OpRow extends Signature {
  /** Number inside this process, for interning; never leaves it. */
  readonly number: number;
  /** Raised whenever the reference semantics change; part of every key. */
  readonly version: number;
  /** Operands are cast to their common dtype first; `float`: to a floating one. */
  readonly promotion: 'none' | 'common' | 'float';
  readonly result: ResultDType;
  /** Result type, or a typed error that names the operands. Operands are already promoted. */
  readonly infer: (
    operands: readonly TensorType[],
    attrs: AttributeValues,
  ) => { readonly dtype: DType; readonly shape: Shape };
  /**
   * Attributes made canonical for these operands: negative axes resolved, defaults that depend on the rank filled in.
   */
  readonly settle?: (operands: readonly TensorType[], attrs: AttributeValues) => AttributeValues;
  /** Canonical attributes as a call gives them, where settling them again would read them otherwise. */
  readonly unsettle?: (attrs: AttributeValues) => AttributeValues;
  readonly kernel: KernelSpec;
  readonly flops: FlopCount;
  /** Parts of the result that depend on the matching part of the first operand alone. */
  readonly separable: 'rows' | 'batch' | 'none' | 'elements';
  /**
   * Relative error bound in units of the dtype's epsilon, class tolerance, per device; 0 = the same bits everywhere.
   */
  readonly bound: number;
  readonly laws: readonly LawName[];
  /**
   * Operands with a codec are cast to what they are computed in, and the result back; false where elements are only
   * moved or made.
   */
  readonly widens: boolean;
  /**
   * A map of operands or to a result that are as their codecs store them (fused.ts): devices decode and encode as they
   * read and write.
   */
  readonly throughCodecs: boolean;
  /** No operands: a value made from attributes alone. */
  readonly source: boolean;
  /** What a composed row is made of, for devices that have no kernel for both at once (fused.ts). */
  readonly parts?: RowParts;
}

/**
 * The row's bound for a call: larger where its attributes allow factors of less precision, by half an epsilon of that
 * for each.
 */
export function boundOf(row: OpRow, attrs: AttributeValues): number {
  const precision = PRECISIONS.find((name) => name === attrs['precision']) ?? 'float32';
  const units = (DTYPES[precision].epsilon as number) / (DTYPES.float32.epsilon as number);
  return row.bound + (units > 1 ? units : 0);
}

/** Two rows in a row: the first on some of the operands, the second on its result in their place. */
export interface RowParts {
  readonly first: OpRow;
  /** Where its operands begin, and how many they are. */
  readonly at: number;
  readonly count: number;
  readonly second: OpRow;
  /** Type of what the first gives, by the types of its operands. */
  readonly between: (operands: readonly TensorType[], out: TensorType) => TensorType;
}

/** A row but for what follows from the rest or has a commonest value. */
export type RowDraft = Partial<Omit<OpRow, 'name' | 'number' | 'doc' | 'infer' | 'kernel' | 'source'>> &
  Pick<OpRow, 'name' | 'doc' | 'infer' | 'kernel'>;

/** Numbers have 16 bits in the interning table, whose last two are of roots and of lists. */
const MAX_ROWS = 0xfffd;
let nextNumber = 1;
/** Compositions are never interned: their numbers lie above those that calls may have, and do not run out. */
let nextComposed = 0x10000;

/** A row whose results have changed. */
export const versioned = (version: number, row: OpRow): OpRow => ({ ...row, version });

/** Completes a row: everything a draft leaves out has the commonest value. */
export function makeRow(draft: RowDraft): OpRow {
  if (nextNumber > MAX_ROWS) {
    const remedy = 'define each op once, not at every call';
    throw new LimitError(`${draft.name}: there are ${MAX_ROWS} ops already, as many as can be told apart; ${remedy}.`, {
      limit: MAX_ROWS,
    });
  }
  return completed(draft, nextNumber++);
}

/** As `makeRow`, for rows made of rows, which are computed and never called. */
export const makeComposedRow = (draft: RowDraft): OpRow => completed(draft, nextComposed++);

function completed(draft: RowDraft, number: number): OpRow {
  const operands = draft.operands ?? [{ name: 'x', kind: 'numeric' }];
  const { skeleton } = draft.kernel;
  return Object.freeze({
    number,
    version: 1,
    variadic: false,
    attributes: {},
    positional: [],
    promotion: 'none',
    result: 'same',
    flops: (_operands: readonly TensorType[], out: TensorType) => out.size,
    separable: 'none',
    bound: 0,
    laws: [],
    throughCodecs: false,
    widens: skeleton !== 'window' && skeleton !== 'alias',
    source: operands.length === 0,
    ...draft,
    operands,
  } satisfies OpRow);
}

/** One operand named x of a kind. */
export const unaryOperands = (kind: OperandKind): readonly OperandSpec[] => [{ name: 'x', kind }];
/** Two operands of a kind. */
export const binaryOperands = (kind: OperandKind, a = 'x', b = 'y'): readonly OperandSpec[] => [
  { name: a, kind },
  { name: b, kind },
];
