// A dtype of a package's own: 8 bits of exponent and 7 of fraction, computed in float32 and rounded once.
import { defineDType, smallFloat } from 'symbolic-sheet/kit';

export const brain16 = defineDType({
  name: 'brain16',
  kind: 'float',
  bits: 16,
  storage: Uint16Array,
  ...smallFloat({ exponentBits: 8, fractionBits: 7, infinities: true }),
});
