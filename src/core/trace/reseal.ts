// Encodes decoded records again, to compare with seals: a verifier needs no second description of the format.
import type { ProgramEvent } from '../events.ts';
import { encodeAttributes } from '../fingerprint/attributes.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { toHex } from '../fingerprint/digest.ts';
import { STREAM, type TraceStream } from './chain.ts';
import { AnnotationEncoder } from './encode-annotations.ts';
import { ProgramEncoder } from './encode-program.ts';
import { FrameWriter, type TraceFinal } from './frames.ts';
import { TraceMemory } from './memory.ts';
import { type AnnotationRecord, type CallAttributes, KIND, type TraceHead } from './records.ts';

/**
 * Blocks as they come out of encoding records; `itemsAfter`: how many records the blocks up to and with this one hold.
 */
export interface Resealed {
  readonly blocks: readonly {
    readonly frames: number;
    readonly crc: number;
    readonly hash: Uint8Array;
    readonly itemsAfter: number;
  }[];
}

/** The blocks that these calls make when they follow `from`. */
export function sealProgram(events: readonly ProgramEvent[], digest: Digest, from: TraceFinal): Resealed {
  return encodeAgain(STREAM.program, digest, from, (frames) => {
    const encoder = new ProgramEncoder(frames);
    const ids = { op: new Numbers(), type: new Numbers(), attributes: new Numbers() };
    for (const { seq, op, version, attrs, operands, dtype, shape, numerics } of events) {
      const attributes = {
        id: isEmpty(attrs) ? 0 : ids.attributes.of(toHex(encodeAttributes(attrs as CallAttributes))),
        values: attrs as CallAttributes,
      };
      const row = { number: ids.op.of(`${op}@${version}`), name: op, version };
      const type = { id: ids.type.of(`${dtype}:${shape.join()}`), dtype, shape };
      encoder.call(
        seq,
        numerics === 'exact',
        row,
        type,
        attributes,
        operands.map((operand) => ({ seq: operand })),
      );
    }
  });
}

/** The blocks that these annotations make when they follow `from`. */
export function sealAnnotations(
  records: readonly AnnotationRecord[],
  head: TraceHead,
  digest: Digest,
  from: TraceFinal,
): Resealed {
  return encodeAgain(STREAM.annotations, digest, from, (frames) => {
    const encoder = new AnnotationEncoder(frames, head).open();
    for (const record of records) encoder.record(record);
  });
}

function encodeAgain(
  stream: TraceStream,
  digest: Digest,
  from: TraceFinal,
  encode: (frames: FrameWriter) => void,
): Resealed {
  const memory = new TraceMemory(Infinity);
  const frames = new FrameWriter(digest, (record) => memory.add(record), from);
  encode(frames);
  let items = 0;
  const { blocks } = memory.blocks(stream, frames.tail().records);
  return {
    blocks: blocks.map(({ frames: list, crc, hash }) => {
      for (const { kind } of list) if (kind >= KIND.call) items++;
      return { frames: list.length, crc, hash, itemsAfter: items };
    }),
  };
}

/** Numbers from 1 for distinct texts. */
class Numbers {
  readonly #known = new Map<string, number>();

  of(text: string): number {
    const known = this.#known.get(text) ?? this.#known.size + 1;
    this.#known.set(text, known);
    return known;
  }
}

const isEmpty = (attrs: ProgramEvent['attrs']): boolean => Object.keys(attrs).length === 0;
