// Which families read from a sheet: lists by column and by thousands of rows, with windows instead of edges.
import type { Area } from './address.ts';
import type { FormulaFamily } from './family.ts';

const ROWS_SHIFT = 10;
/** A window over more lists than these is in one list that is always searched. */
const MOST_LISTS = 4096;

export class WindowReaders {
  readonly #byColumn = new Map<number, Map<number, FormulaFamily[]>>();
  readonly #wide: FormulaFamily[] = [];

  /** Adds a family that reads an area. */
  add(family: FormulaFamily, { x0, y0, x1, y1 }: Area): void {
    const [first, last] = [y0 >> ROWS_SHIFT, y1 >> ROWS_SHIFT];
    if ((x1 - x0 + 1) * (last - first + 1) > MOST_LISTS) {
      if (this.#wide.at(-1) !== family) this.#wide.push(family);
      return;
    }
    for (let x = x0; x <= x1; x++) {
      let lists = this.#byColumn.get(x);
      if (lists === undefined) this.#byColumn.set(x, (lists = new Map()));
      for (let key = first; key <= last; key++) {
        const list = lists.get(key);
        if (list === undefined) lists.set(key, [family]);
        else if (list.at(-1) !== family) list.push(family);
      }
    }
  }

  /** Families that may read rows of a column. */
  of(x: number, y0: number, y1: number): Iterable<FormulaFamily> {
    const found = new Set(remaining(this.#wide));
    const lists = this.#byColumn.get(x);
    if (lists === undefined) return found;
    const [first, last] = [y0 >> ROWS_SHIFT, y1 >> ROWS_SHIFT];
    if (last - first < lists.size)
      for (let key = first; key <= last; key++) for (const family of remaining(lists.get(key))) found.add(family);
    else
      for (const [key, list] of lists)
        if (key >= first && key <= last) for (const family of remaining(list)) found.add(family);
    return found;
  }

  /** All of them. */
  all(): Iterable<FormulaFamily> {
    const lists = [...this.#byColumn.values()].flatMap((byRows) => [...byRows.values()]);
    return new Set([this.#wide, ...lists].flatMap((list) => [...remaining(list)]));
  }
}

/** A list without the families that were removed, which leave it now. */
function remaining(list: FormulaFamily[] | undefined): readonly FormulaFamily[] {
  if (list === undefined) return [];
  if (list.some((family) => family.isRemoved)) {
    const left = list.filter((family) => !family.isRemoved);
    list.length = 0;
    for (const family of left) list.push(family);
  }
  return list;
}
