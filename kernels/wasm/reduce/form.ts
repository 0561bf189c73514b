// What the two reduce kernels share: their parameter block, how operands are read, mapped and results written.
//
// Parameter block: i32 count, i32 inner, i32 address of the out, i32 address of the totals, f64 divisor, i32 resumes,
// i32 pauses, then per operand i32 address, i32 bytes from outer slice to outer slice, i32 bytes from row to row.
// Operands are those of the mapping (or x alone), then one value per result each. The range is outer * inner results in
// any split: results do not touch each other. A call may stop short of the last row (pauses: totals are left in
// memory), and the next go on from there (resumes), for one result or up to TOTALS neighbours.
import type { Scalar } from '../../scalar/algebra.ts';
import type { Reduction } from '../../js/reduce.ts';
import {
  f64x2,
  sequence,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type Statement,
  type Type,
  type ValueType,
} from '../code/assembler.ts';
import { storeElements, type ElementType, type WrittenType, type Width } from '../code/elements.ts';
import { VectorAlgebra, type Vector } from '../code/vector-algebra.ts';

/** How one operand is read. */
export interface ReducedForm {
  readonly type: ElementType;
  /** Whether it varies along the reduced axis; if not, it is read once for a result. */
  readonly varies: boolean;
  /** Whether neighbouring results (inner > 1) read neighbouring elements of it, and not the same one. */
  readonly dense: boolean;
}

/** One specialisation of a reduce kernel. */
export interface ReduceForm {
  /** What is reduced; where it is mapped, the operands of the mapping, all float32. */
  readonly operands: readonly ReducedForm[];
  /** The operands after x of the reduction's body. */
  readonly perResult: readonly ReducedForm[];
  /** Computed as elements are read, in float32 lanes: to be used where that gives the bits of float64 rounded once. */
  readonly mapping: Scalar | undefined;
  readonly result: WrittenType;
  readonly order: 'lanes' | 'sequence';
  /** What totals begin with. */
  readonly identity: number;
  /**
   * i32x4 for integers, which wrap; f32x4 where nothing is rounded (minimum, maximum): the bits are those of float64
   * and twice as many fit.
   */
  readonly lanes: AccumulatorLanes;
  readonly memory: 'shared' | 'private';
}

export type AccumulatorLanes = 'f64x2' | 'f32x4' | 'i32x4';

/** Offsets in the parameter block. */
export const reduceFields = {
  count: 0,
  inner: 4,
  out: 8,
  totals: 12,
  divisor: 16,
  resumes: 24,
  pauses: 28,
  address: (operand: number): number => 32 + 12 * operand,
  outerBytes: (operand: number): number => 36 + 12 * operand,
  rowBytes: (operand: number): number => 40 + 12 * operand,
  sizeBytes: (operands: number): number => 32 + 12 * operands,
} as const;

/** Results of which a kernel keeps totals at a time; they take at most this many float64. */
export const TOTALS = 512;

type AnyFunction = FunctionBuilder<readonly ValueType[], Type>;

/** A function of operands in float32 lanes, for accumulators of either kind. */
export class Mapping {
  readonly #element: Scalar;
  readonly #wide: VectorAlgebra;
  readonly #single: VectorAlgebra;

  /** `wide` is the algebra of the accumulators. */
  constructor(element: Scalar, wide: VectorAlgebra, lanes: AccumulatorLanes, module: ModuleBuilder, fn: AnyFunction) {
    this.#element = element;
    this.#wide = wide;
    this.#single = lanes === 'f32x4' ? wide : new VectorAlgebra(module, fn, 'f32x4');
  }

  /** What goes before the loops, beside the prologue of `wide`. */
  get prologue(): readonly Statement[] {
    return this.#single === this.#wide ? [] : this.#single.prologue;
  }

  /**
   * The values of so many loaded elements, as accumulators take them. (NaN need not be made canonical: results are.)
   */
  vectors(loaded: readonly Vector[], elements: number): Vector[] {
    const value = this.#element.body(this.#single, ...loaded.map((vector) => this.#single.keep(vector)));
    if (this.#single === this.#wide) return [value];
    for (const statement of this.#single.drain()) this.#wide.emit(statement);
    const low = this.#wide.keep(f64x2.promoteLowF32x4(value));
    return elements === 1
      ? [low]
      : [low, this.#wide.keep(f64x2.promoteLowF32x4(v128.shuffle(value, value, HIGH_HALF_FIRST)))];
  }
}

const HIGH_HALF_FIRST = Array.from({ length: 16 }, (_, i) => (i + 8) % 16);

/** Finishes a total and writes it at an address. */
export function storeTotal(
  m: VectorAlgebra,
  reduction: Reduction,
  form: ReduceForm,
  total: Vector,
  params: Local<'i32'>,
  address: Expr<'i32'>,
  width: Width,
  offset = 0,
): Statement {
  if (form.lanes !== 'f64x2') {
    // Of f32x4 only one or all four go to float64.
    const widened = form.lanes === 'f32x4' && form.result === 'f64';
    const halves = width === 'all' ? [total, v128.shuffle(total, total, HIGH_HALF_FIRST)] : [total];
    const writes = widened
      ? halves.map((half, i) =>
          storeElements(m, 'f64x2', 'f64', address, m.keep(f64x2.promoteLowF32x4(half)), width, offset + 16 * i),
        )
      : [storeElements(m, form.lanes, form.result, address, total, width, offset)];
    return sequence(...m.drain(), ...writes);
  }
  const divisor = v128.load64Splat(params, reduceFields.divisor);
  const value = reduction.finish === undefined ? total : reduction.finish.body(m, total, m.keep(divisor));
  const write = storeElements(m, 'f64x2', form.result, address, value, width, offset);
  return sequence(...m.drain(), write);
}
