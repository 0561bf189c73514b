// Elements as sets: told by a sort and by where one element differs from the next. NaN differs from everything, −0
// equals 0.
import { isFloat } from '../../tensor/dtype.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { OperandSpec } from '../define.ts';
import { asCounts, flat, inCommon, sliceOf } from '../parts.ts';
import { kept, placesOf } from './selection.ts';

const X: readonly OperandSpec[] = [{ name: 'x', kind: 'any' }];
const X_AND_Y: readonly OperandSpec[] = [...X, { name: 'y', kind: 'any' }];

/** A vector in order, and where it differs from the element before. */
interface Runs<C> {
  readonly sorted: C;
  readonly isFirst: C;
}

function runsOf<C extends Called>(call: Calls<C>, sorted: C): Runs<C> {
  const length = sorted.type.size;
  const differs = call('not_equal', [
    sliceOf(call, sorted, 0, Math.min(1, length), length),
    sliceOf(call, sorted, 0, 0, length - 1),
  ]);
  const first = call('ones', [], { shape: [Math.min(1, length)], dtype: 'bool' });
  return { sorted, isFirst: call('concat', [first, differs], { axis: 0 }) };
}

const sortedRuns = <C extends Called>(call: Calls<C>, x: C): Runs<C> => runsOf(call, call('sort', [flat(call, x)]));

/** Elements that occur, in order, once each. */
async function distinct<C extends Called>(call: Calls<C>, x: C): Promise<C> {
  const { sorted, isFirst } = sortedRuns(call, x);
  return kept(call, sorted, isFirst, 0);
}

/** From one place to the next; the last reaches to the end. */
function lengthsOf<C extends Called>(call: Calls<C>, places: C, end: number): C {
  const count = places.type.size;
  const last = call('full', [], { shape: [Math.min(1, count)], value: end, dtype: 'int32' });
  return call('subtract', [call('concat', [sliceOf(call, places, 0, 1, count), last], { axis: 0 }), places]);
}

/** All that can be told of the elements that occur. */
interface Distinct<C> extends Record<string, C> {
  readonly values: C;
  readonly indices: C;
  readonly inverse: C;
  readonly counts: C;
}

async function tell<C extends Called>(call: Calls<C>, x: C): Promise<Distinct<C>> {
  const elements = flat(call, x);
  const order = call('argsort', [elements]);
  const { sorted, isFirst } = runsOf(call, call('take', [elements, order], { axis: 0 }));
  const places = await placesOf(call, isFirst);
  const number = call('subtract', [call('cumulative_sum', [asCounts(call, isFirst)]), 1]);
  const inverse = call('take', [number, call('argsort', [order])], { axis: 0 });
  return {
    values: call('take', [sorted, places], { axis: 0 }),
    indices: call('take', [order, places], { axis: 0 }),
    inverse: call('reshape', [inverse], { shape: x.type.shape }),
    counts: lengthsOf(call, places, x.type.size),
  };
}

const uniqueValues = composite({
  name: 'unique_values',
  doc: 'The elements that occur, in order, once each.',
  operands: X,
  result: 'same',
  waits: true,
  expand: (call, [x]) => distinct(call, x!),
});

const uniqueCounts = composite({
  name: 'unique_counts',
  doc: 'The elements that occur, in order, and how often each does.',
  operands: X,
  result: { values: 'same', counts: 'int32' },
  waits: true,
  expand: async (call, [x]) => {
    const { sorted, isFirst } = sortedRuns(call, x!);
    const places = await placesOf(call, isFirst);
    return { values: call('take', [sorted, places], { axis: 0 }), counts: lengthsOf(call, places, x!.type.size) };
  },
});

const uniqueInverse = composite({
  name: 'unique_inverse',
  doc: 'The elements that occur, in order, and for each element of x its place among them.',
  operands: X,
  result: { values: 'same', inverse: 'int32' },
  waits: true,
  expand: async (call, [x]) => {
    const { values, inverse } = await tell(call, x!);
    return { values, inverse };
  },
});

const uniqueAll = composite({
  name: 'unique_all',
  doc:
    'The elements that occur, in order; where each is first, for each element of x its place among them, and how ' +
    'often each occurs.',
  operands: X,
  result: { values: 'same', indices: 'int32', inverse: 'int32', counts: 'int32' },
  waits: true,
  expand: (call, [x]) => tell(call, x!),
});

const factorize = composite({
  name: 'factorize',
  doc:
    'The elements that occur, in the order they are met, and for each element of x its place among them; NaN is ' +
    'none, and has −1.',
  operands: X,
  result: { codes: 'int32', uniques: 'same' },
  waits: true,
  expand: async (call, [x]) => {
    const { values, indices, inverse } = await tell(call, x!);
    if (!isFloat(x!.type.dtype)) return met(call, values, indices, inverse);
    // NaNs are the last of the values, each for itself.
    const isMissing = call('isnan', [x!]);
    const count = values.type.size - (await call.read(call('sum', [isMissing])));
    const { codes, uniques } = met(
      call,
      sliceOf(call, values, 0, 0, count),
      sliceOf(call, indices, 0, 0, count),
      inverse,
    );
    return { codes: call('where', [isMissing, -1, codes]), uniques };
  },
});

/**
 * Values in the order of the places at which they are first, and codes for it. Places beyond the values have codes of
 * no meaning.
 */
function met<C extends Called>(
  call: Calls<C>,
  values: C,
  indices: C,
  inverse: C,
): { readonly codes: C; readonly uniques: C } {
  const order = call('argsort', [indices]);
  const count = values.type.size;
  const uniques = call('take', [values, order], { axis: 0 });
  if (count === 0) return { codes: inverse, uniques };
  const codes = call('take', [call('argsort', [order]), call('minimum', [inverse, count - 1])], { axis: 0 });
  return { codes, uniques };
}

/** For each element of x, whether y has it. */
function isAmong<C extends Called>(call: Calls<C>, x: C, y: C): C {
  const { shape } = x.type;
  const count = y.type.size;
  if (count === 0) return call('zeros', [], { shape, dtype: 'bool' });
  const sorted = call('sort', [flat(call, y)]);
  const place = call('minimum', [call('searchsorted', [sorted, x]), count - 1]);
  return call('equal', [call('take', [sorted, place], { axis: 0 }), x]);
}

const isin = composite({
  name: 'isin',
  doc: 'For each element of x, whether y has it; NaN is in nothing.',
  operands: X_AND_Y,
  attributes: { invert: { kind: 'bool', doc: 'whether y does not have it', fallback: false } },
  result: 'bool',
  expand: (call, [x, y], attrs) => {
    const found = isAmong(call, x!, y!);
    return attrs['invert'] === true ? call('logical_not', [found]) : found;
  },
});

const setdiff1d = composite({
  name: 'setdiff1d',
  doc: 'The elements of x that y does not have, in order, once each.',
  operands: X_AND_Y,
  waits: true,
  expand: async (call, [x, y]) => {
    const [a, b] = inCommon(call, 'setdiff1d', x!, y!);
    const values = await distinct(call, a);
    return kept(call, values, call('logical_not', [isAmong(call, values, b)]), 0);
  },
});

const intersect1d = composite({
  name: 'intersect1d',
  doc: 'The elements that x and y both have, in order, once each.',
  operands: X_AND_Y,
  waits: true,
  expand: async (call, [x, y]) => {
    const [a, b] = inCommon(call, 'intersect1d', x!, y!);
    const values = await distinct(call, a);
    return kept(call, values, isAmong(call, values, b), 0);
  },
});

const union1d = composite({
  name: 'union1d',
  doc: 'The elements that x or y has, in order, once each.',
  operands: X_AND_Y,
  waits: true,
  expand: (call, [x, y]) => distinct(call, call('concat', [flat(call, x!), flat(call, y!)])),
});

/** Composites of this family. */
export const SETS: readonly Composite[] = [
  uniqueValues,
  uniqueCounts,
  uniqueInverse,
  uniqueAll,
  factorize,
  isin,
  setdiff1d,
  intersect1d,
  union1d,
];
