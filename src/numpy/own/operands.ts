// Operands of functions that are told in terms of others: as tensors of one dtype, or along one row.
import type { Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import type { Context, Arguments } from '../context.ts';
import { operandType, type CastRule } from '../promotion.ts';

/** Operands as tensors of the dtype that a rule gives them. */
export function commonOf(np: Context, given: Arguments, rule: CastRule, ...names: readonly string[]): Tensor[] {
  const operands = names.map((name) => given.operand(name));
  const dtype = operandType(rule, operands);
  return operands.map((operand) => arrayOf(np.sheet, operand, dtype));
}

/** The only operand, as a tensor of the dtype that a rule gives it. */
export const castOne = (np: Context, given: Arguments, rule: CastRule, name: string): Tensor =>
  commonOf(np, given, rule, name)[0]!;

/** All elements in one row. */
export const flattened = (x: Tensor): Tensor => (x.ndim === 1 ? x : x.reshape([x.size]));

/** The part of an axis from `start` to before `stop`. */
export function partOf(x: Tensor, axis: number, start: number | null, stop: number | null, step = 1): Tensor {
  const at = (value: number | null): (number | null)[] =>
    Array.from({ length: axis + 1 }, (_, i) => (i === axis ? value : null));
  return x.slice(at(start) as never, at(stop) as never, at(step) as never);
}
