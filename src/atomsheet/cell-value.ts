// What a cell can hold, and how values are read as numbers, texts and tests.

/** Why a cell has no value. */
export type CellErrorCode = '#DIV/0!' | '#VALUE!' | '#REF!' | '#NAME?' | '#NUM!' | '#N/A' | '#NULL!' | '#CYCLE!';

/** A value that stands for none: its code, why, and the cell where it came up. */
export class CellError {
  readonly code: CellErrorCode;
  readonly reason: string;
  /** `Sheet!A1`; cells that read it have the same object. */
  readonly origin: string;

  constructor(code: CellErrorCode, reason: string, origin: string) {
    this.code = code;
    this.reason = reason;
    this.origin = origin;
  }

  toString(): string {
    return this.code;
  }
}

/** A value of a cell; undefined is that of an empty one, which is neither 0 nor ''. */
export type AtomValue = number | string | boolean | CellError | undefined;

/** What a formula makes an error of before its cell is known. */
export interface Fault {
  readonly code: CellErrorCode;
  readonly reason: string;
}

export const fault = (code: CellErrorCode, reason: string): Fault => ({ code, reason });

/** A value within a formula. */
export type Interim = AtomValue | Fault;

export const isFault = (value: unknown): value is Fault | CellError =>
  typeof value === 'object' && value !== null && 'code' in value;

const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** The number of a text, in the one form that programs write; undefined of any other text. */
function numberOfText(text: string): number | undefined {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/** A value as an operand of arithmetic: an empty cell is 0, a test 0 or 1, a text its number. */
export function asNumber(value: Interim): number | Fault | CellError {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return value;
  return numberOfText(value) ?? fault('#VALUE!', `the text ${JSON.stringify(value.slice(0, 40))} is no number`);
}

/** A value as a part of a text. */
export function asText(value: Interim): string | Fault | CellError {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return typeof value === 'number' ? numberText(value) : value;
}

/** A value as a condition. */
export function asTest(value: Interim): boolean | Fault | CellError {
  if (typeof value === 'boolean') return value;
  if (value === undefined) return false;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return value;
  const word = value.toUpperCase();
  if (word === 'TRUE' || word === 'FALSE') return word === 'TRUE';
  return fault('#VALUE!', `the text ${JSON.stringify(value.slice(0, 40))} is no condition`);
}

/** A number as text: the shortest one that reads as it; -0 as 0. */
const numberText = (value: number): string => String(value).replace('e', 'E');

/**
 * -1, 0 or 1: numbers are below texts, texts below tests; texts without regard to case. An empty cell is as the other
 * one.
 */
export function compareValues(a: AtomValue, b: AtomValue): number {
  const [left, right] = [filled(a, b), filled(b, a)];
  const [first, second] = [rankOf(left), rankOf(right)];
  if (first !== second) return first < second ? -1 : 1;
  const [x, y] = typeof left === 'string' ? [left.toLowerCase(), String(right).toLowerCase()] : [left, right];
  return x === y ? 0 : (x as number) < (y as number) ? -1 : 1;
}

const rankOf = (value: AtomValue): number => ['number', 'string', 'boolean'].indexOf(typeof value);

function filled(value: AtomValue, other: AtomValue): AtomValue {
  if (value !== undefined) return value;
  return typeof other === 'string' ? '' : typeof other === 'boolean' ? false : 0;
}
