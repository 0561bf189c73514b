// One digest of a list from which each item can be proved: a tree as in RFC 6962, of BLAKE3-256.
import type { Digest } from '../core/fingerprint/digest.ts';
import { TlvWriter } from '../core/fingerprint/encode.ts';

const LEAF = 0;
const NODE = 1;

/**
 * The root of a list of items. Leaves and nodes have prefixes, so that neither is taken for the other; an odd one at
 * the end is carried up as it is and never doubled, and the number of leaves is in the root.
 */
export function merkleRoot(items: readonly Uint8Array[], digest: Digest): Uint8Array {
  const top = items.length === 0 ? digest.hash(new Uint8Array(0)) : topOf(items, digest);
  return digest.hash(new TlvWriter().begin('merkle', 1).u64(items.length).digest(top).view());
}

function topOf(items: readonly Uint8Array[], digest: Digest): Uint8Array {
  let level = items.map((item) => digest.hash(joined(LEAF, item)));
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      above.push(right === undefined ? left : digest.hash(joined(NODE, left, right)));
    }
    level = above;
  }
  return level[0]!;
}

function joined(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
