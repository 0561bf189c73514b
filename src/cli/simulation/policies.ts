// Caches by other policies, as their papers have them, over sizes and costs: what the sheet's own is compared with.
import type { Cache, Result } from './cache.ts';

interface Held {
  readonly sizeBytes: number;
  readonly costNs: number;
  count: number;
  /** What the one with the lowest goes by. */
  rank: number;
}

/** A cache that takes everything that fits, and lets the entry of the lowest rank go. */
abstract class Ranked implements Cache {
  readonly held = new Map<number, Held>();
  readonly #budgetBytes: number;
  #sizeBytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** The rank of an entry that was asked for, or put, now. */
  protected abstract rankOf(entry: Held, identity: number): number;
  /** Is told what was asked for and not there, and what goes. */
  protected missed(_identity: number): void {}
  protected evicted(_entry: Held): void {}

  find(identity: number): boolean {
    const entry = this.held.get(identity);
    if (entry === undefined) this.missed(identity);
    else {
      entry.count++;
      entry.rank = this.rankOf(entry, identity);
    }
    return entry !== undefined;
  }

  offer({ identity, sizeBytes, pathNs }: Result): boolean {
    if (sizeBytes > this.#budgetBytes || this.held.has(identity)) return false;
    while (this.#sizeBytes + sizeBytes > this.#budgetBytes) this.#evict();
    const entry: Held = { sizeBytes, costNs: pathNs, count: 1, rank: 0 };
    entry.rank = this.rankOf(entry, identity);
    this.held.set(identity, entry);
    this.#sizeBytes += sizeBytes;
    return true;
  }

  #evict(): void {
    let [victim, lowest]: [number | undefined, number] = [undefined, Infinity];
    for (const [identity, { rank }] of this.held) if (rank < lowest) [victim, lowest] = [identity, rank];
    const entry = this.held.get(victim!)!;
    this.held.delete(victim!);
    this.#sizeBytes -= entry.sizeBytes;
    this.evicted(entry);
  }
}

/** What was asked for the longest ago goes. */
class Lru extends Ranked {
  #now = 0;
  protected rankOf(): number {
    return ++this.#now;
  }
}

/** What was asked for the least often goes; of those the oldest. */
class Lfu extends Ranked {
  #now = 0;
  protected rankOf({ count }: Held): number {
    return count + ++this.#now / 1e9;
  }
}

/** GreedyDual-Size-Frequency (Cherkasova 1998): the rank is that of what went last, plus uses × cost a byte. */
class Gdsf extends Ranked {
  #floor = 0;
  protected rankOf({ count, costNs, sizeBytes }: Held): number {
    return this.#floor + (count * costNs) / sizeBytes;
  }
  protected override evicted({ rank }: Held): void {
    this.#floor = rank;
  }
}

/** Cost and size (Phani et al., SIGMOD 2021): hits and misses × cost a byte. Misses are remembered. */
class CostAndSize extends Ranked {
  readonly #misses = new Map<number, number>();
  protected rankOf({ count, costNs, sizeBytes }: Held, identity: number): number {
    return ((count + (this.#misses.get(identity) ?? 0)) * costNs) / sizeBytes;
  }
  protected override missed(identity: number): void {
    this.#misses.set(identity, (this.#misses.get(identity) ?? 0) + 1);
  }
}

/** A queue of entries by size, oldest first. */
class Queue {
  readonly entries = new Map<number, { readonly sizeBytes: number; uses: number }>();
  sizeBytes = 0;

  push(identity: number, sizeBytes: number, uses = 0): void {
    this.entries.set(identity, { sizeBytes, uses });
    this.sizeBytes += sizeBytes;
  }

  shift(): readonly [identity: number, sizeBytes: number, uses: number] {
    const [identity, { sizeBytes, uses }] = this.entries.entries().next().value!;
    this.delete(identity);
    return [identity, sizeBytes, uses];
  }

  delete(identity: number): void {
    this.sizeBytes -= this.entries.get(identity)?.sizeBytes ?? 0;
    this.entries.delete(identity);
  }
}

/** S3-FIFO (Yang et al., SOSP 2023): a small queue of a tenth, a main one, and the names of what left the small one. */
class S3Fifo implements Cache {
  readonly #budgetBytes: number;
  readonly #small = new Queue();
  readonly #main = new Queue();
  readonly #ghosts = new Queue();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  find(identity: number): boolean {
    const entry = this.#small.entries.get(identity) ?? this.#main.entries.get(identity);
    if (entry !== undefined) entry.uses = Math.min(3, entry.uses + 1);
    return entry !== undefined;
  }

  offer({ identity, sizeBytes }: Result): boolean {
    if (sizeBytes > this.#budgetBytes || this.find(identity)) return false;
    while (this.#small.sizeBytes + this.#main.sizeBytes + sizeBytes > this.#budgetBytes) this.#evict();
    const isGhost = this.#ghosts.entries.has(identity);
    this.#ghosts.delete(identity);
    (isGhost ? this.#main : this.#small).push(identity, sizeBytes);
    return true;
  }

  #evict(): void {
    if (this.#small.sizeBytes > this.#budgetBytes / 10 || this.#main.entries.size === 0) {
      const [identity, sizeBytes, uses] = this.#small.shift();
      if (uses > 0) return this.#main.push(identity, sizeBytes);
      this.#ghosts.push(identity, sizeBytes);
      while (this.#ghosts.sizeBytes > this.#budgetBytes) this.#ghosts.shift();
      return;
    }
    const [identity, sizeBytes, uses] = this.#main.shift();
    if (uses > 0) this.#main.push(identity, sizeBytes, uses - 1);
  }
}

/**
 * W-TinyLFU (Einziger et al. 2017): a window of a hundredth by age, a main part that keeps what was asked for more
 * often
 * than what would take its place. Counts are exact, and halved at times.
 */
class WTinyLfu implements Cache {
  readonly #budgetBytes: number;
  readonly #window = new Queue();
  readonly #main = new Queue();
  readonly #counts = new Map<number, number>();
  #asked = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  find(identity: number): boolean {
    this.#count(identity);
    for (const queue of [this.#window, this.#main]) {
      const entry = queue.entries.get(identity);
      if (entry === undefined) continue;
      queue.delete(identity);
      queue.push(identity, entry.sizeBytes);
      return true;
    }
    return false;
  }

  offer({ identity, sizeBytes }: Result): boolean {
    const isThere = this.#window.entries.has(identity) || this.#main.entries.has(identity);
    if (sizeBytes > this.#budgetBytes || isThere) return false;
    this.#window.push(identity, sizeBytes);
    while (this.#window.sizeBytes > this.#budgetBytes / 100) {
      const [leaving, bytes] = this.#window.shift();
      this.#admit(leaving, bytes);
    }
    return this.#main.entries.has(identity) || this.#window.entries.has(identity);
  }

  /** What leaves the window takes the place of the oldest that were asked for less often. */
  #admit(identity: number, sizeBytes: number): void {
    const room = this.#budgetBytes - this.#budgetBytes / 100;
    const victims: number[] = [];
    let free = room - this.#main.sizeBytes;
    for (const [other, entry] of this.#main.entries) {
      if (free >= sizeBytes) break;
      if (this.#countOf(other) >= this.#countOf(identity)) return;
      victims.push(other);
      free += entry.sizeBytes;
    }
    if (free < sizeBytes) return;
    for (const victim of victims) this.#main.delete(victim);
    this.#main.push(identity, sizeBytes);
  }

  #countOf(identity: number): number {
    return this.#counts.get(identity) ?? 0;
  }

  #count(identity: number): void {
    this.#counts.set(identity, this.#countOf(identity) + 1);
    if (++this.#asked % 10_000 !== 0) return;
    for (const [each, count] of this.#counts) this.#counts.set(each, count >> 1);
  }
}

/** Makes a cache of so many bytes. */
type MakeCache = (budgetBytes: number) => Cache;

/** The policies by the names they are known by. */
export const POLICIES: Readonly<Record<string, MakeCache>> = {
  LRU: (budgetBytes) => new Lru(budgetBytes),
  LFU: (budgetBytes) => new Lfu(budgetBytes),
  GDSF: (budgetBytes) => new Gdsf(budgetBytes),
  'Cost&Size': (budgetBytes) => new CostAndSize(budgetBytes),
  'S3-FIFO': (budgetBytes) => new S3Fifo(budgetBytes),
  'W-TinyLFU': (budgetBytes) => new WTinyLfu(budgetBytes),
};
