// One sheet: its columns, their values in tiles and their formulas in families, and which families read from it.
import { type CellMemory, TILE_CELLS } from '../../kernels/cells/cell-memory.ts';
import type { Area } from './address.ts';
import type { AtomValue } from './cell-value.ts';
import type { FormulaFamily } from './family.ts';
import { WindowReaders } from './readers.ts';
import { Tile } from './tile.ts';

/** A column's tiles by number, and its families by their first row. */
interface GridColumn {
  readonly tiles: Map<number, Tile>;
  readonly families: FormulaFamily[];
}

export class Grid {
  readonly name: string;
  /** Its place in the workbook. */
  readonly index: number;
  /** A sheet that formulas name need not be there. */
  isThere = false;
  readonly readers = new WindowReaders();
  readonly #memory: CellMemory;
  readonly #columns = new Map<number, GridColumn>();

  constructor(name: string, index: number, memory: CellMemory) {
    this.index = index;
    this.name = name;
    this.#memory = memory;
  }

  get(x: number, y: number): AtomValue {
    return this.tile(x, y)?.get(y % TILE_CELLS);
  }

  set(x: number, y: number, value: AtomValue): void {
    if (value === undefined) this.tile(x, y)?.set(y % TILE_CELLS, value);
    else this.tileToWrite(x, y).set(y % TILE_CELLS, value);
  }

  /** The tile of a cell; undefined where nothing was written yet. */
  tile(x: number, y: number): Tile | undefined {
    return this.#columns.get(x)?.tiles.get(Math.floor(y / TILE_CELLS));
  }

  tileToWrite(x: number, y: number): Tile {
    const { tiles } = this.#column(x);
    const number = Math.floor(y / TILE_CELLS);
    let tile = tiles.get(number);
    if (tile === undefined) tiles.set(number, (tile = new Tile(this.#memory)));
    return tile;
  }

  get familyCount(): number {
    let count = 0;
    for (const { families } of this.#columns.values()) count += families.length;
    return count;
  }

  /** The families of a column in the order of their rows. */
  familiesOf(x: number): readonly FormulaFamily[] {
    return this.#columns.get(x)?.families ?? [];
  }

  familyAt(x: number, y: number): FormulaFamily | undefined {
    const families = this.familiesOf(x);
    const family = families[lastAt(families, y)];
    return family !== undefined && family.y1 >= y ? family : undefined;
  }

  /** Those that have rows of an interval. */
  familiesBetween(x: number, y0: number, y1: number): readonly FormulaFamily[] {
    const families = this.familiesOf(x);
    if (families.length === 0) return families;
    const found: FormulaFamily[] = [];
    for (let i = Math.max(0, lastAt(families, y0)); i < families.length && families[i]!.y0 <= y1; i++)
      if (families[i]!.y1 >= y0) found.push(families[i]!);
    return found;
  }

  insert(family: FormulaFamily): void {
    const { families } = this.#column(family.x);
    families.splice(lastAt(families, family.y0) + 1, 0, family);
  }

  remove(family: FormulaFamily): void {
    const { families } = this.#column(family.x);
    families.splice(families.indexOf(family, lastAt(families, family.y0)), 1);
  }

  /** Columns of an interval in which something was written, in order. */
  columnsBetween(x0: number, x1: number): readonly number[] {
    if (x1 - x0 < this.#columns.size) {
      const found: number[] = [];
      for (let x = x0; x <= x1; x++) if (this.#columns.has(x)) found.push(x);
      return found;
    }
    return [...this.#columns.keys()].filter((x) => x >= x0 && x <= x1).sort((a, b) => a - b);
  }

  /** Calls with every tile of an area, by columns, and the places in it that are meant. */
  visit({ x0, y0, x1, y1 }: Area, take: (tile: Tile, from: number, to: number, x: number, y: number) => void): void {
    const [first, last] = [Math.floor(y0 / TILE_CELLS), Math.floor(y1 / TILE_CELLS)];
    for (const x of this.columnsBetween(x0, x1)) {
      const { tiles } = this.#column(x);
      const numbers =
        last - first < tiles.size
          ? Array.from({ length: last - first + 1 }, (_, i) => first + i)
          : [...tiles.keys()].filter((number) => number >= first && number <= last).sort((a, b) => a - b);
      for (const number of numbers) {
        const tile = tiles.get(number);
        const y = number * TILE_CELLS;
        if (tile !== undefined) take(tile, Math.max(0, y0 - y), Math.min(TILE_CELLS - 1, y1 - y), x, y);
      }
    }
  }

  #column(x: number): GridColumn {
    let column = this.#columns.get(x);
    if (column === undefined) this.#columns.set(x, (column = { tiles: new Map(), families: [] }));
    return column;
  }
}

/** The place of the last family that begins at a row or above it; -1 where none does. */
function lastAt(families: readonly FormulaFamily[], y: number): number {
  let [low, high] = [0, families.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (families[middle]!.y0 <= y) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
