// Why: op by op, what was reused and what was computed, and what a miss was nearest to. Of a call, and of the
// calls of a trace.
import type { Decision, ProgramEvent } from '../events.ts';
import type { BreakEven } from './break-even.ts';
import type { Call } from './call.ts';
import { alignColumns, INSPECT } from '../text.ts';
import { MAX_OPERANDS, printAttributes } from '../ops/text.ts';
import { findOp } from '../ops/index.ts';
import type { AnnotationRecord } from '../trace/records.ts';

/** One op of an explanation. */
export interface ExplainedOp {
  readonly seq: number;
  readonly op: string;
  readonly type: string;
  /**
   * `given` from outside, or a `constant`; `computed`, found in `ram` whole or in `part`, `denied`, `failed`; `fused`:
   * computed together with another; `pending`: nobody asked for its elements.
   */
  readonly source: string;
  /** Numbers of the calls it works on. */
  readonly operands: readonly number[];
  /** What it was called with beside them: the value of a constant, attributes that are not their defaults. */
  readonly attributes: string;
  readonly reason: string;
  /** Where it was computed, or kept, and what its last answer took; undefined where there is none. */
  readonly device: string | undefined;
  readonly elapsedNs: number | undefined;
  /** What keeping it is weighed by, where a sheet tells it. */
  readonly breakEven?: BreakEven;
}

/** What a call was, in a sheet or on a trace. */
type Called = Pick<ProgramEvent, 'seq' | 'op' | 'attrs' | 'operands' | 'dtype' | 'shape'>;

/** How a call was answered, as the trace has it. */
interface Answer {
  readonly decision: Decision;
  readonly device: string;
  readonly elapsedNs: number;
  readonly note?: string | undefined;
}

/** The last answer of every call, with what was noted of it. */
export function answersIn(records: readonly AnnotationRecord[]): ReadonlyMap<number, Answer> {
  const answers = new Map<number, Answer>();
  for (const record of records) {
    const known = answers.get(record.seq);
    if (record.kind === 'answer') answers.set(record.seq, { ...record, note: known?.note });
    else if (record.kind === 'note' && known !== undefined) answers.set(record.seq, { ...known, note: record.text });
  }
  return answers;
}

const SOURCES: Partial<Record<Decision, string>> = { hit: 'ram', bypass: 'computed' };

/**
 * One call, explained from what is known of it: `source` and `reason` where the sheet itself says more than its trace.
 */
export function explainCall(
  call: Called,
  answer: Answer | undefined,
  source = answer === undefined ? 'pending' : (SOURCES[answer.decision] ?? answer.decision),
  reason = answer?.note ?? (answer?.decision === 'bypass' ? 'not kept: it is sooner computed again' : ''),
): ExplainedOp {
  const { seq, op, attrs, operands, dtype, shape } = call;
  const isConstant = operands.length === 0 && shape.length === 0 && attrs['value'] !== undefined;
  return {
    seq,
    op,
    type: `${dtype} [${shape.join('×')}]`,
    source: op === ROOT ? (source === 'pending' ? 'given' : source) : isConstant ? 'constant' : source,
    operands,
    attributes: isConstant
      ? printAttributes({ value: attrs['value'] }, undefined).replace('value: ', '')
      : printAttributes(attrs, findOp(op)),
    reason: isConstant ? '' : reason,
    device: answer?.device || undefined,
    elapsedNs: answer?.elapsedNs,
  };
}

/** What a root is called on a trace. */
const ROOT = 'tensor';

/** The ops a call is made of, or the calls of a trace, operands first. Prints as a table. */
export class Explanation {
  readonly ops: readonly ExplainedOp[];
  /** Whether there are more ops under these. */
  readonly more: boolean;

  constructor(ops: readonly ExplainedOp[], more = false) {
    this.ops = ops;
    this.more = more;
  }

  toString(): string {
    const lines = alignColumns(
      this.ops.map(({ seq, op, type, source, device = '', elapsedNs, operands, attributes, reason, breakEven }) => {
        const shown = [
          ...operands.slice(0, MAX_OPERANDS).map((operand) => `#${operand}`),
          ...(operands.length > MAX_OPERANDS ? [`and ${operands.length - MAX_OPERANDS} more operands`] : []),
          attributes,
        ];
        return [
          `#${seq}`,
          op,
          type,
          source,
          device,
          elapsedNs === undefined ? '' : `${(elapsedNs / 1e6).toFixed(3)} ms`,
          shown.filter((text) => text !== '').join(' '),
          breakEven === undefined ? reason : `${reason} (${String(breakEven)})`,
        ];
      }),
    );
    return this.more ? `… older ops: explain one of these operands\n${lines}` : lines;
  }

  /** A line an op: calls, time, and how many were answered how; what took longest first. */
  summary(): string {
    const byOp = new Map<string, { calls: number; elapsedNs: number; sources: Map<string, number> }>();
    for (const { op, source, elapsedNs = 0 } of this.ops) {
      const row = byOp.get(op) ?? { calls: 0, elapsedNs: 0, sources: new Map<string, number>() };
      row.calls++;
      row.elapsedNs += elapsedNs;
      row.sources.set(source, (row.sources.get(source) ?? 0) + 1);
      byOp.set(op, row);
    }
    const sorted = [...byOp].sort(([, a], [, b]) => b.elapsedNs - a.elapsedNs || b.calls - a.calls);
    return alignColumns(
      sorted.map(([op, { calls, elapsedNs, sources }]) => [
        op,
        `${calls} calls`,
        `${(elapsedNs / 1e6).toFixed(3)} ms`,
        [...sources].map(([source, count]) => `${count} ${source}`).join(', '),
      ]),
    );
  }

  [INSPECT](): string {
    return this.toString();
  }
}

const MAX_OPS = 200;

/**
 * Explains a call and what is under it: the 200 ops that are nearest, ten operands of each. `reasonOf` says why
 * an op was answered as it was, `sumsOf` what keeping it is weighed by, `answers` by call where and in what time.
 */
export function explainGraph(
  target: Call,
  reasonOf: (call: Call) => string,
  sumsOf: (call: Call) => BreakEven | undefined,
  answers: ReadonlyMap<number, Answer>,
): Explanation {
  const seen = new Set<Call>([target]);
  for (const call of seen) {
    if (seen.size > MAX_OPS) break;
    for (const operand of call.operands.slice(0, MAX_OPERANDS)) seen.add(operand);
  }
  const nearest = [...seen].slice(0, MAX_OPS).sort((a, b) => a.depth - b.depth || a.seq - b.seq);
  return new Explanation(
    nearest.map((call) => {
      const [answer, breakEven] = [answers.get(call.seq), sumsOf(call)];
      const op = explainCall(calledAs(call), answer, sourceOf(call, answer), reasonOf(call));
      return breakEven === undefined ? op : { ...op, breakEven };
    }),
    seen.size > MAX_OPS,
  );
}

const calledAs = ({ seq, row, attributes, operands, type: { dtype, shape } }: Call): Called => ({
  seq,
  op: row?.name ?? ROOT,
  attrs: attributes.values,
  operands: operands.map((operand) => operand.seq),
  dtype,
  shape,
});

function sourceOf({ origin, within }: Call, answer: Answer | undefined): string {
  if (origin !== 'pending') return origin;
  return answer?.decision === 'denied' || answer?.decision === 'failed'
    ? answer.decision
    : within > 0
      ? 'fused'
      : 'pending';
}
