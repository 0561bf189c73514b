// A trace as requests to a cache: what its calls are, what each takes alone and in bytes, and which the program asked
// for.
import type { Trace } from '../../index.ts';
import { answersIn } from '../../core/engine/explain.ts';
import { findOp } from '../../core/ops/index.ts';
import type { OpRow } from '../../core/ops/define.ts';
import { DTYPES, isDType } from '../../core/tensor/dtype.ts';
import { ROOT_NAME } from '../../core/trace/records.ts';
import { Identities } from '../reuse.ts';

/** One call. Operands are places in the list of all. */
export interface Request {
  /** Equal for calls that compute the same. */
  readonly identity: number;
  readonly row: OpRow | undefined;
  readonly operands: readonly number[];
  readonly elements: number;
  readonly sizeBytes: number;
  /** Nanoseconds of it alone; 0 where it was computed as part of another, or is a root. */
  readonly ownNs: number;
  readonly isRoot: boolean;
  /** Whether the program read it, or nothing else did. */
  readonly isDemanded: boolean;
}

const COMPUTED: ReadonlySet<string> = new Set(['computed', 'bypass', 'part']);

/** The calls of a trace in order. What was found takes what a call of that op and of those types took at least. */
export function requestsIn(trace: Pick<Trace, 'events' | 'annotations'>): Request[] {
  const answers = answersIn(trace.annotations);
  const read = new Set(
    trace.annotations.flatMap(({ kind, seq }) => (kind === 'digest' || kind === 'bytes' ? [seq] : [])),
  );
  const identities = new Identities(trace);
  const places = new Map(trace.events.map(({ seq }, at) => [seq, at]));
  const used = new Set(trace.events.flatMap(({ operands }) => operands));
  const least = new Map<string, number>();
  const known = trace.events.map((event) => ({ identity: identities.of(event), kind: identities.kindOf(event) }));
  trace.events.forEach(({ seq }, at) => {
    const answer = answers.get(seq);
    if (answer === undefined || !COMPUTED.has(answer.decision)) return;
    least.set(known[at]!.kind, Math.min(answer.elapsedNs, least.get(known[at]!.kind) ?? Infinity));
  });
  return trace.events.map((event, at) => {
    const answer = answers.get(event.seq);
    const isRoot = event.op === ROOT_NAME;
    const elements = event.shape.reduce((product, length) => product * length, 1);
    const takes = answer !== undefined && answer.decision !== 'pending';
    return {
      identity: known[at]!.identity,
      row: findOp(event.op),
      operands: event.operands.flatMap((operand) => places.get(operand) ?? []),
      elements,
      // Four bytes each where the dtype is one that another program has defined.
      sizeBytes: elements * (isDType(event.dtype) ? DTYPES[event.dtype].itemBytes : 4),
      ownNs: isRoot || !takes ? 0 : (least.get(known[at]!.kind) ?? 0),
      isRoot,
      isDemanded: !isRoot && (read.has(event.seq) || !used.has(event.seq)),
    };
  });
}
