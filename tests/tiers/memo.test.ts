// Memoised functions whose results outlive the process: what was answered yesterday is not computed today.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SymbolicSheet } from 'symbolic-sheet';
import { afterAll, describe, expect, it } from 'vitest';

const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-kept-memo-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const freshStore = (): string => join(base, String(++folders));

/** Keeps a processor busy, as a model would. */
function work(ms = 3): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a sheet with a durable store', () => {
  it('counts what it asked of it and what it found, and forgets an op by its handle in RAM alone', async () => {
    const store = freshStore();
    const ask = async (): Promise<{ hits: number; misses: number; puts: number; entries: number } | undefined> => {
      await using sheet = await SymbolicSheet.open({ store });
      const x = sheet.randomNormal([500, 500], { seed: 1 });
      await x.matmul(x).sum().item();
      await sheet.flush();
      expect(sheet.forget('matmul')).toBeGreaterThanOrEqual(0);
      return sheet.stats().stored;
    };
    const first = await ask();
    expect(first).toMatchObject({ hits: 0 });
    expect(first!.puts).toBeGreaterThan(0);
    const second = await ask();
    expect(second!.hits).toBeGreaterThan(0);
    await using without = await SymbolicSheet.open({ store: 'memory' });
    expect(without.stats().stored).toBeUndefined();
  });
});

describe('sheets that are opened and closed one after another', () => {
  it('leave nothing that watches for the end of the process', async () => {
    const store = freshStore();
    const before = process.listenerCount('exit');
    for (let i = 0; i < 3; i++) await (await SymbolicSheet.open({ store })).close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});

describe('a memo on a sheet with a durable store', () => {
  it('answers in a later sheet what it answered before, trees, buffers and tensors alike', async () => {
    const store = freshStore();
    let runs = 0;
    const model = (n: number): unknown => {
      runs++;
      work();
      return {
        n,
        label: `größe ${n}`,
        big: 7n,
        raw: Buffer.from([1, 2, n]),
        x: new Float32Array([n, -0]),
        list: [null],
      };
    };
    const ask = async (): Promise<unknown> => {
      await using sheet = await SymbolicSheet.open({ store });
      const memo = sheet.memo('model', model, { deps: ['v1'] });
      const { x, ...rest } = (await memo(5)) as { x: { data(): Promise<Float32Array>; source: string } };
      return [await x.data(), rest];
    };
    const first = await ask();
    expect(await ask()).toEqual(first);
    expect(runs).toBe(1);
  });

  it('runs rows that no earlier run has seen, and those alone', async () => {
    const store = freshStore();
    const seen: string[][] = [];
    const embed = async (texts: readonly string[]): Promise<number[][]> => {
      seen.push([...texts]);
      work(5);
      return texts.map((text) => [text.length, text.charCodeAt(0)]);
    };
    const ask = async (texts: readonly string[]): Promise<[unknown, string]> => {
      await using sheet = await SymbolicSheet.open({ store });
      const memo = sheet.memo('embed', async (rows: readonly string[]) => sheet.tensor(await embed(rows)), { rows: 2 });
      const found = await memo(texts);
      return [await found.toArray(), found.source];
    };
    const [before, source] = await ask(['a', 'bb', 'ccc']);
    expect(source).toBe('computed');
    expect(await ask(['bb', 'ccc', 'a'])).toEqual([
      [(before as number[][])[1], (before as number[][])[2], (before as number[][])[0]],
      'stored',
    ]);
    expect(seen.flat()).toEqual(['a', 'bb', 'ccc']);
    const [, part] = await ask(['a', 'new', 'bb']);
    expect(part).toBe('part');
    expect(seen.flat()).toEqual(['a', 'bb', 'ccc', 'new']);
  });

  it('runs again when the text of the function or a dependency is another', async () => {
    const store = freshStore();
    let runs = 0;
    const ask = async (model: (x: number) => number, version: string): Promise<number> => {
      await using sheet = await SymbolicSheet.open({ store });
      return await sheet.memo('model', model, { deps: [version] })(1);
    };
    const once = (x: number): number => (runs++, work(), x + 1);
    const edited = (x: number): number => (runs++, work(), x + 2);
    expect(await ask(once, '1')).toBe(2);
    expect(await ask(once, '1')).toBe(2);
    expect(runs).toBe(1);
    expect(await ask(edited, '1')).toBe(3);
    expect(await ask(once, '2')).toBe(2);
    expect(runs).toBe(3);
  });

  it('runs again what was forgotten, in this sheet and in later ones', async () => {
    const store = freshStore();
    let runs = 0;
    const model = (x: number): number => (runs++, work(), x);
    const open = async <T>(
      use: (memo: (x: number) => Promise<number>, forget: (x: number) => Promise<number>) => T,
    ) => {
      await using sheet = await SymbolicSheet.open({ store });
      const memo = sheet.memo('model', model);
      return await use(memo, (x) => memo.forget(x));
    };
    await open(async (memo) => await memo(1));
    await open(async (_memo, forget) => await forget(1));
    await open(async (memo) => await memo(1));
    expect(runs).toBe(2);
    await open(async (memo) => await memo(1));
    expect(runs).toBe(2);
  });

  it('shares one run between calls at a time where a store is asked first, and lets a run call itself', async () => {
    await using sheet = await SymbolicSheet.open({ store: freshStore() });
    let runs = 0;
    const memo: (n: number) => Promise<number> = sheet.memo('depth', async (n: number) => {
      runs++;
      work(1);
      return n === 0 ? 0 : 1 + (await memo(n - 1));
    });
    expect(await Promise.all([memo(3), memo(3), memo(3)])).toEqual([3, 3, 3]);
    expect(runs).toBe(4);
  });

  it('keeps nothing for a function that throws', async () => {
    const store = freshStore();
    let runs = 0;
    for (let i = 0; i < 2; i++) {
      await using sheet = await SymbolicSheet.open({ store });
      const memo = sheet.memo('bad', () => {
        runs++;
        work();
        throw new RangeError('no');
      });
      await expect(memo()).rejects.toThrow('no');
    }
    expect(runs).toBe(2);
  });
});
