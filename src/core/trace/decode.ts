// Frames back to what they say. Segments are read one by one; a frame that breaks the format is a FormatError.
import type { NumericsClass, ProgramEvent } from '../events.ts';
import { DIGEST_BYTES } from '../fingerprint/digest.ts';
import { decodeFields } from './fields.ts';
import { malformed, PayloadReader } from './payload.ts';
import type { StreamBlocks } from './memory.ts';
import type { TraceFrame } from './read-frames.ts';
import { type AnnotationRecord, type CallAttributes, DECISION_CODES, KIND, type TraceHead } from './records.ts';
import { SKETCH_LENGTH } from './sketch.ts';
import type { StreamSeal } from './trace.ts';

type Op = Pick<ProgramEvent, 'op' | 'version'>;
type Type = Pick<ProgramEvent, 'dtype' | 'shape'>;

/** Decodes the program stream from a segment on. */
export class ProgramDecoder {
  readonly events: ProgramEvent[] = [];
  #ops: Op[] = [];
  #types: Type[] = [];
  #attributes: CallAttributes[] = [];

  frame({ kind, payload }: TraceFrame): void {
    const reader = new PayloadReader(payload);
    switch (kind) {
      case KIND.segment:
        this.#beginSegment();
        break;
      case KIND.op:
        this.#ops.push({ op: reader.text(), version: reader.uint() });
        break;
      case KIND.type:
        this.#types.push({ dtype: reader.text(), shape: readShape(reader) });
        break;
      case KIND.attributes:
        this.#attributes.push(readMap(reader) as CallAttributes);
        break;
      case KIND.call:
        this.events.push(this.#call(reader));
        break;
      default:
        throw malformed(`kind ${kind}, which the program stream does not have`);
    }
    reader.end();
  }

  #beginSegment(): void {
    this.#ops = [];
    this.#types = [];
    this.#attributes = [NO_ATTRIBUTES];
  }

  #call(reader: PayloadReader): ProgramEvent {
    const seq = reader.uint();
    const opAndClass = reader.uint();
    const type = defined(this.#types, reader.uint(), 'type');
    const attrs = defined(this.#attributes, reader.uint(), 'attribute record');
    const numerics: NumericsClass = opAndClass % 2 === 1 ? 'exact' : 'tolerance';
    const operands: number[] = [];
    for (let left = reader.uint(); left > 0; left--) {
      const back = reader.uint();
      operands.push(back % 2 === 0 ? seq - back / 2 : seq + (back + 1) / 2);
    }
    return { seq, ...defined(this.#ops, Math.floor(opAndClass / 2), 'op'), attrs, operands, ...type, numerics };
  }
}

const NO_ATTRIBUTES: CallAttributes = Object.freeze({});

/** Decodes the annotation stream from a segment on. */
export class AnnotationDecoder {
  readonly records: AnnotationRecord[] = [];
  head: TraceHead = {};
  #texts: string[] = [];

  frame({ kind, payload }: TraceFrame): void {
    const reader = new PayloadReader(payload);
    if (kind === KIND.segment) this.#beginSegment(reader);
    else if (kind === KIND.text) this.#texts.push(reader.text());
    else this.records.push(this.#record(kind, reader));
    reader.end();
  }

  #beginSegment(reader: PayloadReader): void {
    this.head = readMap(reader) as TraceHead;
    this.#texts = [];
  }

  #record(kind: number, reader: PayloadReader): AnnotationRecord {
    const seq = reader.uint();
    switch (kind) {
      case KIND.answer:
        return this.#answer(seq, reader);
      case KIND.digest:
        return readDigest(seq, reader);
      case KIND.bytes:
        return { kind: 'bytes', seq, bytes: reader.raw(reader.leftBytes) };
      case KIND.root:
        return { kind: 'root', seq, contentId: reader.raw(DIGEST_BYTES) };
      case KIND.note:
        return { kind: 'note', seq, text: reader.text() };
      default:
        throw malformed(`kind ${kind}, which the annotation stream does not have`);
    }
  }

  #answer(seq: number, reader: PayloadReader): AnnotationRecord {
    const decision = defined(DECISION_CODES, reader.u8(), 'decision');
    const device = defined(this.#texts, reader.uint(), 'text');
    const [startNs, elapsedNs, sizeBytes] = [reader.f64(), reader.f64(), reader.uint()];
    return {
      kind: 'answer',
      seq,
      decision,
      device,
      startNs,
      elapsedNs,
      sizeBytes,
      score: reader.leftBytes > 0 ? reader.f64() : 0,
    };
  }
}

function readDigest(seq: number, reader: PayloadReader): AnnotationRecord {
  const digest = reader.raw(DIGEST_BYTES);
  if (reader.leftBytes === 0) return { kind: 'digest', seq, digest };
  return { kind: 'digest', seq, digest, sketch: Float64Array.from({ length: SKETCH_LENGTH }, () => reader.f64()) };
}

function readShape(reader: PayloadReader): number[] {
  const rank = reader.uint();
  if (rank > reader.leftBytes) throw malformed(`a shape of rank ${rank}`);
  return Array.from({ length: rank }, () => reader.uint());
}

function readMap(reader: PayloadReader): Readonly<Record<string, unknown>> {
  const value = decodeFields(reader.raw(reader.leftBytes));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformed('a value where a map belongs');
}

function defined<T>(table: readonly T[], number: number, what: string): T {
  const value = table[number];
  if (value === undefined) throw malformed(`${what} ${number}, which was not defined`);
  return value;
}

/** The calls in blocks that begin with a segment. */
export function decodeProgram({ blocks }: StreamBlocks): ProgramEvent[] {
  const decoder = new ProgramDecoder();
  for (const block of blocks) for (const frame of block.frames) decoder.frame(frame);
  return decoder.events;
}

/** The annotations in blocks that begin with a segment. */
export function decodeAnnotations({ blocks }: StreamBlocks): {
  readonly head: TraceHead;
  readonly records: AnnotationRecord[];
} {
  const decoder = new AnnotationDecoder();
  for (const block of blocks) for (const frame of block.frames) decoder.frame(frame);
  return decoder;
}

/** What a file needs to verify blocks that are encoded again. */
export const sealOf = ({ start, blocks }: StreamBlocks): StreamSeal => ({
  start,
  blocks: blocks.map(({ frames, crc, hash }) => ({ frames: frames.length, crc, hash })),
});
