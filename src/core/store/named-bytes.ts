// Bytes under a name of their own as a result that stores keep: what is no tensor, or several of them.
import type { Digest } from '../env.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { Key, Stored } from './store.ts';

/** The bytes as a result of uint8 elements that took so long to make. */
export function namedBytes(key: Key, elements: Uint8Array, costNs: number, producer: string, digest: Digest): Stored {
  const shape = [elements.length];
  const id = toHex(contentId(panelDigests(elements, shape, 'uint8', digest), shape, 'uint8', digest));
  const costs = { pathNs: costNs, ownNs: costNs };
  return { key, dtype: 'uint8', shape, digest: id, elements, facts: 0, costs, producer };
}
