// What is saved of a live trace: the calls and answers in memory as they are, with the sources and roots that those
// calls use.
import type { ProgramEvent } from '../events.ts';
import type { Digest } from '../fingerprint/digest.ts';
import type { AnnotationRecord } from './records.ts';
import { sealAnnotations, sealProgram } from './reseal.ts';
import type { KeptRoot } from './kept-roots.ts';
import type { StreamSeal, Trace } from './trace.ts';
import type { TraceWriter } from './writer.ts';

/** A trace to be written, and the roots that its calls use. */
interface SavedForm {
  readonly trace: Trace;
  readonly roots: readonly KeptRoot[];
}

/** Adds to what is in memory, in the saved form alone: the live streams are bounded, and would drop answers for it. */
export function savedForm(writer: TraceWriter, digest: Digest): SavedForm {
  const live = writer.snapshot();
  const events = [...sourcesBefore(writer, live.events), ...live.events];
  const used = new Set<number>();
  for (const { seq, operands } of events) for (const each of [seq, ...operands]) used.add(each);
  const roots = writer.roots.identify(digest, (seq) => used.has(seq));
  const annotations = [...live.annotations, ...contentsOf(roots, live.annotations)];
  const from = { program: live.seals.program.start, annotations: live.seals.annotations.start };
  const program = sealed(live.seals.program, live.events, events, () => sealProgram(events, digest, from).blocks);
  const answers = sealed(
    live.seals.annotations,
    live.annotations,
    annotations,
    () => sealAnnotations(annotations, live.head, digest, from).blocks,
  );
  return { roots, trace: { ...live, events, annotations, seals: { program, annotations: answers } } };
}

/** Sources whose calls were dropped while calls that take them are kept. */
function sourcesBefore(writer: TraceWriter, events: readonly ProgramEvent[]): ProgramEvent[] {
  const kept = new Set(events.map(({ seq }) => seq));
  return writer.carriedSources().filter(({ seq }) => !kept.has(seq));
}

/** Which contents roots are, where no annotation says so. */
function contentsOf(roots: readonly KeptRoot[], annotations: readonly AnnotationRecord[]): AnnotationRecord[] {
  const known = new Set(annotations.map((record) => (record.kind === 'root' ? record.seq : -1)));
  return roots.flatMap(({ seq, contentId }) =>
    contentId === undefined || known.has(seq) ? [] : [{ kind: 'root' as const, seq, contentId }],
  );
}

/** The seal as it is where nothing was added. */
const sealed = (
  seal: StreamSeal,
  before: readonly unknown[],
  after: readonly unknown[],
  again: () => StreamSeal['blocks'],
): StreamSeal => (before.length === after.length ? seal : { start: seal.start, blocks: again() });
