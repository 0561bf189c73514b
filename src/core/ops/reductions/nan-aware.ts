// Reductions of what is not NaN: composites that put what changes nothing in the place of NaN, and count the rest.
import { isFloat } from '../../tensor/dtype.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';
import { asComputed, restored } from '../parts.ts';

const AXES: AttributeSpec = { kind: 'axes', doc: 'axes to reduce; null for all', fallback: null };
const AXIS: AttributeSpec = { kind: 'axis', doc: 'the axis; null for all elements in one row', fallback: null };
const KEEPDIMS: AttributeSpec = { kind: 'bool', doc: 'keep the reduced axes with length 1', fallback: false };
const OF_NOTHING = 'of no numbers it is NaN, without a warning';

const isNaNAt = <C extends Called>(call: Calls<C>, x: C): C => call('isnan', [x]);
const isNumber = <C extends Called>(call: Calls<C>, x: C): C => call('logical_not', [isNaNAt(call, x)]);

/** x with a value in the place of NaN; integers have none. */
const filled = <C extends Called>(call: Calls<C>, x: C, value: number): C =>
  isFloat(x.type.dtype) ? call('where', [isNaNAt(call, x), value, x]) : x;

type Reduce = <C extends Called>(call: Calls<C>, x: C, attrs: AttributeValues) => C;

function reduction(name: string, doc: string, expand: Reduce, options: Partial<Composite> = {}): Composite {
  return composite({
    name,
    doc,
    attributes: { axis: AXES, keepdims: KEEPDIMS },
    result: 'same',
    expand: (call, [x], attrs) => expand(call, x!, attrs),
    ...options,
  });
}

/** How many numbers there are, in a dtype. */
const countAs = <C extends Called>(call: Calls<C>, x: C, attrs: AttributeValues): C =>
  call('astype', [call('sum', [isNumber(call, x)], attrs)], { dtype: x.type.dtype });

/** Of elements as they are computed. */
const meanOf: Reduce = (call, x, attrs) =>
  call('divide', [call('sum', [filled(call, x, 0)], attrs), countAs(call, x, attrs)]);

const varianceOf: Reduce = (call, x, { correction, ...attrs }) => {
  const from = call('subtract', [x, meanOf(call, x, { ...attrs, keepdims: true })]);
  const squares = call('sum', [call('where', [isNaNAt(call, x), 0, call('square', [from])])], attrs);
  const freedom = call('subtract', [countAs(call, x, attrs), correction as number]);
  return call('where', [call('greater', [freedom, 0]), call('divide', [squares, freedom]), NaN]);
};

/** As it is stored: what was computed of elements as they are computed. */
const computed =
  (reduce: Reduce): Reduce =>
  (call, x, attrs) =>
    restored(call, reduce(call, asComputed(call, x), attrs), x);

const extreme =
  (op: 'min' | 'max'): Reduce =>
  (call, x, attrs) => {
    if (!isFloat(x.type.dtype)) return call(op, [x], attrs);
    const found = call(op, [filled(call, x, op === 'min' ? Infinity : -Infinity)], attrs);
    return call('where', [call('all', [isNaNAt(call, x)], attrs), NaN, found]);
  };

/** Where the extreme is first: it is searched for by value, for an infinity may be it beside NaN. */
function placeOf(op: 'min' | 'max'): Reduce {
  return (call, x, attrs) => {
    if (!isFloat(x.type.dtype)) return call(`arg${op}`, [x], attrs);
    const found = extreme(op)(call, x, { axis: attrs['axis']!, keepdims: true });
    const place = call('argmax', [call('astype', [call('equal', [x, found])], { dtype: 'int32' })], attrs);
    return call('where', [call('all', [isNaNAt(call, x)], attrs), -1, place]);
  };
}

const FLOATS: Partial<Composite> = { operands: [{ name: 'x', kind: 'float' }] };
const SPREAD: Partial<Composite> = {
  ...FLOATS,
  attributes: {
    axis: AXES,
    keepdims: KEEPDIMS,
    correction: { kind: 'float', doc: 'degrees of freedom subtracted from the count', fallback: 0 },
  },
};
const PLACE: Partial<Composite> = {
  attributes: { axis: AXIS, keepdims: KEEPDIMS },
  result: 'int32',
  deviation: 'indices are int32; −1 where there is no number',
};

/** Composites of this family. */
export const NAN_AWARE: readonly Composite[] = [
  reduction('nansum', 'Sum of what is not NaN.', (call, x, attrs) => call('sum', [filled(call, x, 0)], attrs), {
    operands: [{ name: 'x', kind: 'any' }],
    result: 'counted',
  }),
  reduction('nanprod', 'Product of what is not NaN.', (call, x, attrs) => call('prod', [filled(call, x, 1)], attrs)),
  reduction('nanmean', 'Mean of what is not NaN.', computed(meanOf), { ...FLOATS, deviation: OF_NOTHING }),
  reduction('nanvar', 'Variance of what is not NaN.', computed(varianceOf), { ...SPREAD, deviation: OF_NOTHING }),
  reduction(
    'nanstd',
    'Standard deviation of what is not NaN.',
    computed((call, x, attrs) => call('sqrt', [varianceOf(call, x, attrs)])),
    { ...SPREAD, deviation: OF_NOTHING },
  ),
  reduction('nanmin', 'Smallest element that is not NaN.', extreme('min'), { deviation: OF_NOTHING }),
  reduction('nanmax', 'Largest element that is not NaN.', extreme('max'), { deviation: OF_NOTHING }),
  reduction('nanargmin', 'Index of the first smallest element that is not NaN.', placeOf('min'), PLACE),
  reduction('nanargmax', 'Index of the first largest element that is not NaN.', placeOf('max'), PLACE),
];
