// A store in RAM, bounded in bytes: what several engines of one process share. Their own values are in node-store.ts.
import { type Key, type Store, type Stored, storedBytes, type StoreStats, type Worth } from './store.ts';

/** Bytes that holding a result takes besides its elements: key, record, place. */
const RECORD_BYTES = 600;
/** Of so many results that were not asked for the longest, the one goes that is worth the least for its bytes. */
const SAMPLE = 8;

interface Held {
  readonly value: Stored;
  /** Nanoseconds that a hit saves, for each byte it takes. */
  readonly worthPerByte: number;
  readonly sizeBytes: number;
}

/**
 * Keeps results within a budget of bytes. What was asked for last stays the longest, as does what is worth much a byte.
 */
export class RamStore implements Store {
  readonly #budgetBytes: number;
  /** In the order in which they were asked for. */
  readonly #held = new Map<Key, Held>();
  #sizeBytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  peek(key: Key): Stored | undefined {
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    this.#held.delete(key);
    this.#held.set(key, held);
    return held.value;
  }

  async get(key: Key): Promise<Stored | undefined> {
    return this.peek(key);
  }

  /** Refuses what alone is more than the budget, and what does not lie in RAM. */
  put(key: Key, value: Stored, { costNs, score }: Worth): void {
    const sizeBytes = storedBytes(value) + RECORD_BYTES;
    if (sizeBytes > this.#budgetBytes || !(value.elements instanceof Uint8Array)) return;
    this.#drop(key);
    while (this.#sizeBytes + sizeBytes > this.#budgetBytes) this.#evict();
    this.#held.set(key, { value, sizeBytes, worthPerByte: ((0.25 + score) * costNs) / sizeBytes });
    this.#sizeBytes += sizeBytes;
  }

  stats(): StoreStats {
    return { entries: this.#held.size, sizeBytes: this.#sizeBytes };
  }

  async close(): Promise<void> {
    this.#held.clear();
    this.#sizeBytes = 0;
  }

  #evict(): void {
    let [victim, least, seen] = ['', Infinity, 0];
    for (const [key, { worthPerByte }] of this.#held) {
      if (victim === '' || worthPerByte < least) [victim, least] = [key, worthPerByte];
      if (++seen === SAMPLE) break;
    }
    this.#drop(victim);
  }

  #drop(key: Key): void {
    this.#sizeBytes -= this.#held.get(key)?.sizeBytes ?? 0;
    this.#held.delete(key);
  }
}
