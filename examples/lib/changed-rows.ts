// New digits in place of some old ones: what happens when a data set is corrected.
import type { Digits } from '../mnist-sweep.ts';

const SIDE = 28;

/** A copy in which the first `count` digits of one part in `parts` are shifted right by one pixel. */
export function withChangedRows({ images, labels }: Digits, count: number, part: number, parts: number): Digits {
  const changed = Uint8Array.from(images);
  const from = Math.floor((labels.length * part) / parts);
  for (let row = from; row < from + count; row++)
    shiftRight(changed.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE));
  return { images: changed, labels };
}

function shiftRight(image: Uint8Array): void {
  for (let y = 0; y < SIDE; y++) {
    image.copyWithin(y * SIDE + 1, y * SIDE, (y + 1) * SIDE - 1);
    image[y * SIDE] = 0;
  }
}
