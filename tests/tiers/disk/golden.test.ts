// The store format, version 1, as bytes: a folder that was written once is read for ever, and written the same.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../../src/host/node/file-system.ts';
import { contentPath } from '../../../src/tiers/disk/layout.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { GOLDEN, writeGolden } from './golden-store.ts';
import { digest, elementsNow } from './results.ts';

const golden = fileURLToPath(new URL('../../golden/store/', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-golden-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Files of the stored folder by name. Elements in files of their own are as they are, and are made here. */
function storedFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(golden, { recursive: true, encoding: 'utf8' }))
    if (statSync(join(golden, name)).isFile()) files.set(name, new Uint8Array(readFileSync(join(golden, name))));
  const { digest: id, elements } = GOLDEN.at(-1)!;
  return files.set(contentPath(id), elements as Uint8Array);
}

function copied(name: string, leaveOut = ''): string {
  const folder = join(base, name);
  for (const [path, bytes] of storedFiles()) {
    if (path === leaveOut) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  for (const each of ['segments', 'tmp']) mkdirSync(join(folder, each), { recursive: true });
  return folder;
}

describe('a store of format version 1', () => {
  it.each([
    ['with its index', ''],
    ['without its index', 'index'],
  ])('gives back what was put, to the last bit, %s', async (name, leaveOut) => {
    const store = await DiskStore.open(nodeFileSystem(copied(name, leaveOut)), { digest, capBytes: 1e9 });
    for (const { elements, ...wanted } of GOLDEN) {
      const found = (await store.get(wanted.key))!;
      const { elements: _read, ...said } = found;
      expect(said).toMatchObject(wanted);
      expect(Buffer.compare(elementsNow(found)!, elements as Uint8Array)).toBe(0);
    }
    expect(await store.fsck()).toEqual({ entries: 4, sizeBytes: 262_209, damagedFrames: 0, wrong: 0, missing: 0 });
    await store.close();
  });

  it('is written the same today, to the last byte', async () => {
    const disk = await writeGolden();
    const written = new Map([...disk.names].map(([path, number]) => [path, disk.contents.get(number)!]));
    const stored = storedFiles();
    // Version control reads the one that is called so.
    expect(written.delete('.gitignore')).toBe(true);
    expect([...written.keys()].toSorted()).toEqual([...stored.keys()].toSorted());
    for (const [path, bytes] of stored) expect(Buffer.compare(written.get(path)!, bytes), path).toBe(0);
  });
});
