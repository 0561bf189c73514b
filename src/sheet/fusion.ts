// Elementwise steps that one elementwise step reads become part of it: one pass over the elements instead of two.
import { composeRows } from '../ops/fused.ts';
import type { OpRow } from '../ops/define.ts';
import type { Step } from './demand.ts';

/** Elements below which a pass costs less than a kernel for the composition takes to make. */
export const FUSED_ELEMENTS = 1 << 15;

/** The steps that are left, operands before their users. `isWanted` says whether a step's own result is worth having. */
export function fuseSteps(order: readonly Step[], minElements: number, isWanted: (step: Step) => boolean): Step[] {
  if (!order.some((step) => isFusable(step, minElements))) return order as Step[];
  const absorbed = new Set<Step>();
  for (const step of order) if (isFusable(step, minElements)) absorbOperands(step, absorbed, isWanted);
  return absorbed.size === 0 ? (order as Step[]) : order.filter((step) => !absorbed.has(step));
}

/** Whether a step is a map over float32 elements that has to be computed. */
function isFusable({ value, expression, row }: Step, minElements: number): boolean {
  const { type, operands } = expression;
  return value === undefined && type.size >= minElements && (row ?? expression.row)?.kernel.skeleton === 'map' && operands.every((operand) => operand.type.dtype === 'float32');
}

function absorbOperands(step: Step, absorbed: Set<Step>, isWanted: (step: Step) => boolean): void {
  for (let at = step.operands.length - 1; at >= 0; at--) {
    const inner = step.operands[at] as Step;
    const { type } = inner.expression;
    if (inner.reader !== step || type.dtype !== 'float32' || type.size !== step.expression.type.size || !isFusable(inner, 1) || isWanted(inner)) continue;
    const row = composeRows(rowOf(step), at, rowOf(inner));
    if (row === undefined) continue;
    step.row = row;
    step.operands.splice(at, 1, ...inner.operands);
    step.flops += inner.flops;
    for (const operand of inner.operands) if (operand.reader === inner) operand.reader = step;
    inner.expression.note = `computed together with #${step.expression.seq}`;
    absorbed.add(inner);
  }
}

const rowOf = (step: Step): OpRow => step.row ?? (step.expression.row as OpRow);
