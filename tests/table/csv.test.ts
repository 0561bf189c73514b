// CSV: read as Python's csv module and NumPy read it, written and read again, and refused where it is damaged.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SheetError, SymbolicSheet } from '../../src/index.ts';
import { type CsvOptions, readCsv, Table } from '../../src/table.ts';
import { bitsOf, golden, GOLDEN, open } from './golden.ts';

/** The data of github.com/max-mapper/csv-spectrum, where it lies beside the checkout. */
const SPECTRUM = fileURLToPath(new URL('../../../shared/conformance/csv-spectrum', import.meta.url));

let sheet: SymbolicSheet;
beforeAll(async () => (sheet = await open()));
afterAll(() => sheet.close());

const read = (text: string | Uint8Array, options: Partial<CsvOptions> = {}): Promise<Table> =>
  readCsv(text, { sheet, ...options });

/** All fields as texts, missing ones as the empty text. */
async function texts(source: Uint8Array, options: Partial<CsvOptions> = {}): Promise<string[][]> {
  const names = (await read(source, options)).names;
  const dtypes = Object.fromEntries(names.map((name) => [name, 'string' as const]));
  const table = await read(source, { ...options, dtypes, missing: [] });
  const columns = await Promise.all(names.map((name) => table.values(name)));
  return Array.from({ length: table.rows }, (_, row) => columns.map((values) => String(values[row])));
}

async function refusal(text: string | Uint8Array, options: object = {}): Promise<SheetError> {
  try {
    await read(text, options);
  } catch (error) {
    return error as SheetError;
  }
  throw new RangeError(`${JSON.stringify(String(text))} was read`);
}

describe('CSV', () => {
  it.each(Object.entries(golden.dialects))('of the dialect %s is what the csv module reads', async (name, answer) => {
    const bytes = readFileSync(`${GOLDEN}/${name}.csv`);
    expect((await read(bytes, { delimiter: answer.delimiter })).names).toEqual(answer.names);
    expect(await texts(bytes, { delimiter: answer.delimiter })).toEqual(answer.rows);
  });

  const cases = existsSync(SPECTRUM) ? readdirSync(`${SPECTRUM}/csvs`) : [];
  it('of a public set is what its answers say', async (context) => {
    if (cases.length === 0) context.skip('the files of csv-spectrum are not beside the checkout');
    for (const name of cases) {
      const bytes = readFileSync(`${SPECTRUM}/csvs/${name}`);
      const answer = JSON.parse(readFileSync(`${SPECTRUM}/json/${name.replace('.csv', '.json')}`, 'utf8')) as object;
      expect(await texts(bytes), name).toEqual([answer].flat().map((row: object) => Object.values(row)));
    }
  });

  it('has numbers rounded as Python rounds them, in any spelling', async () => {
    const file = `x\n${golden.spellings.map(([text]) => `${text}\n`).join('')}`;
    const table = await read(file, { dtypes: { x: 'float64' } });
    const found = (await table.values('x')).map((value) => bitsOf(Number(value)));
    expect(found.map((bits, i) => [golden.spellings[i]![0], bits])).toEqual(golden.spellings);
  });

  it('has numbers rounded as JavaScript rounds them, whatever they are', async () => {
    const decimal = fc.tuple(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 25 }));
    await fc.assert(
      fc.asyncProperty(fc.array(decimal, { minLength: 1, maxLength: 40 }), async (pairs) => {
        const spelled = pairs.map(([x, digits]) => (digits > 20 ? String(x) : x.toExponential(digits)));
        const table = await read(`x\n${spelled.join('\n')}`, { dtypes: { x: 'float64' } });
        expect((await table.values('x')).map((x) => bitsOf(Number(x)))).toEqual(
          spelled.map((text) => bitsOf(Number(text))),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('has the dtype that holds all fields of a column', async () => {
    const table = await read(
      [
        'small,large,id,whole,half,flag,holes,truths,code,text,huge,none',
        '1,2147483648,9007199254740993,1,.5,true,1,TRUE,007,a,1,',
        '-2147483648,-1,-9223372036854775808,2.0,-1e3,False,,NA,1,1,18446744073709551616,',
      ].join('\r\n'),
    );
    expect(table.dtypes).toEqual({
      small: 'int32',
      large: 'int64',
      id: 'int64',
      whole: 'float64',
      half: 'float64',
      flag: 'bool',
      holes: 'float64',
      truths: 'float64',
      code: 'string',
      text: 'string',
      huge: 'string',
      none: 'float64',
    });
    expect(await table.values('id')).toEqual([9007199254740993n, -9223372036854775808n]);
    expect(await table.values('holes')).toEqual([1, NaN]);
    expect(await table.values('truths')).toEqual([1, NaN]);
    expect(await table.values('flag')).toEqual([true, false]);
    expect(await table.values('code')).toEqual(['007', '1']);
  });

  it('keeps long integers as texts where one is missing, for float64 would lose their digits', async () => {
    const table = await read('id\n9007199254740993\n\nNA\n');
    expect(await table.values('id')).toEqual(['9007199254740993', null]);
  });

  it('has the dtypes that are asked for, the columns that are asked for, and their order', async () => {
    const table = await read('a,b,c\n1,0,x\n2,1,y\n', {
      columns: ['c', 'a', 'b'],
      dtypes: { a: 'float32', b: 'bool' },
    });
    expect(Object.entries(table.dtypes)).toEqual([
      ['c', 'string'],
      ['a', 'float32'],
      ['b', 'bool'],
    ]);
    expect(
      await read('a,b\n1,9007199254740993\n', { columns: ['b'], dtypes: { b: 'int64' } }).then((t) => t.values('b')),
    ).toEqual([9007199254740993n]);
    expect(await read('1;2\n3;4\n', { header: false, delimiter: ';' }).then((t) => t.toRecords())).toEqual([
      { column_1: 1, column_2: 2 },
      { column_1: 3, column_2: 4 },
    ]);
    expect(await read('1,2\n', { header: ['__proto__', 'constructor'] }).then((t) => t.values('constructor'))).toEqual([
      2,
    ]);
  });

  it('takes what is quoted as text, and names of what is missing where they are not', async () => {
    const table = await read('x,y\n"NA",1\nNA,-9\n"",3\n,\n', { missing: ['', 'NA', '-9'] });
    expect(await table.values('x')).toEqual(['NA', null, '', null]);
    expect(await table.values('y')).toEqual([1, NaN, 3, NaN]);
  });

  it('comes from text, bytes, blobs and streams, cut anywhere', async () => {
    const text = 'ä,b\n"x\n🙂",1\n';
    const bytes = new TextEncoder().encode(text);
    const expected = [{ ä: 'x\n🙂', b: 1 }];
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    async function* chunks(): AsyncGenerator<string> {
      for (let i = 0; i < text.length; i++) yield text.charAt(i);
    }
    const sources = [text, bytes, bytes.slice().buffer, new Blob([bytes]), new Response(text), stream, chunks()];
    for (const source of sources) expect(await (await readCsv(source, { sheet })).toRecords()).toEqual(expected);
    await expect(readCsv(5 as never, { sheet })).rejects.toThrow(/readCsv: 5 is nothing that a table is read from/);
  });

  it('is read again as it was written', async () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', 'é', '🙂', '1', '.') }),
      fc.constantFrom('NA', 'null', '', 'true', '007'),
    );
    const columns = fc.integer({ min: 1, max: 6 }).chain((rows) => {
      const list = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
        fc.array(element, { minLength: rows, maxLength: rows });
      return fc.record({
        texts: list(fc.option(text)).map(([first, ...others]) => [first ?? 'x', ...others]),
        floats: list(fc.double({ noDefaultInfinity: true })),
        integers: list(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        flags: list(fc.boolean()),
      });
    });
    const dtypes = { texts: 'string', floats: 'float64', integers: 'int64' } as const;
    await fc.assert(
      fc.asyncProperty(columns, fc.constantFrom(',', ';', '\t'), async (values, delimiter) => {
        const table = Table.of(sheet, values);
        const again = await read(await table.toCsv({ delimiter }), { delimiter, dtypes });
        expect(await again.toRecords()).toEqual(await table.toRecords());
      }),
      { numRuns: 50 },
    );
    const single = Table.of(sheet, { x: ['a', null, ''] });
    expect(await (await read(await single.toCsv())).values('x')).toEqual(['a', '', '']);
  });
});

describe('damaged CSV', () => {
  it.each([
    ['a row of another length', 'a,b\n1,2\n\n"x\ny",2,3\n', 'FORMAT', { line: 4, fields: 3, expected: 2 }],
    ['a short row after lone CRs', 'a,b\r1,2\r3\r', 'FORMAT', { line: 3, fields: 1, expected: 2 }],
    ['a quote that is not closed', 'a\nb\n"c\nd\n', 'FORMAT', { line: 3 }],
    ['what follows a quote', 'a,b\n1,"c"d\n', 'FORMAT', { line: 2, found: 'd' }],
    ['names that come twice', 'a,b,a\n1,2,3\n', 'FORMAT', { column: 'a' }],
    ['nothing', '', 'FORMAT', { sizeBytes: 0 }],
    ['nothing but a byte order mark and line ends', '\ufeff\r\n\n', 'FORMAT', {}],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x0a, 0), 'FORMAT', {}],
    ['Latin-1', Uint8Array.of(0x61, 0x0a, 0x62, 0x0a, 0xe4, 0x0a), 'FORMAT', { line: 3 }],
  ])('%s says where and what to do', async (_, source, code, details) => {
    const error = await refusal(source);
    expect([error.code, error.details]).toMatchObject([code, details]);
    expect(error.message).toMatch(/^readCsv: .*; [^;]+\.$/s);
  });

  it.each([
    ['a number that is none', 'a,b\n1,2\n3,x y\n', { dtypes: { b: 'int32' } }, { line: 3, column: 'b', value: 'x y' }],
    ['a missing integer', 'a\n1\nNA\n', { dtypes: { a: 'int64' } }, { line: 3, column: 'a', value: 'NA' }],
    ['an integer out of range', 'a\n2147483648\n', { dtypes: { a: 'int32' } }, { line: 2, value: '2147483648' }],
    ['a long integer out of range', 'a\n9223372036854775808\n', { dtypes: { a: 'int64' } }, { line: 2 }],
    ['a fraction', 'a\n1.5\n', { dtypes: { a: 'int32' } }, { line: 2, value: '1.5' }],
    ['no truth value', 'a\n2\n', { dtypes: { a: 'bool' } }, { line: 2, value: '2' }],
    ['an unknown column', 'age,b\n1,2\n', { columns: ['b', 'aeg'] }, { column: 'aeg', near: 'age' }],
    ['a dtype of an unknown column', 'age\n1\n', { dtypes: { aeg: 'int32' } }, { near: 'age' }],
    ['names that are too few', 'a,b\n', { header: ['a'] }, { names: 1, fields: 2 }],
    ['a delimiter of two', 'a\n', { delimiter: '||' }, { delimiter: '||' }],
    ['an unknown option', 'a\n', { delimeter: ';' }, { option: 'delimeter' }],
    ['an unknown dtype', 'a\n', { dtypes: { a: 'int' } }, { option: 'dtypes' }],
    ['a long field', 'a\nlonger\n', { maxFieldBytes: 5 }, { line: 2 }],
    ['a long field in quotes', 'a\n"longer"\n', { maxFieldBytes: 5 }, { line: 2 }],
    ['a large file', 'a\n1\n', { maxBytes: 3 }, { sizeBytes: 4 }],
  ])('%s is refused by its place', async (_, text, options, details) => {
    expect((await refusal(text, options)).details).toMatchObject(details);
  });
});
