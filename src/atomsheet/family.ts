// One formula over consecutive rows of a column, and the windows that its references read.
import type { Area } from './address.ts';
import { MOST_LINES } from './address.ts';
import type { Line, Reference } from './formula-node.ts';
import { placeOfLine } from './print.ts';
import type { FormulaTemplate } from './template.ts';

/** What is known of a cell while it is computed. */
export const NEW = 0;
export const OPEN = 1;
export const DONE = 2;

export class FormulaFamily {
  /** The place of its sheet in the workbook. */
  readonly sheet: number;
  readonly template: FormulaTemplate;
  readonly x: number;
  y0: number;
  y1: number;
  /** A family that was taken apart stays in lists of readers until they are read. */
  isRemoved = false;
  /** Rows whose values may not be what the formula says; none where the first one is above the last. */
  dirty0 = Infinity;
  dirty1 = -Infinity;
  /** Cells of the dirty rows, where they are computed one by one. */
  stages: Uint8Array | undefined;
  /** What each reference reads that readers are found by. */
  readonly registered: (Area | undefined)[] = [];
  /** Where this family is in the order of a calculation. */
  stage = NEW;

  constructor(sheet: number, template: FormulaTemplate, x: number, y0: number, y1: number) {
    this.sheet = sheet;
    this.template = template;
    this.x = x;
    this.y0 = y0;
    this.y1 = y1;
  }

  get isDirty(): boolean {
    return this.dirty0 <= this.dirty1;
  }

  /** The stage of a cell; DONE of one that is not dirty. */
  stageOf(y: number): number {
    if (this.stage === DONE || y < this.dirty0 || y > this.dirty1) return DONE;
    return this.stages === undefined ? NEW : this.stages[y - this.dirty0]!;
  }

  setStage(y: number, stage: number): void {
    this.stages ??= new Uint8Array(this.dirty1 - this.dirty0 + 1);
    this.stages[y - this.dirty0] = stage;
  }

  /** Says that the dirty rows above one are computed. */
  finishAbove(y: number): void {
    this.stages ??= new Uint8Array(this.dirty1 - this.dirty0 + 1);
    this.stages.fill(DONE, 0, y - this.dirty0);
  }

  clean(): void {
    this.dirty0 = Infinity;
    this.dirty1 = -Infinity;
    this.stages = undefined;
    this.stage = NEW;
  }
}

/** What a reference reads from a cell: corners in order; undefined where it lies outside the sheet. */
export function windowOf({ first, last, isRange }: Reference, x: number, y: number): Area | undefined {
  const [xa, ya] = [placeOfLine(first.column, x), placeOfLine(first.row, y)];
  const [xb, yb] = isRange ? [placeOfLine(last.column, x), placeOfLine(last.row, y)] : [xa, ya];
  const area = { x0: Math.min(xa, xb), y0: Math.min(ya, yb), x1: Math.max(xa, xb), y1: Math.max(ya, yb) };
  return area.x0 < 0 || area.y0 < 0 || area.x1 >= MOST_LINES || area.y1 >= MOST_LINES ? undefined : area;
}

/** All that a reference reads from rows of a column, cut to the sheet; more than it reads where windows leave gaps. */
export function windowOver({ first, last }: Reference, x: number, y0: number, y1: number): Area | undefined {
  const columns = [placeOfLine(first.column, x), placeOfLine(last.column, x)];
  const rows = [first.row, last.row].flatMap((row) => [placeOfLine(row, y0), placeOfLine(row, y1)]);
  const area = {
    x0: Math.max(0, Math.min(...columns)),
    y0: Math.max(0, Math.min(...rows)),
    x1: Math.min(MOST_LINES - 1, Math.max(...columns)),
    y1: Math.min(MOST_LINES - 1, Math.max(...rows)),
  };
  return area.x0 > area.x1 || area.y0 > area.y1 ? undefined : area;
}

/** Rows of an interval from which a reference reads something of rows `from` to `to`; empty where none does. */
export function rowsReading(
  { first, last }: Reference,
  [y0, y1]: readonly [number, number],
  [from, to]: readonly [number, number],
): readonly [number, number] {
  const [a, b] = [first.row, last.row];
  // The upper end of a window is not below `to`, the lower end not above `from`: each holds where either corner has it.
  const [low0, low1] = eitherRow(a, b, (line) => upTo(line, to));
  const [high0, high1] = eitherRow(a, b, (line) => downFrom(line, from));
  return [Math.max(y0, low0, high0), Math.min(y1, low1, high1)];
}

const upTo = ({ isAbsolute, value }: Line, to: number): readonly [number, number] =>
  isAbsolute ? (value <= to ? [-Infinity, Infinity] : [Infinity, -Infinity]) : [-Infinity, to - value];

const downFrom = ({ isAbsolute, value }: Line, from: number): readonly [number, number] =>
  isAbsolute ? (value >= from ? [-Infinity, Infinity] : [Infinity, -Infinity]) : [from - value, Infinity];

function eitherRow(a: Line, b: Line, of: (line: Line) => readonly [number, number]): readonly [number, number] {
  const [first, second] = [of(a), of(b)];
  return [Math.min(first[0], second[0]), Math.max(first[1], second[1])];
}
