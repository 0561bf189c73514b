// The sheet of formulas against a recursion over maps, bit for bit, and what formulas mean.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AtomSheet, CellError } from 'symbolic-sheet/atomsheet';
import { CellMemory } from '../../kernels/cells/cell-memory.ts';
import { addressText, cellPlaceOf } from '../../src/atomsheet/address.ts';
import { parseFormula } from '../../src/atomsheet/parse.ts';
import { piecesOf, textAt } from '../../src/atomsheet/print.ts';
import { extent } from '../run/extent.ts';
import { Oracle } from './oracle.ts';

/** Rows on both sides of where a tile ends. */
const TOP = 1020;
const ROWS = 9;
const COLUMNS = 4;
const SHEETS = ['Sheet1', 'Other'];

/** Formulas by the row that they stand in, as A1 texts that go along. */
const FORMULAS: readonly ((r: number) => string)[] = [
  (r) => `=A${r}*2+1`,
  (r) => `=B${r - 1}+A${r}`,
  (r) => `=A${r + 1}-B${r}`,
  (r) => `=A${r - 1}/C${r}`,
  (r) => `=$A$${TOP + 3}*B${r}`,
  (r) => `=-C${r - 1}+50%`,
  (r) => `=ABS(B${r})+SQRT(A${r})`,
  (r) => `=INT(D${r}/3)-B$${TOP + 5}`,
  (r) => `=SUM(A$${TOP}:A${r})`,
  (r) => `=SUM(A${r - 2}:B${r + 2})/3`,
  (r) => `=AVERAGE(B${r}:C$${TOP + 4})`,
  (r) => `=COUNT(A${r}:D${r})+MAX(A${r}:B${r + 1})`,
  (r) => `=IF(A${r}>2,B${r},C${r - 1})`,
  (r) => `=IF(D${r}>B${r},A${r + 1},1)`,
  (r) => `=IFERROR(C${r}/A${r},D${r - 1})`,
  (r) => `=Other!A${r}+1`,
  (r) => `=Sheet1!B${r - 1}*Other!C${r}`,
  (r) => `=SUM(Other!A${r - 1}:B${r})`,
  (r) => `=A${r}&B${r}`,
  () => '=1E308*10',
];

type Edit = { readonly sheet: number; readonly x: number; readonly row: number } & (
  | { readonly kind: 'set'; readonly value: number | string | boolean | undefined }
  | { readonly kind: 'fill'; readonly formula: number; readonly rows: number }
  | { readonly kind: 'column'; readonly numbers: readonly number[] }
);

const place = { sheet: fc.nat(1), x: fc.nat(COLUMNS - 1), row: fc.nat(ROWS - 1) };
const values = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 3, -1, 0.1, 1e16, -1e16, 2 ** 53, 1e308, -0, 5e-324) },
  fc.constantFrom('text', '7', true, false, undefined),
);
const edits = fc.oneof(
  fc.record({ ...place, kind: fc.constant('set' as const), value: values }),
  fc.record({
    ...place,
    kind: fc.constant('fill' as const),
    formula: fc.nat(FORMULAS.length - 1),
    rows: fc.integer({ min: 1, max: ROWS }),
  }),
  fc.record({
    ...place,
    kind: fc.constant('column' as const),
    numbers: fc.array(fc.constantFrom(1, 2.5, -3, 1e16, 0), { minLength: 1, maxLength: ROWS }),
  }),
);

/** Does an edit to the sheet, and to the oracle cell by cell. */
function apply({ sheet, x, row, ...edit }: Edit, book: AtomSheet, oracle: Oracle): void {
  const name = SHEETS[sheet]!;
  const y = TOP + row;
  const address = `${name}!${addressText(x, y)}`;
  oracle.sheets.add(name);
  const key = (i: number): string => `${name}!${x},${y + i}`;
  if (edit.kind === 'set') {
    book.set(address, edit.value);
    oracle.cells.set(key(0), edit.value);
  } else if (edit.kind === 'column') {
    book.setColumn(address, Float64Array.from(edit.numbers));
    for (const [i, value] of edit.numbers.entries()) oracle.cells.set(key(i), value);
  } else {
    const formula = FORMULAS[edit.formula]!;
    const texts = Array.from({ length: edit.rows }, (_, i) => formula(y + 1 + i));
    if (edit.rows % 2 === 0) book.fill(address, edit.rows, texts[0]!);
    else book.setColumn(address, texts);
    for (const [i, text] of texts.entries()) oracle.cells.set(key(i), { formula: text });
  }
}

const shown = (value: unknown): unknown => (value instanceof CellError ? value.code : value);

describe('an AtomSheet', () => {
  it('has what a recursion over its cells has, bit for bit, after every edit, by either kind of kernel', () => {
    const keys = SHEETS.flatMap((name) =>
      Array.from({ length: COLUMNS }, (_, x) =>
        Array.from({ length: 2 * ROWS }, (__, i) => [name, x, TOP + i] as const),
      ),
    ).flat();
    fc.assert(
      fc.property(fc.array(edits, { minLength: 3, maxLength: 14 }), (script) => {
        const books = [new AtomSheet(), new AtomSheet({ memory: new CellMemory(true) })];
        const oracle = new Oracle();
        oracle.sheets.add('Sheet1');
        for (const edit of script) {
          for (const [i, book] of books.entries()) apply(edit, book, i === 0 ? oracle : new Oracle());
          const wanted = oracle.values(keys.map(([name, x, y]) => `${name}!${x},${y}`));
          for (const book of books)
            expect(keys.map(([name, x, y]) => shown(book.get(`${name}!${addressText(x, y)}`)))).toEqual(wanted);
        }
      }),
      { numRuns: extent(40, 2000) },
    );
  });
});

describe('formulas', () => {
  it('are read and printed with the parentheses that they need', () => {
    const cases = {
      '=1+2*3': '=1+2*3',
      '=(1+2)*3': '=(1+2)*3',
      '= 1 - ( 2 - 3 )': '=1-(2-3)',
      '=-2^2': '=-2^2',
      '=-(2^2)': '=-(2^2)',
      '=a1:$b$2': '=A1:$B$2',
      "='My sheet'!A1+Other!B2": "='My sheet'!A1+Other!B2",
      '=if(A1>=1,"a ""b""",)': '=IF(A1>=1,"a ""b""",)',
      '=sum()': '=SUM()',
      '=50%%': '=50%%',
      '=#N/A': '=#N/A',
    };
    for (const [text, wanted] of Object.entries(cases))
      expect(textAt(piecesOf(parseFormula(text, 4, 6)), 4, 6)).toBe(wanted);
    expect(new AtomSheet().sheets).toEqual(['Sheet1']);
  });

  it('that are wrong are refused with the character', () => {
    const cases = {
      '=1+': [4, 'a value is missing at the end'],
      '=(1': [2, 'not closed'],
      '=1)': [3, 'closes nothing'],
      '=1 2': [4, 'follows a value'],
      '=A1:B': [5, 'a range ends with an address'],
      '="abc': [2, 'does not end'],
      '=foo+1': [2, 'nothing named foo'],
      '=1,2': [3, 'a comma outside a call'],
      '=1+~2': [4, "'~' means nothing"],
      '=1e999': [2, 'above the largest number'],
      '=ZZZZZZ1': [2, 'outside the sheet'],
    } as const;
    for (const [text, [character, what]] of Object.entries(cases)) {
      const book = new AtomSheet();
      book.set('A1', 5);
      expect(() => book.set('A1', text)).toThrow(
        expect.objectContaining({
          code: 'FORMAT',
          details: expect.objectContaining({ character }),
          message: expect.stringContaining(what),
        }),
      );
      expect(book.get('A1')).toBe(5);
    }
    expect(() => new AtomSheet().set('A1', `=${'('.repeat(9000)}`)).toThrow('9001 characters');
    expect(() => new AtomSheet().set('A1', `=${'-'.repeat(2000)}1`)).toThrow('within one another');
    expect(() => new AtomSheet().set('A0', 1)).toThrow("'A0' is no address");
    expect(() => new AtomSheet().set('A1', NaN)).toThrow('finite numbers, not NaN');
  });

  it('mean what the table says', () => {
    const book = new AtomSheet();
    book.setColumn('A1', [1e16, 1, -1e16, 'text', true, undefined, '12']);
    const cases: Record<string, unknown> = {
      '=SUM(A1:A3)': 1,
      '=SUM(A3,A1,A2,TRUE,"2")': 4,
      '=0.1+0.2-0.3': 5.551115123125783e-17,
      '=-2^2': 4,
      '=2^3^2': 64,
      '=A6=0': true,
      '=A6=""': true,
      '=A6': 0,
      '=A7+1': 13,
      '=A5+1': 2,
      '="a"="A"': true,
      '=1<"a"': true,
      '="z"<TRUE': true,
      '=1/0': '#DIV/0!',
      '=A4+1': '#VALUE!',
      '=SQRT(-1)': '#NUM!',
      '=1E308*10': '#NUM!',
      '=A1:A3+1': '#VALUE!',
      '=NOPE(1)': '#NAME?',
      '=SUM()': '#VALUE!',
      '=None!A1': '#REF!',
      '=NA()': '#N/A',
      '=IFERROR(1/0,"none")': 'none',
      '=IF(A2,"yes",1/0)': 'yes',
      '=AVERAGE(A4:A4)': '#DIV/0!',
      '=COUNT(A1:A7)&COUNTA(A1:A7)': '36',
      '=ROUND(2.5)&ROUND(-2.5)&ROUND(1234,-2)': '3-31200',
      '=MOD(-3,2)': 1,
      '=LEFT("sheet",2)&RIGHT("sheet",3)&LEN("four")': 'sheet4',
      '=AND(A2,A5)': true,
      '=ISBLANK(A6)': true,
      '=LOG(8,2)=LN(8)/LN(2)': true,
      '=1/(1/0)': '#DIV/0!',
      '=1/(1E308*10)': '#NUM!',
    };
    for (const [formula, wanted] of Object.entries(cases)) {
      book.set('C1', formula);
      expect([formula, shown(book.get('C1'))]).toEqual([formula, wanted]);
    }
  });

  it('name the cell where an error came up, and the cells of a circle', () => {
    const book = new AtomSheet();
    book.set('A1', '=1/0');
    book.set('B1', '=A1+1');
    expect(book.get('B1')).toMatchObject({ code: '#DIV/0!', origin: 'Sheet1!A1', reason: 'the divisor is 0' });
    book.set('C1', '=C2');
    book.set('C2', '=IF(D1,C1,2)');
    expect(book.get('C1')).toBe(2);
    book.set('D1', true);
    expect(book.get('C1')).toMatchObject({
      code: '#CYCLE!',
      reason: expect.stringMatching(/^2 cells read one another: Sheet1!C[12] → Sheet1!C[12] → Sheet1!C[12]$/),
    });
    book.set('D1', 0);
    expect(book.column('C1', 2)).toEqual([2, 2]);
  });

  it('heal when the sheet that they name is there', () => {
    const book = new AtomSheet();
    book.set('A1', '=Later!B2*2');
    expect(book.get('A1')).toMatchObject({ code: '#REF!', reason: 'there is no sheet named Later' });
    book.set('Later!B2', 21);
    expect(book.get('A1')).toBe(42);
  });

  it('of one shape are one family, computed by its kernel', () => {
    const book = new AtomSheet();
    const rows = 5000;
    book.setColumn(
      'A1',
      Float64Array.from({ length: rows }, (_, i) => i / 8),
    );
    book.setColumn(
      'B1',
      Array.from({ length: rows }, (_, i) => `=A${i + 1}*2+1`),
    );
    book.set('C1', 1);
    book.fill('C2', rows - 1, '=C1+B2');
    expect(book.column('B4999', 2)).toEqual([4998 / 4 + 1, 4999 / 4 + 1]);
    expect(book.stats()).toMatchObject({ templates: 2, families: 2, kernelCells: 2 * rows - 1, interpretedCells: 0 });
    book.set('A2500', 7);
    expect(book.get('B2500')).toBe(15);
    expect(book.stats().kernelCells).toBe(2 * rows - 1 + 1 + rows - 2499);
    expect(book.formula('C5000')).toBe('=C4999+B5000');
    expect(cellPlaceOf('C5000')).toEqual({ x: 2, y: 4999 });
  });

  it('in a chain of thirty thousand cells that no kernel computes need no deep stack', () => {
    const book = new AtomSheet();
    const rows = 30_000;
    book.set(`A${rows + 1}`, 1);
    book.fill('A1', rows, '=IF(A2>0,A2+1,0)');
    expect(book.get('A1')).toBe(rows + 1);
  });
});
