// What could be saved at best: a cache that knows the future. The best there is cannot be found in reasonable time
// where sizes
// and costs differ; the better of two rules that know when a result is asked for next is what others are compared with.
import { type Cache, computedNs, type Result } from './cache.ts';
import type { Request } from './requests.ts';

interface Held {
  readonly sizeBytes: number;
  readonly costNs: number;
  nextAt: number;
}

/** What an entry is worth that is asked for again after so many calls. */
type Worth = (entry: Held, distance: number) => number;

/** Keeps what is worth the most: a new result stays out where all that would have to go is worth as much. */
class Foreseeing implements Cache {
  readonly #budgetBytes: number;
  readonly #uses: ReadonlyMap<number, readonly number[]>;
  readonly #worth: Worth;
  readonly #held = new Map<number, Held>();
  #sizeBytes = 0;

  constructor(budgetBytes: number, uses: ReadonlyMap<number, readonly number[]>, worth: Worth) {
    this.#budgetBytes = budgetBytes;
    this.#uses = uses;
    this.#worth = worth;
  }

  find(identity: number, at: number): boolean {
    const entry = this.#held.get(identity);
    if (entry !== undefined) entry.nextAt = this.#nextAt(identity, at);
    return entry !== undefined;
  }

  offer({ identity, sizeBytes, pathNs }: Result, at: number): boolean {
    const entry: Held = { sizeBytes, costNs: pathNs, nextAt: this.#nextAt(identity, at) };
    if (entry.nextAt === Infinity || sizeBytes > this.#budgetBytes || this.#held.has(identity)) return false;
    const going: number[] = [];
    let free = this.#budgetBytes - this.#sizeBytes;
    for (const [other, { worth, bytes }] of this.#byWorth(at)) {
      if (free >= sizeBytes) break;
      if (worth >= this.#worth(entry, entry.nextAt - at)) return false;
      going.push(other);
      free += bytes;
    }
    for (const other of going) this.#drop(other);
    this.#held.set(identity, entry);
    this.#sizeBytes += sizeBytes;
    return true;
  }

  /** The least first; what is not asked for any more is worth nothing. */
  #byWorth(at: number): readonly (readonly [number, { readonly worth: number; readonly bytes: number }])[] {
    return [...this.#held]
      .map(([identity, entry]) => {
        const worth = entry.nextAt === Infinity ? 0 : this.#worth(entry, Math.max(1, entry.nextAt - at));
        return [identity, { worth, bytes: entry.sizeBytes }] as const;
      })
      .sort(([, a], [, b]) => a.worth - b.worth);
  }

  #drop(identity: number): void {
    this.#sizeBytes -= this.#held.get(identity)!.sizeBytes;
    this.#held.delete(identity);
  }

  #nextAt(identity: number, at: number): number {
    return this.#uses.get(identity)?.find((use) => use > at) ?? Infinity;
  }
}

const RULES: readonly Worth[] = [
  ({ costNs, sizeBytes }, distance) => costNs / sizeBytes / distance,
  ({ costNs, sizeBytes }) => costNs / sizeBytes,
];

/** Nanoseconds that the program takes with the better rule. */
export function foreseenNs(requests: readonly Request[], budgetBytes: number): number {
  const uses = new Map<number, number[]>();
  requests.forEach(({ identity }, at) => {
    const known = uses.get(identity);
    if (known === undefined) uses.set(identity, [at]);
    else known.push(at);
  });
  return Math.min(...RULES.map((worth) => computedNs(requests, new Foreseeing(budgetBytes, uses, worth))));
}
