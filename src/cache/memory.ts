// The store of a sheet: entries by node number, in RAM bounded in bytes, evicting the least worth keeping; on a device as long as that has room.
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { ENTRY_BYTES } from '../policy/admission.ts';
import type { Entry, Store, StoreStats } from './store.ts';

/** Entries looked at for one eviction. */
const SAMPLE = 12;
const DRAWS = 1 << 16;

/**
 * Eviction is GreedyDual-Size-Frequency by sampling: priority = clock at the last touch + worth, where worth grows with
 * the score and the hits; of a few entries drawn at random the one with the lowest priority goes, and the clock moves up
 * to it, so that entries nobody asks for grow old. No list is kept in order: a hit writes two numbers.
 *
 * Elements that lie on a device alone count in that device's budget, not here: it sends the least worth to RAM when it
 * is full, and they count from then on.
 */
export class MemoryStore implements Store {
  readonly #table: InterningTable;
  #budgetBytes: number;
  readonly #byNode: (Entry | undefined)[] = [];
  readonly #local: Entry[] = [];
  readonly #away: Entry[] = [];
  #sizeBytes = 0;
  #awayBytes = 0;
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
    const { block } = entry.value;
    entry.away = !block.isLocal;
    if (chargedBytes(entry) > this.#budgetBytes) return false;
    this.delete(entry.node);
    if (entry.away) this.#expect(entry);
    this.#add(entry);
    while (this.#byNode.length <= entry.node) this.#byNode.push(undefined);
    this.#byNode[entry.node] = entry;
    this.#table.retain(entry.node);
    block.hold().worth = entry.score;
    return true;
  }

  delete(node: NodeId): boolean {
    const entry = this.#byNode[node];
    if (entry === undefined) return false;
    this.#remove(entry);
    this.#forget(entry);
    return true;
  }

  #forget({ node, value }: Entry): void {
    this.#byNode[node] = undefined;
    value.block.release();
    this.#table.release(node);
  }

  /** Makes room for an entry and charges it. */
  #add(entry: Entry): void {
    const size = chargedBytes(entry);
    while (this.#sizeBytes + size > this.#budgetBytes) this.#evict();
    entry.touched = this.#clock;
    entry.slot = this.#listOf(entry).push(entry) - 1;
    this.#sizeBytes += size;
    if (entry.away) this.#awayBytes += entry.value.block.sizeBytes;
  }

  #remove(entry: Entry): void {
    const list = this.#listOf(entry);
    const last = list.pop() as Entry;
    if (last !== entry) {
      list[entry.slot] = last;
      last.slot = entry.slot;
    }
    this.#sizeBytes -= chargedBytes(entry);
    if (entry.away) this.#awayBytes -= entry.value.block.sizeBytes;
  }

  #listOf({ away }: Entry): Entry[] {
    return away ? this.#away : this.#local;
  }

  /** Charges an entry anew when its elements come to RAM; it goes where they alone are more than the budget. */
  #expect(entry: Entry): void {
    const { block } = entry.value;
    const before = block.landed;
    block.landed = () => {
      before?.();
      if (this.#byNode[entry.node] !== entry) return;
      this.#remove(entry);
      entry.away = false;
      if (chargedBytes(entry) <= this.#budgetBytes) this.#add(entry);
      else this.#forget(entry);
    };
  }

  entries(): Iterable<Entry> {
    return [...this.#local, ...this.#away];
  }

  stats(): StoreStats {
    return { entries: this.#local.length + this.#away.length, sizeBytes: this.#sizeBytes, budgetBytes: this.#budgetBytes, deviceBytes: this.#awayBytes, evictions: this.#evictions };
  }

  /** Lets go of all entries; a computation that ends later is not kept. */
  close(): void {
    this.#budgetBytes = 0;
    for (const entry of this.entries()) this.delete(entry.node);
  }

  #evict(): void {
    // Either kind by its share of the budget.
    const list = (this.#random(DRAWS) / DRAWS) * this.#sizeBytes < this.#away.length * ENTRY_BYTES ? this.#away : this.#local;
    const count = list.length;
    let victim = list[this.#random(count)] as Entry;
    let lowest = priority(victim);
    for (let i = 1; i < SAMPLE; i++) {
      const other = list[this.#random(count)] as Entry;
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

/** What an entry counts in the budget: its elements where they are in RAM, and what holding them takes. */
const chargedBytes = (entry: Entry): number => (entry.away ? ENTRY_BYTES : entry.value.block.sizeBytes + ENTRY_BYTES);

const priority = (entry: Entry): number => entry.touched + worth(entry);

/** Nanoseconds saved per byte and hit, damped so that one huge saving does not stay for ever; scaled by the score. */
function worth(entry: Entry): number {
  const savedPerByte = entry.costNs / (entry.value.block.sizeBytes + ENTRY_BYTES);
  return (0.25 + entry.score) * Math.log2(1 + savedPerByte * 16 * (1 + entry.hits));
}
