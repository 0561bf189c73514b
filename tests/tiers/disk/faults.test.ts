// What a disk, a loss of power, a full disk or another process may do to a store: it costs results that are computed
// again, never a wrong one and never one that was promised.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskStore, type DiskStoreOptions } from '../../../src/tiers/disk/disk-store.ts';
import { contained } from '../../../src/core/store/contained.ts';
import type { StoreTrouble } from '../../../src/core/store/store.ts';
import { verified } from '../../../src/core/store/verified.ts';
import { fsck } from '../../../src/tiers/disk/fsck.ts';
import { afterPowerLoss, Disk, RecordedFiles } from './recorded-files.ts';
import { countOf, digest, elementsNow, isWhole, resultOf, WORTH } from './results.ts';

const open = (files: RecordedFiles, options: Partial<DiskStoreOptions> = {}): Promise<DiskStore> =>
  DiskStore.open(files, { digest, capBytes: 1e9, ...options });

const LARGE = 300_000;
const RESULTS = [resultOf(0, 40), resultOf(1, LARGE), resultOf(2, 0), resultOf(3, 5000), resultOf(4, LARGE + 1)];

/** Puts results one after another, each safe before the next; answers how many calls had been made after each. */
async function fill(files: RecordedFiles, durability: 'power' | 'process'): Promise<number[]> {
  const store = await open(files, { durability });
  const safe: number[] = [];
  for (const result of RESULTS) {
    store.put(result.key, result, WORTH);
    await store.flush();
    safe.push(files.changes.length);
  }
  await store.close();
  return safe;
}

/** Every result that a store gives is whole, as `verified` sees it; answers which it gives. */
async function wholeIn(disk: Disk): Promise<boolean[]> {
  const store = await open(new RecordedFiles(disk, 2));
  const checked = verified(store, digest);
  const found: boolean[] = [];
  for (const { key } of RESULTS) {
    const result = await checked.get(key);
    const elements = result && elementsNow(result);
    if (result !== undefined && elements !== undefined)
      expect(isWhole({ ...result, elements }) && result.key === key).toBe(true);
    found.push(elements !== undefined);
  }
  await store.close();
  return found;
}

describe('after a loss of power', () => {
  it('everything is there that was safe, whatever of the rest reached the disk', { timeout: 300_000 }, async () => {
    const files = new RecordedFiles();
    const safe = await fill(files, 'power');
    let states = 0;
    for (let prefix = 0; prefix <= files.changes.length; prefix++) {
      const changes = files.changes.slice(0, prefix);
      const fates = [
        () => 'whole' as const,
        () => 'gone' as const,
        () => 'torn' as const,
        (at: number) => (['whole', 'gone', 'torn'] as const)[(at * 7 + prefix) % 3]!,
        (at: number) => (['gone', 'whole'] as const)[(at * 5 + prefix) % 2]!,
      ];
      for (const fate of fates) {
        const found = await wholeIn(afterPowerLoss(changes, fate));
        for (const [i, at] of safe.entries()) if (at <= prefix) expect(found[i], `${prefix} ${i}`).toBe(true);
        states++;
      }
    }
    expect(states).toBeGreaterThan(150);
  });
});

describe('where a call of the file system fails', () => {
  const FAULTS = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'short'] as const;

  it.each(FAULTS)('once with %s, the store goes on', { timeout: 300_000 }, async (fault) => {
    const counted = new RecordedFiles();
    await fill(counted, 'process');
    for (let failing = 0; failing < counted.calls; failing++) {
      const files = new RecordedFiles();
      files.plan = (call) => (call === failing ? outcome(fault) : undefined);
      await useDespite(files);
    }
  });

  it.each(FAULTS)('and always with %s from then on, it only misses', { timeout: 300_000 }, async (fault) => {
    const counted = new RecordedFiles();
    await fill(counted, 'process');
    for (let failing = 0; failing < counted.calls; failing += 3) {
      const files = new RecordedFiles();
      files.plan = (call) => (call >= failing ? outcome(fault) : undefined);
      await useDespite(files);
    }
  });

  const outcome = (fault: (typeof FAULTS)[number]): 'short' | Error =>
    fault === 'short' ? 'short' : Object.assign(new Error(`${fault}: injected`), { code: fault });

  /** Uses a store as a program does, whose stores are contained: what throws is a miss. */
  async function useDespite(files: RecordedFiles): Promise<void> {
    const store = await open(files).catch(() => undefined);
    if (store !== undefined) {
      for (const result of RESULTS) {
        store.put(result.key, result, WORTH);
        await store.flush();
      }
      for (const result of RESULTS) {
        const found = await contained(store).get(result.key);
        const elements = found && elementsNow(found);
        if (elements !== undefined) expect(isWhole({ ...found!, elements })).toBe(true);
      }
      await store.close();
    }
    files.plan = () => undefined;
    expect(files.openCount, 'files that were left open').toBe(0);
    await wholeIn(files.disk);
    const report = await fsck(new RecordedFiles(files.disk, 3), digest, { repair: true });
    expect(report.wrong).toBe(0);
  }
});

describe('damaged files', () => {
  it('of every kind, at every byte, cost results and never change one', { timeout: 300_000 }, async () => {
    const files = new RecordedFiles();
    const small = [resultOf(0, 40), resultOf(1, 300), resultOf(2, 0), resultOf(3, 9)];
    const store = await open(files);
    for (const result of small) store.put(result.key, result, WORTH);
    await store.flush();
    await store.gc();
    await store.close();
    let checks = 0;
    for (const [path, number] of files.disk.names) {
      const bytes = files.disk.contents.get(number)!;
      for (let at = 0; at < bytes.length; at++) {
        const disk = copyOf(files.disk);
        const changed = bytes.slice();
        changed[at]! ^= 1 << (at % 8);
        disk.contents.set(number, changed);
        await expectWhole(disk, small, `${path} byte ${at}`);
        disk.contents.set(number, bytes.slice(0, at));
        await expectWhole(disk, small, `${path} cut at ${at}`);
        checks += 2;
      }
    }
    expect(checks).toBeGreaterThan(1500);
  });

  const copyOf = (disk: Disk): Disk => {
    const copy = new Disk();
    for (const folder of disk.folders) copy.folders.add(folder);
    for (const [path, file] of disk.names) copy.names.set(path, file);
    for (const [file, bytes] of disk.contents) copy.contents.set(file, bytes);
    return copy;
  };

  async function expectWhole(disk: Disk, results: typeof RESULTS, what: string): Promise<void> {
    // A damaged `format` is a folder that is not ours.
    const store = await open(new RecordedFiles(disk, 2)).catch(() => undefined);
    if (store === undefined) return;
    const checked = verified(store, digest);
    for (const { key, digest: id } of results) {
      const found = await checked.get(key);
      const elements = found && elementsNow(found);
      if (found === undefined || elements === undefined) continue;
      const { length } = elements;
      expect([found.digest, found.key, found.dtype, found.shape], what).toEqual([id, key, 'uint8', [length]]);
      expect(isWhole({ ...found, elements }), what).toBe(true);
    }
    await store.close();
  }

  it('are written anew when the same result is put again, in a segment as in a file of its own', async () => {
    const files = new RecordedFiles();
    const results = [resultOf(0, 40), resultOf(1, LARGE)];
    const first = await open(files);
    for (const result of results) first.put(result.key, result, WORTH);
    await first.close();
    // Both are elements: those of the first stand at the end of the segment's first frame.
    for (const [path, file] of files.disk.names)
      if (/^(segments|content)/.test(path)) files.disk.contents.get(file)![200]! ^= 1;
    const store = await open(files);
    const checked = verified(store, digest);
    expect(await countOf(checked, results)).toBe(0);
    for (const result of results) store.put(result.key, result, WORTH);
    await store.close();
    const next = verified(await open(files), digest);
    expect(await countOf(next, results)).toBe(2);
    await next.close();
  });

  it('are found by fsck, and taken out by its repair', async () => {
    const files = new RecordedFiles();
    await fill(files, 'process');
    const [, content] = [...files.disk.names].find(([path]) => path.startsWith('content/'))!;
    files.disk.contents.get(content)![1000]! ^= 4;
    const [, segment] = [...files.disk.names].find(([path]) => path.startsWith('segments/'))!;
    files.disk.contents.get(segment)![60]! ^= 4;
    const found = await fsck(new RecordedFiles(files.disk, 2), digest);
    expect(found).toMatchObject({ entries: 4, wrong: 1, damagedFrames: 1 });
    await fsck(new RecordedFiles(files.disk, 3), digest, { repair: true });
    expect(await fsck(new RecordedFiles(files.disk, 4), digest)).toMatchObject({
      entries: 3,
      wrong: 0,
      missing: 0,
      damagedFrames: 0,
    });
  });
});

describe('garbage', () => {
  it('is collected so that the folder holds no more than it may, what is worth least a byte first', async () => {
    const files = new RecordedFiles();
    const store = await open(files, { capBytes: 1e6 });
    const results = Array.from({ length: 20 }, (_, i) => resultOf(i, 100_000));
    for (const [i, result] of results.entries()) {
      const costs = { pathNs: i % 2 === 0 ? 1e9 : 1e6, ownNs: 1e6 };
      store.put(result.key, { ...result, costs }, WORTH);
    }
    const report = await store.gc();
    expect(report.sizeBytes).toBeLessThanOrEqual(1e6);
    const dear = results.filter((_, i) => i % 2 === 0);
    const cheap = results.filter((_, i) => i % 2 === 1);
    expect(await countOf(store, dear)).toBeGreaterThanOrEqual(8);
    expect(await countOf(store, cheap)).toBe(0);
    expect(report.evicted).toBe(20 - (await countOf(store, results)));
    await store.close();
  });

  it('keeps what was asked for longer than what was not', async () => {
    const files = new RecordedFiles();
    const store = await open(files);
    const results = Array.from({ length: 10 }, (_, i) => resultOf(i, 10_000));
    for (const result of results) store.put(result.key, result, WORTH);
    await store.close();
    files.now += 100 * 24 * 3600 * 1000;
    const later = await open(files);
    expect(await countOf(later, results.slice(5))).toBe(5);
    await later.close();
    const last = await open(files);
    await last.gc(60_000);
    expect(await countOf(last, results.slice(5))).toBe(5);
    expect(await countOf(last, results.slice(0, 5))).toBe(0);
    await last.close();
  });

  it('of processes that are gone is joined and removed, and what living ones write stays where it is', async () => {
    const alive = new Set([100, 101]);
    const disk = new Disk();
    const living = await open(new RecordedFiles(disk, 100, alive));
    living.put(resultOf(50).key, resultOf(50), WORTH);
    await living.flush();
    for (let id = 1; id <= 12; id++) {
      const store = await open(new RecordedFiles(disk, id, alive));
      store.put(resultOf(id).key, resultOf(id), WORTH);
      await store.close();
    }
    const files = new RecordedFiles(disk, 101, alive);
    files.now = 1e9;
    const collecting = await open(files);
    await collecting.gc();
    expect(files.list('segments').length).toBe(2);
    living.put(resultOf(51).key, resultOf(51), WORTH);
    await living.flush();
    const all = Array.from({ length: 12 }, (_, i) => resultOf(i + 1)).concat([resultOf(50), resultOf(51)]);
    expect(await countOf(collecting, all)).toBe(14);
    expect(await countOf(living, all)).toBe(14);
    expect(files.list('tmp')).toEqual([]);
    await collecting.close();
    await living.close();
  });

  it('is collected on a full disk, and by others where no name stands in the lock', async () => {
    const disk = new Disk();
    const files = new RecordedFiles(disk);
    const store = await open(files);
    const results = Array.from({ length: 6 }, (_, i) => resultOf(i, i % 2 === 0 ? 100_000 : LARGE));
    for (const result of results) store.put(result.key, result, WORTH);
    await store.flush();
    files.now = 1e9;
    files.plan = (_, what) => (what === 'write' ? new Error('ENOSPC: injected') : undefined);
    expect(await store.gc(350_000)).toMatchObject({ isBusy: false });
    files.plan = () => undefined;
    const bytes = [...disk.names.values()].reduce((sum, file) => sum + disk.contents.get(file)!.length, 0);
    expect(bytes).toBeLessThan(350_000);
    store.put(resultOf(9).key, resultOf(9), WORTH);
    await store.flush();
    expect(await countOf(store, [resultOf(9)])).toBe(1);
    await store.close();
    disk.apply({ kind: 'create', path: 'lock', file: 77 });
    const next = await open(new RecordedFiles(disk, 2));
    expect(await next.gc()).toMatchObject({ isBusy: false });
    await next.close();
  });

  it('is left to the process that is at it, unless that is gone', async () => {
    const disk = new Disk();
    disk.apply({ kind: 'create', path: 'lock', file: 9 });
    disk.apply({ kind: 'write', file: 9, at: 0, bytes: new TextEncoder().encode('77\n') });
    const beside = await open(new RecordedFiles(copyWithFolders(disk), 1, new Set([1, 77]))).catch(() => undefined);
    expect(beside === undefined || (await beside.gc()).isBusy).toBe(true);
  });

  const copyWithFolders = (disk: Disk): Disk => {
    for (const folder of ['segments', 'content', 'tmp']) disk.folders.add(folder);
    disk.apply({ kind: 'create', path: 'format', file: 10 });
    const text = new TextEncoder().encode('symbolic-sheet-store 1\n');
    disk.apply({ kind: 'write', file: 10, at: 0, bytes: text });
    return disk;
  };
});

describe('a full disk', () => {
  it('is said once a pause, and what is there is still found', async () => {
    const files = new RecordedFiles();
    const told: StoreTrouble[] = [];
    const store = await open(files, { tell: (trouble) => told.push(trouble) });
    store.put(resultOf(1).key, resultOf(1), WORTH);
    await store.flush();
    files.plan = (_, what) => (what === 'write' || what === 'create' ? new Error('ENOSPC: no space left') : undefined);
    for (let i = 2; i < 9; i++) {
      store.put(resultOf(i).key, resultOf(i), WORTH);
      await store.flush();
    }
    expect(told.map(({ kind }) => kind)).toEqual(['failed']);
    expect(await countOf(store, [resultOf(1)])).toBe(1);
    files.plan = () => undefined;
    files.now += 60_000;
    store.put(resultOf(9).key, resultOf(9), WORTH);
    await store.close();
    const again = await open(new RecordedFiles(files.disk, 2));
    expect(await countOf(again, [resultOf(1), resultOf(9)])).toBe(2);
    await again.close();
  });
});

describe('any order of puts, gets, collections and openings', () => {
  it('gives what a map would, or misses', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), number: fc.nat(7), length: fc.constantFrom(0, 30, LARGE) }),
      fc.record({ kind: fc.constant('get' as const), number: fc.nat(7) }),
      fc.record({ kind: fc.constantFrom('gc', 'reopen', 'flush') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const files = new RecordedFiles();
        const model = new Map<string, Set<string>>();
        let store = await open(files);
        for (const each of steps) {
          if (each.kind === 'put') {
            const result = { ...resultOf(each.number, each.length), key: resultOf(each.number).key };
            model.set(result.key, (model.get(result.key) ?? new Set()).add(result.digest));
            store.put(result.key, result, WORTH);
          } else if (each.kind === 'get') {
            const { key } = resultOf(each.number);
            const found = await store.get(key);
            expect(found !== undefined).toBe(model.has(key));
            if (found !== undefined) expect(isWhole(found) && model.get(key)!.has(found.digest)).toBe(true);
          } else if (each.kind === 'flush') await store.flush();
          else if (each.kind === 'gc') await store.gc();
          else {
            await store.close();
            store = await open(files);
          }
        }
        await store.close();
        expect(files.openCount).toBe(0);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});
