// The sheet of formulas, as users see it.
import type { CellMemory } from '../../kernels/cells/cell-memory.ts';
import { AttributeError } from '../kit.ts';
import { MOST_LINES, type CellPlace, cellPlaceOf } from './address.ts';
import { calculate } from './calculate.ts';
import type { AtomValue } from './cell-value.ts';
import type { Grid } from './grid.ts';
import { parseFormula } from './parse.ts';
import { textAt } from './print.ts';
import type { FormulaTemplate } from './template.ts';
import { Workbook } from './workbook.ts';

/** What is put into a cell: a text that begins with `=` is a formula, null and undefined empty the cell. */
export type CellContent = number | string | boolean | null | undefined;

/** Figures of a sheet. */
export interface AtomSheetStats {
  /** Different formulas, wherever they stand. */
  readonly templates: number;
  /** Runs of rows that have one formula. */
  readonly families: number;
  /** Cells computed so far by kernels, and one by one. */
  readonly kernelCells: number;
  readonly interpretedCells: number;
  /** Bytes of the memory that holds numbers. */
  readonly sizeBytes: number;
}

/**
 * Cells with values and formulas on named sheets. An edit computes nothing; a read computes what edits before it have
 * changed. Addresses are `B3` of the first sheet, or `Costs!B3`.
 */
export class AtomSheet {
  readonly #workbook: Workbook;
  readonly #first: Grid;
  #kernelCells = 0;
  #interpretedCells = 0;

  /** `name` is that of the first sheet. */
  constructor({ name = 'Sheet1', memory }: { readonly name?: string; readonly memory?: CellMemory } = {}) {
    this.#workbook = new Workbook(memory);
    this.#first = this.#workbook.named(name);
    this.#workbook.create(this.#first);
  }

  /** Names of the sheets that are there. */
  get sheets(): readonly string[] {
    return this.#workbook.grids.filter(({ isThere }) => isThere).map(({ name }) => name);
  }

  /** Puts a value or a formula into a cell. Throws FormatError with the character where a formula is wrong. */
  set(address: string, content: CellContent): void {
    const { grid, x, y } = this.#cellToWrite(address);
    this.#write(grid, x, y, content);
    this.#workbook.spread(grid, x, y, y);
  }

  /** Puts values and formulas into a column, from a cell downwards; an array of float64 is copied whole. */
  setColumn(address: string, contents: readonly CellContent[] | Float64Array): void {
    const { grid, x, y } = this.#cellToWrite(address);
    if (contents.length === 0) return;
    const last = y + contents.length - 1;
    if (last >= MOST_LINES)
      throw new AttributeError(`${contents.length} cells from ${address} on end below row ${MOST_LINES}.`, { address });
    if (contents instanceof Float64Array) {
      const wrong = contents.findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0) checkNumber(contents[wrong]!);
      this.#workbook.writeNumbers(grid, x, y, contents);
    } else this.#writeColumn(grid, x, y, contents);
    this.#workbook.spread(grid, x, y, last);
  }

  /** Puts a formula into a cell and the rows below it, its relative references going along. */
  fill(address: string, rows: number, formula: string): void {
    const { grid, x, y } = this.#cellToWrite(address);
    if (!Number.isInteger(rows) || rows < 1 || y + rows > MOST_LINES)
      throw new AttributeError(`${rows} rows from ${address} on: give 1 to ${MOST_LINES - y}.`, { address, rows });
    const template = this.#workbook.template(parseFormula(formula, x, y));
    this.#workbook.writeFormula(grid, x, y, y + rows - 1, template);
    this.#workbook.spread(grid, x, y, y + rows - 1);
  }

  /** The value of a cell, computed if need be. */
  get(address: string): AtomValue {
    this.calculate();
    const { grid, x, y } = this.#cell(address);
    return grid.get(x, y);
  }

  /** The values of so many cells from one downwards. */
  column(address: string, rows: number): AtomValue[] {
    this.calculate();
    const { grid, x, y } = this.#cell(address);
    return Array.from({ length: rows }, (_, i) => grid.get(x, y + i));
  }

  /** The formula of a cell in its shortest form; undefined where a value stands. */
  formula(address: string): string | undefined {
    const { grid, x, y } = this.#cell(address);
    const family = grid.familyAt(x, y);
    return family && textAt(family.template.pieces, x, y);
  }

  /** Computes what edits have changed; reads do so by themselves. */
  calculate(): void {
    if (this.#workbook.pending.size === 0) return;
    const { kernelCells, interpretedCells } = calculate(this.#workbook);
    this.#kernelCells += kernelCells;
    this.#interpretedCells += interpretedCells;
  }

  stats(): AtomSheetStats {
    const { grids, templateCount, memory } = this.#workbook;
    return {
      templates: templateCount,
      families: grids.reduce((sum, grid) => sum + grid.familyCount, 0),
      kernelCells: this.#kernelCells,
      interpretedCells: this.#interpretedCells,
      sizeBytes: memory.sizeBytes,
    };
  }

  /** Writes a column without its readers; texts that go on with the formula above are told without reading them. */
  #writeColumn(grid: Grid, x: number, y: number, contents: readonly CellContent[]): void {
    for (let i = 0; i < contents.length;) {
      const first = i;
      const template = this.#write(grid, x, y + i, contents[i++]);
      if (template === undefined) continue;
      while (i < contents.length && contents[i] === textAt(template.pieces, x, y + i)) i++;
      if (i > first + 1) this.#workbook.writeFormula(grid, x, y + first, y + i - 1, template);
    }
  }

  /** Writes a cell without its readers; the template of a formula. */
  #write(grid: Grid, x: number, y: number, content: CellContent): FormulaTemplate | undefined {
    if (typeof content !== 'string' || !content.startsWith('=')) {
      if (typeof content === 'number') checkNumber(content);
      this.#workbook.writeValue(grid, x, y, content ?? undefined);
      return undefined;
    }
    const template = this.#workbook.template(parseFormula(content, x, y));
    this.#workbook.writeFormula(grid, x, y, y, template);
    return template;
  }

  #cellToWrite(address: string): CellPlace & { readonly grid: Grid } {
    const cell = this.#cell(address);
    this.#workbook.create(cell.grid);
    return cell;
  }

  #cell(address: string): CellPlace & { readonly grid: Grid } {
    const end = address.lastIndexOf('!');
    const { x, y } = cellPlaceOf(address.slice(end + 1));
    if (end < 0) return { grid: this.#first, x, y };
    const quoted = address.slice(0, end);
    const name = /^'.+'$/.test(quoted) ? quoted.slice(1, -1).replaceAll("''", "'") : quoted;
    if (name === '') throw new AttributeError(`'${address}' names no sheet before '!'.`, { address });
    return { grid: this.#workbook.named(name), x, y };
  }
}

function checkNumber(value: number): void {
  if (Number.isFinite(value)) return;
  throw new AttributeError(`A cell holds finite numbers, not ${value}. Leave it empty, or give a text.`, { value });
}
