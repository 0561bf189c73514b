// Why: op by op, what was reused and what was computed, and what a miss was nearest to.
import type { Expression } from '../expr/expression.ts';
import { formatType } from '../tensor/type.ts';
import { INSPECT } from './print.ts';

/** One op of an explanation. */
export interface ExplainedOp {
  readonly seq: number;
  readonly op: string;
  readonly type: string;
  readonly source: Expression['origin'];
  readonly reason: string;
}

/** The ops an expression is made of, operands first. Prints as a table. */
export class Explanation {
  readonly ops: readonly ExplainedOp[];

  constructor(ops: readonly ExplainedOp[]) {
    this.ops = ops;
  }

  toString(): string {
    const width = (pick: (op: ExplainedOp) => string): number => Math.max(0, ...this.ops.map((op) => pick(op).length));
    const [ops, types] = [width((op) => op.op), width((op) => op.type)];
    return this.ops.map((op) => `#${String(op.seq).padEnd(5)} ${op.op.padEnd(ops)}  ${op.type.padEnd(types)}  ${op.source.padEnd(8)} ${op.reason}`).join('\n');
  }

  [INSPECT](): string {
    return this.toString();
  }
}

const MAX_OPS = 200;

/** Explains an expression and everything under it, at most 200 ops. `reasonOf` says why an op was answered as it was. */
export function explainExpression(target: Expression, reasonOf: (expression: Expression) => string): Explanation {
  const seen = new Set<Expression>();
  const ops: ExplainedOp[] = [];
  const stack: Expression[] = [target];
  for (let top = stack.at(-1); top !== undefined && ops.length < MAX_OPS; top = stack.at(-1)) {
    const open = top.operands.filter((operand) => !seen.has(operand) && !stack.includes(operand));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    if (seen.has(top)) continue;
    seen.add(top);
    ops.push({ seq: top.seq, op: top.row?.name ?? 'tensor', type: formatType(top.type), source: top.origin, reason: reasonOf(top) });
  }
  return new Explanation(ops);
}

