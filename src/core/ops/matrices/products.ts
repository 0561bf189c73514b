// Products of vectors and tensors: composites of matrix products, and of products of elements.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, normaliseAxes, type Shape, sizeOf } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import { type AttributeSpec, type AttributeValues, binaryOperands } from '../define.ts';
import { sliceOf } from '../parts.ts';

const AXIS: AttributeSpec = { kind: 'int', fallback: -1, doc: 'axis of the vectors' };

/** The axis of the vectors of two operands that stretch to one shape, counted from its end. */
function axisOfBoth(op: string, shapes: readonly [Shape, Shape], attrs: AttributeValues): number {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const given = numberAttribute(attrs, 'axis');
  const axis = given < 0 ? given : given - rank;
  const [a, b] = shapes.map((shape) => shape.at(axis));
  if (axis >= -rank && axis < 0 && a !== undefined && b !== undefined) return axis;
  throw new AttributeError(
    `${op}: axis is ${given}; x has shape ${formatShape(shapes[0])}, y ${formatShape(shapes[1])}: give one that both ` +
      'have, counted from the end.',
    { axis: given },
  );
}

const cross = composite({
  name: 'cross',
  doc: 'Cross product of vectors of three elements.',
  operands: binaryOperands('numeric'),
  attributes: { axis: AXIS },
  expand: (call, [x, y], attrs) => {
    const axis = axisOfBoth('cross', [x!.type.shape, y!.type.shape], attrs);
    for (const { type } of [x!, y!])
      if (type.shape.at(axis) !== 3)
        throw new ShapeError(
          `cross: an operand has shape ${formatShape(type.shape)}; its axis ${axis} needs length 3. In the plane it ` +
            'is x0 · y1 − x1 · y0.',
          { shape: type.shape, axis },
        );
    const part = (of: typeof x, i: number): NonNullable<typeof x> =>
      sliceOf(call, of!, of!.type.shape.length + axis, i % 3, (i % 3) + 1);
    const component = (i: number): NonNullable<typeof x> =>
      call('subtract', [
        call('multiply', [part(x, i + 1), part(y, i + 2)]),
        call('multiply', [part(x, i + 2), part(y, i + 1)]),
      ]);
    const components = [component(0), component(1), component(2)];
    return call('concat', components, { axis: components[0]!.type.shape.length + axis });
  },
});

const vecdot = composite({
  name: 'vecdot',
  doc: 'Dot products of vectors along an axis; other axes broadcast.',
  operands: binaryOperands('numeric'),
  attributes: { axis: AXIS },
  expand: (call, [x, y], attrs) => {
    const shapes = [x!.type.shape, y!.type.shape] as const;
    const axis = axisOfBoth('vecdot', shapes, attrs);
    if (shapes[0].at(axis) !== shapes[1].at(axis))
      throw new ShapeError(
        `vecdot: x has shape ${formatShape(shapes[0])}, y ${formatShape(shapes[1])}; axis ${axis} must be of one ` +
          'length. Slice or reshape one of them.',
        { shapes },
      );
    const last = (of: typeof x): NonNullable<typeof x> =>
      axis === -1 ? of! : call('moveaxis', [of!], { source: axis, destination: -1 });
    const rows = call('expand_dims', [last(x)], { axis: -2 });
    const columns = call('expand_dims', [last(y)], { axis: -1 });
    return call('squeeze', [call('matmul', [rows, columns])], { axis: [-2, -1] });
  },
});

const kron = composite({
  name: 'kron',
  doc: 'Kronecker product: each element of x times the whole of y, in its place.',
  operands: binaryOperands('numeric'),
  expand: (call, [x, y]) => {
    const rank = Math.max(x!.type.shape.length, y!.type.shape.length);
    const padded = ({ type }: Called): number[] => [...Array<number>(rank - type.shape.length).fill(1), ...type.shape];
    const [a, b] = [padded(x!), padded(y!)];
    const left = call('reshape', [x!], { shape: a.flatMap((n) => [n, 1]) });
    const right = call('reshape', [y!], { shape: b.flatMap((n) => [1, n]) });
    return call('reshape', [call('multiply', [left, right])], { shape: a.map((n, axis) => n * b[axis]!) });
  },
});

const tensordot = composite({
  name: 'tensordot',
  doc: 'Sums of products over axes of both: over the last ones of x and the first ones of y, or over those listed.',
  operands: binaryOperands('numeric'),
  attributes: {
    axes: { kind: 'int', fallback: 2, doc: 'how many axes, where they are not listed' },
    axesX: { kind: 'axes', fallback: null, doc: 'axes of x, in order' },
    axesY: { kind: 'axes', fallback: null, doc: 'the axes of y that go with them' },
  },
  deviation: 'listed axes are two attributes, axesX and axesY',
  expand: (call, [x, y], attrs) => {
    const [a, b] = [x!.type.shape, y!.type.shape];
    const { ofX, ofY } = summedAxes(a, b, attrs);
    const [rows, columns] = [othersOf(a, ofX), othersOf(b, ofY)];
    const lengths = (shape: Shape, axes: readonly number[]): number[] => axes.map((axis) => shape[axis]!);
    const k = sizeOf(lengths(a, ofX));
    const left = matrixOf(call, x!, [...rows, ...ofX], [sizeOf(lengths(a, rows)), k]);
    const right = matrixOf(call, y!, [...ofY, ...columns], [k, sizeOf(lengths(b, columns))]);
    return call('reshape', [call('matmul', [left, right])], { shape: [...lengths(a, rows), ...lengths(b, columns)] });
  },
});

const matrixOf = <C extends Called>(call: Calls<C>, x: C, axes: readonly number[], shape: Shape): C =>
  call('reshape', [axes.every((axis, i) => axis === i) ? x : call('permute_dims', [x], { axes })], { shape });

const othersOf = (shape: Shape, axes: readonly number[]): number[] =>
  shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));

function summedAxes(a: Shape, b: Shape, attrs: AttributeValues): { ofX: readonly number[]; ofY: readonly number[] } {
  const { ofX, ofY } = axesGiven(a, b, attrs);
  const differ = ofX.findIndex((axis, i) => a[axis] !== b[ofY[i]!]);
  if (ofX.length === ofY.length && differ < 0) return { ofX, ofY };
  throw new ShapeError(
    `tensordot: x has shape ${formatShape(a)}, y ${formatShape(b)}; axes ${ofX.join()} of x and ${ofY.join()} of y ` +
      'are not as many of the same lengths. Give { axes }, or { axesX, axesY } in order.',
    { x: a, y: b },
  );
}

function axesGiven(a: Shape, b: Shape, attrs: AttributeValues): { ofX: readonly number[]; ofY: readonly number[] } {
  const listed = (name: 'axesX' | 'axesY', rank: number): number[] => {
    const axes = attrs[name] as number | readonly number[];
    // Sorted for a check of each; the order is that of the list.
    return [axes].flat().map((axis) => normaliseAxes('tensordot', [axis], rank)[0]!);
  };
  if (attrs['axesX'] !== null && attrs['axesY'] !== null)
    return { ofX: listed('axesX', a.length), ofY: listed('axesY', b.length) };
  const count = numberAttribute(attrs, 'axes');
  if (attrs['axesX'] === null && attrs['axesY'] === null && count >= 0 && count <= Math.min(a.length, b.length))
    return { ofX: a.map((_, axis) => axis).slice(a.length - count), ofY: b.map((_, axis) => axis).slice(0, count) };
  throw new AttributeError(
    `tensordot: axes is ${count}; give 0 to ${Math.min(a.length, b.length)}, or axesX and axesY together.`,
    { axes: count, axesX: attrs['axesX'] ?? null, axesY: attrs['axesY'] ?? null },
  );
}

/** Composites of this family. */
export const PRODUCTS: readonly Composite[] = [cross, vecdot, kron, tensordot];
