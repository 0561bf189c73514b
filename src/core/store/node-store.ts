// The index of an engine: live values by node number, which mean nothing outside it (store.ts has what leaves it). It
// is in RAM bounded in bytes, evicting the least worth keeping; on a device as long as that has room.
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { ENTRY_BYTES } from '../policy/admission.ts';
import type { Entry, NodeStoreStats } from './entry.ts';

/** Entries looked at in every size class for one eviction. */
const SAMPLE = 12;
/** Size classes by powers of two: classes of entries in RAM, and one of those whose elements are on a device. */
const SIZE_CLASSES = 54;
const AWAY_CLASS = 0;
/**
 * What is kept must be worth so many times a new result to stay instead of it, which is learned: in a loop over more
 * than there is room for the old ones should stay, and the new ones where a program goes from one thing to the next.
 */
const FIRST_PREFERENCE = 1 / 2;
const LEAST_PREFERENCE = 1 / 4;
const MOST_PREFERENCE = 256;
/**
 * What was refused should not have been where it comes again before a budget of results has passed; what was evicted,
 * before so many budgets have.
 */
const REACH = 2;
/** By what share of its worth a refused result ages the others. */
const AGEING = 1 / 4;
/** Refused and evicted results that are remembered. */
const MAX_GHOSTS = 4096;

/**
 * Eviction is GreedyDual-Size-Frequency by sampling: priority = clock at the last touch + worth, where worth is the
 * nanoseconds saved per byte, weighted by score and hits. A few entries are drawn from every class of sizes, so that a
 * large one is always met however many small ones there are; of those drawn the one with the lowest priority goes, and
 * the clock moves up to it, so that entries nobody asks for grow old by what displaced them, byte for byte. A result is
 * not taken where all that is kept is worth more, by a factor that is learned: no small costly entry leaves for a large
 * cheap one. A hit writes two numbers, and no list is kept in order.
 *
 * Elements that lie on a device alone count in that device's budget, not here: it sends the least worth to RAM when it
 * is full, and they count from then on.
 */
export class NodeStore {
  readonly #table: InterningTable;
  #budgetBytes: number;
  readonly #onEvict: (entry: Entry) => void;
  readonly #byNode: (Entry | undefined)[] = [];
  readonly #classes: readonly Entry[][] = Array.from({ length: SIZE_CLASSES }, () => []);
  #sizeBytes = 0;
  #awayBytes = 0;
  #clock = 0;
  #evictions = 0;
  #draw = 0x9e3779b9;
  #preference = FIRST_PREFERENCE;
  /** Bytes of all results that were offered, and after how many of them a node was refused, or evicted. */
  #passedBytes = 0;
  readonly #refused = new Map<NodeId, number>();
  readonly #evicted = new Map<NodeId, number>();

  constructor(table: InterningTable, budgetBytes: number, onEvict: (entry: Entry) => void = () => {}) {
    this.#table = table;
    this.#budgetBytes = budgetBytes;
    this.#onEvict = onEvict;
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
    this.#learn(entry);
    if (!this.#add(entry)) {
      remember(this.#refused, entry.node, this.#passedBytes);
      return false;
    }
    if (entry.away) this.#expect(entry);
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

  /** Learns from a result that was computed again what should have been done with it before. */
  #learn(entry: Entry): void {
    const { node } = entry;
    this.#passedBytes += chargedBytes(entry);
    const since = (at: number | undefined): number => this.#passedBytes - (at ?? -Infinity);
    if (since(this.#refused.get(node)) < this.#budgetBytes)
      this.#preference = Math.min(MOST_PREFERENCE, 2 * this.#preference);
    else if (since(this.#evicted.get(node)) < REACH * this.#budgetBytes)
      this.#preference = Math.max(LEAST_PREFERENCE, this.#preference / 2);
    this.#refused.delete(node);
    this.#evicted.delete(node);
  }

  /** Makes room for an entry and charges it; false where everything that is kept is worth more, byte for byte. */
  #add(entry: Entry): boolean {
    const size = chargedBytes(entry);
    while (this.#sizeBytes + size > this.#budgetBytes) {
      if (this.#evictBelow(this.#clock + this.#preference * worth(entry))) continue;
      // What is refused ages the others too, by its share of the budget: they must not stay for ever.
      this.#clock += (AGEING * worth(entry) * size) / this.#budgetBytes;
      return false;
    }
    entry.touched = this.#clock;
    entry.slot = this.#listOf(entry).push(entry) - 1;
    this.#sizeBytes += size;
    if (entry.away) this.#awayBytes += entry.value.block.sizeBytes;
    return true;
  }

  #remove(entry: Entry): void {
    const list = this.#listOf(entry);
    const last = list.pop()!;
    if (last !== entry) {
      list[entry.slot] = last;
      last.slot = entry.slot;
    }
    this.#sizeBytes -= chargedBytes(entry);
    if (entry.away) this.#awayBytes -= entry.value.block.sizeBytes;
  }

  #listOf(entry: Entry): Entry[] {
    const kind = entry.away ? AWAY_CLASS : 1 + Math.floor(Math.log2(chargedBytes(entry)));
    return this.#classes[kind]!;
  }

  /** Charges an entry anew when its elements come to RAM; it goes where they alone are more than the budget. */
  #expect(entry: Entry): void {
    const { block } = entry.value;
    const before = block.onArrival;
    block.onArrival = () => {
      before?.();
      if (this.#byNode[entry.node] !== entry) return;
      this.#remove(entry);
      entry.away = false;
      if (chargedBytes(entry) > this.#budgetBytes || !this.#add(entry)) this.#forget(entry);
    };
  }

  entries(): Iterable<Entry> {
    return this.#classes.flat();
  }

  /** Share of the budget that entries take. */
  get taken(): number {
    return this.#sizeBytes / this.#budgetBytes;
  }

  stats(): NodeStoreStats {
    return {
      entries: this.#classes.reduce((count, { length }) => count + length, 0),
      sizeBytes: this.#sizeBytes,
      budgetBytes: this.#budgetBytes,
      deviceBytes: this.#awayBytes,
      evictions: this.#evictions,
    };
  }

  /** Lets go of all entries; a computation that ends later is not kept. */
  close(): void {
    this.#budgetBytes = 0;
    for (const entry of this.entries()) this.delete(entry.node);
  }

  /** Lets the least worth go; false where that is worth more than `limit`. */
  #evictBelow(limit: number): boolean {
    let victim: Entry | undefined;
    let lowest = Infinity;
    for (const list of this.#classes) {
      const draws = Math.min(SAMPLE, list.length);
      for (let i = 0; i < draws; i++) {
        const drawn = list[list.length <= SAMPLE ? i : this.#random(list.length)]!;
        const priorityOfDrawn = priority(drawn);
        if (priorityOfDrawn < lowest) [victim, lowest] = [drawn, priorityOfDrawn];
      }
    }
    if (victim === undefined || lowest >= limit) return false;
    this.#clock = Math.max(this.#clock, lowest);
    this.#evictions++;
    this.#onEvict(victim);
    remember(this.#evicted, victim.node, this.#passedBytes);
    this.delete(victim.node);
    return true;
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
const chargedBytes = (entry: Entry): number =>
  (entry.away ? 0 : entry.value.block.sizeBytes) + (entry.overheadBytes ?? ENTRY_BYTES);

/** The order in which entries go, whatever room is wanted: in the budget, in the kernels' memory or in the table. */
export const goesFirst = (a: Entry, b: Entry): number => priority(a) - priority(b);

const priority = (entry: Entry): number => entry.touched + worth(entry);

/**
 * Nanoseconds that a hit saves per byte, scaled by the score, and by the logarithm of its hits, so that old ones do not
 * keep every new result of its kind out.
 */
const worth = (entry: Entry): number =>
  ((0.25 + entry.score) * entry.costNs * (1 + Math.log2(1 + entry.hits))) /
  (entry.value.block.sizeBytes + (entry.overheadBytes ?? ENTRY_BYTES));

function remember(places: Map<NodeId, number>, node: NodeId, at: number): void {
  if (places.size >= MAX_GHOSTS) places.clear();
  places.set(node, at);
}
