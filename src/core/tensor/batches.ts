// Where the matrices of a batch begin: leading axes stretch to a common shape, as those of elementwise ops do.
import { type Shape, sizeOf } from './shape.ts';

/** Offset of each batch's matrix (the last two axes) in a row-major operand whose leading axes stretch to `batch`. */
export function batchOffsets(shape: Shape, batch: Shape): number[] {
  const own = shape.slice(0, -2);
  const matrix = sizeOf(shape.slice(-2));
  const lead = batch.length - own.length;
  return Array.from({ length: sizeOf(batch) }, (_, index) => {
    let rest = index,
      offset = 0,
      step = matrix;
    for (let axis = batch.length - 1; axis >= lead; axis--) {
      const place = rest % batch[axis]!;
      const length = own[axis - lead]!;
      if (length > 1) offset += place * step;
      step *= length;
      rest = Math.floor(rest / batch[axis]!);
    }
    return offset;
  });
}
