// Addresses of cells: A1 texts and places counted from 0.
import { AttributeError } from '../kit.ts';

/** A place on a sheet: column and row, counted from 0. */
export interface CellPlace {
  readonly x: number;
  readonly y: number;
}

/** A rectangle of places, both ends included. */
export interface Area {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** One more than the largest column and row. */
export const MOST_LINES = 2 ** 26;

/** The column of letters: A is 0, AA is 26. */
export function columnOfLetters(letters: string): number {
  let column = 0;
  for (let i = 0; i < letters.length; i++) column = column * 26 + (letters.charCodeAt(i) & 0x1f);
  return column - 1;
}

/** The letters of a column. */
export function lettersOf(column: number): string {
  let letters = '';
  for (let left = column; left >= 0; left = Math.floor(left / 26) - 1)
    letters = String.fromCharCode(65 + (left % 26)) + letters;
  return letters;
}

/** `B3` for column 1, row 2. */
export const addressText = (x: number, y: number): string => `${lettersOf(x)}${y + 1}`;

const ADDRESS = /^([A-Za-z]{1,6})([1-9][0-9]{0,8})$/;

/** A place from `B3`; throws AttributeError where a text is no address. */
export function cellPlaceOf(address: string): CellPlace {
  const [, letters, row] = ADDRESS.exec(address) ?? [];
  if (letters !== undefined && row !== undefined) {
    const place = { x: columnOfLetters(letters), y: Number(row) - 1 };
    if (place.x < MOST_LINES && place.y < MOST_LINES) return place;
  }
  throw new AttributeError(
    `'${address.slice(0, 40)}' is no address of a cell. Give letters of a column and a row, A1 to ` +
      `${addressText(MOST_LINES - 1, MOST_LINES - 1)}.`,
    { address },
  );
}
