// Quantiles of all elements of a row, and of those that are not NaN: composites of sorts, so that what is sorted once
// is sorted for all of them.
import { AttributeError } from '../../errors.ts';
import { normaliseAxis } from '../../tensor/shape.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';
import { asComputed, asFloats, restored, sliceOf } from '../parts.ts';

const AXIS: AttributeSpec = { kind: 'axis', doc: 'the axis; null for all elements in one row', fallback: null };
const KEEPDIMS: AttributeSpec = { kind: 'bool', doc: 'keep the axis with length 1', fallback: false };

/** How a quantile between two elements is taken of them, as NumPy calls it. */
const METHOD: AttributeSpec = {
  kind: 'choice',
  doc: 'what a place between two elements gives',
  choices: ['linear', 'lower', 'higher', 'nearest', 'midpoint'],
  fallback: 'linear',
};

/** One quantile of each row of a tensor whose last axis is in order, NaN last. */
type OfRows = <C extends Called>(call: Calls<C>, sorted: C, share: number, method: string) => C;

function quantiles(name: string, doc: string, whole: number, ofRows: OfRows): Composite {
  const q: AttributeSpec = { kind: 'floats', doc: `a share from 0 to ${whole}, or a list of them` };
  return composite({
    name,
    doc,
    positional: ['q'],
    attributes: { q, axis: AXIS, keepdims: KEEPDIMS, method: METHOD },
    expand: (call, [x], attrs) => expandQuantiles(call, x!, attrs, { name, whole, ofRows }),
  });
}

const medianOf = (name: string, doc: string, ofRows: OfRows): Composite =>
  composite({
    name,
    doc,
    attributes: { axis: AXIS, keepdims: KEEPDIMS },
    expand: (call, [x], attrs) =>
      expandQuantiles(call, x!, { ...attrs, q: 0.5, method: 'linear' }, { name, whole: 1, ofRows }),
  });

interface Family {
  readonly name: string;
  /** What a share is of. */
  readonly whole: number;
  readonly ofRows: OfRows;
}

function expandQuantiles<C extends Called>(
  call: Calls<C>,
  x: C,
  attrs: AttributeValues,
  { name, whole, ofRows }: Family,
): C {
  const q = attrs['q'] as number | readonly number[];
  const shares = (typeof q === 'number' ? [q] : q).map((share) => share / whole);
  const wrong = shares.findIndex((share) => !(share >= 0 && share <= 1));
  if (wrong >= 0)
    throw new AttributeError(`${name}: ${shares[wrong]! * whole} is no share; give 0 to ${whole}.`, { q });
  const { sorted, keptShape } = sortedLast(call, name, x, attrs['axis'] as number | null);
  if (sorted.type.shape.at(-1) === 0)
    throw new AttributeError(`${name}: there are no elements along the axis; give at least one.`, {
      shape: x.type.shape,
    });
  const shape = attrs['keepdims'] === true ? keptShape : sorted.type.shape.slice(0, -1);
  const each = shares.map((share) =>
    call('reshape', [ofRows(call, sorted, share, String(attrs['method']))], { shape }),
  );
  return typeof q === 'number' ? each[0]! : call('stack', each, { axis: 0 });
}

/** x as floats, sorted along the axis in question, which comes last, or in one row; and its shape with that axis 1. */
function sortedLast<C extends Called>(
  call: Calls<C>,
  name: string,
  x: C,
  axis: number | null,
): { readonly sorted: C; readonly keptShape: readonly number[] } {
  const { shape, size } = x.type;
  const floats = asFloats(call, x);
  if (axis === null)
    return { sorted: call('sort', [call('reshape', [floats], { shape: [size] })]), keptShape: shape.map(() => 1) };
  const at = normaliseAxis(name, axis, shape.length);
  const sorted = call('sort', [floats], { axis: at });
  return {
    sorted: at === shape.length - 1 ? sorted : call('moveaxis', [sorted], { source: at, destination: -1 }),
    keptShape: shape.map((length, k) => (k === at ? 1 : length)),
  };
}

/** NaN where a row has one. */
const ofAll: OfRows = (call, sorted, share, method) => {
  const axis = sorted.type.shape.length - 1;
  const length = sorted.type.shape[axis]!;
  const place = share * (length - 1);
  const last = sliceOf(call, sorted, axis, length - 1, length);
  const value = atPlace(call, method, {
    element: (at: number) => sliceOf(call, sorted, axis, at, at + 1),
    low: Math.floor(place),
    high: Math.ceil(place),
    nearest: nearestEven(place),
    over: place % 1,
  });
  return call('where', [call('isnan', [last]), last, value]);
};

/** The places of the numbers differ from row to row. */
const ofNumbers: OfRows = (call, sorted, share, method) => {
  const isNumber = call('logical_not', [call('isnan', [sorted])]);
  const count = call('astype', [call('sum', [isNumber], { axis: -1, keepdims: true })], { dtype: 'float64' });
  const place = call('multiply', [call('maximum', [call('subtract', [count, 1]), 0]), share]);
  return atPlace(call, method, {
    element: (at) => call('take_along_axis', [sorted, call('astype', [at], { dtype: 'int32' })], { axis: -1 }),
    low: call('floor', [place]),
    high: call('ceil', [place]),
    nearest: call('round', [place]),
    over: call('remainder', [place, 1]),
  });
};

/** A place between two elements of each row. */
interface Between<C, P> {
  readonly element: (at: P) => C;
  readonly low: P;
  readonly high: P;
  readonly nearest: P;
  /** How far it is beyond the lower one. */
  readonly over: P;
}

function atPlace<C extends Called, P extends number | C>(call: Calls<C>, method: string, place: Between<C, P>): C {
  const { element, low, high, nearest, over } = place;
  if (method === 'nearest') return element(nearest);
  if (method === 'lower' || low === high) return element(low);
  if (method === 'higher') return element(high);
  return between(call, element(low), element(high), method === 'midpoint' ? 0.5 : over);
}

/**
 * a + (b − a) · t, from the nearer of both, so that it is exact at both ends; half way the sum of the halves, which is
 * rounded once. Elements with a codec are rounded to it at the end.
 */
function between<C extends Called>(call: Calls<C>, low: C, high: C, t: number | C): C {
  const [a, b] = [asComputed(call, low), asComputed(call, high)];
  // Equal infinities have no difference, and the least numbers no halves.
  const chosen = (value: C): C => restored(call, call('where', [call('equal', [a, b]), a, value]), low);
  if (t === 0.5) return chosen(call('add', [call('multiply', [a, 0.5]), call('multiply', [b, 0.5])]));
  const gap = call('subtract', [b, a]);
  const up = (share: number | C): C => call('add', [a, call('multiply', [gap, share])]);
  const down = (rest: number | C): C => call('subtract', [b, call('multiply', [gap, rest])]);
  const ofTensor = (share: C): C =>
    call('where', [call('less', [share, 0.5]), up(share), down(call('subtract', [1, share]))]);
  return chosen(typeof t !== 'number' ? ofTensor(restored(call, t, a)) : t < 0.5 ? up(t) : down(1 - t));
}

function nearestEven(place: number): number {
  const low = Math.floor(place);
  return place - low === 0.5 ? low + (low % 2) : Math.round(place);
}

/** Composites of this family. */
export const QUANTILES: readonly Composite[] = [
  quantiles(
    'quantile',
    'The elements below which the given shares of all lie, a NaN where there is one; several shares come first.',
    1,
    ofAll,
  ),
  quantiles('percentile', 'As `quantile`, of shares in percent.', 100, ofAll),
  medianOf(
    'median',
    'The middle element, the mean of both middle ones where their number is even; a NaN where there is one.',
    ofAll,
  ),
  quantiles('nanquantile', 'As `quantile`, of what is not NaN.', 1, ofNumbers),
  quantiles('nanpercentile', 'As `percentile`, of what is not NaN.', 100, ofNumbers),
  medianOf('nanmedian', 'The middle of what is not NaN.', ofNumbers),
];
