// Windows that slide along the last axes: the elements under each, and their sum where they overlap.
import { overlapAdd } from '../../../../kernels/js/windows.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, type Shape, stridesOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { type AttributeValue, numbersAttribute } from '../attribute-values.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type OpRow,
  type TypedOperand,
  unaryOperands,
  type Window,
} from '../define.ts';
import { first, needRank } from '../infer.ts';

/** Extents of the windows along the last axes. */
export const WINDOW: AttributeSpec = {
  kind: 'ints',
  doc: 'extents of a window along the last axes',
  examples: [[1], [2], [3], [2, 2], [3, 1], [1, 2]],
};
/** What suites try where there may be a number for each of two axes. */
export const STEPS = [1, [1], [2], [1, 2]] as const;
const STRIDE: AttributeSpec = {
  kind: 'ints',
  fallback: 1,
  doc: 'distance of neighbouring windows, one or one an axis',
  examples: STEPS,
};
/** Distance of the elements under a window. */
export const DILATION: AttributeSpec = {
  kind: 'ints',
  fallback: 1,
  doc: 'distance of neighbouring elements in a window, one or one an axis',
  examples: STEPS,
};

/** A list with an integer for each of `count` axes, at least `least`; one stands for all. */
export function oneAnAxis(
  op: string,
  name: string,
  given: AttributeValue | undefined,
  count: number,
  least: number,
): readonly number[] {
  const list = (typeof given === 'number' ? [given] : given) as readonly (number | null)[];
  if ((list.length === 1 || list.length === count) && list.every((n) => n !== null && n >= least))
    return list.length === count ? (list as readonly number[]) : Array.from({ length: count }, () => list[0]!);
  throw new AttributeError(
    `${op}: ${name} is [${list.join(',')}] for ${count} axes; give one integer from ${least} on, or one an axis.`,
    { [name]: list, count },
  );
}

/** Extents of a window, each at least 1, for an operand that has as many axes. */
export function settledWindow(op: string, x: TensorType, attrs: AttributeValues): readonly number[] {
  const window = attrs['window'] as readonly (number | null)[];
  if (window.length > 0 && window.every((n) => n !== null && n >= 1)) {
    needRank(op, 'x', x, window.length);
    return window as readonly number[];
  }
  throw new AttributeError(`${op}: window is [${window.join(',')}]; give its extents, integers from 1 on.`, { window });
}

/** Elements from the first to the last one under a window. */
export const spanOf = (extent: number, dilation: number): number => (extent - 1) * dilation + 1;

/** How often windows fit along each of the last axes. */
function positionsOf(op: string, lengths: Shape, window: Shape, attrs: AttributeValues): number[] {
  const [stride, dilation] = [numbersAttribute(attrs, 'stride'), numbersAttribute(attrs, 'dilation')];
  return lengths.map((n, k) => {
    const span = spanOf(window[k]!, dilation[k]!);
    if (n >= span) return Math.floor((n - span) / stride[k]!) + 1;
    throw new ShapeError(
      `${op}: a window spans ${span} elements of an axis of length ${n}; use a smaller one, or pad the axis first.`,
      { lengths, window },
    );
  });
}

const settleSlides = (op: string, count: number, attrs: AttributeValues): AttributeValues => ({
  ...attrs,
  stride: oneAnAxis(op, 'stride', attrs['stride'] ?? 1, count, 1),
  dilation: oneAnAxis(op, 'dilation', attrs['dilation'] ?? 1, count, 1),
});

/** A view of every window at every position. */
function slidingView(x: TensorType, attrs: AttributeValues): Window {
  const window = numbersAttribute(attrs, 'window');
  const [stride, dilation] = [numbersAttribute(attrs, 'stride'), numbersAttribute(attrs, 'dilation')];
  const lead = x.shape.length - window.length;
  const strides = stridesOf(x.shape);
  const along = strides.slice(lead);
  return {
    shape: [
      ...x.shape.slice(0, lead),
      ...window,
      ...positionsOf('sliding_windows', x.shape.slice(lead), window, attrs),
    ],
    strides: [
      ...strides.slice(0, lead),
      ...along.map((step, k) => step * dilation[k]!),
      ...along.map((step, k) => step * stride[k]!),
    ],
    offset: 0,
  };
}

const slidingWindows = makeRow({
  name: 'sliding_windows',
  doc: 'The elements under a window at every position along the last axes: axes of the window, then of the positions.',
  operands: unaryOperands('any'),
  positional: ['window'],
  attributes: { window: WINDOW, stride: STRIDE, dilation: DILATION },
  settle: ([x], attrs) => {
    const window = settledWindow('sliding_windows', x as TensorType, attrs);
    return { ...settleSlides('sliding_windows', window.length, attrs), window };
  },
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: slidingView(first(operands), attrs).shape }),
  kernel: { skeleton: 'window', window: slidingView },
  flops: () => 0,
});

/** The parts of the operand's shape: axes beside, axes of the window, axes of the positions. */
function foldedParts({ shape }: TensorType, attrs: AttributeValues): readonly [lead: Shape, window: Shape, at: Shape] {
  const count = numbersAttribute(attrs, 'shape').length;
  const lead = shape.length - 2 * count;
  return [shape.slice(0, lead), shape.slice(lead, lead + count), shape.slice(lead + count)];
}

function foldedShape(x: TensorType, attrs: AttributeValues): Shape {
  const target = numbersAttribute(attrs, 'shape');
  needRank('fold_windows', 'x', x, 2 * target.length);
  const [lead, window, given] = foldedParts(x, attrs);
  const wanted = positionsOf('fold_windows', target, window, attrs);
  if (wanted.every((n, k) => n === given[k])) return [...lead, ...target];
  throw new ShapeError(
    `fold_windows: x is ${formatShape(x.shape)}, with positions ${formatShape(given)}; windows ` +
      `${formatShape(window)} on ${formatShape(target)} have positions ${formatShape(wanted)}. Give another shape ` +
      'or stride.',
    { x: x.shape, shape: target },
  );
}

const foldWindows = makeRow({
  name: 'fold_windows',
  doc: 'Windows added where they overlap, each at its position: the transpose of sliding_windows. Sums are float64.',
  operands: unaryOperands('float'),
  positional: ['shape'],
  attributes: {
    shape: { kind: 'shape', doc: 'lengths of the axes that the windows lie on', examples: [[3], [5], [7], [11], [12]] },
    stride: STRIDE,
    dilation: DILATION,
  },
  settle: (_operands, attrs) => {
    const { length } = numbersAttribute(attrs, 'shape');
    if (length > 0) return settleSlides('fold_windows', length, attrs);
    throw new AttributeError('fold_windows: shape is []; give the lengths of the axes that windows lie on.', {});
  },
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: foldedShape(first(operands), attrs) }),
  kernel: {
    skeleton: 'direct',
    run: ([x], out, attrs) => {
      const operand = x as TypedOperand;
      const [, window, positions] = foldedParts(operand.type, attrs);
      overlapAdd(
        operand.array as Float64Array,
        { window, positions, lengths: numbersAttribute(attrs, 'shape') },
        { stride: numbersAttribute(attrs, 'stride'), dilation: numbersAttribute(attrs, 'dilation') },
        out.array as Float64Array,
      );
    },
  },
  flops: ([x]) => (x as TensorType).size,
  bound: 4,
});

/** Rows of this family. */
export const SLIDING: readonly OpRow[] = [slidingWindows, foldWindows];
