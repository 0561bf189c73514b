// Elements in other places: rolled around an axis, in tiles, picked along an axis by indices of the same rank.
import { AttributeError, ShapeError } from '../../errors.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import { broadcast, formatShape, normaliseAxes, type Shape, sizeOf, stridesOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import { type AttributeValues, makeRow, type OpRow, type RearrangingKernel, unaryOperands } from '../define.ts';
import { indexWithin } from './indexing.ts';
import { first, needRank, settledAxis } from '../infer.ts';

const noFlops = (): number => 0;

/** A shift for each axis of the operand; without axes it is rolled as one vector. */
function settleRoll([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const { shape, size } = x as TensorType;
  const shifts = numbersAttribute(attrs, 'shift');
  const flat = attrs['axis'] === null;
  const given = attrs['axis'] as number | readonly number[];
  const named = flat ? [0] : typeof given === 'number' ? [given] : given;
  const axes = flat ? named : named.map((axis) => normaliseAxes('roll', [axis], shape.length)[0]!);
  if (shifts.length !== 1 && shifts.length !== axes.length)
    throw new AttributeError(
      `roll: ${shifts.length} shifts for ${flat ? 'no axis' : `${axes.length} axes`}; give one, or one an axis.`,
      { shift: shifts, axis: attrs['axis'] ?? null },
    );
  const lengths = flat ? [size] : shape;
  const total = lengths.map(() => 0);
  axes.forEach((axis, i) => (total[axis]! += shifts.length === 1 ? shifts[0]! : shifts[i]!));
  const shift = total.map((by, axis) =>
    lengths[axis] === 0 ? 0 : ((by % lengths[axis]!) + lengths[axis]!) % lengths[axis]!,
  );
  return { shift, axis: flat ? null : shift.map((_, axis) => axis) };
}

/** Copies what stays in order: of each axis the part that moves up, and the part that comes round to its beginning. */
const rollAround: RearrangingKernel = ([x], out, attrs, on) => {
  if (x === undefined) return;
  const shape = attrs['axis'] === null ? [x.type.size] : x.type.shape;
  const shift = numbersAttribute(attrs, 'shift');
  const strides = stridesOf(shape);
  for (let round = 0; round < 2 ** shape.length; round++) {
    const comesRound = shape.map((_, axis) => ((round >> axis) & 1) === 1);
    const lengths = shape.map((n, axis) => (comesRound[axis] ? shift[axis]! : n - shift[axis]!));
    const start = (at: (axis: number) => number): number =>
      strides.reduce((sum, stride, axis) => sum + stride * at(axis), 0);
    on.copy(
      lengths,
      { array: x.array, strides, offset: start((axis) => (comesRound[axis] ? shape[axis]! - shift[axis]! : 0)) },
      { array: out.array, strides, offset: start((axis) => (comesRound[axis] ? 0 : shift[axis]!)) },
    );
  }
};

const roll = makeRow({
  name: 'roll',
  doc: 'Elements moved along axes; those that leave at the end come in at the beginning.',
  operands: unaryOperands('any'),
  positional: ['shift'],
  attributes: {
    shift: { kind: 'ints', doc: 'places to move by, one or one an axis' },
    axis: { kind: 'axes', fallback: null, doc: 'axes to move along; null = the tensor as one vector' },
  },
  settle: settleRoll,
  infer: (operands) => first(operands),
  widens: false,
  kernel: { skeleton: 'rearrange', run: rollAround },
  flops: noFlops,
});

/** The operand's shape and the repetitions, each with leading ones to the rank of the longer. */
function tilesOf({ shape }: TensorType, attrs: AttributeValues): { lengths: Shape; repeats: readonly number[] } {
  const given = numbersAttribute(attrs, 'repetitions');
  const rank = Math.max(shape.length, given.length);
  const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
  return {
    lengths: [...ones(rank - shape.length), ...shape],
    repeats: [...ones(rank - given.length), ...given],
  };
}

const layTiles: RearrangingKernel = ([x], out, attrs, on) => {
  if (x === undefined) return;
  const { lengths, repeats } = tilesOf(x.type, attrs);
  const [from, to] = [stridesOf(lengths), stridesOf(out.type.shape)];
  on.copy(
    lengths.flatMap((length, axis) => [repeats[axis]!, length]),
    { array: x.array, strides: from.flatMap((stride) => [0, stride]), offset: 0 },
    { array: out.array, strides: to.flatMap((stride, axis) => [stride * lengths[axis]!, stride]), offset: 0 },
  );
};

const tile = makeRow({
  name: 'tile',
  doc: 'The tensor several times along each axis, one beside the other.',
  operands: unaryOperands('any'),
  positional: ['repetitions'],
  attributes: { repetitions: { kind: 'ints', doc: 'how often along each axis, the last one last' } },
  settle: (_operands, attrs) => {
    const given = attrs['repetitions'] as readonly (number | null)[];
    if (given.every((n) => n !== null && n >= 0)) return attrs;
    throw new AttributeError(`tile: repetitions are ${formatShape(given as number[])}; give integers from 0 on.`, {
      repetitions: given,
    });
  },
  infer: ([x], attrs) => {
    const { lengths, repeats } = tilesOf(x as TensorType, attrs);
    return { dtype: (x as TensorType).dtype, shape: lengths.map((length, axis) => length * repeats[axis]!) };
  },
  widens: false,
  kernel: { skeleton: 'rearrange', run: layTiles },
  flops: noFlops,
});

/** The shape that operand and indices stretch to beside the axis. */
function besideAxis(x: Shape, indices: Shape, axis: number): Shape {
  if (x.length !== indices.length)
    throw new ShapeError(
      `take_along_axis: x is ${formatShape(x)}, indices are ${formatShape(indices)}; both need one rank. ` +
        'Use take for indices of another.',
      { x, indices },
    );
  const without = (shape: Shape): Shape => shape.map((n, k) => (k === axis ? 1 : n));
  return broadcast('take_along_axis', [without(x), without(indices)], ['x', 'indices']);
}

/** Strides of a shape stretched to another: 0 where an axis of length 1 stretches. */
const stretchedStrides = (shape: Shape, to: Shape): number[] =>
  stridesOf(shape).map((stride, axis) => (shape[axis] === 1 && to[axis] !== 1 ? 0 : stride));

const takeAlongAxis = makeRow({
  name: 'take_along_axis',
  doc: 'Elements at indices of an axis, one for each place beside it; as those that argsort and argmax give.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'indices', kind: 'index' },
  ],
  attributes: { axis: { kind: 'int', fallback: -1, doc: 'axis the indices are of' } },
  settle: ([x], attrs) => {
    needRank('take_along_axis', 'x', x as TensorType, 1);
    return { axis: settledAxis('take_along_axis', attrs, (x as TensorType).shape.length) };
  },
  infer: ([x, indices], attrs) => {
    const { dtype, shape } = x as TensorType;
    const axis = numberAttribute(attrs, 'axis');
    const beside = besideAxis(shape, (indices as TensorType).shape, axis);
    return { dtype, shape: beside.map((n, k) => (k === axis ? (indices as TensorType).shape[axis]! : n)) };
  },
  widens: false,
  kernel: {
    skeleton: 'direct',
    run: ([x, indices], out, attrs) => {
      if (x === undefined || indices === undefined) return;
      const axis = numberAttribute(attrs, 'axis');
      const { shape } = out.type;
      const along = stridesOf(x.type.shape)[axis]!;
      const from = stretchedStrides(x.type.shape, shape).map((stride, k) => (k === axis ? 0 : stride));
      const places = stretchedStrides(indices.type.shape, shape);
      const length = x.type.shape[axis]!;
      pickElements(
        shape,
        { array: x.array, strides: from },
        { array: indices.array, strides: places },
        (place, at) => along * indexWithin('take_along_axis', Number(place), length, at),
      )(out.array);
    },
  },
  flops: noFlops,
  deviation: 'negative indices count from the end; others outside are refused',
});

interface Strided {
  readonly array: TypedArray;
  readonly strides: readonly number[];
}

/** Fills an array with the elements of `from`, moved by what the index at the same place says. */
function pickElements(
  shape: Shape,
  from: Strided,
  indices: Strided,
  offsetOf: (index: number | bigint, at: number) => number,
): (out: TypedArray) => void {
  return (out) => {
    const place = shape.map(() => 0);
    let [base, at] = [0, 0];
    for (let i = 0, size = sizeOf(shape); i < size; i++) {
      out[i] = from.array[base + offsetOf(indices.array[at]!, at)] as never;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        base += from.strides[axis]!;
        at += indices.strides[axis]!;
        if (++place[axis]! < shape[axis]!) break;
        base -= from.strides[axis]! * shape[axis]!;
        at -= indices.strides[axis]! * shape[axis]!;
        place[axis] = 0;
      }
    }
  };
}

/** Rows of this family. */
export const REARRANGING: readonly OpRow[] = [roll, tile, takeAlongAxis];
