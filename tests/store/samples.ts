// Results to put into stores, and stores that fail in one way each.
import { contentId, panelDigests } from '../../src/core/fingerprint/content.ts';
import { type Digest, toHex } from '../../src/core/fingerprint/digest.ts';
import type { Store, Stored } from '../../src/core/store/store.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import { wrap } from '../../src/core/store/store.ts';

export const WORTH = { costNs: 1e7, score: 0.8 };

/** A result of four float32, told apart by its first. */
export function resultOf(first: number, digest: Digest): Stored {
  const elements = new Uint8Array(Float32Array.of(first, 2, 3, 4).buffer);
  const id = toHex(contentId(panelDigests(elements, [4], 'float32', digest), [4], 'float32', digest));
  const key = toHex(digest.hash(Uint8Array.of(first)));
  const costs = { pathNs: 1e7, ownNs: 1e7 };
  return { key, dtype: 'float32', shape: [4], digest: id, elements, facts: 0, costs, producer: 'js' };
}

/** A store that never answers. */
export function silentStore(): Store {
  const never = <T>(): Promise<T> => new Promise(() => {});
  return wrap(plainStore(), { peek: () => undefined, get: never, close: never });
}

/** A store that throws whatever it is asked, within the call or afterwards. */
export function throwingStore(): Store {
  const fail = (): never => {
    throw new TypeError('the disk is full');
  };
  return { peek: fail, get: async () => fail(), put: fail, stats: fail, close: async () => fail() };
}

/** A store that changes a byte of what it answers. */
export function lyingStore(): Store {
  const honest = plainStore();
  const bend = (found: Stored | undefined): Stored | undefined => {
    if (!(found?.elements instanceof Uint8Array)) return found;
    const elements = found.elements.slice();
    elements[elements.length - 1] = 1 + elements.at(-1)!;
    return { ...found, elements };
  };
  return wrap(honest, {
    peek: (key) => bend(honest.peek(key)),
    get: async (key, signal) => bend(await honest.get(key, signal)),
  });
}
