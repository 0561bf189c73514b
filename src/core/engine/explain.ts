// Why: op by op, what was reused and what was computed, and what a miss was nearest to.
import type { Annotation } from '../events.ts';
import type { Expression } from '../expr/node.ts';
import { formatType } from '../tensor/type.ts';
import type { AnnotationRecord } from '../trace/records.ts';
import { alignColumns, INSPECT, MAX_OPERANDS } from '../handle/print.ts';

/** One op of an explanation. */
export interface ExplainedOp {
  readonly seq: number;
  readonly op: string;
  readonly type: string;
  /** Where its elements came from, or how the call was decided. */
  readonly source: string;
  readonly reason: string;
  /** Where it was computed, or kept, and what its last answer took; undefined where there is none. */
  readonly device: string | undefined;
  readonly elapsedNs: number | undefined;
}

/** How a call was answered, as the trace has it. */
export type Answer = Pick<Annotation, 'device' | 'elapsedNs'>;

/** The last answer of every call. */
export const answersIn = (records: readonly AnnotationRecord[]): ReadonlyMap<number, Answer> => new Map(records.flatMap((record) => (record.kind === 'answer' ? [[record.seq, record] as const] : [])));

/** The ops an expression is made of, or the calls of a trace, operands first. Prints as a table. */
export class Explanation {
  readonly ops: readonly ExplainedOp[];

  constructor(ops: readonly ExplainedOp[]) {
    this.ops = ops;
  }

  toString(): string {
    const rows = this.ops.map(({ seq, op, type, source, device = '', elapsedNs, reason }) => [`#${seq}`, op, type, source, device, elapsedNs === undefined ? '' : `${(elapsedNs / 1e6).toFixed(3)} ms`, reason]);
    return alignColumns(rows);
  }

  [INSPECT](): string {
    return this.toString();
  }
}

const MAX_OPS = 200;

/** Explains an expression and everything under it, at most 200 ops and ten operands of each. `reasonOf` says why an op was answered as it was, `answers` by call where and in what time. */
export function explainExpression(target: Expression, reasonOf: (expression: Expression) => string, answers: ReadonlyMap<number, Answer>): Explanation {
  const seen = new Set<Expression>();
  const ops: ExplainedOp[] = [];
  const stack: Expression[] = [target];
  for (let top = stack.at(-1); top !== undefined && ops.length < MAX_OPS; top = stack.at(-1)) {
    const open = top.operands.slice(0, MAX_OPERANDS).filter((operand) => !seen.has(operand) && !stack.includes(operand));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    if (seen.has(top)) continue;
    seen.add(top);
    const answer = answers.get(top.seq);
    const left = top.operands.length - MAX_OPERANDS;
    const reason = left > 0 ? `${reasonOf(top)} (${left} more operands)` : reasonOf(top);
    ops.push({ seq: top.seq, op: top.row?.name ?? 'tensor', type: formatType(top.type), source: top.origin, reason, device: answer?.device || undefined, elapsedNs: answer?.elapsedNs });
  }
  return new Explanation(ops);
}

