// Computes what is dirty: families in the order in which they read one another, by kernels where formulas are
// arithmetic; cell by cell, each when it is asked for, where families read in circles.
import { TILE_CELLS, ZERO_TILE } from '../../kernels/cells/cell-memory.ts';
import type { Area } from './address.ts';
import { CellError, type AtomValue } from './cell-value.ts';
import { DONE, type FormulaFamily, NEW, OPEN, windowOver } from './family.ts';
import type { Reference } from './formula-node.ts';
import type { Grid } from './grid.ts';
import { type CellSource, originOf, valueAt } from './interpret.ts';
import { placeOfLine } from './print.ts';
import type { TemplateKernel } from './template.ts';
import type { Workbook } from './workbook.ts';

/** What was computed. */
interface CalculationReport {
  /** Cells computed by kernels, and from their trees. */
  readonly kernelCells: number;
  readonly interpretedCells: number;
}

/** Brings all cells up to date. */
export function calculate(workbook: Workbook): CalculationReport {
  const run = new Calculation(workbook);
  for (const family of workbook.pending) run.family(family);
  for (const family of workbook.pending) family.clean();
  workbook.pending.clear();
  return run.report;
}

interface Visit {
  readonly family: FormulaFamily;
  readonly needed: readonly FormulaFamily[];
  next: number;
  isInCircle: boolean;
}

interface CellVisit {
  readonly family: FormulaFamily;
  readonly y: number;
}

/** Cells of a circle that its error names. */
const NAMED_CELLS = 10;

class Calculation implements CellSource {
  readonly report = { kernelCells: 0, interpretedCells: 0 };
  readonly #workbook: Workbook;
  /** Cells that the evaluation at work waits for, the first one that it read first. */
  #blocked: CellVisit[] = [];

  constructor(workbook: Workbook) {
    this.#workbook = workbook;
  }

  /** Computes a family after those that it reads. */
  family(first: FormulaFamily): void {
    if (first.stage !== NEW) return;
    const visits = [this.#enter(first)];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const needed = visit.needed[visit.next++];
      if (needed === undefined) {
        this.#compute(visit.family, visit.isInCircle);
        visit.family.stage = DONE;
        visits.pop();
      } else if (needed.stage === NEW) visits.push(this.#enter(needed));
      else if (needed.stage === OPEN) visit.isInCircle = true;
    }
  }

  read(grid: Grid, x: number, y: number): AtomValue {
    if (this.#blocked.length > 0) return undefined;
    const family = grid.familyAt(x, y);
    if (family === undefined || family.stageOf(y) === DONE) return grid.get(x, y);
    this.#blocked.push({ family, y });
    return undefined;
  }

  want(grid: Grid, { x0, y0, x1, y1 }: Area): void {
    if (this.#blocked.length > 0) return;
    for (const x of grid.columnsBetween(x0, x1))
      for (const family of grid.familiesBetween(x, y0, y1)) {
        if (family.stage === DONE || !family.isDirty) continue;
        const last = Math.min(y1, family.dirty1);
        for (let y = Math.max(y0, family.dirty0); y <= last; y++)
          if (family.stageOf(y) !== DONE) this.#blocked.push({ family, y });
      }
  }

  #enter(family: FormulaFamily): Visit {
    family.stage = OPEN;
    const needed: FormulaFamily[] = [];
    for (const reference of family.template.references) {
      const area = windowOver(reference, family.x, family.dirty0, family.dirty1);
      if (area === undefined) continue;
      const grid = this.#workbook.gridRead(family, reference);
      for (const x of grid.columnsBetween(area.x0, area.x1))
        for (const other of grid.familiesBetween(x, area.y0, area.y1))
          if (other !== family && other.dirty0 <= area.y1 && other.dirty1 >= area.y0) needed.push(other);
    }
    return { family, needed, next: 0, isInCircle: false };
  }

  #compute(family: FormulaFamily, isInCircle: boolean): void {
    const { kernel } = family.template;
    const { dirty0, dirty1 } = family;
    if (kernel !== undefined && !isInCircle && family.stages === undefined && this.#isInOrder(family, kernel)) {
      for (let y = dirty0; y <= dirty1;) {
        const count = this.#piece(family, kernel, y);
        if (!this.#runPiece(family, kernel, y, count)) {
          family.finishAbove(y);
          this.#cells(family, y, y + count - 1);
        }
        y += count;
      }
    } else this.#cells(family, dirty0, dirty1);
  }

  /** Whether a family reads of itself only what a loop downwards has already written. */
  #isInOrder(family: FormulaFamily, { operands }: TemplateKernel): boolean {
    const { x, dirty0, dirty1 } = family;
    return operands.every((reference) => {
      const { column, row } = reference.first;
      if (!this.#workbook.gridRead(family, reference).isThere) return false;
      const area = windowOver(reference, x, dirty0, dirty1);
      if (area === undefined) return false;
      if (this.#workbook.gridRead(family, reference).index !== family.sheet || placeOfLine(column, x) !== x)
        return true;
      if (area.y1 < dirty0 || area.y0 > dirty1) return true;
      return !row.isAbsolute && row.value < 0;
    });
  }

  /** How many rows from one on lie in one tile, as do the cells that they read. */
  #piece({ x, dirty1 }: FormulaFamily, { program, operands }: TemplateKernel, y: number): number {
    let count = Math.min(TILE_CELLS - (y % TILE_CELLS), dirty1 - y + 1);
    for (const [i, { first }] of operands.entries()) {
      // A reference that leaves the sheet is told cell by cell.
      if (placeOfLine(first.column, x) < 0 || placeOfLine(first.row, y) < 0) return 1;
      if (program.operands[i] === 'along')
        count = Math.min(count, TILE_CELLS - (placeOfLine(first.row, y) % TILE_CELLS));
    }
    return count;
  }

  /** Computes rows by their kernel; false where not all is a number. */
  #runPiece(family: FormulaFamily, { program, operands }: TemplateKernel, y: number, count: number): boolean {
    const grid = this.#workbook.gridOf(family);
    const place = y % TILE_CELLS;
    const tile = grid.tileToWrite(family.x, y);
    const to = tile.start() + place;
    tile.clearOthers(place, place + count - 1);
    const from: number[] = [];
    for (const [i, reference] of operands.entries()) {
      const at = this.#placeInMemory(family, reference, y, program.operands[i] === 'along' ? count : 1);
      if (at === undefined) return false;
      from.push(at);
    }
    if (!this.#workbook.memory.run(program, to, from, count)) return false;
    tile.fill(place, place + count - 1);
    this.report.kernelCells += count;
    return true;
  }

  /** Where cells that a reference reads lie in the memory; undefined where one of them is no number. */
  #placeInMemory(family: FormulaFamily, reference: Reference, y: number, count: number): number | undefined {
    const [x, row] = [placeOfLine(reference.first.column, family.x), placeOfLine(reference.first.row, y)];
    if (x < 0 || row < 0) return undefined;
    const tile = this.#workbook.gridRead(family, reference).tile(x, row);
    if (tile === undefined) return ZERO_TILE * TILE_CELLS;
    const place = row % TILE_CELLS;
    return tile.hasOthers(place, place + count - 1) ? undefined : tile.start() + place;
  }

  #cells(family: FormulaFamily, y0: number, y1: number): void {
    for (let y = y0; y <= y1; y++) if (family.stageOf(y) !== DONE) this.#cell({ family, y });
  }

  /** Computes a cell; what it reads and is not computed yet comes first, however long the way is. */
  #cell(first: CellVisit): void {
    const visits = [first];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { family, y } = visit;
      if (family.stageOf(y) === DONE) {
        visits.pop();
        continue;
      }
      family.setStage(y, OPEN);
      this.#blocked = [];
      const value = valueAt(this.#workbook, family, y, this);
      const [awaited] = this.#blocked;
      if (awaited === undefined) {
        this.#finish(family, y, value);
        visits.pop();
      } else if (awaited.family.stageOf(awaited.y) === OPEN) this.#break(visits, awaited);
      else
        for (const other of this.#blocked.toReversed()) if (other.family.stageOf(other.y) === NEW) visits.push(other);
    }
    this.#blocked = [];
  }

  #finish(family: FormulaFamily, y: number, value: AtomValue): void {
    this.#workbook.gridOf(family).set(family.x, y, value);
    family.setStage(y, DONE);
    this.report.interpretedCells++;
  }

  /** Ends a circle: all of its cells have an error that names them. */
  #break(visits: readonly CellVisit[], { family, y }: CellVisit): void {
    const start = visits.findLastIndex((visit) => visit.family === family && visit.y === y);
    const circle = visits.slice(start).filter((visit) => visit.family.stageOf(visit.y) === OPEN);
    const places = circle.map((visit) => originOf(this.#workbook.gridOf(visit.family), visit.family.x, visit.y));
    const path = [...places.slice(0, NAMED_CELLS), ...(places.length > NAMED_CELLS ? ['…'] : []), places[0]];
    for (const [i, visit] of circle.entries()) {
      const reason = `${places.length} cells read one another: ${path.join(' → ')}`;
      this.#finish(visit.family, visit.y, new CellError('#CYCLE!', reason, places[i]!));
    }
  }
}
