// The interning table: (op, semantics, attributes, operands) → node. Identity inside the process is a node number.

/** Number of a node; 0 is no node. Never leaves the process. */
export type NodeId = number;

/** Op numbers that no row has: those of roots, and of the list nodes that chain more than two operands. */
export const ROOT_OP = 0xffff;
export const LIST_OP = 0xfffe;

const MIN_CAPACITY = 1024;
const EMPTY = 0;
/** Arity of nodes that equal no other: nobody looks for them by their fields, so they take no slot. */
const ALONE = 255;

// Fields of a node, one after the other so that a probe touches one cache line: 32 bytes, and 8 for two slots.
const STRIDE = 8;
/** op number | semantics << 16 | arity << 24; 0 marks a free node. */
const HEAD = 0;
const ATTRIBUTES = 1;
const A = 2;
const B = 3;
const HASH = 4;
const HOLDERS = 5;
/** Counts how often a number was given out, so that a handle can tell that its node was swept. */
const GENERATION = 6;
/** How often the node was computed: a second computation is a reason to keep a result. */
const COMPUTATIONS = 7;

/**
 * Open-addressed table over typed arrays: 40 bytes a node, full fields compared. More than two operands are chained
 * through list nodes. A node stays while an entry, an in-flight computation or another node refers to it (`retain` /
 * `release`); the others are swept once the table holds `bound` nodes, so a loop over ever new operations stays flat.
 * Handles do not keep nodes alive: they hold their call and intern it again.
 */
export class InterningTable {
  #nodes = new Uint32Array(MIN_CAPACITY * STRIDE);
  #slots = new Uint32Array(MIN_CAPACITY * 2);
  #free: NodeId[] = [];
  #next: NodeId = 1;
  #live = 0;
  readonly #bound: number;
  #sweepAt: number;
  /** Called for every node that is swept. */
  onSweep: (node: NodeId) => void = () => {};

  constructor(bound = 1 << 16) {
    this.#bound = bound;
    this.#sweepAt = bound;
  }

  get size(): number {
    return this.#live;
  }

  /** Bytes of the table itself. */
  get sizeBytes(): number {
    return this.#nodes.byteLength + this.#slots.byteLength;
  }

  /** True while `node` is in the generation that `generationOf` reported. */
  isAlive(node: NodeId, generation: number): boolean {
    return node !== 0 && this.#nodes[node * STRIDE + GENERATION] === generation;
  }

  generationOf(node: NodeId): number {
    return this.#nodes[node * STRIDE + GENERATION]!;
  }

  /** The node of these fields, found or made. `a` and `b` are 0 where absent. */
  intern(op: number, semantics: number, arity: number, attributes: number, a: NodeId, b: NodeId): NodeId {
    const head = (op | (semantics << 16) | (arity << 24)) >>> 0;
    const hash = mix(head, attributes, a, b);
    const nodes = this.#nodes;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let node = this.#slots[slot]!; node !== EMPTY; node = this.#slots[slot]!) {
      const at = node * STRIDE;
      if (
        nodes[at + HASH] === hash &&
        nodes[at + HEAD] === head &&
        nodes[at + ATTRIBUTES] === attributes &&
        nodes[at + A] === a &&
        nodes[at + B] === b
      )
        return node;
      slot = (slot + 1) & mask;
    }
    return this.#insert(head, attributes, a, b, hash);
  }

  /** A node that equals no other: a root whose content is not known. */
  fresh(op: number, semantics: number): NodeId {
    return this.#take((op | (semantics << 16) | (ALONE << 24)) >>> 0, 0, 0, 0, 0);
  }

  /** Keeps a node, and through it its operands, in the table. */
  retain(node: NodeId): void {
    this.#nodes[node * STRIDE + HOLDERS]!++;
  }

  release(node: NodeId): void {
    this.#nodes[node * STRIDE + HOLDERS]!--;
  }

  /** Counts one more computation of a node and answers how many there were before. */
  countComputation(node: NodeId): number {
    return this.#nodes[node * STRIDE + COMPUTATIONS]!++;
  }

  /** Op number of a node that is alive. */
  opOf(node: NodeId): number {
    return this.#nodes[node * STRIDE + HEAD]! & 0xffff;
  }

  /** A node, and all that are made of it, directly or not. */
  madeOf(node: NodeId): NodeId[] {
    const users = new Map<NodeId, NodeId[]>();
    for (let each = 1; each < this.#next; each++) {
      const arity = this.#nodes[each * STRIDE + HEAD]! >>> 24;
      if (arity === 0 || arity === ALONE) continue;
      for (let i = 0; i < arity; i++) {
        const operand = this.#nodes[each * STRIDE + A + i]!;
        const known = users.get(operand);
        if (known === undefined) users.set(operand, [each]);
        else known.push(each);
      }
    }
    const found = new Set([node]);
    for (const each of found) for (const user of users.get(each) ?? []) found.add(user);
    return [...found];
  }

  holdersOf(node: NodeId): number {
    return this.#nodes[node * STRIDE + HOLDERS]!;
  }

  #insert(head: number, attributes: number, a: NodeId, b: NodeId, hash: number): NodeId {
    const arity = head >>> 24;
    if (arity > 0) this.retain(a);
    if (arity > 1) this.retain(b);
    const node = this.#take(head, attributes, a, b, hash);
    this.#place(node, hash);
    return node;
  }

  #take(head: number, attributes: number, a: NodeId, b: NodeId, hash: number): NodeId {
    if (this.#free.length === 0 && this.#next >= this.#nodes.length / STRIDE) this.#grow();
    const node = this.#free.pop() ?? this.#next++;
    const nodes = this.#nodes;
    const at = node * STRIDE;
    nodes[at + HEAD] = head;
    nodes[at + ATTRIBUTES] = attributes;
    nodes[at + A] = a;
    nodes[at + B] = b;
    nodes[at + HASH] = hash;
    nodes[at + HOLDERS] = 0;
    nodes[at + COMPUTATIONS] = 0;
    this.#live++;
    return node;
  }

  #place(node: NodeId, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  /**
   * Sweeps when the table is full, and answers whether it did. To be called where no node number is in hand that is not
   * retained.
   */
  sweepWhenFull(): boolean {
    if (this.#live < this.#sweepAt) return false;
    this.sweep();
    return true;
  }

  /**
   * Frees every node that nothing holds, and then the operands only such nodes held; where no node number is in hand,
   * as above.
   */
  sweep(): void {
    const unheld: NodeId[] = [];
    for (let node = 1; node < this.#next; node++) {
      if (this.#nodes[node * STRIDE + HEAD] !== 0 && this.#nodes[node * STRIDE + HOLDERS] === 0) unheld.push(node);
    }
    for (let node = unheld.pop(); node !== undefined; node = unheld.pop()) {
      const arity = this.#nodes[node * STRIDE + HEAD]! >>> 24;
      this.#drop(node);
      if (arity === ALONE) continue;
      if (arity > 0) this.#letGo(this.#nodes[node * STRIDE + A]!, unheld);
      if (arity > 1) this.#letGo(this.#nodes[node * STRIDE + B]!, unheld);
    }
    this.#rehash(this.#slots.length);
    this.#sweepAt = Math.max(this.#bound, this.#live * 2);
  }

  #letGo(operand: NodeId, unheld: NodeId[]): void {
    this.release(operand);
    if (this.#nodes[operand * STRIDE + HOLDERS] === 0) unheld.push(operand);
  }

  #drop(node: NodeId): void {
    this.onSweep(node);
    this.#nodes[node * STRIDE + HEAD] = 0;
    this.#nodes[node * STRIDE + GENERATION] = this.#nodes[node * STRIDE + GENERATION]! + 1;
    this.#free.push(node);
    this.#live--;
  }

  #grow(): void {
    const capacity = (this.#nodes.length / STRIDE) * 2;
    const wide = new Uint32Array(capacity * STRIDE);
    wide.set(this.#nodes);
    this.#nodes = wide;
    this.#rehash(capacity * 2);
  }

  #rehash(slotCount: number): void {
    this.#slots = new Uint32Array(slotCount);
    for (let node = 1; node < this.#next; node++) {
      const head = this.#nodes[node * STRIDE + HEAD]!;
      if (head !== 0 && head >>> 24 !== ALONE) this.#place(node, this.#nodes[node * STRIDE + HASH]!);
    }
  }
}

/** Mixes four words (murmur3 rounds); only a place to look, never an identity. */
function mix(head: number, attributes: number, a: number, b: number): number {
  let h = Math.imul(head, 0xcc9e2d51) ^ Math.imul(attributes, 0x1b873593);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(a, 0x85ebca6b);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(b, 0xc2b2ae35);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  return h >>> 0;
}
