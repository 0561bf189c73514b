// A trace on a time axis: Chrome trace-event JSON, one lane a device, for about:tracing and ui.perfetto.dev.
import type { ProgramEvent } from '../events.ts';
import type { AnswerRecord } from './records.ts';
import type { Trace } from './trace.ts';

/** One event of the format: complete (`X`) with times in microseconds, or metadata (`M`). */
export interface ChromeEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The JSON object format of the Trace Event Format (Chromium, 2016). */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ns';
  readonly traceEvents: readonly ChromeEvent[];
}

/** Answers as rectangles: what was computed has its length, what was reused is a hairline. */
export function toChrome({ events, annotations }: Pick<Trace, 'events' | 'annotations'>): ChromeTrace {
  const calls = new Map(events.map((event) => [event.seq, event]));
  const lanes = new Map<string, number>();
  const answers = annotations.filter((record): record is AnswerRecord => record.kind === 'answer');
  for (const { device } of answers) if (!lanes.has(device)) lanes.set(device, lanes.size + 1);
  const names = [...lanes].map(([device, tid]): ChromeEvent => ({
    name: 'thread_name',
    ph: 'M',
    pid: 1,
    tid,
    args: { name: device || 'sheet' },
  }));
  return {
    displayTimeUnit: 'ns',
    traceEvents: [
      ...names,
      ...answers.map((answer) => rectangle(answer, calls.get(answer.seq), lanes.get(answer.device)!)),
    ],
  };
}

function rectangle(answer: AnswerRecord, call: ProgramEvent | undefined, tid: number): ChromeEvent {
  const { seq, decision, startNs, elapsedNs, sizeBytes } = answer;
  const args = {
    seq,
    decision,
    sizeBytes,
    ...(call === undefined ? {} : { dtype: call.dtype, shape: call.shape, operands: call.operands }),
  };
  return {
    name: call?.op ?? `#${seq}`,
    cat: decision,
    ph: 'X',
    pid: 1,
    tid,
    ts: startNs / 1000,
    dur: elapsedNs / 1000,
    args,
  };
}
