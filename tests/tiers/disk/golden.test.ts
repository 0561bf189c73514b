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
import { countOf, digest, elementsNow, resultOf, WORTH } from './results.ts';

const golden = (version: number): string =>
  fileURLToPath(new URL(version === 1 ? '../../golden/store-1/' : '../../golden/store/', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-golden-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Files of the stored folder by name. Elements in files of their own are as they are, and are made here. */
function storedFiles(version: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const folder = golden(version);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (statSync(join(folder, name)).isFile()) files.set(name, new Uint8Array(readFileSync(join(folder, name))));
  const { digest: id, elements } = GOLDEN.at(-1)!;
  return files.set(contentPath(id), elements as Uint8Array);
}

function copied(name: string, version: number, leaveOut = ''): string {
  const folder = join(base, name);
  for (const [path, bytes] of storedFiles(version)) {
    if (path === leaveOut) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  for (const each of ['segments', 'tmp']) mkdirSync(join(folder, each), { recursive: true });
  return folder;
}

describe('a store', () => {
  it.each([
    ['of version 2 with its index', 2, ''],
    ['of version 2 without its index', 2, 'index'],
    ['of version 1 with its index', 1, ''],
    ['of version 1 without its index', 1, 'index'],
  ])('%s gives back what was put, to the last bit', async (name, version, leaveOut) => {
    const store = await DiskStore.open(nodeFileSystem(copied(name, version, leaveOut)), { digest, capBytes: 1e9 });
    await expectGolden(store);
    expect(await store.fsck()).toEqual({ entries: 4, sizeBytes: 262_209, damagedFrames: 0, wrong: 0, missing: 0 });
    await store.close();
  });

  async function expectGolden(store: DiskStore): Promise<void> {
    for (const { elements, ...wanted } of GOLDEN) {
      const found = (await store.get(wanted.key))!;
      const { elements: _read, ...said } = found;
      expect(said).toMatchObject(wanted);
      expect(Buffer.compare(elementsNow(found)!, elements as Uint8Array)).toBe(0);
    }
  }

  it('of version 1 goes on as one of version 2, and keeps what it has when garbage is collected', async () => {
    const folder = copied('upgraded', 1);
    const added = resultOf(7, 500);
    const store = await DiskStore.open(nodeFileSystem(folder), { digest, capBytes: 1e9 });
    store.put(added.key, added, WORTH);
    await store.gc();
    await store.close();
    expect(readFileSync(join(folder, 'format'), 'utf8')).toBe('symbolic-sheet-store 2\n');
    const again = await DiskStore.open(nodeFileSystem(folder), { digest, capBytes: 1e9 });
    await expectGolden(again);
    expect(await countOf(again, [added])).toBe(1);
    // Of the two versions, the later one is checked by its checksum, the earlier one by its digest alone.
    expect(await isCheckedByItself(again, added.key)).toBe(true);
    expect(await isCheckedByItself(again, GOLDEN[0]!.key)).toBe(false);
    await again.close();
  });

  async function isCheckedByItself(store: DiskStore, key: string): Promise<boolean> {
    const found = (await store.get(key))!;
    return found.isWhole?.(elementsNow(found)!) === true;
  }

  it('is written the same today, to the last byte', async () => {
    const disk = await writeGolden();
    const written = new Map([...disk.names].map(([path, number]) => [path, disk.contents.get(number)!]));
    const stored = storedFiles(2);
    // Version control reads the one that is called so.
    expect(written.delete('.gitignore')).toBe(true);
    expect([...written.keys()].toSorted()).toEqual([...stored.keys()].toSorted());
    for (const [path, bytes] of stored) expect(Buffer.compare(written.get(path)!, bytes), path).toBe(0);
  });
});
