// Processes that are about to compute the same result: one does, the others wait for it, and no lease costs more than
// the time that computing takes.
import { describe, expect, it } from 'vitest';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { Disk, RecordedFiles } from './recorded-files.ts';
import { countOf, digest, resultOf, WORTH } from './results.ts';

const ALIVE = new Set([1, 2, 3]);
const result = resultOf(7, 300_000);
/** Long enough that a wait which ends before was ended by what the test did. */
const LONG_MS = 1e9;

/** A store of one process on a disk; its clock goes on by a second whenever it is looked at. */
const open = async (disk: Disk, id: number, alive: ReadonlySet<number> = ALIVE) => {
  const files = new RecordedFiles(disk, id, alive);
  return { files, store: await DiskStore.open(files, { digest, capBytes: 1e9 }) };
};

const leasesOn = (disk: Disk): string[] => [...disk.names.keys()].filter((name) => name.startsWith('leases/'));

describe('a result that two processes are about to compute', () => {
  it('is computed by the first, and found by the second when it is written', async () => {
    const disk = new Disk();
    const [first, second] = [await open(disk, 1), await open(disk, 2)];
    expect(await first.store.claim(result.key, LONG_MS)).toBe(false);
    let isWaiting = true;
    const waited = second.store.claim(result.key, LONG_MS).finally(() => (isWaiting = false));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isWaiting).toBe(true);
    first.store.put(result.key, result, WORTH);
    await first.store.flush();
    expect(await waited).toBe(true);
    expect(await countOf(second.store, [result])).toBe(1);
    expect(leasesOn(disk)).toEqual([]);
    await Promise.all([first.store.close(), second.store.close()]);
  });

  it('is claimed once by a process, however many of its sheets ask', async () => {
    const { store } = await open(new Disk(), 1);
    expect(await Promise.all([1, 2, 3].map(() => store.claim(result.key, LONG_MS)))).toEqual([false, false, false]);
    await store.close();
  });

  it('is not waited for longer than computing it takes', async () => {
    const disk = new Disk();
    const [first, second] = [await open(disk, 1), await open(disk, 2)];
    await first.store.claim(result.key, LONG_MS);
    expect(await second.store.claim(result.key, 20_000)).toBe(false);
    await Promise.all([first.store.close(), second.store.close()]);
  });

  it('is computed by another at once where the first is gone, or left what is no lease', async () => {
    const disk = new Disk();
    const gone = await open(disk, 9, new Set([9]));
    await gone.store.claim(result.key, LONG_MS);
    const second = await open(disk, 2);
    expect(await second.store.claim(result.key, LONG_MS)).toBe(false);
    await second.store.close();
    expect(leasesOn(disk)).toEqual([]);
    for (const text of ['', '2', 'no lease', '999999999999999999999 1\n']) {
      disk.apply({ kind: 'create', path: `leases/${result.key}`, file: 5 });
      disk.apply({ kind: 'write', file: 5, at: 0, bytes: new TextEncoder().encode(text) });
      const third = await open(disk, 3);
      expect(await third.store.claim(result.key, LONG_MS), text).toBe(false);
      await third.store.close();
    }
  });

  it('leaves no lease behind when garbage is collected, but those of processes that are at it', async () => {
    const disk = new Disk();
    const gone = await open(disk, 9, new Set([9]));
    await gone.store.claim(result.key, LONG_MS);
    const living = await open(disk, 1);
    await living.store.claim(resultOf(8).key, LONG_MS);
    const collecting = await open(disk, 2);
    await collecting.store.gc();
    expect(leasesOn(disk)).toEqual([`leases/${resultOf(8).key}`]);
    await Promise.all([living.store.close(), collecting.store.close()]);
  });

  it('costs nothing but itself where the files of leases fail', async () => {
    const { files, store } = await open(new Disk(), 1);
    files.plan = () => new Error('EACCES: injected');
    await store.claim(result.key, 50_000).catch(() => {});
    files.plan = () => undefined;
    store.put(result.key, result, WORTH);
    await store.flush();
    expect(await countOf(store, [result])).toBe(1);
    await store.close();
    expect(files.openCount).toBe(0);
  });
});
