// What is told of elements in order, of neighbours and of weighted elements.
import { AttributeError, ShapeError } from '../../errors.ts';
import { promote } from '../../tensor/promotion.ts';
import { formatShape, normaliseAxis, sameShape } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec } from '../define.ts';
import { asComputed, asFloats, needAtLeast, restored, sliceOf } from '../parts.ts';

const AXES: AttributeSpec = { kind: 'axes', doc: 'axes to reduce; null for all', fallback: null };
const KEEPDIMS: AttributeSpec = { kind: 'bool', doc: 'keep the reduced axes with length 1', fallback: false };

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
    const n = needAtLeast('diff', attrs, 'n', 0);
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

const ptp = composite({
  name: 'ptp',
  doc: 'From the smallest element to the largest: max − min.',
  attributes: { axis: AXES, keepdims: KEEPDIMS },
  result: 'same',
  expand: (call, [x], attrs) => call('subtract', [call('max', [x!], attrs), call('min', [x!], attrs)]),
});

const average = composite({
  name: 'average',
  doc: 'Mean over axes, weighted where weights are given: those of each element, or a vector along one axis.',
  operands: [
    { name: 'x', kind: 'numeric' },
    { name: 'weights', kind: 'numeric' },
  ],
  optional: 1,
  attributes: { axis: AXES, keepdims: KEEPDIMS },
  deviation: 'weights that add up to 0 give what a division by 0 gives',
  expand: (call, [x, weights], attrs) => {
    if (weights === undefined) return call('mean', [asFloats(call, x!)], attrs);
    const dtype = promote(x!.type.dtype, weights.type.dtype, 'average');
    const like = asFloats(call, call('astype', [x!], { dtype }));
    const [wide, w] = [
      asComputed(call, like),
      asComputed(call, restored(call, weightsAlong(call, x!, weights, attrs['axis']), like)),
    ];
    const total = call('sum', [call('multiply', [wide, w])], attrs);
    return restored(
      call,
      call('divide', [total, call('sum', [call('broadcast_to', [w], { shape: x!.type.shape })], attrs)]),
      like,
    );
  },
});

/** Weights of each element, in a shape that stretches to that of x. */
function weightsAlong<C extends Called>(call: Calls<C>, x: C, weights: C, axis: unknown): C {
  const [shape, own] = [x.type.shape, weights.type.shape];
  if (sameShape(shape, own)) return weights;
  const along = Array.isArray(axis) && axis.length === 1 ? Number(axis[0]) : axis;
  if (typeof along === 'number' && own.length === 1) {
    const at = normaliseAxis('average', along, shape.length);
    if (own[0] === shape[at]) return call('reshape', [weights], { shape: shape.map((n, k) => (k === at ? n : 1)) });
  }
  throw new ShapeError(
    `average: weights have shape ${formatShape(own)}, x ${formatShape(shape)}; give one for each element, or a ` +
      'vector along the one axis that is reduced.',
    { weights: own, x: shape },
  );
}

/** Composites of this family. */
export const STATISTICS: readonly Composite[] = [topK, diff, ptp, average];
