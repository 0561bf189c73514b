// One cell of a formula, computed from its tree: the meaning of the language, and what kernels do not do.
import { cellAlgebra } from '../../kernels/cells/cell-kernel.ts';
import type { ExactSum } from '../../kernels/cells/exact-sum.ts';
import { elementary } from '../kit.ts';
import type { Area } from './address.ts';
import { addressText } from './address.ts';
import {
  asNumber,
  asText,
  CellError,
  type CellErrorCode,
  type AtomValue,
  compareValues,
  fault,
  type Fault,
  type Interim,
  isFault,
} from './cell-value.ts';
import { type FormulaFamily, windowOf } from './family.ts';
import type { BinaryOperator, FormulaNode, Reference } from './formula-node.ts';
import { SHEET_FUNCTIONS } from './functions.ts';
import type { Grid } from './grid.ts';
import type { CellRange, Scope } from './scope.ts';
import type { Workbook } from './workbook.ts';

/** Values of cells, for an evaluation that may have to wait for some. */
export interface CellSource {
  read(grid: Grid, x: number, y: number): AtomValue;
  /** Says that all cells of an area are about to be read. */
  want(grid: Grid, area: Area): void;
}

/** The value of a cell of a family. An empty result is 0, as that of a reference to an empty cell. */
export function valueAt(workbook: Workbook, family: FormulaFamily, y: number, source: CellSource): AtomValue {
  const grid = workbook.gridOf(family);
  const value = new Evaluation(workbook, family, y, source).value(family.template.root);
  if (value === undefined) return 0;
  if (typeof value === 'number' && !Number.isFinite(value))
    return new CellError('#NUM!', 'the result is no finite number', originOf(grid, family.x, y));
  return isFault(value) && !(value instanceof CellError)
    ? new CellError(value.code, value.reason, originOf(grid, family.x, y))
    : (value as AtomValue);
}

/** `Sheet!A1`. */
export const originOf = (grid: Grid, x: number, y: number): string => `${grid.name}!${addressText(x, y)}`;

class Evaluation implements Scope {
  readonly #workbook: Workbook;
  readonly #family: FormulaFamily;
  readonly #y: number;
  readonly #source: CellSource;

  constructor(workbook: Workbook, family: FormulaFamily, y: number, source: CellSource) {
    this.#workbook = workbook;
    this.#family = family;
    this.#y = y;
    this.#source = source;
  }

  value(node: FormulaNode): Interim {
    if (node.kind === 'value') return node.value;
    if (node.kind === 'missing') return undefined;
    if (node.kind === 'fault') return fault(node.code as CellErrorCode, 'the formula says so');
    if (node.kind === 'reference') return this.#cell(node.reference);
    if (node.kind === 'call') return this.#call(node.name, node.operands);
    if (node.kind === 'unary') {
      const value = this.value(node.operand);
      if (node.operator === '+') return value;
      const number = asNumber(value);
      if (typeof number !== 'number') return number;
      return node.operator === '-' ? -number : number / 100;
    }
    return this.#binary(node.operator, node.left, node.right);
  }

  range(node: FormulaNode): CellRange | Fault | undefined {
    if (node.kind !== 'reference') return undefined;
    const found = this.#areaOf(node.reference);
    if (isFault(found)) return found;
    this.#source.want(found.grid, found.area);
    return new AreaRange(found.grid, found.area, this.#workbook);
  }

  #areaOf(reference: Reference): Fault | { readonly grid: Grid; readonly area: Area } {
    const grid = this.#workbook.gridRead(this.#family, reference);
    if (!grid.isThere) return fault('#REF!', `there is no sheet named ${grid.name}`);
    const area = windowOf(reference, this.#family.x, this.#y);
    return area === undefined ? fault('#REF!', 'a reference lies outside the sheet') : { grid, area };
  }

  #cell(reference: Reference): Interim {
    const found = this.#areaOf(reference);
    if (isFault(found)) return found;
    const { grid, area } = found;
    if (area.x0 === area.x1 && area.y0 === area.y1) return this.#source.read(grid, area.x0, area.y0);
    return fault('#VALUE!', 'a range stands where one value is wanted');
  }

  #call(name: string, operands: readonly FormulaNode[]): Interim {
    const row = SHEET_FUNCTIONS.get(name);
    if (row === undefined) return fault('#NAME?', `there is no function named ${name.slice(0, 40)}`);
    if (operands.length >= row.least && operands.length <= row.most) return finite(row.run(operands, this));
    const wanted = row.least === row.most ? `${row.least}` : `${row.least} to ${row.most}`;
    return fault('#VALUE!', `${name} takes ${wanted} arguments and was given ${operands.length}`);
  }

  #binary(operator: BinaryOperator, left: FormulaNode, right: FormulaNode): Interim {
    const [a, b] = [this.value(left), this.value(right)];
    if (operator === '&') {
      const [first, second] = [asText(a), asText(b)];
      if (typeof first !== 'string') return first;
      return typeof second === 'string' ? first + second : second;
    }
    if (!(operator in ARITHMETIC)) {
      if (isFault(a)) return a;
      return isFault(b) ? b : COMPARISONS[operator]!(compareValues(a as AtomValue, b as AtomValue));
    }
    const [first, second] = [asNumber(a), asNumber(b)];
    if (typeof first !== 'number') return first;
    if (typeof second !== 'number') return second;
    if (operator === '/' && second === 0) return fault('#DIV/0!', 'the divisor is 0');
    return finite(ARITHMETIC[operator]!(first, second));
  }
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => cellAlgebra.call(elementary.pow, a, b),
};

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** A number that is not finite is none. */
const finite = (value: Interim): Interim =>
  typeof value === 'number' && !Number.isFinite(value) ? fault('#NUM!', 'a result is no finite number') : value;

/** An area of a sheet, read tile by tile. */
class AreaRange implements CellRange {
  readonly rows: number;
  readonly columns: number;
  readonly #grid: Grid;
  readonly #area: Area;
  readonly #workbook: Workbook;

  constructor(grid: Grid, area: Area, workbook: Workbook) {
    this.#grid = grid;
    this.#area = area;
    this.#workbook = workbook;
    this.rows = area.y1 - area.y0 + 1;
    this.columns = area.x1 - area.x0 + 1;
  }

  at(row: number, column: number): AtomValue {
    return this.#grid.get(this.#area.x0 + column, this.#area.y0 + row);
  }

  each(take: (value: Exclude<AtomValue, undefined>) => boolean): void {
    let isWanted = true;
    this.#grid.visit(this.#area, (tile, from, to) => {
      for (let place = from; place <= to && isWanted; place++) {
        const value = tile.get(place);
        if (value !== undefined) isWanted = take(value);
      }
    });
  }

  sumInto(sum: ExactSum): number | CellError {
    let count = 0;
    let error: CellError | undefined;
    this.#grid.visit(this.#area, (tile, from, to) => {
      if (error !== undefined || tile.isEmpty) return;
      // What is no number is 0 in the memory and adds nothing; errors are looked for among the others.
      error = firstError(tile.others, from, to);
      count += tile.countNumbers(from, to);
      const start = tile.start();
      this.#workbook.memory.addTo(sum, start + from, start + to + 1);
    });
    return error ?? count;
  }
}

function firstError(others: ReadonlyMap<number, AtomValue>, from: number, to: number): CellError | undefined {
  let first = Infinity;
  for (const [place, value] of others)
    if (value instanceof CellError && place >= from && place <= to) first = Math.min(first, place);
  return others.get(first) as CellError | undefined;
}
