// A process that puts more into a store than its disk has room for, and says as JSON what came of it.
// Arguments: folder, number of results, bytes of each.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { verified } from '../../../src/core/store/verified.ts';
import { nodeFileSystem } from '../../../src/host/node/file-system.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { digest, elementsNow, resultOf, WORTH } from './results.ts';

const [folder = '', count = '0', bytes = '0'] = process.argv.slice(2);
const kinds: string[] = [];
let now = Date.now();
// A pause after each failed write would leave all that follow untried.
const files = { ...nodeFileSystem(folder), nowMs: () => (now += 60_000) };
const store = await DiskStore.open(files, { digest, capBytes: 1e10, tell: ({ kind }) => void kinds.push(kind) });
const checked = verified(store, digest, ({ kind }) => void kinds.push(kind));
const results = Array.from({ length: Number(count) }, (_, i) => resultOf(i, Number(bytes) + (i % 2) * 100_000));

/** How many results are there whole; what is given has the digest of what was put. */
async function found(): Promise<number> {
  let whole = 0;
  for (const { key, digest: id } of results) {
    const given = await checked.get(key);
    if (given !== undefined && given.digest === id && elementsNow(given) !== undefined) whole++;
  }
  return whole;
}

for (const result of results) {
  store.put(result.key, result, WORTH);
  await store.flush();
}
const full = await found();
const { wrong, missing } = await store.fsck();
await store.gc(1e6);
const unfinished = files.list('tmp').length;
const last = resultOf(100_000, 1000);
store.put(last.key, last, WORTH);
await store.flush();
const isUsedAgain = (await checked.get(last.key))?.digest === last.digest;
await store.close();
writeSync(1, JSON.stringify({ full, wrong, missing, unfinished, isUsedAgain, told: [...new Set(kinds)] }));
