// An op of a package's own: the squared distance of corresponding elements, scaled.
import { defineOp } from 'symbolic-sheet/kit';

export const scaledError = defineOp({
  name: 'scaled_error',
  version: 1,
  doc: 'scale · (x − y)².',
  operands: ['x', 'y', 'scale'],
  element: (m, x, y, scale) => {
    const difference = m.sub(x, y);
    return m.mul(scale, m.mul(difference, difference));
  },
});
