// Elements added around a tensor: one value, or its own elements continued.
import { AttributeError, ShapeError } from '../../errors.ts';
import { allocate, type TypedArray } from '../../tensor/dtype.ts';
import { checkElement, elementOf } from '../../tensor/range.ts';
import { formatShape, type Shape, stridesOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { type AttributeValue, numbersAttribute, scalarAttribute, textAttribute } from '../attribute-values.ts';
import { type AttributeValues, makeRow, type OpRow, type RearrangingKernel, unaryOperands } from '../define.ts';
import { aroundAxis, first } from '../infer.ts';

const modulo = (value: number, length: number): number => ((value % length) + length) % length;

/** The element that stands at a place before, in or after an axis of length n ≥ 1. */
const CONTINUED: Readonly<Record<string, (place: number, n: number) => number>> = {
  edge: (place, n) => Math.max(0, Math.min(n - 1, place)),
  wrap: (place, n) => modulo(place, n),
  reflect: (place, n) => {
    const turn = Math.max(1, 2 * (n - 1));
    const at = modulo(place, turn);
    return at < n ? at : turn - at;
  },
  symmetric: (place, n) => {
    const at = modulo(place, 2 * n);
    return at < n ? at : 2 * n - 1 - at;
  },
};

/** A number for each axis, of a list for the last axes. */
function forLastAxes(name: string, given: AttributeValue | undefined, rank: number): readonly number[] {
  const list = given as readonly (number | null)[];
  if (list.length <= rank && list.every((n) => n !== null))
    return [...Array.from({ length: rank - list.length }, () => 0), ...(list as readonly number[])];
  throw new AttributeError(
    `pad: ${name} is [${list.join(',')}] for a tensor of rank ${rank}; give at most ${rank} integers, ` +
      'those of the last axes.',
    { [name]: list, rank },
  );
}

function settlePad([x]: readonly TensorType[], attrs: AttributeValues): AttributeValues {
  const { dtype, shape } = x as TensorType;
  const before = forLastAxes('before', attrs['before'], shape.length);
  const after = attrs['after'] === null ? before : forLastAxes('after', attrs['after'], shape.length);
  if (attrs['mode'] !== 'constant') return { ...attrs, before, after, value: 0 };
  checkElement('pad', dtype, scalarAttribute(attrs, 'value'), (wider) => `cast first: x.astype('${wider}')`);
  return { ...attrs, before, after };
}

function paddedShape({ shape }: TensorType, attrs: AttributeValues): Shape {
  const [before, after] = [numbersAttribute(attrs, 'before'), numbersAttribute(attrs, 'after')];
  return shape.map((n, axis) => {
    const length = n + before[axis]! + after[axis]!;
    if (length >= 0 && (n > 0 || length === 0 || attrs['mode'] === 'constant')) return length;
    throw new ShapeError(
      `pad: axis ${axis} of ${formatShape(shape)} with ${before[axis]} before and ${after[axis]} after, mode ` +
        `${String(attrs['mode'])}; ${length < 0 ? 'take fewer elements away' : 'an empty axis has none to continue'}.`,
      { shape, before, after },
    );
  });
}

/** The value everywhere, and what is kept of the operand in its place. */
const padWithValue: RearrangingKernel = ([x], out, attrs, on) => {
  if (x === undefined) return;
  const [before, after] = [numbersAttribute(attrs, 'before'), numbersAttribute(attrs, 'after')];
  out.array.fill(elementOf(out.type.dtype, scalarAttribute(attrs, 'value')) as never);
  const kept = x.type.shape.map((n, axis) => Math.max(0, n + Math.min(0, before[axis]!) + Math.min(0, after[axis]!)));
  const place = (array: TypedArray, shape: Shape, start: (axis: number) => number) => {
    const strides = stridesOf(shape);
    return { array, strides, offset: strides.reduce((sum, stride, axis) => sum + stride * start(axis), 0) };
  };
  on.copy(
    kept,
    place(x.array, x.type.shape, (axis) => Math.max(0, -before[axis]!)),
    place(out.array, out.type.shape, (axis) => Math.max(0, before[axis]!)),
  );
};

/** Axis by axis, each a gather of slices. */
const padContinued: RearrangingKernel = ([x], out, attrs, on) => {
  if (x === undefined) return;
  const [before, after] = [numbersAttribute(attrs, 'before'), numbersAttribute(attrs, 'after')];
  const continued = CONTINUED[textAttribute(attrs, 'mode')]!;
  const shape = [...x.type.shape];
  const axes = shape.flatMap((_, axis) => (before[axis] === 0 && after[axis] === 0 ? [] : [axis]));
  if (axes.length === 0 || out.type.size === 0) {
    out.array.set(x.array.subarray(0, out.type.size) as never);
    return;
  }
  let from = x.array;
  for (const axis of axes) {
    const around = aroundAxis(shape, axis);
    const places = Int32Array.from({ length: out.type.shape[axis]! }, (_, at) =>
      continued(at - before[axis]!, around.length),
    );
    shape[axis] = places.length;
    const size = around.outer * places.length * around.inner;
    const target = axis === axes.at(-1) ? out.array : allocate(out.type.dtype, size);
    on.gather({ ...around, places }, from, target);
    from = target;
  }
};

const pad = makeRow({
  name: 'pad',
  doc: 'Elements added before and after axes: a value, or those of the tensor continued. Negative counts take away.',
  operands: unaryOperands('any'),
  positional: ['before', 'after'],
  attributes: {
    before: { kind: 'ints', doc: 'how many before each of the last axes, the last one last' },
    after: { kind: 'ints', fallback: null, doc: 'how many after each of them; null = as many as before' },
    mode: {
      kind: 'choice',
      choices: ['constant', 'edge', 'reflect', 'symmetric', 'wrap'],
      fallback: 'constant',
      doc: 'a value, the outermost element, mirrored at it, mirrored beside it, or from the other end',
    },
    value: { kind: 'number', fallback: 0, doc: 'the value, where mode is constant' },
  },
  settle: settlePad,
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: paddedShape(first(operands), attrs) }),
  widens: false,
  kernel: {
    skeleton: 'rearrange',
    run: (operands, out, attrs, on) =>
      (attrs['mode'] === 'constant' ? padWithValue : padContinued)(operands, out, attrs, on),
  },
  flops: () => 0,
  deviation: 'counts are given by axis, before and after apart; they may be negative',
});

/** Rows of this family. */
export const PADDING: readonly OpRow[] = [pad];
