// How often results of a kind come again, learned from what was computed and found: what keeping the next one is worth
// follows from it.

/** What a kind is told by. */
interface Kind {
  readonly row: { readonly number: number } | undefined;
  readonly operands: readonly Pick<Kind, 'row'>[];
  readonly type: { readonly size: number };
}

/** Kinds that are told apart; those that share a place share their experience, which has no bearing on any result. */
const SLOTS = 2048;
/** Results after which experience is halved, so that a program may change its ways. */
const FADE = 128;
/** One result in so many is treated as the first of its kind, to find out whether such come again by now. */
const TRIAL_EVERY = 64;

/** Counts by kind: the op, the ops it works on, and its size within a factor of two. */
export class Returns {
  readonly #made = new Uint32Array(SLOTS);
  readonly #again = new Uint32Array(SLOTS);

  /** How often the next result of a call's kind should be asked for again: once in two while nothing is known. */
  expected(call: Kind): number {
    return this.#made[slotOf(call)]! % TRIAL_EVERY === TRIAL_EVERY - 1 ? FIRST : this.learned(call);
  }

  /** How often such results came again so far. */
  learned(call: Kind): number {
    const slot = slotOf(call);
    return (this.#again[slot]! + 1) / (this.#made[slot]! + 2);
  }

  /** Takes in a result that was computed, `again` or for the first time. */
  computed(call: Kind, again: boolean): void {
    if (again) return this.found(call);
    const slot = slotOf(call);
    if (++this.#made[slot]! < FADE) return;
    this.#made[slot]! >>>= 1;
    this.#again[slot]! >>>= 1;
  }

  /** Takes in a result that was found. */
  found(call: Kind): void {
    this.#again[slotOf(call)]!++;
  }
}

const FIRST = 0.5;

/** Mixes what makes a kind (murmur3 rounds). */
function slotOf({ row, operands, type }: Kind): number {
  let hash = Math.imul((row?.number ?? 0) ^ (Math.clz32(type.size) << 16), 0xcc9e2d51);
  for (let i = 0; i < operands.length && i < 2; i++)
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(operands[i]!.row?.number ?? 0xffff, 0x1b873593);
  hash ^= hash >>> 16;
  return (Math.imul(hash, 0x85ebca6b) >>> 8) % SLOTS;
}
