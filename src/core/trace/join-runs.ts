// The runs of a file as one trace: their events one after the other, numbered so that no two runs share a sequence
// number.
import type { ProgramEvent } from '../events.ts';
import { CHAIN_START, STREAM, type TraceStream } from './chain.ts';
import { decodeAnnotations, decodeProgram, sealOf } from './decode.ts';
import type { StreamBlocks } from './memory.ts';
import type { TraceReading } from './read-frames.ts';
import type { AnnotationRecord } from './records.ts';
import type { Trace, TraceRun } from './trace.ts';

/** One trace of all runs. */
export function joinRuns(readings: readonly TraceReading[]): Trace {
  const events: ProgramEvent[] = [];
  const annotations: AnnotationRecord[] = [];
  const runs: TraceRun[] = [];
  let seqOffset = 0;
  for (const reading of readings) {
    const run = readRun(reading);
    runs.push({
      head: run.head,
      seals: run.seals,
      firstEvent: events.length,
      firstAnnotation: annotations.length,
      seqOffset,
      ...(reading.ending === 'interrupted' && { interrupted: true }),
    });
    let last = seqOffset;
    for (const event of run.events) {
      const moved = renumbered(event, seqOffset);
      last = Math.max(last, moved.seq, ...moved.operands);
      events.push(moved);
    }
    for (const record of run.records) {
      last = Math.max(last, record.seq + seqOffset);
      annotations.push(seqOffset === 0 ? record : { ...record, seq: record.seq + seqOffset });
    }
    seqOffset = last;
  }
  const { head, seals } = runs.at(-1)!;
  return { head, events, annotations, seals, runs, roots: [] };
}

const renumbered = (event: ProgramEvent, by: number): ProgramEvent =>
  by === 0 ? event : { ...event, seq: event.seq + by, operands: event.operands.map((operand) => operand + by) };

function readRun({ blocks }: TraceReading): Pick<TraceRun, 'head' | 'seals'> & {
  readonly events: readonly ProgramEvent[];
  readonly records: readonly AnnotationRecord[];
} {
  const of = (stream: TraceStream): StreamBlocks => ({
    start: CHAIN_START,
    blocks: blocks.filter((block) => block.stream === stream),
  });
  const [program, annotations] = [of(STREAM.program), of(STREAM.annotations)];
  const { head, records } = decodeAnnotations(annotations);
  return {
    head,
    events: decodeProgram(program),
    records,
    seals: { program: sealOf(program), annotations: sealOf(annotations) },
  };
}
