// What is left out of a trace before others get it: elements of roots with what follows from them, and notes.
import { AttributeError } from '../core/errors.ts';
import { toHex } from '../core/fingerprint/digest.ts';
import { type AnnotationRecord, ROOT_NAME } from '../core/trace/records.ts';
import type { Trace } from '../core/trace/trace.ts';

/** What to leave out. */
export interface Redaction {
  /** Elements of all roots, or of some: by their numbers in the trace, or by content id. */
  readonly roots?: 'all' | readonly (number | string)[];
  /** Texts that were noted of calls. */
  readonly notes?: boolean;
}

/** A trace without it, and what that was. */
interface Redacted {
  readonly annotations: readonly AnnotationRecord[];
  /** Numbers of the roots whose elements are left out. */
  readonly roots: ReadonlySet<number>;
  readonly results: number;
  readonly notes: number;
}

/** Content ids of roots by their numbers. */
export const contentsIn = (trace: Pick<Trace, 'annotations'>): ReadonlyMap<number, Uint8Array> =>
  new Map(trace.annotations.flatMap((record) => (record.kind === 'root' ? [[record.seq, record.contentId]] : [])));

/**
 * Leaves out what is asked for. Of results that follow from a root that is left out, elements that are on the trace and
 * sketches go with it, for both tell of it; digests stay.
 */
export function redact(trace: Trace, { roots = [], notes = false }: Redaction): Redacted {
  const hidden = hiddenRoots(trace, roots);
  const tainted = dependentsOf(trace, hidden);
  let [results, noted] = [0, 0];
  const annotations = trace.annotations.flatMap((record): readonly AnnotationRecord[] => {
    if (record.kind === 'note' && notes) {
      noted++;
      return [];
    }
    if (!tainted.has(record.seq)) return [record];
    if (record.kind === 'bytes') {
      results++;
      return [];
    }
    if (record.kind !== 'digest' || record.sketch === undefined) return [record];
    results++;
    return [{ kind: record.kind, seq: record.seq, digest: record.digest }];
  });
  return { annotations, roots: hidden, results, notes: noted };
}

/** The numbers of all roots of the contents that are named: the same elements are left out wherever they stand. */
function hiddenRoots(trace: Trace, named: NonNullable<Redaction['roots']>): ReadonlySet<number> {
  const contents = contentsIn(trace);
  const seqs = new Set([...contents.keys(), ...trace.events.flatMap(({ op, seq }) => (op === ROOT_NAME ? [seq] : []))]);
  if (named === 'all') return seqs;
  const ids = new Map([...contents].map(([seq, id]) => [seq, toHex(id)]));
  const wanted = new Set<number | string>(named);
  for (const name of named) {
    const isKnown = typeof name === 'number' ? seqs.has(name) : [...ids.values()].includes(name);
    if (!isKnown) {
      const some = [...seqs].slice(0, 20).join(', ');
      throw new AttributeError(`redact: ${name} is no root of this trace; its roots are ${some}.`, { root: name });
    }
    const id = typeof name === 'number' ? ids.get(name) : name;
    if (id !== undefined) wanted.add(id);
  }
  return new Set([...seqs].filter((seq) => wanted.has(seq) || wanted.has(ids.get(seq) ?? '')));
}

/** Numbers of these calls and of all that follow from them. */
export function dependentsOf(trace: Pick<Trace, 'events'>, calls: ReadonlySet<number>): ReadonlySet<number> {
  const found = new Set(calls);
  for (const { seq, operands } of trace.events) if (operands.some((operand) => found.has(operand))) found.add(seq);
  return found;
}
