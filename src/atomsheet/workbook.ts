// All sheets of a workbook, their memory and formulas, and which rows of them are to be computed.
import { CellMemory, TILE_CELLS } from '../../kernels/cells/cell-memory.ts';
import type { AtomValue } from './cell-value.ts';
import { FormulaFamily, rowsReading, windowOver } from './family.ts';
import type { FormulaNode, Reference } from './formula-node.ts';
import { Grid } from './grid.ts';
import { placeOfLine } from './print.ts';
import { type FormulaTemplate, Templates } from './template.ts';

/** Rows of a column that changed. */
interface Change {
  readonly grid: Grid;
  readonly x: number;
  readonly y0: number;
  readonly y1: number;
}

export class Workbook {
  readonly memory: CellMemory;
  readonly #templates = new Templates();
  /** Families with rows that are to be computed. */
  readonly pending = new Set<FormulaFamily>();
  readonly #grids: Grid[] = [];
  readonly #byName = new Map<string, Grid>();

  constructor(memory = new CellMemory()) {
    this.memory = memory;
  }

  get grids(): readonly Grid[] {
    return this.#grids;
  }

  get templateCount(): number {
    return this.#templates.count;
  }

  /** The sheet of a name, whatever its case; one that is not there yet is known by those who read it. */
  named(name: string): Grid {
    const key = name.toLowerCase();
    let grid = this.#byName.get(key);
    if (grid === undefined) {
      grid = new Grid(name, this.#grids.length, this.memory);
      this.#grids.push(grid);
      this.#byName.set(key, grid);
    }
    return grid;
  }

  /** Has a sheet be there: formulas that named it before are computed again. */
  create(grid: Grid): void {
    if (grid.isThere) return;
    grid.isThere = true;
    for (const family of grid.readers.all()) {
      this.#mark(family, family.y0, family.y1);
      this.spread(this.gridOf(family), family.x, family.y0, family.y1);
    }
  }

  gridOf(family: FormulaFamily): Grid {
    return this.#grids[family.sheet]!;
  }

  /** The sheet that a reference of a family reads. */
  gridRead(family: FormulaFamily, { sheet }: Reference): Grid {
    return sheet === undefined ? this.gridOf(family) : this.named(sheet);
  }

  template(root: FormulaNode): FormulaTemplate {
    return this.#templates.of(root);
  }

  /** Puts a value into a cell, without its readers. */
  writeValue(grid: Grid, x: number, y: number, value: AtomValue): void {
    this.#clear(grid, x, y, y);
    grid.set(x, y, value);
  }

  /** Puts numbers into a column, without their readers. */
  writeNumbers(grid: Grid, x: number, y: number, numbers: Float64Array): void {
    this.#clear(grid, x, y, y + numbers.length - 1);
    for (let done = 0; done < numbers.length;) {
      const place = (y + done) % TILE_CELLS;
      const count = Math.min(TILE_CELLS - place, numbers.length - done);
      const tile = grid.tileToWrite(x, y + done);
      const start = tile.start();
      tile.clearOthers(place, place + count - 1);
      this.memory.values.set(numbers.subarray(done, done + count), start + place);
      tile.fill(place, place + count - 1);
      done += count;
    }
  }

  /** Puts a formula into consecutive rows of a column, without their readers. */
  writeFormula(grid: Grid, x: number, y0: number, y1: number, template: FormulaTemplate): void {
    const present = grid.familyAt(x, y0);
    if (present?.template === template && present.y1 >= y1) return;
    this.#clear(grid, x, y0, y1);
    const above = y0 > 0 ? grid.familyAt(x, y0 - 1) : undefined;
    const below = grid.familyAt(x, y1 + 1);
    const family =
      above?.template === template ? above : this.#insert(new FormulaFamily(grid.index, template, x, y0, y1), grid);
    family.y1 = y1;
    this.#mark(family, y0, y1);
    if (below?.template === template) {
      grid.remove(below);
      below.isRemoved = true;
      this.pending.delete(below);
      family.y1 = below.y1;
      if (below.isDirty) this.#mark(family, below.dirty0, below.dirty1);
    }
    this.#register(family, y0, family.y1);
  }

  /** Has everything be computed again that reads rows of a column. */
  spread(grid: Grid, x: number, y0: number, y1: number): void {
    const work: Change[] = [{ grid, x, y0, y1 }];
    for (let change = work.pop(); change !== undefined; change = work.pop())
      for (const family of change.grid.readers.of(change.x, change.y0, change.y1))
        for (const reference of family.template.references)
          if (this.gridRead(family, reference) === change.grid) this.#spreadTo(family, reference, change, work);
  }

  #spreadTo(family: FormulaFamily, { first, last, ...rest }: Reference, change: Change, work: Change[]): void {
    const [a, b] = [placeOfLine(first.column, family.x), placeOfLine(last.column, family.x)];
    if (change.x < Math.min(a, b) || change.x > Math.max(a, b)) return;
    let [from, to] = rowsReading({ first, last, ...rest }, [family.y0, family.y1], [change.y0, change.y1]);
    if (from > to) return;
    if (family.sheet === change.grid.index && family.x === change.x) {
      // A family that reads itself changes to its end, which is told at once and not row by row.
      if (to > change.y1 && change.y1 >= family.y0) to = family.y1;
      if (from < change.y0 && change.y0 <= family.y1) from = family.y0;
    }
    const [before0, before1] = [family.dirty0, family.dirty1];
    this.#mark(family, from, to);
    const { dirty0, dirty1, x } = family;
    const grid = this.gridOf(family);
    if (before0 > before1) work.push({ grid, x, y0: dirty0, y1: dirty1 });
    else {
      if (dirty0 < before0) work.push({ grid, x, y0: dirty0, y1: before0 - 1 });
      if (dirty1 > before1) work.push({ grid, x, y0: before1 + 1, y1: dirty1 });
    }
  }

  #mark(family: FormulaFamily, y0: number, y1: number): void {
    family.dirty0 = Math.min(family.dirty0, y0);
    family.dirty1 = Math.max(family.dirty1, y1);
    this.pending.add(family);
  }

  #insert(family: FormulaFamily, grid: Grid): FormulaFamily {
    grid.insert(family);
    return family;
  }

  /** Has no formula be in rows of a column: families there end above, or begin below. */
  #clear(grid: Grid, x: number, y0: number, y1: number): void {
    for (const family of grid.familiesBetween(x, y0, y1)) {
      grid.remove(family);
      family.isRemoved = true;
      this.pending.delete(family);
      if (family.y0 < y0) this.#part(grid, family, family.y0, y0 - 1);
      if (family.y1 > y1) this.#part(grid, family, y1 + 1, family.y1);
    }
  }

  #part(grid: Grid, family: FormulaFamily, y0: number, y1: number): void {
    const part = this.#insert(new FormulaFamily(family.sheet, family.template, family.x, y0, y1), grid);
    const [from, to] = [Math.max(y0, family.dirty0), Math.min(y1, family.dirty1)];
    if (from <= to) this.#mark(part, from, to);
    this.#register(part, y0, y1);
  }

  /** Has a family be found by what its references read from rows of it. */
  #register(family: FormulaFamily, y0: number, y1: number): void {
    for (const [i, reference] of family.template.references.entries()) {
      const area = windowOver(reference, family.x, y0, y1);
      if (area === undefined) continue;
      const known = family.registered[i];
      const grid = this.gridRead(family, reference);
      if (known === undefined) grid.readers.add(family, area);
      else if (area.y0 < known.y0) grid.readers.add(family, area);
      else if (area.y1 > known.y1) grid.readers.add(family, { ...area, y0: Math.max(area.y0, known.y1 + 1) });
      family.registered[i] =
        known === undefined ? area : { ...area, y0: Math.min(area.y0, known.y0), y1: Math.max(area.y1, known.y1) };
    }
  }
}
