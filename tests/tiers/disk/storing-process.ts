// A process that uses a store on a disk until it is killed or done, and says on stdout what it holds to be safe.
// Arguments: folder, seed, number of operations (0: until it is killed), number of keys.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { verified } from '../../../src/core/store/verified.ts';
import { nodeFileSystem } from '../../../src/host/node/file-system.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { digest, elementsNow, isWhole, resultOf, WORTH } from './results.ts';

const [folder = '', seed = '1', operations = '0', keys = '1000000'] = process.argv.slice(2);
const LENGTHS = [40, 5000, 300_000];
const store = await DiskStore.open(nodeFileSystem(folder), { digest, capBytes: 1e10 });
const checked = verified(store, digest, ({ kind, detail }) => {
  writeSync(1, `trouble ${kind} ${detail}\n`);
});
let state = Number(seed);
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
for (let i = 0; Number(operations) === 0 || i < Number(operations); i++) {
  const number = random(Number(keys));
  const result = resultOf(number, LENGTHS[number % LENGTHS.length]);
  if (random(2) === 0) {
    store.put(result.key, result, WORTH);
    await store.flush();
    // Only what was acknowledged is held to be safe, and it is said at once.
    writeSync(1, `safe ${number}\n`);
  } else {
    const found = await checked.get(result.key);
    // What cannot be read any more is a miss; what is read is whole.
    const elements = found && elementsNow(found);
    if (
      found !== undefined &&
      elements !== undefined &&
      (!isWhole({ ...found, elements }) || found.digest !== result.digest)
    )
      writeSync(1, `wrong ${number}\n`);
  }
  if (random(150) === 0) await store.gc();
}
await store.close();
writeSync(1, 'done\n');
