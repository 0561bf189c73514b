// Results to put in stores: of every size class, told apart by a number, and what it means that one came back.
import { contentId, panelDigests } from '../../../src/core/fingerprint/content.ts';
import { toHex } from '../../../src/core/fingerprint/digest.ts';
import type { Store, Stored } from '../../../src/core/store/store.ts';
import { openNodeDigest } from '../../../src/host/node/digest.ts';

export const digest = await openNodeDigest();
export const WORTH = { costNs: 1e7, score: 0.5 };

/** A result of `length` bytes; the same number gives the same one. */
export function resultOf(number: number, length = 40): Stored {
  const elements = Uint8Array.from({ length }, (_, i) => (i * 7 + number * 13 + (i >> 8)) % 251);
  const key = toHex(digest.hash(new TextEncoder().encode(`result ${number}`)));
  const id = toHex(contentId(panelDigests(elements, [length], 'uint8', digest), [length], 'uint8', digest));
  const costs = { pathNs: 1e7, ownNs: 5e6 };
  return { key, dtype: 'uint8', shape: [length], digest: id, elements, facts: 0, costs, producer: 'js' };
}

/** The elements of what a store gives, read where they were not; undefined where they cannot be. */
export const elementsNow = ({ elements }: Stored): Uint8Array | undefined =>
  elements instanceof Uint8Array ? elements : elements.readNow?.();

/** Whether what a store gives is a result to the last byte, its digest included. */
export function isWhole(found: Stored): boolean {
  const elements = elementsNow(found);
  if (elements === undefined) return false;
  const id = toHex(contentId(panelDigests(elements, found.shape, 'uint8', digest), found.shape, 'uint8', digest));
  return id === found.digest;
}

/** How many of some results a store has, with their elements. Throws where it gives one of another key. */
export async function countOf(store: Store, results: readonly Stored[]): Promise<number> {
  let count = 0;
  for (const { key } of results) {
    const found = await store.get(key);
    if (found === undefined) continue;
    if (found.key !== key) throw new TypeError(`it gives ${found.key} for ${key}`);
    if (elementsNow(found) !== undefined) count++;
  }
  return count;
}
