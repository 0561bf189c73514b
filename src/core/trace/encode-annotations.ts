// The annotation stream as frames: answers with times and devices, digests and sketches, roots, notes.
import type { Decision } from '../events.ts';
import { TlvWriter } from '../fingerprint/encode.ts';
import { encodeValue } from '../fingerprint/value.ts';
import { STREAM } from './chain.ts';
import { SEGMENT_FRAMES } from './encode-program.ts';
import type { FrameWriter } from './frames.ts';
import { PayloadWriter } from './payload.ts';
import { type AnnotationRecord, DECISION_CODES, KIND, type TraceHead } from './records.ts';

const CODES = new Map(DECISION_CODES.map((decision, code) => [decision, code]));

/** Encodes annotations. Each segment begins with the head, so that it can be read without those before it. */
export class AnnotationEncoder {
  readonly #frames: FrameWriter;
  readonly #head: TraceHead;
  readonly #payload = new PayloadWriter();
  readonly #texts = new Map<string, number>();
  /** The last device and its number: answers come in runs. */
  #device: string | undefined;
  #deviceRef = 0;
  #inSegment = SEGMENT_FRAMES;

  constructor(frames: FrameWriter, head: TraceHead) {
    this.#frames = frames;
    this.#head = head;
  }

  /** Begins the first segment now, so that a trace has a head before it has events. */
  open(): this {
    this.#room();
    return this;
  }

  answer(
    seq: number,
    decision: Decision,
    device: string,
    startNs: number,
    elapsedNs: number,
    sizeBytes: number,
    score: number,
  ): void {
    this.#room();
    if (device !== this.#device) this.#deviceRef = this.#texts.get(device) ?? this.#define(device);
    this.#device = device;
    const payload = this.#payload
      .begin()
      .uint(seq)
      .u8(CODES.get(decision)!)
      .uint(this.#deviceRef)
      .f64(startNs)
      .f64(elapsedNs)
      .uint(sizeBytes);
    if (!Object.is(score, 0)) payload.f64(score);
    this.#append(KIND.answer);
  }

  digest(seq: number, digest: Uint8Array, sketch: Float64Array | undefined): void {
    this.#room();
    this.#payload.begin().uint(seq).raw(digest);
    if (sketch !== undefined) for (const value of sketch) this.#payload.f64(value);
    this.#append(KIND.digest);
  }

  bytes(seq: number, bytes: Uint8Array): void {
    this.#room();
    this.#payload.begin().uint(seq).raw(bytes);
    this.#append(KIND.bytes);
  }

  root(seq: number, contentId: Uint8Array): void {
    this.#room();
    this.#payload.begin().uint(seq).raw(contentId);
    this.#append(KIND.root);
  }

  note(seq: number, text: string): void {
    this.#room();
    this.#payload.begin().uint(seq).text(text);
    this.#append(KIND.note);
  }

  /** Any record, as a reader gave it. */
  record(record: AnnotationRecord): void {
    const { seq } = record;
    switch (record.kind) {
      case 'answer':
        this.answer(
          seq,
          record.decision,
          record.device,
          record.startNs,
          record.elapsedNs,
          record.sizeBytes,
          record.score,
        );
        return;
      case 'digest':
        this.digest(seq, record.digest, record.sketch);
        return;
      case 'bytes':
        this.bytes(seq, record.bytes);
        return;
      case 'root':
        this.root(seq, record.contentId);
        return;
      case 'note':
        this.note(seq, record.text);
    }
  }

  #room(): void {
    if (this.#inSegment < SEGMENT_FRAMES) return;
    this.#frames.flush(STREAM.annotations);
    this.#texts.clear();
    this.#device = undefined;
    this.#inSegment = 0;
    const fields = new TlvWriter().beginFields();
    encodeValue(fields, this.#head, 'head');
    this.#payload.begin().raw(fields.view());
    this.#append(KIND.segment);
  }

  #define(text: string): number {
    this.#payload.begin().text(text);
    this.#append(KIND.text);
    const number = this.#texts.size;
    this.#texts.set(text, number);
    return number;
  }

  #append(kind: number): void {
    this.#inSegment++;
    this.#frames.append(STREAM.annotations, kind, this.#payload.bytes, this.#payload.length);
  }
}
