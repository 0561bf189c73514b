// Tables: named columns of equal length, numbers as tensors of a sheet and texts as codes; ops do all that is done.
import { AttributeError, checkOptions, DTypeError, INSPECT, ShapeError } from '../kit.ts';
import { type DType, type Sheet, Tensor } from '../surface.ts';
import { concatColumns } from './concat.ts';
import { describeFrame } from './describe.ts';
import type { Column } from './column.ts';
import { fillColumn, type FillValue, indicatorsOf } from './encoding.ts';
import {
  columnNamed,
  type ColumnSource,
  type Frame,
  frameOf,
  mapColumns,
  numbersNamed,
  numericNames,
} from './frame.ts';
import { Groups } from './groups.ts';
import { checkDistinct } from './names.ts';
import { cellsOf, type Cells, previewOf, recordsOf } from './print.ts';
import { writeCsv, type WriteCsvOptions } from './write-csv.ts';

const SORT = {
  descending: { expected: 'true or false', accepts: (value: unknown): boolean => typeof value === 'boolean' },
};
const MATRIX = { dtype: { expected: 'a dtype', accepts: (value: unknown): boolean => typeof value === 'string' } };

/** Named columns of equal length. Tables do not change: what is done to one gives another. */
export class Table implements Frame {
  readonly sheet: Sheet;
  readonly rows: number;
  /** The columns by name, in order. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The tables this one was put together from, row after row. */
  readonly #parts: readonly Table[] | undefined;

  /** @internal */
  constructor({ sheet, rows, columns }: Frame, parts?: readonly Table[]) {
    this.sheet = sheet;
    this.rows = rows;
    this.columns = columns;
    this.#parts = parts;
  }

  /** A table of tensors, typed arrays and lists by name. Lists with texts are encoded; null is missing. */
  static of(sheet: Sheet, columns: Readonly<Record<string, ColumnSource>>): Table {
    return new Table(frameOf('Table.of', sheet, columns));
  }

  /** The rows of tables that have the same columns, one after the other. */
  static concat(tables: readonly Table[]): Table {
    return new Table(concatColumns(tables), tables);
  }

  /** Rows and columns. */
  get shape(): readonly [rows: number, columns: number] {
    return [this.rows, this.columns.size];
  }

  /** The names of the columns. */
  get names(): readonly string[] {
    return [...this.columns.keys()];
  }

  /** What the columns hold: a dtype, or `string` for texts. */
  get dtypes(): Readonly<Record<string, DType | 'string'>> {
    return Object.fromEntries(
      Array.from(this.columns, ([name, { tensor, categories }]) => [
        name,
        categories === undefined ? tensor.dtype : 'string',
      ]),
    );
  }

  /** The tensor of a column, [rows]; of texts their codes, -1 where one is missing. */
  column(name: string): Tensor {
    return columnNamed('column', this, name).tensor;
  }

  /** The different texts of a column, in order: code 0 stands for the first. */
  categories(name: string): readonly string[] {
    const { categories } = columnNamed('categories', this, name);
    if (categories !== undefined) return categories;
    throw new DTypeError(`categories: the column "${name}" holds numbers; read them: column('${name}').`, {
      column: name,
    });
  }

  /** Whether the text of each row is this one: a mask for `filter`. */
  is(name: string, text: string): Tensor<'bool'> {
    const code = this.categories(name).indexOf(text);
    return this.column(name).equal(code === -1 ? -2 : code);
  }

  /** These columns, in this order. */
  select(names: readonly string[]): Table {
    checkDistinct('select', names);
    return this.byPart(
      (part) => new Table({ ...part.#frame, columns: new Map(names.map((name) => [name, part.#at('select', name)])) }),
    );
  }

  /** All columns but these. */
  drop(names: readonly string[]): Table {
    for (const name of names) this.#at('drop', name);
    return this.select(this.names.filter((name) => !names.includes(name)));
  }

  /** The same with further columns, or with others in place of those of the same names. */
  with(columns: Readonly<Record<string, ColumnSource>>): Table {
    const added = frameOf('with', this.sheet, columns);
    if (added.columns.size > 0 && added.rows !== this.rows)
      throw new ShapeError(`with: these columns have ${added.rows} rows, the table ${this.rows}; give one for each.`, {
        rows: this.rows,
        given: added.rows,
      });
    return new Table({ ...this.#frame, columns: new Map([...this.columns, ...added.columns]) });
  }

  /** Rows from `start` to before `stop`; negative numbers count from the end. */
  slice(start: number, stop: number = this.rows): Table {
    return this.#ofRows(mapColumns(this, (tensor) => tensor.slice([start], [stop])));
  }

  /** The rows at indices: an integer tensor of one axis, or a list. */
  take(indices: Tensor | ArrayLike<number>): Table {
    const at = indices instanceof Tensor ? indices : this.sheet.tensor(Int32Array.from(indices), { own: true });
    return this.#ofRows(mapColumns(this, (tensor) => tensor.take(at)));
  }

  /** The rows where a mask is true. It is read: how many they are has to be known. */
  async filter(mask: Tensor): Promise<Table> {
    if (mask.dtype !== 'bool' || mask.shape.length !== 1 || mask.size !== this.rows)
      throw new ShapeError(
        `filter: the mask is ${mask.dtype} of shape [${mask.shape.join(', ')}]; give bool of shape ` +
          `[${this.rows}], as ` +
          "table.column('age').greater(30) is.",
        { dtype: mask.dtype, shape: mask.shape, rows: this.rows },
      );
    return this.take(await mask.flatnonzero());
  }

  /** @internal What is done to rows one by one is done to the parts, so that it is found again for each of them. */
  byPart(change: (part: Table) => Table): Table {
    return this.#parts === undefined ? change(this) : Table.concat(this.#parts.map((part) => part.byPart(change)));
  }

  /** The rows in the order of a column; equal ones keep theirs, missing ones come last. */
  sortBy(name: string, options: { readonly descending?: boolean } = {}): Table {
    checkOptions('sortBy', options, SORT);
    const { tensor, categories } = columnNamed('sortBy', this, name);
    const { descending = false } = options;
    const key = categories !== undefined && !descending ? tensor.less(0).where(categories.length, tensor) : tensor;
    return this.take(key.argsort({ descending }));
  }

  /** The rows by the values of a column, to be reduced: `await table.groupBy('city').mean()`. */
  groupBy(name: string): Groups<Table> {
    return new Groups(this, name, (frame) => new Table(frame));
  }

  /** Columns of texts, each as a column of 0 and 1 for every category: `city=Berlin`. */
  oneHot(names: readonly string[], options: { readonly dtype?: DType } = {}): Table {
    checkOptions('oneHot', options, MATRIX);
    const { dtype = 'float32' } = options;
    for (const name of names) this.categories(name);
    return this.byPart((part) => {
      const columns = Array.from(part.columns, ([name, column]) =>
        names.includes(name) ? indicatorsOf(name, column, dtype) : [[name, column] as const],
      ).flat();
      checkDistinct(
        'oneHot',
        columns.map(([name]) => name),
      );
      return new Table({ ...part.#frame, columns: new Map(columns) });
    });
  }

  /** The same with these values where one is missing, by column. */
  fillMissing(values: Readonly<Record<string, FillValue>>): Table {
    for (const name of Object.keys(values)) this.#at('fillMissing', name);
    return this.byPart((part) => {
      const filled = Object.entries(values).map(
        ([name, value]) => [name, fillColumn(part.sheet, name, part.#at('fillMissing', name), value)] as const,
      );
      return new Table({ ...part.#frame, columns: new Map([...part.columns, ...filled]) });
    });
  }

  /** Columns of numbers, by default all, side by side: [rows, columns]; float32 unless another dtype is asked for. */
  matrix(names: readonly string[] = numericNames(this), options: { readonly dtype?: DType } = {}): Tensor {
    checkOptions('matrix', options, MATRIX);
    const { dtype = 'float32' } = options;
    if (this.#parts !== undefined) return this.sheet.concat(this.#parts.map((part) => part.matrix(names, options)));
    if (names.length === 0)
      throw new AttributeError('matrix: there is no column of numbers; make some: table.oneHot([name]).', {});
    return this.sheet.stack(
      names.map((name) => numbersNamed('matrix', this, name).astype(dtype)),
      { axis: 1 },
    );
  }

  /** A row for each column: how many values it has and misses, and what they are like. */
  async describe(): Promise<Table> {
    return new Table(await describeFrame(this));
  }

  /** The values of a column: numbers, bigints, truth values, or texts; null where a text is missing. */
  async values(name: string): Promise<Cells> {
    return cellsOf(columnNamed('values', this, name));
  }

  /** The rows as objects. */
  async toRecords(): Promise<Readonly<Record<string, Cells[number]>>[]> {
    return recordsOf(this);
  }

  /** As CSV, which `readCsv` reads as it was. */
  async toCsv(options: WriteCsvOptions = {}): Promise<string> {
    return writeCsv(this, options);
  }

  /** The first rows, for people. */
  async preview(rows = 10): Promise<string> {
    return previewOf(this.rows > rows ? this.slice(0, rows) : this, this.rows);
  }

  /** Names and dtypes; nothing is computed. */
  toString(): string {
    const columns = Object.entries(this.dtypes).map(([name, dtype]) => `${name} ${dtype}`);
    return `Table of ${this.rows} rows: ${columns.join(', ')}`;
  }

  [INSPECT](): string {
    return this.toString();
  }

  get #frame(): Frame {
    return { sheet: this.sheet, rows: this.rows, columns: this.columns };
  }

  #at(owner: string, name: string): Column {
    return columnNamed(owner, this, name);
  }

  #ofRows(columns: ReadonlyMap<string, Column>): Table {
    const rows = [...columns.values()][0]?.tensor.size ?? 0;
    return new Table({ sheet: this.sheet, rows, columns });
  }
}
