// Results that wait to be written to a service: bounded in bytes, written a few at a time while the program goes on.
import type { Key, Stored } from '../../kit.ts';

/** Results that are written at once. */
const MAX_AT_ONCE = 4;

/** A result whose elements are in RAM. */
export interface WritableResult {
  readonly stored: Stored;
  readonly elements: Uint8Array;
}

/** A queue of results by key. What does not fit is refused: a cache need not keep everything. */
export class WriteBehind {
  readonly #write: (result: WritableResult) => Promise<void>;
  readonly #maxBytes: number;
  readonly #waiting = new Map<Key, WritableResult>();
  readonly #underWay = new Map<Key, WritableResult>();
  readonly #idle: (() => void)[] = [];
  #sizeBytes = 0;

  /** `write` does not reject. */
  constructor(maxBytes: number, write: (result: WritableResult) => Promise<void>) {
    this.#maxBytes = maxBytes;
    this.#write = write;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get entries(): number {
    return this.#waiting.size + this.#underWay.size;
  }

  /** What is not written yet. */
  peek(key: Key): Stored | undefined {
    return (this.#waiting.get(key) ?? this.#underWay.get(key))?.stored;
  }

  /** Takes a result; false where there is no room. The writing begins when the caller has gone on. */
  put(result: WritableResult): boolean {
    const { key, digest } = result.stored;
    if (this.peek(key)?.digest === digest) return true;
    if (this.#sizeBytes + result.elements.length > this.#maxBytes) return false;
    this.#sizeBytes += result.elements.length - (this.#waiting.get(key)?.elements.length ?? 0);
    this.#waiting.set(key, result);
    void Promise.resolve().then(() => this.#begin());
    return true;
  }

  /** Resolves when what was put so far was written, or given up. */
  async flush(): Promise<void> {
    while (this.entries > 0) await new Promise<void>((resolve) => void this.#idle.push(resolve));
  }

  #begin(): void {
    for (const [key, result] of this.#waiting) {
      if (this.#underWay.size >= MAX_AT_ONCE) return;
      // One at a time under a key: the later one stays.
      if (this.#underWay.has(key)) continue;
      this.#waiting.delete(key);
      this.#underWay.set(key, result);
      void this.#write(result).finally(() => this.#end(key, result));
    }
  }

  #end(key: Key, { elements }: WritableResult): void {
    this.#underWay.delete(key);
    this.#sizeBytes -= elements.length;
    this.#begin();
    if (this.entries === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
