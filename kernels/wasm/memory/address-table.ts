// Objects by the address they stand for. A Map would do, but V8's takes time in proportion to its size where keys come
// and go.

/** Multiplier of Fibonacci hashing (Knuth 1973, 6.4). */
const GOLDEN = 0x9e3779b1;

/**
 * Open addressing with linear probing; removal moves what follows back, so that no marks are left behind (Knuth 1973,
 * 6.4, algorithm R).
 */
export class AddressTable<T> {
  /** Numbers of lines (address / 64); 0 where the slot is empty. */
  #lines = new Uint32Array(64);
  #values: (T | undefined)[] = new Array<T | undefined>(64).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(address: number): T | undefined {
    return this.#values[this.#slotOf(address >>> 6)];
  }

  /** Adds an object at a multiple of 64, above 0, that has none. */
  set(address: number, value: T): void {
    if (2 * ++this.#size > this.#lines.length) this.#grow();
    const slot = this.#slotOf(address >>> 6);
    this.#lines[slot] = address >>> 6;
    this.#values[slot] = value;
  }

  delete(address: number): void {
    const mask = this.#lines.length - 1;
    let hole = this.#slotOf(address >>> 6);
    if (this.#lines[hole] === 0) return;
    this.#size--;
    for (let next = (hole + 1) & mask; this.#lines[next] !== 0; next = (next + 1) & mask) {
      // It may move back to the hole unless its own place lies after the hole.
      if (((next - this.#homeOf(this.#lines[next]!)) & mask) < ((next - hole) & mask)) continue;
      this.#lines[hole] = this.#lines[next]!;
      this.#values[hole] = this.#values[next];
      hole = next;
    }
    this.#lines[hole] = 0;
    this.#values[hole] = undefined;
  }

  #homeOf(line: number): number {
    return Math.imul(line, GOLDEN) >>> (Math.clz32(this.#lines.length) + 1);
  }

  /** The slot of a line, or the empty one where it would be. */
  #slotOf(line: number): number {
    const mask = this.#lines.length - 1;
    let slot = this.#homeOf(line);
    while (this.#lines[slot] !== 0 && this.#lines[slot] !== line) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [lines, values] = [this.#lines, this.#values];
    this.#lines = new Uint32Array(lines.length * 2);
    this.#values = new Array<T | undefined>(lines.length * 2).fill(undefined);
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] === 0) continue;
      const slot = this.#slotOf(lines[i]!);
      this.#lines[slot] = lines[i]!;
      this.#values[slot] = values[i];
    }
  }
}
