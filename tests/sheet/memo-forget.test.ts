// forget() against runs of memoised functions that are under way: who waited is answered, nothing of them is kept,
// later calls run anew.
import { describe, expect, it } from 'vitest';
import type { SymbolicSheet } from '../../src/index.ts';
import { InterningTable } from '../../src/core/expr/interning.ts';
import { MAX_DEFINITIONS } from '../../src/core/memo/store.ts';
import { newSheet } from './fixtures/js-sheets.ts';
import { partsOf, sessionOf } from '../parts.ts';

/** A function that answers what `version` was when it began, once `go` is called. */
function versioned(): {
  state: { version: number; runs: number };
  run: (x: unknown) => Promise<number>;
  go: () => void;
} {
  const state = { version: 1, runs: 0 };
  const waiting: (() => void)[] = [];
  return {
    state,
    run: async () => {
      state.runs++;
      const seen = state.version;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return seen;
    },
    go: () => waiting.splice(0).forEach((resolve) => resolve()),
  };
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('a run that is under way when its memo is forgotten', () => {
  const ways: readonly (readonly [
    string,
    (sheet: SymbolicSheet, memo: { forget(...args: [] | [number]): Promise<number> }) => unknown,
  ])[] = [
    ['memo.forget()', (_, memo) => memo.forget()],
    ['memo.forget(1)', (_, memo) => memo.forget(1)],
    ['sheet.forget()', (sheet) => sheet.forget()],
  ];
  for (const [name, forget] of ways) {
    it(`answers who waited for it and keeps nothing: ${name}`, async () => {
      const sheet = await newSheet();
      const { state, run, go } = versioned();
      const memo = sheet.memo('f', run);
      const first = [memo(1), memo(1)];
      await turns();
      state.version = 2;
      await forget(sheet, memo as never);
      go();
      expect(await Promise.all(first)).toEqual([1, 1]);
      expect(await memo.has(1)).toBe(false);
      const later = memo(1);
      await turns();
      go();
      expect([await later, state.runs, await memo.has(1)]).toEqual([2, 2, true]);
      expect(await memo(1)).toBe(2);
    });

    it(`is not joined by a call made after it, awaited or not: ${name}`, async () => {
      const sheet = await newSheet();
      const { state, run, go } = versioned();
      const memo = sheet.memo('f', run);
      const first = memo(1);
      await turns();
      state.version = 2;
      const forgotten = forget(sheet, memo as never);
      const second = memo(1);
      await forgotten;
      const third = memo(1);
      await turns();
      go();
      expect(await Promise.all([first, second, third])).toEqual([1, 2, 2]);
      expect([state.runs, await memo(1)]).toEqual([2, 2]);
    });
  }

  it('leaves other arguments alone when only some are forgotten', async () => {
    const sheet = await newSheet();
    const { state, run, go } = versioned();
    const memo = sheet.memo('f', run);
    const both = [memo(1), memo(2)];
    await turns();
    await memo.forget(1);
    go();
    await Promise.all(both);
    expect([await memo.has(1), await memo.has(2), state.runs]).toEqual([false, true, 2]);
  });

  it('may finish after the run that took its place, and still keeps nothing', async () => {
    const sheet = await newSheet();
    const ends: ((value: string) => void)[] = [];
    const memo = sheet.memo('f', () => new Promise<string>((resolve) => ends.push(resolve)));
    const old = memo();
    await turns();
    await memo.forget();
    const young = memo();
    await turns();
    ends[1]?.('young');
    expect(await young).toBe('young');
    ends[0]?.('old');
    expect([await old, await memo()]).toEqual(['old', 'young']);
  });

  it('keeps nothing where the function itself forgets', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const memo: { (): Promise<number>; forget(): Promise<number>; has(): Promise<boolean> } = sheet.memo('f', () => {
      void memo.forget();
      return ++runs;
    });
    expect([await memo(), await memo.has(), await memo()]).toEqual([1, false, 2]);
  });

  for (const [name, forget] of [
    ['forget()', 'all'],
    ['forget of some rows', 'some'],
    ['sheet.forget()', 'sheet'],
  ] as const) {
    it(`keeps none of the forgotten rows: ${name}`, async () => {
      const sheet = await newSheet();
      const { state, run, go } = versioned();
      const memo = sheet.memo(
        'rows',
        async (texts: readonly string[]) => {
          const seen = await run(texts);
          return texts.map(() => [seen]);
        },
        { rows: 8 },
      );
      const first = memo(['a', 'b']);
      await turns();
      state.version = 2;
      if (forget === 'sheet') sheet.forget();
      else await (forget === 'all' ? memo.forget() : memo.forget(['a']));
      const second = memo(['a', 'c']);
      await turns();
      go();
      expect(await (await first).toArray()).toEqual([[1], [1]]);
      expect(await (await second).toArray()).toEqual([[2], [2]]);
      const third = memo(['a', 'b']);
      await turns();
      go();
      expect(await (await third).toArray()).toEqual([[2], [forget === 'some' ? 1 : 2]]);
    });
  }
});

describe('what a memo kept', () => {
  it('is never found under a node that another entry took over', async () => {
    const sheet = await newSheet();
    // A small table whose slots are used again, many times over.
    const table = new InterningTable(64);
    const { Memos } = await import('../../src/core/memo/store.ts');
    const { NodeStore } = await import('../../src/core/store/node-store.ts');
    const { valueOfArray } = await import('../../src/core/tensor/block.ts');
    const { tensorType } = await import('../../src/core/tensor/type.ts');
    const store = new NodeStore(table, 20_000);
    const memos = new Memos({
      kept: undefined,
      table,
      store,
      digest: partsOf(sheet).host.digest,
      warn: () => {},
      scoreOf: () => 0.5,
    });
    const definition = memos.define('f', new Uint8Array(32), '');
    let found = 0;
    for (let i = 0; i < 600; i++) {
      table.sweepWhenFull();
      definition.begin(`k${i}`, { result: undefined });
      definition.keep(`k${i}`, [{ value: valueOfArray(tensorType('float32', [1]), Float32Array.of(i)) }], 1e6);
      // Seldom: a read between eviction and the next use of the slot would drop the key.
      if (i % 150 < 149) continue;
      for (let j = Math.max(0, i - 300); j <= i; j++) {
        const kept = definition.read(`k${j}`);
        if (kept === undefined) continue;
        found++;
        expect(kept.pieces[0]?.value.array[0]).toBe(j);
      }
    }
    expect(found).toBeGreaterThan(20);
  });

  it('is bounded where definitions are ever new, and a memo called again after many others goes on', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const first = sheet.memo('f', (x: number) => x + ++runs, { deps: [-1] });
    expect(await first(1)).toBe(2);
    for (let i = 0; i < 3 * MAX_DEFINITIONS; i++) sheet.memo('f', (x: number) => x, { deps: [i] });
    expect(sessionOf(sheet).memos.size).toBeLessThanOrEqual(MAX_DEFINITIONS);
    expect(await first.has(1)).toBe(false);
    expect(await first(1)).toBe(3);
    expect(await sheet.memo('f', (x: number) => x, { deps: [-1] })(1), 'it is one definition again').toBe(3);
    expect(sheet.stats().memo).toMatchObject({ calls: 3, runs: 2, hits: 1 });
    expect(await first.forget()).toBe(1);
  });
});
