// Compositions that devices are asked about: the smallest tell whether composing rows is worth it, all of them whether
// they are computed rightly.
import type { AttributeValues, OpRow } from './define.ts';
import { composeRows } from './fused.ts';
import { opNamed } from './index.ts';
import { readAttributes } from './infer.ts';

/**
 * A composed row with attributes it may be called with, on float32 operands of which the first two are square matrices.
 */
interface Composition {
  readonly row: OpRow;
  readonly attrs: AttributeValues;
}

/** A map of a map, and a map of a product. */
export const smallestCompositions = (): readonly Composition[] => [
  composition('negative', 0, 'negative'),
  composition('negative', 0, 'matmul'),
];

/** Maps of maps at several places, maps of products, reductions of maps along either axis. */
export const compositionsToTry = (): readonly Composition[] => [
  ...smallestCompositions(),
  composition('multiply', 0, 'add'),
  composition('subtract', 1, 'exp'),
  composition('clip', 2, 'multiply'),
  composition('add', 1, 'matmul'),
  composition('sum', 0, 'multiply', { axis: [0] }),
  composition('max', 0, 'abs', { axis: [1] }),
  composition('std', 0, 'subtract', { axis: [1] }),
];

/** `outer` with the result of `inner` at a position; attributes are those of the one that has some. */
function composition(outer: string, at: number, inner: string, given: AttributeValues = {}): Composition {
  const rows = [opNamed(outer), opNamed(inner)] as const;
  const attrs = { ...readAttributes(rows[1], {}), ...readAttributes(rows[0], given) };
  return { row: composeRows(rows[0], at, rows[1]) as OpRow, attrs };
}
