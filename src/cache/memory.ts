// The RAM store: entries by node number, bounded in bytes, evicting the least worth keeping.
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { ENTRY_BYTES } from '../policy/admission.ts';
import type { Entry, Store, StoreStats } from './store.ts';

/** Entries looked at for one eviction. */
const SAMPLE = 12;

/**
 * Eviction is GreedyDual-Size-Frequency by sampling: priority = clock at the last touch + worth, where worth grows with
 * the score and the hits; of a few entries drawn at random the one with the lowest priority goes, and the clock moves up
 * to it, so that entries nobody asks for grow old. No list is kept in order: a hit writes two numbers.
 */
export class MemoryStore implements Store {
  readonly #table: InterningTable;
  #budgetBytes: number;
  readonly #byNode: (Entry | undefined)[] = [];
  readonly #all: Entry[] = [];
  #sizeBytes = 0;
  #clock = 0;
  #evictions = 0;
  #draw = 0x9e3779b9;

  constructor(table: InterningTable, budgetBytes: number) {
    this.#table = table;
    this.#budgetBytes = budgetBytes;
  }

  get(node: NodeId): Entry | undefined {
    const entry = this.#byNode[node];
    if (entry !== undefined) {
      entry.hits++;
      entry.touched = this.#clock;
    }
    return entry;
  }

  /** As `get`, leaving no trace of the look. */
  peek(node: NodeId): Entry | undefined {
    return this.#byNode[node];
  }

  put(entry: Entry): boolean {
    const size = chargedBytes(entry);
    if (size > this.#budgetBytes) return false;
    this.delete(entry.node);
    while (this.#sizeBytes + size > this.#budgetBytes) this.#evict();
    entry.touched = this.#clock;
    entry.slot = this.#all.push(entry) - 1;
    while (this.#byNode.length <= entry.node) this.#byNode.push(undefined);
    this.#byNode[entry.node] = entry;
    this.#sizeBytes += size;
    this.#table.retain(entry.node);
    entry.value.block.hold().worth = entry.score;
    return true;
  }

  delete(node: NodeId): boolean {
    const entry = this.#byNode[node];
    if (entry === undefined) return false;
    this.#byNode[node] = undefined;
    const last = this.#all.pop() as Entry;
    if (last !== entry) {
      this.#all[entry.slot] = last;
      last.slot = entry.slot;
    }
    this.#sizeBytes -= chargedBytes(entry);
    entry.value.block.release();
    this.#table.release(node);
    return true;
  }

  entries(): Iterable<Entry> {
    return [...this.#all];
  }

  stats(): StoreStats {
    return { entries: this.#all.length, sizeBytes: this.#sizeBytes, budgetBytes: this.#budgetBytes, evictions: this.#evictions };
  }

  /** Lets go of all entries; a computation that ends later is not kept. */
  close(): void {
    this.#budgetBytes = 0;
    for (const entry of this.entries()) this.delete(entry.node);
  }

  #evict(): void {
    const count = this.#all.length;
    let victim = this.#all[this.#random(count)] as Entry;
    let lowest = priority(victim);
    for (let i = 1; i < SAMPLE; i++) {
      const other = this.#all[this.#random(count)] as Entry;
      const priorityOfOther = priority(other);
      if (priorityOfOther < lowest) [victim, lowest] = [other, priorityOfOther];
    }
    this.#clock = Math.max(this.#clock, lowest);
    this.#evictions++;
    this.delete(victim.node);
  }

  /** xorshift32: which entries are looked at has no bearing on any result. */
  #random(count: number): number {
    let x = this.#draw;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#draw = x;
    return (x >>> 0) % count;
  }
}

/** What an entry counts in the budget: its elements, and what holding them takes. */
const chargedBytes = (entry: Entry): number => entry.value.block.sizeBytes + ENTRY_BYTES;

const priority = (entry: Entry): number => entry.touched + worth(entry);

/** Nanoseconds saved per byte and hit, damped so that one huge saving does not stay for ever; scaled by the score. */
function worth(entry: Entry): number {
  const savedPerByte = entry.costNs / chargedBytes(entry);
  return (0.25 + entry.score) * Math.log2(1 + savedPerByte * 16 * (1 + entry.hits));
}
