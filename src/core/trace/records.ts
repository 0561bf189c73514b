// What a trace says, frame by frame: calls in the program stream; answers, digests, roots and notes in the annotation
// stream.
import type { Annotation, Decision } from '../events.ts';
import type { AttributeValue } from '../ops/attribute-values.ts';

/** Kinds of frames. Part of the format: a number never changes its meaning. */
export const KIND = {
  segment: 1,
  op: 2,
  type: 3,
  attributes: 4,
  text: 5,
  call: 16,
  answer: 32,
  digest: 33,
  bytes: 34,
  root: 35,
  note: 36,
} as const;

/** What a root is called in the program stream; no row has this name. */
export const ROOT_NAME = 'tensor';

/** Decisions by code. Part of the format. */
export const DECISION_CODES: readonly Decision[] = ['pending', 'computed', 'hit', 'part', 'bypass', 'denied', 'failed'];

/** Results up to this size are recorded as they are: shorter than a digest, and not hashed on the way of a read. */
export const PLAIN_BYTES = 32;

/** Attribute values of a call. */
export type CallAttributes = Readonly<Record<string, AttributeValue>>;

/** Who wrote a trace, where and how: plain facts, none of which the program depends on. */
export type TraceHead = Readonly<Record<string, string | number | boolean>>;

/** How a call was answered. */
export interface AnswerRecord extends Omit<Annotation, 'digest' | 'sketch' | 'note'> {
  readonly kind: 'answer';
}

/** BLAKE3-256 of the bytes of a result, with a sketch in class tolerance. */
export interface DigestRecord {
  readonly kind: 'digest';
  readonly seq: number;
  readonly digest: Uint8Array;
  readonly sketch?: Float64Array;
}

/** The bytes of a result of at most 32 bytes. */
export interface BytesRecord {
  readonly kind: 'bytes';
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** The content id of a root. */
interface RootRecord {
  readonly kind: 'root';
  readonly seq: number;
  readonly contentId: Uint8Array;
}

/** Something worth a line about a call. */
interface NoteRecord {
  readonly kind: 'note';
  readonly seq: number;
  readonly text: string;
}

export type AnnotationRecord = AnswerRecord | DigestRecord | BytesRecord | RootRecord | NoteRecord;

/**
 * Records folded into one annotation an answer: a digest or note belongs to the last answer of its call, or stands for
 * a hit without one.
 */
export function foldAnnotations(
  records: readonly AnnotationRecord[],
  digestOf: (bytes: Uint8Array) => Uint8Array,
): Annotation[] {
  const folded: Annotation[] = [];
  const places = new Map<number, number>();
  const extend = (seq: number, more: Partial<Annotation>): void => {
    const place = places.get(seq) ?? folded.length;
    const answer = folded[place] ?? {
      seq,
      decision: 'hit',
      device: '',
      startNs: 0,
      elapsedNs: 0,
      sizeBytes: 0,
      score: 0,
    };
    folded[place] = { ...answer, ...more };
    places.set(seq, place);
  };
  for (const record of records) {
    if (record.kind === 'answer') {
      const { kind: _, ...answer } = record;
      places.set(record.seq, folded.push(answer) - 1);
    } else if (record.kind === 'digest')
      extend(
        record.seq,
        record.sketch === undefined ? { digest: record.digest } : { digest: record.digest, sketch: record.sketch },
      );
    else if (record.kind === 'bytes') extend(record.seq, { digest: digestOf(record.bytes) });
    else if (record.kind === 'note') extend(record.seq, { note: record.text });
  }
  return folded;
}
