// Plane rotations of neighbouring rows, noted first and done later: many at a time on a strip of columns that stays in
// the cache. Columns know nothing of each other, so that the bits are those of rotating at once.

/** Sweeps over all rows that are kept before they are done. */
const SWEEPS = 32;
/** Rotations that are kept at most, but those of one sweep. */
const KEPT = 1 << 14;
/** Columns of a strip. */
const STRIP = 64;

/** So many rotations are kept of so many rows. */
const roomFor = (rows: number): number => Math.max(rows, Math.min(KEPT, SWEEPS * rows));

/** Rotations of rows `row` and `row + 1` of a matrix, in the order in which they are noted. */
export class Rotations {
  readonly #values: Float64Array;
  readonly #stride: number;
  readonly #rows: Int32Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  #count = 0;

  /** Rows of `stride` elements each. */
  constructor(values: Float64Array, stride: number) {
    this.#values = values;
    this.#stride = stride;
    const kept = roomFor(values.length / Math.max(1, stride));
    this.#rows = new Int32Array(kept);
    this.#cosines = new Float64Array(kept);
    this.#sines = new Float64Array(kept);
  }

  /** Notes (x, y) → (c·x + s·y, c·y − s·x) of two rows; there has to be room. */
  add(row: number, c: number, s: number): void {
    this.#rows[this.#count] = row;
    this.#cosines[this.#count] = c;
    this.#sines[this.#count++] = s;
  }

  /** Whether there is room for so many more, those of a sweep at most; else `done` is due. */
  hasRoom(count: number): boolean {
    return this.#count + count <= this.#rows.length;
  }

  /** Does what was noted, a strip at a time. */
  *done(): Generator<void, void> {
    for (let from = 0; from < this.#stride && this.#count > 0; from += STRIP) {
      this.#rotateStrip(from, Math.min(STRIP, this.#stride - from));
      yield;
    }
    this.#count = 0;
  }

  /** Two rotations that share a row are done in one pass. */
  #rotateStrip(from: number, width: number): void {
    for (let k = 0; k < this.#count; k++) {
      const row = this.#rows[k]!;
      const step = k + 1 < this.#count ? this.#rows[k + 1]! - row : 0;
      const at = row * this.#stride + from;
      const [c, s] = [this.#cosines[k]!, this.#sines[k]!];
      if (step === 1 || step === -1) {
        k++;
        const turn = { c, s, nextC: this.#cosines[k]!, nextS: this.#sines[k]! };
        (step === 1 ? rotateDown : rotateUp)(this.#values, at, this.#stride, width, turn);
      } else rotateTwo(this.#values, at, this.#stride, width, c, s);
    }
  }
}

/** Two rotations, one after another. */
interface TwoTurns {
  readonly c: number;
  readonly s: number;
  readonly nextC: number;
  readonly nextS: number;
}

function rotateTwo(values: Float64Array, at: number, stride: number, width: number, c: number, s: number): void {
  const below = at + stride;
  for (let i = 0; i < width; i++) {
    const x = values[at + i]!;
    const y = values[below + i]!;
    values[at + i] = c * x + s * y;
    values[below + i] = c * y - s * x;
  }
}

/** Rows `at` and the next, then that and the one after it. */
function rotateDown(values: Float64Array, at: number, stride: number, width: number, turn: TwoTurns): void {
  const { c, s, nextC, nextS } = turn;
  const below = at + stride;
  const third = below + stride;
  for (let i = 0; i < width; i++) {
    const x = values[at + i]!;
    const y = values[below + i]!;
    const z = values[third + i]!;
    const turned = c * y - s * x;
    values[at + i] = c * x + s * y;
    values[below + i] = nextC * turned + nextS * z;
    values[third + i] = nextC * z - nextS * turned;
  }
}

/** Rows `at` and the next, then the one before and the first. */
function rotateUp(values: Float64Array, at: number, stride: number, width: number, turn: TwoTurns): void {
  const { c, s, nextC, nextS } = turn;
  const below = at + stride;
  const above = at - stride;
  for (let i = 0; i < width; i++) {
    const x = values[at + i]!;
    const y = values[below + i]!;
    const z = values[above + i]!;
    const turned = c * x + s * y;
    values[below + i] = c * y - s * x;
    values[above + i] = nextC * z + nextS * turned;
    values[at + i] = nextC * turned - nextS * z;
  }
}
