// The program stream as frames: each call refers by number to its op, type and attributes, which are defined once a
// segment.
import { encodeAttributes } from '../fingerprint/attributes.ts';
import { STREAM } from './chain.ts';
import type { FrameWriter } from './frames.ts';
import { PayloadWriter } from './payload.ts';
import { type CallAttributes, KIND } from './records.ts';

/**
 * A segment ends with this many frames. Definitions hold within it, so that segments are read, and dropped, one by one.
 */
export const SEGMENT_FRAMES = 4096;

/** An op as the encoder sees it: rows are of this shape. `number` tells ops apart in this process. */
export interface OpName {
  readonly number: number;
  readonly name: string;
  readonly version: number;
}

interface CallType {
  readonly id: number;
  readonly dtype: string;
  readonly shape: readonly number[];
}

interface CallValues {
  readonly id: number;
  readonly values: CallAttributes;
}

/** A call, or a record with the same fields. */
interface Numbered {
  readonly seq: number;
}

/** Encodes calls. Equal calls in equal order give equal bytes, whatever process numbers their parts have. */
export class ProgramEncoder {
  readonly #frames: FrameWriter;
  readonly #payload = new PayloadWriter();
  readonly #ops = new Definitions(KIND.op, 0);
  readonly #types = new Definitions(KIND.type, 0);
  /** Number 0 is the empty record; it is never defined. */
  readonly #attributes = new Definitions(KIND.attributes, 1);
  #inSegment = SEGMENT_FRAMES;
  #segment = -1;

  constructor(frames: FrameWriter) {
    this.#frames = frames;
  }

  /** Number of the segment that the last call is in, from 0. */
  get segment(): number {
    return this.#segment;
  }

  call(
    seq: number,
    exact: boolean,
    op: OpName,
    type: CallType,
    attributes: CallValues,
    operands: readonly Numbered[],
  ): void {
    if (this.#inSegment >= SEGMENT_FRAMES) this.#beginSegment();
    const opRef = this.#ops.byId.get(op.number) ?? this.#defineOp(op);
    const typeRef = this.#types.byId.get(type.id) ?? this.#defineType(type);
    const attributesRef =
      attributes.id === 0 ? 0 : (this.#attributes.byId.get(attributes.id) ?? this.#defineAttributes(attributes));
    const payload = this.#payload
      .begin()
      .uint(seq)
      .uint(opRef * 2 + (exact ? 1 : 0))
      .uint(typeRef)
      .uint(attributesRef)
      .uint(operands.length);
    for (let i = 0; i < operands.length; i++) {
      const back = seq - operands[i]!.seq;
      payload.uint(back >= 0 ? back * 2 : -back * 2 - 1);
    }
    this.#append(KIND.call);
  }

  #beginSegment(): void {
    this.#frames.flush(STREAM.program);
    this.#ops.clear();
    this.#types.clear();
    this.#attributes.clear();
    this.#inSegment = 0;
    this.#segment++;
    this.#payload.begin();
    this.#append(KIND.segment);
  }

  #defineOp(op: OpName): number {
    this.#payload.begin().text(op.name).uint(op.version);
    return this.#define(this.#ops, op.number);
  }

  #defineType({ id, dtype, shape }: CallType): number {
    this.#payload.begin().text(dtype).uint(shape.length);
    for (const length of shape) this.#payload.uint(length);
    return this.#define(this.#types, id);
  }

  #defineAttributes({ id, values }: CallValues): number {
    this.#payload.begin().raw(encodeAttributes(values));
    return this.#define(this.#attributes, id);
  }

  /** Writes the payload as a definition, unless one with its bytes stands in this segment. */
  #define(table: Definitions, id: number): number {
    const { number, isNew } = table.number(id, this.#payload.asText());
    if (isNew) this.#append(table.kind);
    return number;
  }

  #append(kind: number): void {
    this.#inSegment++;
    this.#frames.append(STREAM.program, kind, this.#payload.bytes, this.#payload.length);
  }
}

/**
 * Numbers of what a segment defined: by process id, and by what it says, for what is collected and interned again has
 * another id.
 */
class Definitions {
  readonly kind: number;
  readonly byId = new Map<number, number>();
  readonly #byText = new Map<string, number>();
  readonly #first: number;

  constructor(kind: number, first: number) {
    this.kind = kind;
    this.#first = first;
  }

  number(id: number, text: string): { readonly number: number; readonly isNew: boolean } {
    const known = this.#byText.get(text);
    const number = known ?? this.#first + this.#byText.size;
    this.byId.set(id, number);
    this.#byText.set(text, number);
    return { number, isNew: known === undefined };
  }

  clear(): void {
    this.byId.clear();
    this.#byText.clear();
  }
}
