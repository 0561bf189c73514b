// What is known of classes of tasks, bounded: a program that composes ever new rows makes ever new classes.

/** Classes that are remembered at least. */
const MIN_CLASSES = 1 << 14;

/**
 * Values by the number of a class, in two generations: what is looked up or set is in the younger one, and where that
 * is full the older one goes. So what stays was used lately, for one lookup in a map as a rule.
 */
export class ClassTable<V> {
  readonly #capacity: number;
  #young = new Map<number, V>();
  #old = new Map<number, V>();

  constructor(capacity = MIN_CLASSES) {
    this.#capacity = capacity;
  }

  get(key: number): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: number, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
