// Tables: columns, rows, groups and descriptions, as NumPy answers; and what the sheet has not to compute again.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SymbolicSheet } from '../../src/index.ts';
import { readCsv, Table } from '../../src/table.ts';
import { close, golden, GOLDEN, open } from './golden.ts';

let sheet: SymbolicSheet;
let penguins: Table;
beforeAll(async () => {
  sheet = await open();
  penguins = await readCsv(readFileSync(`${GOLDEN}/penguins.csv`), { sheet });
});
afterAll(() => sheet.close());

const small = (): Table =>
  Table.of(sheet, { x: [3, 1, null, 2], name: ['b', 'a', 'b', null], on: [true, false, true, false] });

describe('a table', () => {
  it('has the columns of the file it was read from', async () => {
    expect(penguins.shape).toEqual([47, 5]);
    expect(String(penguins)).toBe(
      'Table of 47 rows: species string, bill float64, mass int32, year int32, female bool',
    );
    for (const [name, values] of Object.entries(golden.penguins))
      expect(await penguins.values(name)).toEqual(name === 'species' ? values : close(values));
    expect(penguins.categories('species')).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
  });

  it('gives and takes columns by name, and does not change', async () => {
    const table = small();
    const doubled = table.with({ y: table.column('x').multiply(2), x: Int32Array.of(1, 2, 3, 4) });
    expect(await doubled.select(['y', 'x']).toRecords()).toEqual([
      { y: 6, x: 1 },
      { y: 2, x: 2 },
      { y: NaN, x: 3 },
      { y: 4, x: 4 },
    ]);
    expect(doubled.drop(['on', 'x']).names).toEqual(['name', 'y']);
    expect(table.names).toEqual(['x', 'name', 'on']);
    expect(table.dtypes).toEqual({ x: 'float64', name: 'string', on: 'bool' });
  });

  it('gives rows by mask, place and index', async () => {
    const table = small();
    expect(await (await table.filter(table.column('x').greater(1))).values('x')).toEqual([3, 2]);
    expect(await (await table.filter(table.is('name', 'b'))).values('x')).toEqual([3, NaN]);
    expect((await table.filter(table.is('name', 'z'))).shape).toEqual([0, 3]);
    expect(await table.slice(-2).values('on')).toEqual([true, false]);
    expect(await table.take(Int32Array.of(3, 0, 0)).values('name')).toEqual([null, 'b', 'b']);
  });

  it('is put in order as NumPy and Python do, missing ones last', async () => {
    for (const [name, order] of Object.entries(golden.order)) {
      const numbered = penguins.with({ row: sheet.arange(47, { dtype: 'int32' }) });
      expect(await numbered.sortBy(name).values('row'), name).toEqual(order);
    }
    expect(await small().sortBy('name', { descending: true }).values('name')).toEqual(['b', 'b', 'a', null]);
    expect(await small().sortBy('x', { descending: true }).values('x')).toEqual([3, 2, 1, NaN]);
  });

  it.each(Object.keys(golden.groups))('is reduced by group of %s as NumPy reduces', async (key) => {
    const { keys, count, ...answers } = golden.groups[key]!;
    const groups = penguins.groupBy(key);
    const counted = await groups.count();
    expect([await counted.values(key), await counted.values('count')]).toEqual([keys, count]);
    const columns = (['bill', 'mass', 'female'] as const).filter((name) => name !== key);
    for (const reduction of ['sum', 'mean', 'min', 'max'] as const) {
      const found = await groups[reduction](...columns);
      expect(found.names).toEqual([key, ...columns]);
      for (const name of columns)
        expect((await found.values(name)).map(Number), `${reduction} ${name}`).toEqual(close(answers[name][reduction]));
    }
  });

  it('groups nothing, and reduces what is missing to what is missing', async () => {
    const nothing = await small().slice(0, 0).groupBy('name').max();
    expect(nothing.shape).toEqual([0, 3]);
    const holes = Table.of(sheet, { key: ['a', 'b', 'b'], x: [1, NaN, null] });
    for (const reduction of ['mean', 'min', 'max'] as const)
      expect(await (await holes.groupBy('key')[reduction]()).values('x')).toEqual([1, NaN]);
    expect(await (await holes.groupBy('key').sum()).values('x')).toEqual([1, 0]);
  });

  it('describes its columns as NumPy does', async () => {
    const rows = await (await penguins.describe()).toRecords();
    for (const [name, answer] of Object.entries(golden.described)) {
      const [min, q25, median, q75, max] = answer.quantiles;
      const { count, missing, distinct, mean, std } = answer;
      const expected = { count, missing, distinct, mean, std, min, q25, median, q75, max };
      const found = rows.find(({ column }) => column === name)!;
      expect(
        Object.keys(expected).map((key) => found[key]),
        name,
      ).toEqual(close(Object.values(expected)));
    }
    expect(rows[0]).toMatchObject({
      column: 'species',
      dtype: 'string',
      count: 45,
      missing: 2,
      distinct: 3,
      mean: NaN,
    });
  });

  it('prints its first rows', async () => {
    expect((await small().preview(3)).split('\n')).toEqual([
      '      x  name       on',
      'float64  string   bool',
      '      3  b        true',
      '      1  a       false',
      '      –  b        true',
      '… of 4 rows',
    ]);
  });

  it('becomes a matrix, texts as 0 and 1', async () => {
    const table = small().fillMissing({ x: -1, name: 'a' });
    const encoded = table.oneHot(['name']);
    expect(encoded.names).toEqual(['x', 'name=a', 'name=b', 'on']);
    const matrix = encoded.matrix();
    expect([matrix.dtype, matrix.shape]).toEqual(['float32', [4, 4]]);
    expect(await matrix.toArray()).toEqual([
      [3, 0, 1, 1],
      [1, 1, 0, 0],
      [-1, 0, 1, 1],
      [2, 1, 0, 0],
    ]);
    expect(await small().oneHot(['name']).matrix(['name=a', 'name=b'], { dtype: 'int32' }).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    expect(await small().fillMissing({ name: 'aa' }).values('name')).toEqual(['b', 'a', 'b', 'aa']);
  });

  it('is put together again from its parts, whatever is done to them', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 47 }), { maxLength: 3 });
    const whole = penguins.oneHot(['species']).fillMissing({ bill: 0 }).drop(['female']);
    const expected = [await whole.toCsv(), await whole.matrix().toArray()];
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const bounds = [0, ...places.sort((a, b) => a - b), 47];
        const parts = bounds.slice(1).map((stop, i) => penguins.slice(bounds[i]!, stop));
        const table = Table.concat(parts).oneHot(['species']).fillMissing({ bill: 0 }).drop(['female']);
        expect([await table.toCsv(), await table.matrix().toArray()]).toEqual(expected);
      }),
      { numRuns: 5 },
    );
    const apart = [Table.of(sheet, { x: ['b', null] }), Table.of(sheet, { x: ['c', 'a'] })];
    const joined = Table.concat(apart);
    expect([joined.categories('x'), await joined.values('x')]).toEqual([
      ['a', 'b', 'c'],
      ['b', null, 'c', 'a'],
    ]);
  });

  it.each([
    ['an unknown column', () => small().column('nam'), { near: 'name' }],
    ['categories of numbers', () => small().categories('x'), { column: 'x' }],
    ['texts in a matrix', () => small().matrix(['x', 'name']), { column: 'name' }],
    ['a matrix of nothing', () => small().matrix([]), {}],
    ['columns of other lengths', () => Table.of(sheet, { a: [1], b: [1, 2] }), { column: 'b', rows: 1 }],
    ['a further column of another length', () => small().with({ y: [1] }), { rows: 4, given: 1 }],
    ['a matrix for a column', () => Table.of(sheet, { a: sheet.zeros([2, 2]) }), { column: 'a' }],
    ['values of several kinds', () => Table.of(sheet, { a: [1, 'x', 2] }), { row: 0, column: 'a', value: 1 }],
    ['objects in a column', () => Table.of(sheet, { a: [1, {} as never] }), { row: 1, column: 'a', kind: 'Object' }],
    ['a fill of another kind', () => small().fillMissing({ name: 0 }), { column: 'name', value: 0 }],
    ['no tables', () => Table.concat([]), {}],
    ['one-hot numbers', () => small().oneHot(['x']), { column: 'x' }],
    ['a group by nothing there', () => small().groupBy('y'), { column: 'y' }],
  ])('refuses %s', (_, call, details) => {
    let found: unknown;
    try {
      call();
    } catch (error) {
      found = error;
    }
    expect(found).toMatchObject({ code: expect.any(String), details });
  });

  it('refuses masks of another kind, and keys among what is reduced', async () => {
    await expect(small().filter(small().column('x'))).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(small().groupBy('on').sum('on')).rejects.toMatchObject({ details: { column: 'on' } });
    await expect(small().groupBy('on').sum('name')).rejects.toMatchObject({ code: 'DTYPE' });
  });
});
