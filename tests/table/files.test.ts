// Tables of files: Parquet and Arrow as pyarrow wrote them, JSON in its forms, files by path.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import * as hyparquet from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, type SymbolicSheet } from '../../src/index.ts';
import { readCsv, readJson, readParquet, readTable, Table, tableFromArrow } from '../../src/table.ts';
import { close, golden, GOLDEN, open } from './golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheet-table-'));
let sheet: SymbolicSheet;
beforeAll(async () => (sheet = await open()));
afterAll(async () => {
  await sheet.close();
  rmSync(folder, { recursive: true });
});

const written = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const refusal = async (read: Promise<unknown>): Promise<SheetError> => {
  try {
    await read;
  } catch (error) {
    return error as SheetError;
  }
  throw new RangeError('it was read');
};

describe('columnar files', () => {
  it.each(['parquet', 'arrow'])('.%s have the columns that pyarrow wrote', async (end) => {
    const table = await readTable(`${GOLDEN}/penguins.${end}`, { sheet });
    expect(table.dtypes).toEqual({
      species: 'string',
      bill: 'float64',
      mass: 'int32',
      year: 'int64',
      female: 'bool',
      kind: 'string',
      half: 'float32',
      holes: 'float64',
    });
    for (const [name, values] of Object.entries(golden.penguins))
      expect((await table.values(name)).map((value) => (typeof value === 'bigint' ? Number(value) : value))).toEqual(
        name === 'species' ? values : close(values),
      );
    const rows = Array.from({ length: 47 }, (_, row) => row);
    expect(await table.values('kind')).toEqual(rows.map((row) => ['x', 'y', null][row % 3]));
    expect(await table.values('half')).toEqual(rows.map((row) => row / 2));
    expect(await table.values('holes')).toEqual(rows.map((row) => (row % 5 === 0 ? NaN : row)));
    const part = await readTable(`${GOLDEN}/penguins.${end}`, { sheet, columns: ['mass', 'kind'] });
    expect(part.names).toEqual(['mass', 'kind']);
    expect((await refusal(readTable(`${GOLDEN}/penguins.${end}`, { sheet, columns: ['mas'] }))).details).toMatchObject({
      column: 'mas',
      near: 'mass',
    });
  });

  it('of Parquet are read from bytes with the module given, or refused with what it says', async () => {
    const bytes = readFileSync(`${GOLDEN}/penguins.parquet`);
    const table = await readParquet(bytes, { sheet, hyparquet, dtypes: { mass: 'float32', year: 'int32' } });
    expect([table.dtypes['mass'], table.dtypes['year']]).toEqual(['float32', 'int32']);
    expect((await refusal(readParquet(bytes, { sheet } as never))).code).toBe('UNAVAILABLE');
    expect((await refusal(readParquet(bytes.subarray(1), { sheet, hyparquet }))).code).toBe('FORMAT');
    expect((await refusal(readParquet(bytes, { sheet, hyparquet: {} as never }))).code).toBe('ATTRIBUTE');
    const damaged = bytes.slice().fill(255, 4, 200);
    expect((await refusal(readParquet(damaged, { sheet, hyparquet }))).code).toBe('FORMAT');
  });

  it('and other bytes that are damaged end in a table or in an error that says what to do', async () => {
    const bytes = readFileSync(`${GOLDEN}/penguins.parquet`);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    const damage = fc.array(change, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.uint8Array({ maxLength: 60 }), async (changes, noise) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, byte] of changes) damaged[at] = byte;
        const reads = [
          readParquet(damaged, { sheet, hyparquet }),
          readCsv(noise, { sheet }),
          readJson(noise, { sheet }),
        ];
        for (const read of await Promise.allSettled(reads))
          expect(read.status === 'fulfilled' ? read.value : read.reason).toSatisfy(
            (end) => end instanceof Table || (end instanceof SheetError && /; .+\.$/s.test(end.message)),
          );
      }),
      { numRuns: 40 },
    );
    const arrowFile = readFileSync(`${GOLDEN}/penguins.arrow`).subarray(0, 3000);
    expect((await refusal(readTable(written('cut.arrow', arrowFile), { sheet }))).code).toBe('FORMAT');
  });

  it('of Arrow are taken as tables, and columns of other kinds refused', async () => {
    const theirs = arrow.tableFromArrays({
      x: Float32Array.of(1, 2),
      name: ['a', 'b'],
      at: [new Date(0), new Date(1)],
    });
    const table = tableFromArrow(theirs, { sheet, columns: ['name', 'x'] });
    expect(await table.toRecords()).toEqual([
      { name: 'a', x: 1 },
      { name: 'b', x: 2 },
    ]);
    expect(() => tableFromArrow(theirs, { sheet })).toThrow(/are not held here/);
    expect(() => tableFromArrow({} as never, { sheet })).toThrow(/tableFromIPC/);
  });
});

describe('JSON', () => {
  const expected = [
    { a: 1, b: 'x', c: 1 },
    { a: 2, b: null, c: NaN },
  ];
  it.each([
    ['objects', '[{"a":1,"b":"x","c":true},{"c":null,"a":2}]', {}],
    ['lists', '[["a","b","c"],[1,"x",true],[2,null,null]]', {}],
    ['lists without names', '[[1,"x",true],[2,null,null]]', { header: ['a', 'b', 'c'] }],
    ['columns', '{"a":[1,2],"b":["x",null],"c":[true,null]}', {}],
    ['lines', '{"a":1,"b":"x","c":true}\r\n\n{"a":2}\n', { lines: true }],
  ])('of %s is a table', async (_, text, options) => {
    const table = await readJson(text, { sheet, ...options });
    expect(await table.toRecords()).toEqual(expected);
    expect(table.dtypes).toEqual({ a: 'int32', b: 'string', c: 'float64' });
    const chosen = await readJson(text, { sheet, ...options, columns: ['b', 'a'], dtypes: { a: 'string' } });
    expect(await chosen.toRecords()).toEqual([
      { b: 'x', a: '1' },
      { b: null, a: '2' },
    ]);
  });

  it('of the records of a table is that table', async () => {
    const value = fc.oneof(fc.string(), fc.constant(null));
    const columns = fc.integer({ min: 1, max: 5 }).chain((rows) =>
      fc.record({
        texts: fc.array(value, { minLength: rows, maxLength: rows }).map(([, ...others]) => ['x', ...others]),
        floats: fc.array(fc.double({ noDefaultInfinity: true }), { minLength: rows, maxLength: rows }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(columns, async (lists) => {
        const table = Table.of(sheet, lists);
        const again = await readJson(JSON.stringify(await table.toRecords()), { sheet, dtypes: { floats: 'float64' } });
        const plain = (text: string): string => text.replaceAll(/-0(?=\n|$)/g, '0');
        expect(plain(await again.toCsv())).toBe(plain(await table.toCsv()));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['no JSON', '{"a":1', {}, { line: 1 }],
    ['a line that is none', '{"a":1}\n{"a":\n', { lines: true }, { line: 2 }],
    ['a number', '5', {}, {}],
    ['an empty list', '[]', {}, {}],
    ['lists of other lengths', '[["a","b"],[1,2],[3]]', {}, { row: 1, expected: 2 }],
    ['columns of other lengths', '{"a":[1],"b":[1,2]}', {}, { column: 'b', rows: 1 }],
    ['names that come twice', '[["a","a"],[1,2]]', {}, { column: 'a' }],
    ['values of several kinds', '[{"a":"x"},{"a":1}]', {}, { row: 1, column: 'a' }],
    ['a list in a column', '[{"a":1},{"a":[1]}]', {}, { row: 1, column: 'a', kind: 'Array' }],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xe4, 0x22), {}, { sizeBytes: 3 }],
    ['an unknown column', '[{"age":1}]', { columns: ['aeg'] }, { near: 'age' }],
    ['an unknown option', '[{"a":1}]', { colums: ['a'] }, { option: 'colums' }],
  ])('%s is refused by its place', async (_, text, options, details) => {
    expect((await refusal(readJson(text, { sheet, ...options }))).details).toMatchObject(details);
  });
});

describe('files by path', () => {
  it('are read by the end of their names, packed ones too', async () => {
    const table = await readCsv('a,b\n1,x\n2,y\n', { sheet });
    const csv = await table.toCsv();
    const files = {
      'A.CSV': csv,
      'a.tsv': await table.toCsv({ delimiter: '\t' }),
      'a.csv.gz': gzipSync(csv),
      'a.json': JSON.stringify(await table.toRecords()),
      'a.jsonl': '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
    };
    for (const [name, content] of Object.entries(files))
      expect(await (await readTable(written(name, content), { sheet })).toCsv(), name).toBe(csv);
  });

  it('are refused where they are not there, damaged, too large, or of another kind', async () => {
    expect(await refusal(readTable(join(folder, 'none.csv'), { sheet }))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await refusal(readTable('table.xlsx', { sheet }))).toMatchObject({ code: 'ATTRIBUTE' });
    expect(await refusal(readTable(written('b.csv.gz', 'no gzip'), { sheet }))).toMatchObject({ code: 'FORMAT' });
    const large = written('c.csv.gz', gzipSync('a\n'.repeat(5000)));
    expect(await refusal(readTable(large, { sheet, maxBytes: 5000 }))).toMatchObject({ code: 'LIMIT' });
    expect(await refusal(readTable(written('d.json', '[{"a":1}]'), { sheet, delimiter: ';' }))).toMatchObject({
      details: { option: 'delimiter' },
    });
  });
});
