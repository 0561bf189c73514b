// Allocator inside one WebAssembly.Memory: two-level segregated fit (TLSF, Masmano et al. 2004) with immediate
// coalescing.
//
// Blocks are multiples of 64 bytes, 64-byte aligned; the bookkeeping lies outside the memory, so a kernel that strays
// cannot corrupt it. The memory is shared and grows on demand where SharedArrayBuffer exists: views made before a
// growth stay valid. Without it the memory is private, growth detaches every view, and it should hold scratch only
// (make views after the last allocation).
import { AddressTable } from './address-table.ts';
import { MAXIMUM_PAGES } from '../code/assembler.ts';

/** Alignment and smallest block, in bytes: a cache line. */
export const ALIGNMENT_BYTES = 64;

interface HeapStats {
  /** Bytes in allocated blocks. */
  readonly usedBytes: number;
  /** Bytes free without growing. */
  readonly freeBytes: number;
  /** Size of the linear memory. */
  readonly reservedBytes: number;
}

interface HeapOptions {
  readonly initialPages?: number;
  readonly maximumPages?: number;
  /** `private` forces a memory that cannot be given to workers; default: shared where possible. */
  readonly memory?: 'shared' | 'private';
}

/** Linear memory is full, whatever was given back for it. */
export class HeapFullError extends RangeError {
  readonly sizeBytes: number;
  constructor(sizeBytes: number) {
    super(`the kernels' memory has no ${sizeBytes} bytes left`);
    this.sizeBytes = sizeBytes;
  }
}

type ViewConstructor<V> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => V;

interface Block {
  address: number;
  units: number;
  free: boolean;
  /** Neighbours in address order. */
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the free list of its size class. */
  previous: Block | undefined;
  next: Block | undefined;
}

const PAGE_BYTES = 65536;
const SECOND_LEVEL_BITS = 4;
const SECOND_LEVELS = 1 << SECOND_LEVEL_BITS;
const FIRST_LEVELS = 27;
/** Blocks of a class that are looked at before a larger class is. */
const OWN_CLASS_TRIES = 4;
/** Address 0 means "full", so the first line is never given out. */
const FIRST_ADDRESS = ALIGNMENT_BYTES;
/** Kernels may read up to one line past a block (never write); the end of the memory leaves room for it. */
const TAIL_BYTES = ALIGNMENT_BYTES;

/** A heap in linear memory; addresses are bytes, unsigned, up to 2^32 − 64. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly kind: 'shared' | 'private';
  /**
   * Gives blocks back, one after another, for an allocation that found no room; said by whoever owns blocks that can go
   * elsewhere.
   */
  relief: (() => Iterable<unknown>) | undefined;
  readonly #maximumPages: number;
  /**
   * Buffers of the memory, the present one first: growing makes a new one, and views of a shared memory keep theirs.
   */
  readonly #buffers: ArrayBufferLike[] = [];
  readonly #allocated = new AddressTable<Block>();
  readonly #lists: (Block | undefined)[] = new Array<Block | undefined>(FIRST_LEVELS * SECOND_LEVELS).fill(undefined);
  readonly #secondLevelBits = new Int32Array(FIRST_LEVELS);
  #firstLevelBits = 0;
  #last: Block | undefined;
  #usedUnits = 0;
  #touchedBytes = 0;
  #freeUnits = 0;

  constructor(options: HeapOptions = {}) {
    const initial = Math.max(1, options.initialPages ?? 16);
    this.#maximumPages = Math.max(initial, options.maximumPages ?? MAXIMUM_PAGES);
    const wanted = options.memory ?? (typeof SharedArrayBuffer === 'undefined' ? 'private' : 'shared');
    ({ memory: this.memory, kind: this.kind } = createMemory(wanted, initial, this.#maximumPages));
    this.#buffers.push(this.memory.buffer);
    this.#append(FIRST_ADDRESS, this.#end());
  }

  /**
   * Address of a fresh block of at least `sizeBytes` (contents undefined), or 0 when the memory is full and no relief
   * makes room.
   */
  allocate(sizeBytes: number): number {
    return this.tryAllocate(sizeBytes) || this.#afterRelief(sizeBytes);
  }

  /** As `allocate`, of what is free as it is. */
  tryAllocate(sizeBytes: number): number {
    if (!(sizeBytes >= 0)) throw new RangeError(`cannot allocate ${sizeBytes} bytes`);
    const units = unitsOf(sizeBytes);
    const block = this.#find(units) ?? (this.#grow(units) ? this.#find(units) : undefined);
    return block === undefined ? 0 : this.#give(block, units);
  }

  #afterRelief(sizeBytes: number): number {
    if (this.relief === undefined || sizeBytes > this.maximumBytes) return 0;
    const units = unitsOf(sizeBytes);
    for (const _ of this.relief()) {
      const block = this.#find(units);
      if (block !== undefined) return this.#give(block, units);
    }
    return 0;
  }

  #give(block: Block, units: number): number {
    this.#unlist(block);
    this.#split(block, units);
    block.free = false;
    this.#allocated.set(block.address, block);
    this.#usedUnits += block.units;
    this.#touchedBytes = Math.max(this.#touchedBytes, block.address + block.units * ALIGNMENT_BYTES);
    return block.address;
  }

  /** Returns a block; an address that is not one of a live block throws. */
  free(address: number): void {
    const block = this.#allocated.get(address);
    if (block === undefined)
      throw new RangeError(`free(${address}): no live block starts there (freed twice, or never allocated)`);
    this.#allocated.delete(address);
    this.#usedUnits -= block.units;
    block.free = true;
    const merged = block.before?.free === true ? this.#absorb(block.before) : block;
    this.#list(merged.after?.free === true ? this.#absorb(merged) : merged);
  }

  /** A typed view of `length` elements at `address`. */
  view<V>(constructor: ViewConstructor<V>, address: number, length: number): V {
    return new constructor(this.memory.buffer, address, length);
  }

  /** Whether the bytes of an array lie in this memory, also if its view was made before the memory grew. */
  holds({ buffer }: { readonly buffer: ArrayBufferLike }): boolean {
    return buffer === this.#buffers[0] || (this.#buffers.length > 1 && this.#buffers.includes(buffer));
  }

  /** Bytes in allocated blocks. */
  get usedBytes(): number {
    return this.#usedUnits * ALIGNMENT_BYTES;
  }

  /**
   * Bytes that were ever given out: what the process may hold of the memory, which gives no page back while it lives.
   */
  get touchedBytes(): number {
    return this.#touchedBytes;
  }

  /** Bytes it can ever have. */
  get maximumBytes(): number {
    return this.#maximumPages * PAGE_BYTES;
  }

  stats(): HeapStats {
    return {
      usedBytes: this.#usedUnits * ALIGNMENT_BYTES,
      freeBytes: this.#freeUnits * ALIGNMENT_BYTES,
      reservedBytes: this.memory.buffer.byteLength,
    };
  }

  #end(): number {
    return this.memory.buffer.byteLength - TAIL_BYTES;
  }

  // A block of the request's own class if one near the head fits (what was just given back, its pages touched already),
  // else the smallest listed block that surely fits: the request is rounded up to the next class, so the head of any
  // list found is enough.
  #find(units: number): Block | undefined {
    const own = this.#fitIn(this.#lists[classOf(units)], units, OWN_CLASS_TRIES);
    if (own !== undefined) return own;
    const rounded = units < SECOND_LEVELS ? units : units + (1 << (floorLog2(units) - SECOND_LEVEL_BITS)) - 1;
    const index = classOf(rounded);
    const first = index >>> SECOND_LEVEL_BITS;
    const here = (this.#secondLevelBits[first] ?? 0) & (-1 << (index & (SECOND_LEVELS - 1)));
    if (here !== 0) return this.#lists[(first << SECOND_LEVEL_BITS) + lowestBit(here)];
    const above = this.#firstLevelBits & (-1 << (first + 1));
    if (first + 1 >= FIRST_LEVELS || above === 0) return this.#fitIn(this.#lists[classOf(units)], units, Infinity);
    const level = lowestBit(above);
    return this.#lists[(level << SECOND_LEVEL_BITS) + lowestBit(this.#secondLevelBits[level] ?? 0)];
  }

  // Blocks of the request's own class may fit although the class does not guarantee it.
  #fitIn(head: Block | undefined, units: number, tries: number): Block | undefined {
    let block = head;
    for (let i = 0; block !== undefined && i < tries; i++, block = block.next) if (block.units >= units) return block;
    return undefined;
  }

  #split(block: Block, units: number): void {
    if (block.units === units) return;
    const rest: Block = {
      address: block.address + units * ALIGNMENT_BYTES,
      units: block.units - units,
      free: true,
      before: block,
      after: block.after,
      previous: undefined,
      next: undefined,
    };
    if (rest.after === undefined) this.#last = rest;
    else rest.after.before = rest;
    block.after = rest;
    block.units = units;
    this.#list(rest);
  }

  // Joins a block with the free block after it; both leave their lists.
  #absorb(block: Block): Block {
    const other = block.after as Block;
    this.#unlist(block);
    this.#unlist(other);
    block.units += other.units;
    block.after = other.after;
    if (other.after === undefined) this.#last = block;
    else other.after.before = block;
    return block;
  }

  #list(block: Block): void {
    const index = classOf(block.units);
    const head = this.#lists[index];
    block.previous = undefined;
    block.next = head;
    if (head !== undefined) head.previous = block;
    this.#lists[index] = block;
    this.#freeUnits += block.units;
    const first = index >>> SECOND_LEVEL_BITS;
    this.#firstLevelBits |= 1 << first;
    this.#secondLevelBits[first]! |= 1 << (index & (SECOND_LEVELS - 1));
  }

  // Takes a block out of its free list; a block that is in none (just being freed) is left alone.
  #unlist(block: Block): void {
    const index = classOf(block.units);
    if (block.previous === undefined && this.#lists[index] !== block) return;
    if (block.previous === undefined) this.#lists[index] = block.next;
    else block.previous.next = block.next;
    if (block.next !== undefined) block.next.previous = block.previous;
    block.previous = block.next = undefined;
    this.#freeUnits -= block.units;
    if (this.#lists[index] !== undefined) return;
    const first = index >>> SECOND_LEVEL_BITS;
    this.#secondLevelBits[first]! &= ~(1 << (index & (SECOND_LEVELS - 1)));
    if (this.#secondLevelBits[first] === 0) this.#firstLevelBits &= ~(1 << first);
  }

  // Grows by half of what is there, or by what is needed when that is more or the half is not to be had.
  #grow(units: number): boolean {
    const before = this.#end();
    const pages = this.memory.buffer.byteLength / PAGE_BYTES;
    const tailUnits = this.#last?.free === true ? this.#last.units : 0;
    const needed = Math.ceil(((units - tailUnits) * ALIGNMENT_BYTES) / PAGE_BYTES);
    const room = this.#maximumPages - pages;
    if (needed > room) return false;
    if (!tryGrow(this.memory, Math.min(room, Math.max(needed, pages >>> 1))) && !tryGrow(this.memory, needed))
      return false;
    if (this.kind === 'private') this.#buffers.length = 0;
    this.#buffers.unshift(this.memory.buffer);
    this.#append(before, this.#end());
    return true;
  }

  // A new free block at the end of the memory, joined with a free block before it.
  #append(start: number, end: number): void {
    const block: Block = {
      address: start,
      units: Math.floor((end - start) / ALIGNMENT_BYTES),
      free: true,
      before: this.#last,
      after: undefined,
      previous: undefined,
      next: undefined,
    };
    if (this.#last !== undefined) this.#last.after = block;
    this.#last = block;
    this.#list(block.before?.free === true ? this.#absorb(block.before) : block);
  }
}

const unitsOf = (sizeBytes: number): number => Math.max(1, Math.ceil(sizeBytes / ALIGNMENT_BYTES));

function createMemory(
  wanted: 'shared' | 'private',
  initial: number,
  maximum: number,
): { memory: WebAssembly.Memory; kind: 'shared' | 'private' } {
  if (wanted === 'shared') {
    try {
      return { memory: new WebAssembly.Memory({ initial, maximum, shared: true }), kind: 'shared' };
    } catch {
      // Address space is limited here (ulimit -v, 32 bits): a private memory reserves only what it uses.
    }
  }
  return { memory: new WebAssembly.Memory({ initial, maximum }), kind: 'private' };
}

function tryGrow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}

// Size class: power of two, then 16 linear steps inside it; sizes below 16 units have one class each.
function classOf(units: number): number {
  if (units < SECOND_LEVELS) return units;
  const level = floorLog2(units);
  return (
    ((level - SECOND_LEVEL_BITS + 1) << SECOND_LEVEL_BITS) + ((units >>> (level - SECOND_LEVEL_BITS)) - SECOND_LEVELS)
  );
}

function floorLog2(value: number): number {
  return 31 - Math.clz32(value);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
