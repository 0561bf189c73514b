// The store that stands under tests/golden/store, as the program that made it writes it: one result of every kind.
import type { Stored } from '../../../src/core/store/store.ts';
import { contentId, panelDigests } from '../../../src/core/fingerprint/content.ts';
import { toHex } from '../../../src/core/fingerprint/digest.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { Disk, RecordedFiles } from './recorded-files.ts';
import { digest, resultOf, WORTH } from './results.ts';

/** A matrix, with all that a record says of a result. */
function matrixOf(): Stored {
  const elements = new Uint8Array(Float32Array.of(1.5, -0, Infinity, 2 ** -149, 5, 6).buffer);
  const shape = [2, 3];
  const id = toHex(contentId(panelDigests(elements, shape, 'float32', digest), shape, 'float32', digest));
  const key = toHex(digest.hash(new TextEncoder().encode('matrix')));
  const costs = { pathNs: 123_456_789, ownNs: 1_234_567 };
  return { key, dtype: 'float32', shape, digest: id, elements, facts: 5, costs, producer: 'wasm' };
}

/** In their records, none at all, of rank two, and the least that has a file of its own. */
export const GOLDEN: readonly Stored[] = [resultOf(0, 40), resultOf(2, 0), matrixOf(), resultOf(1, 2 ** 18 + 1)];

/** Writes the store: by one process, which used one result again, and another that wrote the index. */
export async function writeGolden(): Promise<Disk> {
  const disk = new Disk();
  for (const id of [1, 2]) {
    const files = new RecordedFiles(disk, id);
    Object.assign(files, { nowMs: () => 1_700_000_000_000 + id, freshName: () => '00000000000000aa' });
    const store = await DiskStore.open(files, { digest, capBytes: 1e9 });
    for (const result of id === 1 ? GOLDEN : []) {
      store.put(result.key, result, WORTH);
      await store.flush();
    }
    if (id === 1) await store.get(GOLDEN[2]!.key);
    else await store.gc();
    await store.close();
  }
  return disk;
}
