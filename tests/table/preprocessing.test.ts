// What is learnt of some rows and applied to others: scales as NumPy computes them, labels, splits and folds.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SymbolicSheet } from '../../src/index.ts';
import {
  kFold,
  labelEncode,
  learnFills,
  minMax,
  readCsv,
  restoreLabels,
  restoreScaling,
  standardise,
  Table,
  trainTestSplit,
} from '../../src/table.ts';
import { partsOf } from '../parts.ts';
import { close, golden, GOLDEN, open } from './golden.ts';

let sheet: SymbolicSheet;
let penguins: Table;
beforeAll(async () => {
  sheet = await open();
  penguins = (await readCsv(readFileSync(`${GOLDEN}/penguins.csv`), { sheet })).with({
    row: sheet.arange(47, { dtype: 'int32' }),
  });
});
afterAll(() => sheet.close());

/** As a file would give it. */
const saved = <T>(statistics: T): T => JSON.parse(JSON.stringify(statistics)) as T;

describe('scalings', () => {
  it('are those of NumPy, missing values left out, and are undone', async () => {
    const names = Object.keys(golden.described);
    const scalings = { standardised: await standardise(penguins, names), scaled: await minMax(penguins, names) };
    for (const [kind, scaling] of Object.entries(scalings))
      for (const name of names) {
        const applied = restoreScaling(saved(scaling.statistics)).apply(penguins);
        expect(await applied.values(name), `${kind} ${name}`).toEqual(
          close(golden.described[name]![kind as 'standardised' | 'scaled']),
        );
        const back = await scaling.invert(applied).values(name);
        expect(back).toEqual(close(await penguins.values(name)));
      }
    const { mean, population } = golden.described['bill']!;
    const { offset, scale } = scalings.standardised.statistics.columns['bill']!;
    expect([offset, scale]).toEqual(close([mean, population]));
  });

  it('of some rows are applied to others, and to every part of a table', async () => {
    const train = Table.of(sheet, { x: [1, 3], k: [5, 5], on: [true, false] });
    const test = Table.concat([Table.of(sheet, { x: [2], k: [6] }), Table.of(sheet, { x: [5, null], k: [5, 4] })]);
    const scaling = await standardise(train);
    expect(Object.keys(scaling.statistics.columns)).toEqual(['x', 'k']);
    expect(await scaling.apply(test).values('x')).toEqual([0, 3, NaN]);
    expect(await scaling.apply(test).values('k')).toEqual([1, 0, -1]);
    const even = await minMax(train, ['x', 'k'], { range: [-1, 1] });
    expect(await even.apply(test).values('x')).toEqual([0, 3, NaN]);
    expect(await even.apply(train).values('k')).toEqual([-1, -1]);
  });

  it('refuse what has no scale', async () => {
    const table = Table.of(sheet, { none: [null, NaN], large: [1, Infinity], text: ['a', 'b'] });
    await expect(standardise(table, ['none'])).rejects.toMatchObject({ code: 'NUMERIC', details: { column: 'none' } });
    await expect(minMax(table, ['none'])).rejects.toMatchObject({ code: 'NUMERIC' });
    await expect(minMax(table, ['large'])).rejects.toMatchObject({ code: 'NUMERIC' });
    await expect(standardise(table, ['text'])).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(standardise(table, [])).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    await expect(minMax(table, ['large'], { range: [1, 0] })).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    expect(() => restoreScaling({ kind: 'scaling', columns: { x: { offset: 1 } } } as never)).toThrow(/no statistics/);
    const scaling = await standardise(Table.of(sheet, { x: [1, 2] }));
    expect(() => scaling.apply(Table.of(sheet, { y: [1] }))).toThrow(/apply: there is no column "x"/);
  });
});

describe('values for what is missing', () => {
  it('are learnt of some rows and fill others', async () => {
    const fills = saved(await learnFills(penguins, { bill: 'median', mass: 'mean', species: 'frequent' }));
    const { quantiles } = golden.described['bill']!;
    expect(fills).toEqual({
      bill: quantiles[2],
      mass: expect.closeTo(golden.described['mass']!.mean, 9),
      species: 'Adelie',
    });
    const other = Table.of(sheet, { bill: [null, 1], species: ['Gentoo', null] });
    const { bill, species } = fills;
    expect(await other.fillMissing({ bill: bill!, species: species! }).toRecords()).toEqual([
      { bill, species: 'Gentoo' },
      { bill: 1, species },
    ]);
    const part = Table.of(sheet, { city: ['b', 'a', 'b', null, null, null] });
    expect(await learnFills(part, { city: 'frequent' })).toEqual({ city: 'b' });
  });

  it('refuse columns without values, and rules of other columns', async () => {
    const table = Table.of(sheet, { none: [null, NaN], text: ['a', 'b'] });
    await expect(learnFills(table, { none: 'median' })).rejects.toMatchObject({ code: 'NUMERIC' });
    await expect(learnFills(table, { none: 'mean' })).rejects.toMatchObject({ code: 'NUMERIC' });
    await expect(learnFills(table.slice(0, 0), { text: 'frequent' })).rejects.toMatchObject({ code: 'NUMERIC' });
    await expect(learnFills(table, { text: 'mean' })).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(learnFills(table, { none: 'frequent' })).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(learnFills(table, { none: 'mode' as never })).rejects.toMatchObject({ details: { rule: 'mode' } });
  });
});

describe('labels', () => {
  it('are the same on every table, in the order of the values', async () => {
    const train = Table.of(sheet, { city: ['b', 'a', 'b'], x: [1, 2, 3] });
    const test = Table.of(sheet, { city: ['a', 'b', 'a'], x: [1, 2, 3] });
    const labels = restoreLabels(saved((await labelEncode(train, 'city')).statistics));
    expect(labels.classes).toBe(2);
    expect(await (await labels.apply(train)).values('city')).toEqual([1, 0, 1]);
    expect(await (await labels.apply(test)).values('city')).toEqual([0, 1, 0]);
    expect((await labels.apply(test)).matrix(['city', 'x'], { dtype: 'int32' }).shape).toEqual([3, 2]);
    expect(await labels.invert(sheet.tensor([1, 0], { dtype: 'int32' }))).toEqual(['b', 'a']);
    expect((await labels.indicators(test)).names).toEqual(['city=a', 'city=b', 'x']);
  });

  it('know what the rows had that they were learnt of, not what their dictionary has', async () => {
    const table = Table.of(sheet, { city: ['b', 'a', 'b', null] });
    const labels = await labelEncode(table.slice(0, 1), 'city', { unseen: 'other' });
    expect(labels.statistics.categories).toEqual(['b']);
    const applied = await labels.apply(table);
    expect(await applied.values('city')).toEqual([0, 1, 0, 1]);
    expect(await labels.invert(applied.column('city'))).toEqual(['b', null, 'b', null]);
    expect(await (await labels.indicators(table)).matrix(undefined, { dtype: 'int32' }).toArray()).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
  });

  it('are of integers and truth values, too', async () => {
    const table = Table.of(sheet, { year: [2009, 2007, 2008, 2007], on: [true, false, true, true] });
    const halves = table.with({ year: table.column('year').subtract(2000).astype('float16') });
    expect(await (await (await labelEncode(halves, 'year')).apply(halves)).values('year')).toEqual([2, 0, 1, 0]);
    const years = await labelEncode(table, 'year');
    expect(await (await years.apply(table)).values('year')).toEqual([2, 0, 1, 0]);
    expect(await (await (await labelEncode(table, 'on')).apply(table)).values('on')).toEqual([1, 0, 1, 1]);
    await expect(years.apply(Table.of(sheet, { year: [2007, 2010] }))).rejects.toMatchObject({ details: { row: 1 } });
  });

  it('refuse what they have not seen, and say which', async () => {
    const labels = await labelEncode(Table.of(sheet, { city: ['b', 'a'] }), 'city');
    const other = Table.of(sheet, { city: ['a', 'c'] });
    await expect(labels.apply(other)).rejects.toMatchObject({
      code: 'FORMAT',
      details: { row: 1, column: 'city', value: 'c' },
    });
    await expect(labels.apply(Table.of(sheet, { city: ['a', null] }))).rejects.toThrow(/a missing value/);
    await expect(labels.apply(Table.of(sheet, { city: [1, 2] }))).rejects.toMatchObject({ code: 'DTYPE' });
    await expect(labels.apply(Table.of(sheet, { town: ['a'] }))).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    await expect(labelEncode(Table.of(sheet, { x: [1.5] }), 'x')).rejects.toMatchObject({ code: 'DTYPE' });
    expect(() => restoreLabels({} as never)).toThrow(/no statistics of labels/);
  });
});

describe('splits', () => {
  const rowsOf = async (table: Table): Promise<number[]> => (await table.values('row')).map(Number);
  const sorted = (rows: readonly number[]): number[] => [...rows].sort((a, b) => a - b);
  const all = Array.from({ length: 47 }, (_, row) => row);

  it('have every row once, the same ones for the same seed, in equal shares', async () => {
    const drawn = new Set<string>();
    for (const seed of [1, 2, 1]) {
      const { train, test } = await trainTestSplit(penguins, { seed, test: 0.3, stratify: 'species' });
      expect(sorted([...(await rowsOf(train)), ...(await rowsOf(test))])).toEqual(all);
      const { values } = { values: (await test.values('species')) as string[] };
      const share = (name: string): number => values.filter((value) => value === name).length;
      for (const name of penguins.categories('species')) {
        const whole = golden.penguins['species']!.filter((value) => value === name).length;
        expect(share(name)).toBe(Math.round(0.3 * whole));
      }
      drawn.add((await rowsOf(test)).join());
    }
    expect(drawn.size).toBe(2);
    const { train, test } = await trainTestSplit(penguins, { seed: 3 });
    expect([train.rows, test.rows]).toEqual([35, 12]);
    expect(sorted([...(await rowsOf(train)), ...(await rowsOf(test))])).toEqual(all);
  });

  it('in folds have every row once for judging, and all others for learning', async () => {
    const options = fc.record({
      folds: fc.integer({ min: 2, max: 9 }),
      seed: fc.option(fc.nat(), { nil: undefined }),
      stratify: fc.constantFrom(undefined, 'species', 'year'),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ folds: count, seed, stratify }) => {
        const folds = await kFold(penguins, count, {
          ...(seed !== undefined && { seed }),
          ...(stratify !== undefined && { stratify }),
        });
        const tests = await Promise.all(folds.map(({ test }) => rowsOf(test)));
        expect(sorted(tests.flat())).toEqual(all);
        const sizes = tests.map((rows) => rows.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        if (seed === undefined && stratify === undefined) expect(tests.flat()).toEqual(all);
        const [fold] = folds;
        expect(sorted([...(await rowsOf(fold!.train)), ...tests[0]!])).toEqual(all);
        if (stratify === undefined) return;
        for (const value of new Set(golden.penguins[stratify])) {
          const shares = tests.map((rows) => rows.filter((row) => golden.penguins[stratify]![row] === value).length);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('in folds share what is computed of their parts', async () => {
    await using counted = await open();
    Object.assign(partsOf(counted), { admission: () => 'admit' });
    const table = Table.of(counted, { a: Float32Array.from({ length: 400 }, Math.sin), b: new Float32Array(400) });
    for (const { others } of await kFold(table, 5, { seed: 1 })) {
      const grams = others.map((part) => part.matrix().matmul(part.matrix(), { transposeA: true }));
      await counted.compute(grams.reduce((sum, gram) => sum.add(gram)));
    }
    const products = new Set(counted.trace.events().flatMap(({ seq, op }) => (op === 'matmul' ? [seq] : [])));
    const answers = [...counted.trace.annotations()].filter(({ seq }) => products.has(seq));
    const count = (decision: string): number => answers.filter((answer) => answer.decision === decision).length;
    expect([count('computed'), count('hit')]).toEqual([5, 15]);
  });

  it('refuse shares, folds and seeds that are none', async () => {
    await expect(trainTestSplit(penguins, {} as never)).rejects.toThrow(/\{ seed: 1 \}/);
    await expect(trainTestSplit(penguins, { seed: 1, test: 1 })).rejects.toMatchObject({ details: { option: 'test' } });
    await expect(trainTestSplit(penguins, { seed: 1, stratify: 'sex' })).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    await expect(trainTestSplit(penguins, { seed: 1, test: 0.01 })).rejects.toMatchObject({ details: { count: 0 } });
    await expect(kFold(penguins, 48)).rejects.toMatchObject({ details: { folds: 48, rows: 47 } });
    await expect(kFold(penguins, 1)).rejects.toMatchObject({ code: 'ATTRIBUTE' });
  });
});

describe('a file that is read again', () => {
  /** Ops that were computed, and how many were found, from a place in the trace on. */
  const answersSince = (counted: SymbolicSheet, since: number): { computed: number; sorts: number; found: number } => {
    const ops = new Map(counted.trace.events().map(({ seq, op }) => [seq, op]));
    const answers = [...counted.trace.annotations()].filter(({ seq }) => seq > since);
    const computed = answers.filter(({ decision }) => decision === 'computed');
    return {
      computed: computed.length,
      sorts: computed.filter(({ seq }) => ops.get(seq) === 'sort').length,
      found: answers.filter(({ decision }) => decision === 'hit').length,
    };
  };

  it('is not parsed again, and after an edit what is computed of its other columns is found', async () => {
    await using counted = await open();
    Object.assign(partsOf(counted), { admission: () => 'admit' });
    const lines = Array.from({ length: 200 }, (_, i) => `${Math.sin(i)},${Math.cos(i)},${i},g${i % 4}`);
    const ask = async (): Promise<{ computed: number; sorts: number; found: number }> => {
      const since = counted.trace.events().at(-1)?.seq ?? -1;
      const table = await readCsv(['a,b,c,key', ...lines].join('\n'), { sheet: counted });
      await (await standardise(table)).apply(table).oneHot(['key']).matrix().data();
      await Promise.all(['a', 'b', 'c'].map((name) => table.column(name).sort().data()));
      await (await table.groupBy('key').mean()).toRecords();
      return answersSince(counted, since);
    };
    const first = await ask();
    expect(first.sorts).toBe(3);
    expect(await ask()).toMatchObject({ computed: 0, sorts: 0 });
    expect(counted.stats().memo).toMatchObject({ calls: 2, runs: 1, hits: 1 });
    lines[100] = `0.5,${lines[100]!.split(',').slice(1).join()}`;
    const edited = await ask();
    expect(edited.sorts).toBe(1);
    expect(edited.computed).toBeLessThan(first.computed / 3);
    expect(counted.stats().memo).toMatchObject({ calls: 3, runs: 2 });
    await readCsv(['a,b,c,key', ...lines].join('\n'), { sheet: counted, dtypes: { c: 'float32' } });
    expect(counted.stats().memo).toMatchObject({ calls: 4, runs: 3 });
  });

  it('is read the same where nothing is kept', async () => {
    await using without = await open({ cache: 'off' });
    const text = readFileSync(`${GOLDEN}/penguins.csv`, 'utf8');
    const table = await readCsv(text, { sheet: without });
    expect(await table.toCsv()).toBe(await penguins.drop(['row']).toCsv());
  });
});
