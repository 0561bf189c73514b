// Calls without operands (constants above all) that kept calls use and that were made before them: a constant is on the
// trace once, at its first use, and goes with the segment of that use long before the last call that takes it.
import { isExactIn } from '../expr/node.ts';
import type { RecordedCall } from './recorder.ts';
import type { ProgramEvent } from '../events.ts';

type Segment = Map<number, ProgramEvent>;

/**
 * By segment of the program stream, so that it goes when the segment goes: never more than the kept calls have
 * operands.
 */
export class CarriedSources {
  #current: Segment = new Map();
  /** Sources that were called for in the current segment: they stay or go with it. */
  readonly #defined = new Set<number>();
  readonly #segments: { readonly index: number; readonly sources: Segment }[] = [];
  #index = -1;

  /** A call in the segment of that index; `kept`: the first segment that is still in memory. */
  call({ seq, row, operands }: RecordedCall, index: number, kept: number): void {
    if (index !== this.#index) this.#begin(index, kept);
    if (row?.source === true) this.#defined.add(seq);
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i]!;
      if (operand.row?.source === true && !this.#defined.has(operand.seq) && !this.#current.has(operand.seq))
        this.#current.set(operand.seq, eventOf(operand));
    }
  }

  /** Sources that segments from `kept` on use and do not define themselves, in the order of their calls. */
  list(kept: number): ProgramEvent[] {
    const found = new Map<number, ProgramEvent>();
    for (const { index, sources } of this.#segments)
      if (index >= kept) for (const [seq, event] of sources) found.set(seq, event);
    return [...found.values()].sort((a, b) => a.seq - b.seq);
  }

  #begin(index: number, kept: number): void {
    this.#index = index;
    this.#defined.clear();
    this.#current = new Map();
    this.#segments.push({ index, sources: this.#current });
    while ((this.#segments[0]?.index ?? index) < kept) this.#segments.shift();
  }
}

/** The program event of a source. */
function eventOf({ seq, row, attributes, type, semantics }: RecordedCall): ProgramEvent {
  const { name, version } = row as NonNullable<RecordedCall['row']>;
  return {
    seq,
    op: name,
    version,
    attrs: attributes.values,
    operands: [],
    dtype: type.dtype,
    shape: type.shape,
    numerics: isExactIn(semantics) ? 'exact' : 'tolerance',
  };
}
