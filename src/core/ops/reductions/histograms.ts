// Elements sorted into bins: places among edges, and how many lie between two of them.
import { AttributeError } from '../../errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues } from '../define.ts';
import { flat, needAtLeast, needVector, sliceOf } from '../parts.ts';

const digitize = composite({
  name: 'digitize',
  doc: 'The number of the bin that each element of x is in: as many edges are not above it, which must be in order.',
  operands: [
    { name: 'x', kind: 'numeric' },
    { name: 'edges', kind: 'numeric' },
  ],
  attributes: { right: { kind: 'bool', doc: 'bins include their right edge, not their left one', fallback: false } },
  result: 'int32',
  deviation: 'edges rise; numbers are int32',
  expand: (call, [x, edges], { right }) => {
    needVector('digitize', 'edges', edges!);
    return call('searchsorted', [edges!, x!], { side: right === true ? 'left' : 'right' });
  },
});

const histogram = composite({
  name: 'histogram',
  doc:
    'How many elements lie in each bin, the last with its right edge, and the edges: equal bins over a range, or ' +
    'those that are given. NaN is in none.',
  operands: [
    { name: 'x', kind: 'numeric' },
    { name: 'edges', kind: 'numeric' },
    { name: 'weights', kind: 'numeric' },
  ],
  optional: 2,
  attributes: {
    bins: { kind: 'int', doc: 'how many equal bins, where no edges are given', fallback: 10 },
    range: { kind: 'floats', doc: 'first and last edge; null for the least and the largest element', fallback: null },
    density: { kind: 'bool', doc: 'divided by the sum and by the width of the bin', fallback: false },
  },
  result: { counts: 'promoted', edges: 'promoted' },
  deviation:
    'bins are equal or given; counts are int32, of the dtype of the weights where there are some, and floats as ' +
    'densities',
  expand: (call, [x, edges, weights], attrs) => {
    if (edges !== undefined) needVector('histogram', 'edges', edges);
    const bounds = edges ?? equalEdges(call, x!, attrs);
    const counts = countBetween(call, x!, bounds, weights);
    return { counts: attrs['density'] === true ? densityOf(call, counts, bounds) : counts, edges: bounds };
  },
});

/** Edges of equal bins, as floats: each rounded once. */
function equalEdges<C extends Called>(call: Calls<C>, x: C, attrs: AttributeValues): C {
  const bins = needAtLeast('histogram', attrs, 'bins', 1);
  const dtype = isFloat(x.type.dtype) ? x.type.dtype : 'float32';
  const [low, high] = boundsOf(call, x, attrs['range'] as readonly number[] | null);
  const steps = call('linspace', [], { start: 0, stop: bins, count: bins + 1, dtype: 'float64' });
  const step = call('divide', [call('subtract', [high, low]), bins]);
  const inner = call('add', [call('multiply', [steps, step]), low]);
  return call('astype', [call('where', [call('equal', [steps, bins]), high, inner])], { dtype });
}

/** The first and last edge in float64; half of 1 to either side where they would be one. */
function boundsOf<C extends Called>(call: Calls<C>, x: C, range: readonly number[] | null): readonly [C, C] {
  if (range !== null && !(range.length === 2 && range[0]! <= range[1]!))
    throw new AttributeError(`histogram: range is ${JSON.stringify(range)}; give [first, last], in order.`, { range });
  const all = flat(call, x);
  const none = x.type.size === 0 ? [0, 1] : undefined;
  const bound = (i: number, op: string): C => {
    const value = (range ?? none)?.[i];
    return value === undefined
      ? call('astype', [call(op, [all])], { dtype: 'float64' })
      : call('full', [], { shape: [], value, dtype: 'float64' });
  };
  const [low, high] = [bound(0, 'min'), bound(1, 'max')];
  const apart = call('where', [call('equal', [low, high]), 0.5, call('zeros_like', [low])]);
  return [call('subtract', [low, apart]), call('add', [high, apart])];
}

/** Elements before the first edge are in bin 0, those beyond the last one in one more; both are left out. */
function countBetween<C extends Called>(call: Calls<C>, x: C, edges: C, weights: C | undefined): C {
  const bins = needBins(edges);
  const all = flat(call, x);
  const last = sliceOf(call, edges, 0, bins, bins + 1);
  const after = call('searchsorted', [edges, all], { side: 'right' });
  const place = call('where', [call('equal', [all, last]), bins, after]);
  const attributes = { count: bins + 2 };
  const counts =
    weights === undefined
      ? call('bincount', [place], attributes)
      : call('segment_sum', [flat(call, call('broadcast_to', [weights], { shape: x.type.shape })), place], attributes);
  return sliceOf(call, counts, 0, 1, bins + 1);
}

function needBins({ type: { size } }: Called): number {
  if (size >= 2) return size - 1;
  throw new AttributeError(`histogram: ${size} edges bound no bin; give 2 or more.`, { edges: size });
}

function densityOf<C extends Called>(call: Calls<C>, counts: C, edges: C): C {
  const bins = counts.type.size;
  const widths = call('subtract', [sliceOf(call, edges, 0, 1, bins + 1), sliceOf(call, edges, 0, 0, bins)]);
  const dtype = edges.type.dtype === 'float64' ? 'float64' : 'float32';
  const floats = isFloat(counts.type.dtype) ? counts : call('astype', [counts], { dtype });
  return call('divide', [call('divide', [floats, call('sum', [floats])]), widths]);
}

/** Composites of this family. */
export const HISTOGRAMS: readonly Composite[] = [digitize, histogram];
