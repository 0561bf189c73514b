// A store of a package's own in forty lines: results as JSON texts by key, as a database of texts would hold them.
import type { Key, Store, Stored, StoreStats } from 'symbolic-sheet/kit';

/** Holds results in a map of texts, which outlives it. */
export class TextStore implements Store {
  readonly #texts: Map<Key, string>;

  constructor(texts: Map<Key, string> = new Map()) {
    this.#texts = texts;
  }

  /** Texts are never at hand. */
  peek(): undefined {}

  async get(key: Key, signal?: AbortSignal): Promise<Stored | undefined> {
    const text = this.#texts.get(key);
    if (text === undefined || signal?.aborted === true) return undefined;
    const { elements, ...stored } = JSON.parse(text) as Stored & { readonly elements: string };
    return { ...stored, elements: new Uint8Array(Buffer.from(elements, 'base64')) };
  }

  put(key: Key, { elements, ...stored }: Stored): void {
    // A store may refuse: what lies elsewhere is not fetched for it.
    if (!(elements instanceof Uint8Array)) return;
    const text = Buffer.from(elements).toString('base64');
    this.#texts.set(key, JSON.stringify({ ...stored, elements: text }));
  }

  stats(): StoreStats {
    let sizeBytes = 0;
    for (const text of this.#texts.values()) sizeBytes += text.length;
    return { entries: this.#texts.size, sizeBytes };
  }

  async close(): Promise<void> {}
}
