// Order statistics and differences: composites of sorts, slices and products, so that what is sorted once is sorted
// for all of them.
import { AttributeError } from '../errors.ts';
import { DTYPES } from '../tensor/dtype.ts';
import { normaliseAxis } from '../tensor/shape.ts';
import { numberAttribute } from './attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from './composite.ts';
import type { AttributeSpec, AttributeValues } from './define.ts';
import { asFloats, sliceOf } from './parts.ts';

const AXIS: AttributeSpec = { kind: 'axis', doc: 'the axis; null for all elements in one row', fallback: null };
const KEEPDIMS: AttributeSpec = { kind: 'bool', doc: 'keep the axis with length 1', fallback: false };

/** How a quantile between two elements is taken of them, as NumPy calls it. */
const METHODS = ['linear', 'lower', 'higher', 'nearest', 'midpoint'] as const;

const QUANTILE: Readonly<Record<string, AttributeSpec>> = {
  axis: AXIS,
  keepdims: KEEPDIMS,
  method: { kind: 'choice', doc: 'what a place between two elements gives', choices: METHODS, fallback: 'linear' },
};

const quantile = composite({
  name: 'quantile',
  doc: 'The elements below which the given shares of all lie, a NaN where there is one; several shares come first.',
  operands: [{ name: 'x', kind: 'numeric' }],
  positional: ['q'],
  attributes: { q: { kind: 'floats', doc: 'a share from 0 to 1, or a list of them' }, ...QUANTILE },
  expand: (call, [x], attrs) => quantiles(call, x!, attrs, 'quantile', sharesOf(attrs, 1)),
});

const percentile = composite({
  name: 'percentile',
  doc: 'As `quantile`, of shares in percent.',
  operands: [{ name: 'x', kind: 'numeric' }],
  positional: ['q'],
  attributes: { q: { kind: 'floats', doc: 'a share from 0 to 100, or a list of them' }, ...QUANTILE },
  expand: (call, [x], attrs) => quantiles(call, x!, attrs, 'percentile', sharesOf(attrs, 100)),
});

const median = composite({
  name: 'median',
  doc: 'The middle element, the mean of both middle ones where their number is even; a NaN where there is one.',
  operands: [{ name: 'x', kind: 'numeric' }],
  attributes: { axis: AXIS, keepdims: KEEPDIMS },
  expand: (call, [x], attrs) => quantiles(call, x!, { ...attrs, method: 'linear' }, 'median', 0.5),
});

const topK = composite({
  name: 'top_k',
  doc:
    'The k largest elements of an axis, largest first, and their indices; NaN comes after all numbers, whichever ' +
    'come first.',
  operands: [{ name: 'x', kind: 'numeric' }],
  positional: ['k'],
  attributes: {
    k: { kind: 'int', doc: 'how many' },
    axis: { kind: 'axis', doc: 'the axis', fallback: -1 },
    largest: { kind: 'bool', doc: 'false: the smallest ones, smallest first', fallback: true },
  },
  result: { values: 'same', indices: 'int32' },
  expand: (call, [x], attrs) => {
    const axis = normaliseAxis('top_k', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const [k, length] = [numberAttribute(attrs, 'k'), x!.type.shape[axis]!];
    if (k < 0 || k > length)
      throw new AttributeError(`top_k: k is ${k}; the axis has ${length} elements: give 0 to ${length}.`, {
        k,
        length,
      });
    const order = call('argsort', [x!], { axis, descending: attrs['largest']! });
    const indices = sliceOf(call, order, axis, 0, k);
    return { values: call('take_along_axis', [x!, indices], { axis }), indices };
  },
});

const diff = composite({
  name: 'diff',
  doc: 'Differences of neighbours along an axis, n times.',
  operands: [{ name: 'x', kind: 'any' }],
  positional: ['n'],
  attributes: {
    n: { kind: 'int', doc: 'how many times', fallback: 1 },
    axis: { kind: 'axis', doc: 'the axis', fallback: -1 },
  },
  result: 'same',
  expand: (call, [x], attrs) => {
    const axis = normaliseAxis('diff', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const n = numberAttribute(attrs, 'n');
    if (n < 0) throw new AttributeError(`diff: n is ${n}; give 0 or more.`, { n });
    const op = x!.type.dtype === 'bool' ? 'not_equal' : 'subtract';
    let result = x!;
    for (let i = 0; i < n; i++) {
      const length = result.type.shape[axis]!;
      result = call(op, [
        sliceOf(call, result, axis, Math.min(1, length), length),
        sliceOf(call, result, axis, 0, length - 1),
      ]);
    }
    return result;
  },
});

/** Shares as numbers from 0 to 1. */
function sharesOf(attrs: AttributeValues, whole: number): number | readonly number[] {
  const q = attrs['q'] as number | readonly number[];
  return typeof q === 'number' ? q / whole : q.map((share) => share / whole);
}

function quantiles<C extends Called>(
  call: Calls<C>,
  x: C,
  attrs: AttributeValues,
  name: string,
  q: number | readonly number[],
): C {
  const shares = typeof q === 'number' ? [q] : q;
  const wrong = shares.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined)
    throw new AttributeError(`${name}: a share of ${wrong} is none; quantile takes 0 to 1, percentile 0 to 100.`, {
      q: wrong,
    });
  const axis = attrs['axis'] as number | null;
  const { sorted, keptShape } = sortedLast(call, name, x, axis);
  if (sorted.type.shape.at(-1) === 0)
    throw new AttributeError(`${name}: there are no elements along the axis; give at least one.`, {
      shape: x.type.shape,
    });
  const each = shares.map((share) => {
    const value = quantileOf(call, sorted, share, attrs['method'] as string);
    return attrs['keepdims'] === true ? call('reshape', [value], { shape: keptShape }) : value;
  });
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

/** One quantile of the sorted last axis: NaN where a row has one, which the sort puts last. */
function quantileOf<C extends Called>(call: Calls<C>, sorted: C, share: number, method: string): C {
  const axis = sorted.type.shape.length - 1;
  const length = sorted.type.shape[axis]!;
  const element = (at: number): C => call('squeeze', [sliceOf(call, sorted, axis, at, at + 1)], { axis });
  return call('where', [call('isnan', [element(length - 1)]), element(length - 1), at(share * (length - 1))]);

  function at(place: number): C {
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    if (method === 'lower' || low === high) return element(low);
    if (method === 'higher') return element(high);
    if (method === 'nearest') return element(nearestEven(place));
    return between(call, element(low), element(high), method === 'midpoint' ? 0.5 : place - low);
  }
}

/**
 * a + (b − a) · t, from the nearer of both, so that it is exact at both ends; elements with a codec are rounded to it
 * once.
 */
function between<C extends Called>(call: Calls<C>, first: C, second: C, t: number): C {
  const { dtype } = first.type;
  const { compute } = DTYPES[dtype];
  const [a, b] = [first, second].map((x) => (compute === dtype ? x : call('astype', [x], { dtype: compute }))) as [
    C,
    C,
  ];
  const gap = call('subtract', [b, a]);
  const value =
    t < 0.5 ? call('add', [a, call('multiply', [gap, t])]) : call('subtract', [b, call('multiply', [gap, 1 - t])]);
  // Infinities have no difference.
  const chosen = call('where', [call('equal', [a, b]), a, value]);
  return compute === dtype ? chosen : call('astype', [chosen], { dtype });
}

function nearestEven(place: number): number {
  const low = Math.floor(place);
  return place - low === 0.5 ? low + (low % 2) : Math.round(place);
}

/** Composites of this family. */
export const STATISTICS: readonly Composite[] = [quantile, percentile, median, topK, diff];
