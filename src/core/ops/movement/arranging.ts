// Tensors taken apart, put together and laid out: composites of slices, joins and stretches.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, normaliseAxis } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues, OperandSpec } from '../define.ts';
import { needAtLeast, needVector, reshaped, sliceOf } from '../parts.ts';

const X: readonly OperandSpec[] = [{ name: 'x', kind: 'any' }];
const TENSORS: Pick<Composite, 'operands' | 'variadic'> = {
  operands: [{ name: 'tensors', kind: 'any' }],
  variadic: true,
};

const unstack = composite({
  name: 'unstack',
  doc: 'The slices of an axis, which they no longer have.',
  operands: X,
  attributes: { axis: { kind: 'int', doc: 'the axis', fallback: 0 } },
  result: 'same',
  isList: true,
  expand: (call, [x], attrs) => {
    const axis = normaliseAxis('unstack', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    return Array.from({ length: x!.type.shape[axis]! }, (_, i) =>
      call('squeeze', [sliceOf(call, x!, axis, i, i + 1)], { axis }),
    );
  },
});

const meshgrid = composite({
  name: 'meshgrid',
  doc: 'Vectors stretched to the grid they span, each along an axis of its own; `xy` has the second one go first.',
  ...TENSORS,
  attributes: {
    indexing: { kind: 'choice', doc: 'which axis the first vector goes along', choices: ['xy', 'ij'], fallback: 'xy' },
  },
  result: 'same',
  isList: true,
  expand: (call, vectors, { indexing }) => {
    for (const vector of vectors) if (vector.type.shape.length > 0) needVector('meshgrid', 'an operand', vector);
    const axisOf = (i: number): number => (indexing === 'xy' && vectors.length > 1 && i < 2 ? 1 - i : i);
    const shape = vectors.map((_, axis) => vectors[axisOf(axis)]!.type.size);
    return vectors.map((vector, i) => {
      const along = shape.map((n, axis) => (axis === axisOf(i) ? n : 1));
      return call('broadcast_to', [reshaped(call, vector, along)], { shape });
    });
  },
});

const rot90 = composite({
  name: 'rot90',
  doc: 'Two axes turned by a right angle, k times, from the first towards the second.',
  operands: X,
  positional: ['k'],
  attributes: {
    k: { kind: 'int', doc: 'how often', fallback: 1 },
    axes: { kind: 'ints', doc: 'the two axes', fallback: [0, 1] },
  },
  result: 'same',
  expand: (call, [x], attrs) => {
    const rank = x!.type.shape.length;
    const [from, to] = twoAxes(attrs, rank);
    const turns = ((numberAttribute(attrs, 'k') % 4) + 4) % 4;
    if (turns % 2 === 0)
      return turns === 0
        ? call('permute_dims', [x!], { axes: orderOf(rank) })
        : call('flip', [x!], { axis: [from, to] });
    const swapped = orderOf(rank, from, to);
    return turns === 1
      ? call('permute_dims', [call('flip', [x!], { axis: to })], { axes: swapped })
      : call('flip', [call('permute_dims', [x!], { axes: swapped })], { axis: to });
  },
});

/** The order of axes, of which two may change places. */
const orderOf = (rank: number, a = 0, b = a): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis === a ? b : axis === b ? a : axis));

function twoAxes(attrs: AttributeValues, rank: number): readonly [number, number] {
  const given = attrs['axes'] as readonly number[];
  if (given.length === 2) {
    const [from, to] = [normaliseAxis('rot90', given[0]!, rank), normaliseAxis('rot90', given[1]!, rank)];
    if (from !== to) return [from, to];
  }
  throw new AttributeError(`rot90: axes are ${formatShape(given)}; give two that differ.`, { axes: given });
}

const diag = composite({
  name: 'diag',
  doc: 'A vector on a diagonal of a matrix of zeros; of a matrix, its diagonal.',
  operands: X,
  attributes: { k: { kind: 'int', doc: 'which diagonal: above (positive) or below the main one', fallback: 0 } },
  result: 'same',
  expand: (call, [x], attrs) => {
    const { shape, dtype } = x!.type;
    const k = numberAttribute(attrs, 'k');
    if (shape.length === 2) return call('diagonal', [x!], { offset: k });
    needVector('diag', 'x', x!);
    const rows = shape[0]! + Math.abs(k);
    // The row of its element by itself on the diagonal; 0 elsewhere.
    const isDiagonal = call('eye', [], { rows, k, dtype: 'bool' });
    const zeros = call('zeros', [], { shape: [Math.abs(k)], dtype });
    const column = call('reshape', [call('concat', k < 0 ? [zeros, x!] : [x!, zeros], { axis: 0 })], {
      shape: [rows, 1],
    });
    return call('where', [isDiagonal, column, call('zeros', [], { shape: [], dtype })]);
  },
});

const trapezoid = composite({
  name: 'trapezoid',
  doc: 'The integral along an axis by trapezoids, over places that are given or evenly spaced.',
  operands: [
    { name: 'y', kind: 'float' },
    { name: 'x', kind: 'float' },
  ],
  optional: 1,
  attributes: {
    dx: { kind: 'float', doc: 'the spacing, where no places are given', fallback: 1 },
    axis: { kind: 'int', doc: 'the axis', fallback: -1 },
  },
  expand: (call, [y, x], attrs) => {
    const axis = normaliseAxis('trapezoid', numberAttribute(attrs, 'axis'), y!.type.shape.length);
    const length = y!.type.shape[axis]!;
    const pairs = call('add', [
      sliceOf(call, y!, axis, Math.min(1, length), length),
      sliceOf(call, y!, axis, 0, length - 1),
    ]);
    const areas = call('multiply', [pairs, widthsOf(call, y!, x, axis, numberAttribute(attrs, 'dx'))]);
    return call('multiply', [call('sum', [areas], { axis }), 0.5]);
  },
});

/** The distances of places, a vector along the axis or of the shape of y. */
function widthsOf<C extends Called>(call: Calls<C>, y: C, x: C | undefined, axis: number, dx: number): C | number {
  if (x === undefined) return dx;
  const { shape } = y.type;
  const [own, wanted] = [x.type.shape, shape[axis]!];
  if (own.length === 1 && own[0] === wanted) {
    const column = shape.map((_, k) => (k === axis ? wanted - 1 : 1));
    return reshaped(call, call('diff', [x]), wanted === 0 ? column.map((n) => Math.max(0, n)) : column);
  }
  if (own.length === shape.length && own.every((n, k) => n === shape[k])) return call('diff', [x], { axis });
  throw new ShapeError(
    `trapezoid: x has shape ${formatShape(own)}, y ${formatShape(shape)}; give a vector of ${wanted}, or one of the ` +
      'shape of y.',
    { x: own, y: shape },
  );
}

const polyval = composite({
  name: 'polyval',
  doc: 'A polynomial at the elements of x, from its coefficients, the highest power first (Horner).',
  operands: [
    { name: 'coefficients', kind: 'numeric' },
    { name: 'x', kind: 'numeric' },
  ],
  expand: (call, [coefficients, x]) => {
    needVector('polyval', 'coefficients', coefficients!);
    const count = coefficients!.type.size;
    let value = call('multiply', [
      call('zeros_like', [x!]),
      call('zeros', [], { shape: [], dtype: coefficients!.type.dtype }),
    ]);
    for (let i = 0; i < count; i++) {
      const next = call('reshape', [sliceOf(call, coefficients!, 0, i, i + 1)], { shape: [] });
      value = call('add', [call('multiply', [value, x!]), next]);
    }
    return value;
  },
});

const tri = composite({
  name: 'tri',
  doc: 'Ones at and below a diagonal, zeros above it.',
  operands: [],
  positional: ['rows', 'columns', 'k'],
  attributes: {
    rows: { kind: 'int', doc: 'number of rows' },
    columns: { kind: 'axis', doc: 'number of columns; null = rows', fallback: null },
    k: { kind: 'int', doc: 'the diagonal', fallback: 0 },
    dtype: { kind: 'dtype', doc: 'dtype of the result', fallback: 'float32' },
  },
  result: 'attribute',
  expand: (call, _operands, attrs) => {
    const rows = needAtLeast('tri', attrs, 'rows', 0);
    const columns = attrs['columns'] === null ? rows : needAtLeast('tri', attrs, 'columns', 0);
    const ones = call('ones', [], { shape: [rows, columns], dtype: attrs['dtype']! });
    return call('tril', [ones], { k: attrs['k']! });
  },
});

/** Composites of this family. */
export const ARRANGING: readonly Composite[] = [unstack, meshgrid, rot90, diag, trapezoid, polyval, tri];
