// Movement: ops that only say where elements go. A strided window or an alias of the same bytes.
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import {
  broadcast,
  formatShape,
  normaliseAxes,
  normaliseAxis,
  sameShape,
  type Shape,
  sizeOf,
  stridesOf,
} from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { AttributeValue } from '../attribute-values.ts';
import { type AttributeValues, makeRow, type OpRow, unaryOperands, type Window } from '../define.ts';
import { first } from '../infer.ts';

const noFlops = (): number => 0;

interface Draft {
  readonly name: string;
  readonly doc: string;
  readonly attributes: OpRow['attributes'];
  readonly positional?: readonly string[];
  readonly settle?: (operands: readonly TensorType[], attrs: AttributeValues) => AttributeValues;
  readonly unsettle?: (attrs: AttributeValues) => AttributeValues;
  readonly laws?: OpRow['laws'];
  readonly deviation?: string;
}

/** An op that is a strided window on its operand. */
function windowed(draft: Draft, window: (operand: TensorType, attrs: AttributeValues) => Window): OpRow {
  return makeRow({
    operands: unaryOperands('any'),
    flops: noFlops,
    ...draft,
    infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: window(first(operands), attrs).shape }),
    kernel: { skeleton: 'window', window },
  });
}

/** An op that gives the same bytes another shape. */
function aliased(draft: Draft, shape: (operand: TensorType, attrs: AttributeValues) => Shape): OpRow {
  return makeRow({
    operands: unaryOperands('any'),
    flops: noFlops,
    ...draft,
    infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: shape(first(operands), attrs) }),
    kernel: { skeleton: 'alias' },
  });
}

/** A shape with at most one −1, resolved against the number of elements. */
function resolveShape(operand: TensorType, wanted: readonly number[]): number[] {
  const known = wanted.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const open = wanted.filter((n) => n === -1).length;
  const resolved = open === 1 && known > 0 ? wanted.map((n) => (n === -1 ? operand.size / known : n)) : [...wanted];
  if (open > 1 || sizeOf(resolved) !== operand.size || !resolved.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `reshape: x has shape ${formatShape(operand.shape)} with ${operand.size} elements, which cannot become ` +
        `${formatShape(wanted)}; give a shape whose product is ${operand.size}, with at most one −1.`,
      { shape: operand.shape, wanted },
    );
  }
  return resolved;
}

function permuted(operand: TensorType, axes: readonly number[]): Window {
  const strides = stridesOf(operand.shape);
  return {
    shape: axes.map((axis) => operand.shape[axis]!),
    strides: axes.map((axis) => strides[axis]!),
    offset: 0,
  };
}

function settlePermutation([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const rank = (x as TensorType).shape.length;
  const given = attrs['axes'] as number | number[] | null;
  const axes = typeof given === 'number' ? [given] : (given ?? Array.from({ length: rank }, (_, i) => rank - 1 - i));
  const settled = axes.map((axis) => normaliseAxis('permute_dims', axis, rank));
  if (settled.length === rank && new Set(settled).size === rank) return { axes: settled };
  throw new AttributeError(
    `permute_dims: axes ${formatShape(axes)} are not a permutation of 0 to ${rank - 1}; name every axis once.`,
    { axes, rank },
  );
}

function settleMove([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const rank = (x as TensorType).shape.length;
  return {
    source: normaliseAxis('moveaxis', numberAttribute(attrs, 'source'), rank),
    destination: normaliseAxis('moveaxis', numberAttribute(attrs, 'destination'), rank),
  };
}

function moved(operand: TensorType, attrs: AttributeValues): Window {
  const axes = operand.shape.map((_, axis) => axis).filter((axis) => axis !== attrs['source']);
  axes.splice(numberAttribute(attrs, 'destination'), 0, numberAttribute(attrs, 'source'));
  return permuted(operand, axes);
}

/** Start, stop and step of every axis, filled in and limited as Python slices are. */
function settleSlice([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const { shape } = x as TensorType;
  const read = (name: string, axis: number): number | null => (attrs[name] as (number | null)[] | null)?.[axis] ?? null;
  const given = Math.max(...['start', 'stop', 'step'].map((name) => (attrs[name] as unknown[] | null)?.length ?? 0));
  if (given > shape.length) {
    throw new AttributeError(
      `slice: ${given} axes are given for a tensor of shape ${formatShape(shape)}; give at most ${shape.length}.`,
      { given, shape },
    );
  }
  const start: number[] = [],
    stop: number[] = [],
    step: number[] = [];
  shape.forEach((length, axis) => {
    const by = read('step', axis) ?? 1;
    if (by === 0) throw new AttributeError(`slice: step 0 at axis ${axis}; use a positive or negative step.`, { axis });
    const limit = (value: number): number =>
      Math.max(by < 0 ? -1 : 0, Math.min(by < 0 ? length - 1 : length, value < 0 ? value + length : value));
    const from = read('start', axis),
      to = read('stop', axis);
    start.push(from === null ? (by < 0 ? length - 1 : 0) : limit(from));
    stop.push(to === null ? (by < 0 ? -1 : length) : limit(to));
    step.push(by);
  });
  return { start, stop, step };
}

/** A bound before the first element is −1 once it is settled, which a call would count from the end. */
function unsettleSlice(attrs: AttributeValues): AttributeValues {
  const before = (name: string): AttributeValue => {
    const values = attrs[name];
    return Array.isArray(values)
      ? values.map((value) => (value === -1 ? -Number.MAX_SAFE_INTEGER : value))
      : (values ?? null);
  };
  return { ...attrs, start: before('start'), stop: before('stop') };
}

function sliced(operand: TensorType, attrs: AttributeValues): Window {
  const strides = stridesOf(operand.shape);
  const [start, stop, step] = [
    numbersAttribute(attrs, 'start'),
    numbersAttribute(attrs, 'stop'),
    numbersAttribute(attrs, 'step'),
  ];
  const length = (axis: number): number => Math.max(0, Math.ceil((stop[axis]! - start[axis]!) / step[axis]!));
  return {
    shape: operand.shape.map((_, axis) => length(axis)),
    strides: strides.map((stride, axis) => stride * step[axis]!),
    offset: strides.reduce((sum, stride, axis) => sum + (length(axis) > 0 ? stride * start[axis]! : 0), 0),
  };
}

function flipped(operand: TensorType, attrs: AttributeValues): Window {
  const strides = stridesOf(operand.shape);
  const axes = numbersAttribute(attrs, 'axis');
  return {
    shape: operand.shape,
    strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    offset: axes.reduce((sum, axis) => sum + strides[axis]! * Math.max(0, operand.shape[axis]! - 1), 0),
  };
}

function broadcasted(operand: TensorType, attrs: AttributeValues): Window {
  const wanted = numbersAttribute(attrs, 'shape');
  if (!sameShape(broadcast('broadcast_to', [operand.shape, wanted], ['x', 'shape']), wanted)) {
    throw new ShapeError(
      `broadcast_to: x has shape ${formatShape(operand.shape)}, which does not stretch to ` +
        `${formatShape(wanted)}; only axes of length 1 stretch.`,
      { shape: operand.shape, wanted },
    );
  }
  const lead = wanted.length - operand.shape.length;
  const strides = stridesOf(operand.shape);
  return {
    shape: wanted,
    strides: wanted.map((_, i) => (i < lead || operand.shape[i - lead] === 1 ? 0 : strides[i - lead]!)),
    offset: 0,
  };
}

function expanded(operand: TensorType, attrs: AttributeValues): Shape {
  const axis = normaliseAxis('expand_dims', numberAttribute(attrs, 'axis'), operand.shape.length + 1);
  return [...operand.shape.slice(0, axis), 1, ...operand.shape.slice(axis)];
}

function settleSqueeze([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const { shape } = x as TensorType;
  const axes =
    attrs['axis'] === null
      ? shape.flatMap((n, axis) => (n === 1 ? [axis] : []))
      : normaliseAxes('squeeze', numbersAttribute(attrs, 'axis'), shape.length);
  const wide = axes.find((axis) => shape[axis] !== 1);
  if (wide === undefined) return { axis: axes };
  throw new ShapeError(
    `squeeze: axis ${wide} of ${formatShape(shape)} has length ${shape[wide]}, not 1; name axes of length 1 or ` +
      'reduce it first.',
    { shape, axis: wide },
  );
}

/** The row of `permute_dims`, for rules that look through it. */
export const PERMUTE = windowed(
  {
    name: 'permute_dims',
    doc: 'Axes in another order; null reverses them (transpose).',
    settle: settlePermutation,
    positional: ['axes'],
    attributes: { axes: { kind: 'axes', fallback: null, doc: 'the new order of axes; null = reversed' } },
  },
  (x, attrs) => permuted(x, numbersAttribute(attrs, 'axes')),
);

/** The row of `slice`; `split` is written in terms of it. */
export const SLICE = windowed(
  {
    name: 'slice',
    doc: 'Part of every axis: start, stop and step as in Python; missing axes are whole.',
    settle: settleSlice,
    unsettle: unsettleSlice,
    positional: ['start', 'stop', 'step'],
    attributes: {
      start: { kind: 'ints', fallback: null, doc: 'first index by axis; null = from the beginning' },
      stop: { kind: 'ints', fallback: null, doc: 'index after the last by axis; null = to the end' },
      step: { kind: 'ints', fallback: null, doc: 'step by axis; null = 1' },
    },
    deviation: 'the standard writes x[a:b:c]',
  },
  sliced,
);

/** The row of `reshape`. */
export const RESHAPE = aliased(
  {
    name: 'reshape',
    doc: 'The same elements in another shape; one −1 is worked out.',
    positional: ['shape'],
    attributes: { shape: { kind: 'ints', doc: 'the new shape' } },
    settle: ([x], attrs) => ({ shape: resolveShape(x as TensorType, numbersAttribute(attrs, 'shape')) }),
  },
  (_x, attrs) => numbersAttribute(attrs, 'shape'),
);

/** Rows of this family. */
export const MOVEMENT: readonly OpRow[] = [
  PERMUTE,
  SLICE,
  RESHAPE,
  windowed(
    {
      name: 'moveaxis',
      doc: 'One axis moved to another place.',
      settle: settleMove,
      positional: ['source', 'destination'],
      attributes: { source: { kind: 'int', doc: 'axis to move' }, destination: { kind: 'int', doc: 'its new place' } },
    },
    moved,
  ),
  windowed(
    {
      name: 'flip',
      doc: 'Elements in reverse order along axes.',
      laws: ['involution'],
      attributes: { axis: { kind: 'axes', fallback: null, doc: 'axes to reverse; null = all' } },
      settle: ([x], attrs) => ({
        axis: normaliseAxes('flip', (attrs['axis'] as number[] | null) ?? undefined, (x as TensorType).shape.length),
      }),
    },
    flipped,
  ),
  windowed(
    {
      name: 'broadcast_to',
      doc: 'Axes of length 1 repeated to a larger shape.',
      positional: ['shape'],
      attributes: { shape: { kind: 'shape', doc: 'the larger shape' } },
    },
    broadcasted,
  ),
  aliased(
    {
      name: 'expand_dims',
      doc: 'A new axis of length 1.',
      positional: ['axis'],
      attributes: { axis: { kind: 'int', fallback: 0, doc: 'its place' } },
    },
    expanded,
  ),
  aliased(
    {
      name: 'squeeze',
      doc: 'Axes of length 1 removed.',
      positional: ['axis'],
      settle: settleSqueeze,
      attributes: { axis: { kind: 'axes', fallback: null, doc: 'axes to remove; null = all of length 1' } },
    },
    (x, attrs) => x.shape.filter((_, axis) => !numbersAttribute(attrs, 'axis').includes(axis)),
  ),
  windowed(
    {
      name: 'diagonal',
      doc: 'Diagonal of the last two axes.',
      attributes: { offset: { kind: 'int', fallback: 0, doc: 'above (positive) or below the main diagonal' } },
    },
    diagonalWindow,
  ),
];

function diagonalWindow(operand: TensorType, attrs: AttributeValues): Window {
  const { shape } = operand;
  if (shape.length < 2)
    throw new ShapeError(`diagonal: x has shape ${formatShape(shape)}; it needs rank 2 or more. Use reshape first.`, {
      shape,
    });
  const strides = stridesOf(shape);
  const offset = numberAttribute(attrs, 'offset');
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const length = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
  const [down, right] = [strides.at(-2)!, strides.at(-1)!];
  return {
    shape: [...shape.slice(0, -2), length],
    strides: [...strides.slice(0, -2), down + right],
    offset: length === 0 ? 0 : offset >= 0 ? offset * right : -offset * down,
  };
}
