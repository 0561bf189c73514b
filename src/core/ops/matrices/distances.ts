// Distances between the rows of two matrices, and the nearest of them.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, OperandSpec } from '../define.ts';
import { asComputed, asFloats, flat, inCommon, restored } from '../parts.ts';

const METRIC: AttributeSpec = {
  kind: 'choice',
  doc: 'what the distance is; cosine is 1 − the cosine of the angle',
  choices: ['euclidean', 'sqeuclidean', 'manhattan', 'chebyshev', 'cosine'],
  fallback: 'euclidean',
};
const X_AND_Y: readonly OperandSpec[] = [
  { name: 'x', kind: 'numeric' },
  { name: 'y', kind: 'numeric' },
];

function needRows(op: string, x: Called, y: Called): void {
  for (const { type } of [x, y]) {
    if (type.shape.length === 2 && type.shape[1] === x.type.shape[1]) continue;
    throw new ShapeError(
      `${op}: shapes are ${formatShape(x.type.shape)} and ${formatShape(y.type.shape)}; give two matrices whose rows ` +
        'are equally long.',
      { x: x.type.shape, y: y.type.shape },
    );
  }
}

/** In the common floating dtype, computed in what that is computed in. */
function distances<C extends Called>(call: Calls<C>, op: string, [x, y]: readonly [C, C], metric: string): C {
  const [a, b] = inCommon(call, op, x, y).map((rows) => asFloats(call, rows)) as [C, C];
  return restored(call, measured(call, asComputed(call, a), asComputed(call, b), metric), a);
}

/** By differences, not by products, of which the digits of near rows would cancel. */
function measured<C extends Called>(call: Calls<C>, x: C, y: C, metric: string): C {
  if (metric === 'cosine') return cosineDistances(call, x, y);
  const apart = call('subtract', [call('expand_dims', [x], { axis: 1 }), call('expand_dims', [y], { axis: 0 })]);
  if (metric === 'manhattan') return call('norm1', [apart], { axis: -1 });
  if (metric === 'chebyshev') return call('norm_inf', [apart], { axis: -1 });
  if (metric === 'euclidean') return call('norm', [apart], { axis: -1 });
  return call('sum', [call('square', [apart])], { axis: -1 });
}

function cosineDistances<C extends Called>(call: Calls<C>, x: C, y: C): C {
  const unit = (rows: C): C => call('divide', [rows, call('norm', [rows], { axis: -1, keepdims: true })]);
  return call('subtract', [1, call('matmul', [unit(x), unit(y)], { transposeB: true })]);
}

const cdist = composite({
  name: 'cdist',
  doc: 'Distances from each row of x to each row of y.',
  operands: X_AND_Y,
  attributes: { metric: METRIC },
  expand: (call, [x, y], { metric }) => {
    needRows('cdist', x!, y!);
    return distances(call, 'cdist', [x!, y!], metric as string);
  },
});

const pdist = composite({
  name: 'pdist',
  doc: 'Distances between the rows of x, each pair once: those of row 0 to rows 1, 2, …, then those of row 1.',
  attributes: { metric: METRIC },
  expand: (call, [x], { metric }) => {
    needRows('pdist', x!, x!);
    const rows = x!.type.shape[0]!;
    const isPair = call('triu', [call('ones', [], { shape: [rows, rows], dtype: 'bool' })], { k: 1 });
    const pairs = call('first_nonzero', [isPair], { count: (rows * (rows - 1)) / 2 });
    return call('take', [flat(call, distances(call, 'pdist', [x!, x!], metric as string)), pairs], { axis: 0 });
  },
});

const knn = composite({
  name: 'knn',
  doc: 'The k rows of y that are nearest to each row of x: their distances, nearest first, and their indices.',
  operands: X_AND_Y,
  positional: ['k'],
  attributes: { k: { kind: 'int', doc: 'how many' }, metric: METRIC },
  result: { distances: 'promoted', indices: 'int32' },
  expand: (call, [x, y], attrs) => {
    needRows('knn', x!, y!);
    const [k, rows] = [numberAttribute(attrs, 'k'), y!.type.shape[0]!];
    if (k < 0 || k > rows)
      throw new AttributeError(`knn: k is ${k}; y has ${rows} rows: give 0 to ${rows}.`, { k, rows });
    const all = call('cdist', [x!, y!], { metric: attrs['metric']! });
    const { values, indices } = call.all('top_k', [all], { k, largest: false }) as Record<
      'values' | 'indices',
      typeof all
    >;
    return { distances: values, indices };
  },
});

/** Composites of this family. */
export const DISTANCES: readonly Composite[] = [cdist, pdist, knn];
