// What a route is: a pattern, its precondition, and what is done instead. Types only.
import type { AttributeValues, KernelSpec, LinearAlgebraName, OpRow } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';

/** One op on computed operands, as routes see it; a device's task is one. */
export interface RouteTask {
  readonly row: OpRow;
  readonly attrs: AttributeValues;
  readonly operands: readonly Value[];
  readonly type: TensorType;
}

/** An operand of a smaller task: its type, and how its elements are gathered. */
export interface GatheredOperand {
  readonly type: TensorType;
  fill(array: TypedArray): void;
}

/** A smaller task a device does in place of the whole, and how its result becomes the result. */
export interface Detour {
  readonly row: OpRow;
  readonly attrs: AttributeValues;
  /** Operands of the smaller task: as they are, or gathered. */
  readonly operands: readonly (Value | GatheredOperand)[];
  readonly type: TensorType;
  /** Spreads the smaller result; undefined where it is the result. */
  readonly spread?: (from: TypedArray, out: TypedArray) => void;
}

/** What a route does: fills the result (false: it met a value it must leave to the kernel), or has less computed. */
export type RoutePlan =
  | { readonly name: string; readonly fill: (out: TypedArray) => boolean }
  | { readonly name: string; readonly detour: Detour };

/** One route. `plan` answers undefined where pattern or precondition do not hold. */
export interface Route {
  readonly name: string;
  readonly skeleton: KernelSpec['skeleton'];
  /** Only for this factorisation. */
  readonly factor?: LinearAlgebraName;
  readonly pattern: string;
  readonly precondition: string;
  readonly instead: string;
  plan(task: RouteTask): RoutePlan | undefined;
}
