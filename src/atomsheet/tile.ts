// The values of 1,024 cells of a column: few numbers as a list, many as a tile of the memory that kernels compute in;
// texts, tests and errors beside them, where there are any.
import { type CellMemory, TILE_CELLS } from '../../kernels/cells/cell-memory.ts';
import { LimitError } from '../kit.ts';
import type { AtomValue } from './cell-value.ts';

/** More numbers than these are not held in a list. */
const MOST_LISTED = 64;

/** Values by their place in the tile. A place without a number is 0 in the memory. */
export class Tile {
  readonly #memory: CellMemory;
  #dense: number | undefined;
  #places: number[] | undefined = [];
  #numbers: number[] = [];
  #present: Uint32Array | undefined;
  /** What is no number, by place. */
  readonly others = new Map<number, Exclude<AtomValue, number | undefined>>();

  constructor(memory: CellMemory) {
    this.#memory = memory;
  }

  get(place: number): AtomValue {
    if (this.others.size > 0) {
      const other = this.others.get(place);
      if (other !== undefined) return other;
    }
    if (this.#dense !== undefined)
      return this.#isPresent(place) ? this.#memory.values[this.#dense * TILE_CELLS + place] : undefined;
    const at = this.#places!.indexOf(place);
    return at < 0 ? undefined : this.#numbers[at];
  }

  set(place: number, value: AtomValue): void {
    if (this.others.size > 0) this.others.delete(place);
    if (typeof value === 'number') this.#setNumber(place, value);
    else {
      this.#clearNumber(place);
      if (value !== undefined) this.others.set(place, value);
    }
  }

  /** Whether nothing is here. */
  get isEmpty(): boolean {
    if (this.others.size > 0) return false;
    return this.#dense === undefined ? this.#places!.length === 0 : this.#present!.every((bits) => bits === 0);
  }

  /** How many numbers stand at places of an interval. */
  countNumbers(from: number, to: number): number {
    if (this.#dense === undefined) return this.#places!.filter((place) => place >= from && place <= to).length;
    let count = 0;
    for (let place = from; place <= to; place++) if (this.#isPresent(place)) count++;
    return count;
  }

  /** Whether something that is no number stands in an interval. */
  hasOthers(from: number, to: number): boolean {
    if (this.others.size === 0) return false;
    for (const place of this.others.keys()) if (place >= from && place <= to) return true;
    return false;
  }

  /** Where in the memory the cells lie, from now on. */
  start(): number {
    if (this.#dense === undefined) this.#spread();
    return this.#dense! * TILE_CELLS;
  }

  /** Forgets what is no number in an interval, where numbers are about to be. */
  clearOthers(from: number, to: number): void {
    for (const place of this.others.keys()) if (place >= from && place <= to) this.others.delete(place);
  }

  /** Says that numbers were written in an interval of the memory. */
  fill(from: number, to: number): void {
    const present = this.#present!;
    for (let place = from; place <= to;) {
      if ((place & 31) === 0 && place + 31 <= to) {
        present[place >> 5] = 0xffffffff;
        place += 32;
      } else {
        present[place >> 5]! |= 1 << (place & 31);
        place++;
      }
    }
  }

  #isPresent(place: number): boolean {
    return ((this.#present![place >> 5]! >>> (place & 31)) & 1) === 1;
  }

  #setNumber(place: number, value: number): void {
    if (this.#dense === undefined) {
      const at = this.#places!.indexOf(place);
      if (at >= 0) this.#numbers[at] = value;
      else if (this.#places!.length < MOST_LISTED) {
        this.#places!.push(place);
        this.#numbers.push(value);
      } else this.#spread();
    }
    if (this.#dense === undefined) return;
    this.#memory.values[this.#dense * TILE_CELLS + place] = value;
    this.#present![place >> 5]! |= 1 << (place & 31);
  }

  #clearNumber(place: number): void {
    if (this.#dense !== undefined) {
      this.#memory.values[this.#dense * TILE_CELLS + place] = 0;
      this.#present![place >> 5]! &= ~(1 << (place & 31));
      return;
    }
    const at = this.#places!.indexOf(place);
    if (at < 0) return;
    this.#places!.splice(at, 1);
    this.#numbers.splice(at, 1);
  }

  #spread(): void {
    const dense = this.#memory.reserve();
    if (dense === undefined)
      throw new LimitError(
        `The sheet's numbers fill the memory of ${this.#memory.sizeBytes} bytes. ` +
          'Split the sheet over several AtomSheets.',
        { sizeBytes: this.#memory.sizeBytes },
      );
    this.#dense = dense;
    this.#present = new Uint32Array(TILE_CELLS / 32);
    for (const [i, place] of this.#places!.entries()) this.#setNumber(place, this.#numbers[i]!);
    this.#places = undefined;
    this.#numbers = [];
  }
}
