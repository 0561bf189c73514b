// Convolutions: the elements under sliding windows times the weights, as one product; and their transpose.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';
import { oneAnAxis, spanOf } from '../movement/sliding.ts';

/** Elements under windows that are laid out at a time; batches that need more are done in parts. */
const MOST_COLUMNS = 2 ** 25;

const SPECS: Readonly<Record<string, AttributeSpec>> = {
  stride: { kind: 'ints', fallback: 1, doc: 'distance of neighbouring windows, one or one an axis' },
  before: { kind: 'ints', fallback: 0, doc: 'zeros before each axis, one number or one an axis' },
  after: { kind: 'ints', fallback: null, doc: 'zeros after each axis; null = as many as before' },
  dilation: { kind: 'ints', fallback: 1, doc: 'distance of neighbouring elements in a window, one or one an axis' },
  groups: { kind: 'int', fallback: 1, doc: 'groups of channels that are convolved apart' },
};

const SAME: AttributeSpec = {
  kind: 'choice',
  choices: ['none', 'upper', 'lower'],
  fallback: 'none',
  doc: 'zeros for as many windows as strides fit into an axis, an odd one after it (upper) or before it (lower)',
};

/** A convolution as its attributes and the shapes say it. */
interface Slides {
  readonly window: Shape;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly groups: number;
}

function slidesOf(op: string, lengths: Shape, window: Shape, attrs: AttributeValues): Slides {
  const list = (name: string, least: number): readonly number[] =>
    oneAnAxis(op, name, attrs[name], window.length, least);
  const [stride, dilation, before] = [list('stride', 1), list('dilation', 1), list('before', 0)];
  const shared = { window, stride, dilation, groups: numberAttribute(attrs, 'groups') };
  if (attrs['same'] === undefined || attrs['same'] === 'none')
    return { ...shared, before, after: attrs['after'] === null ? before : list('after', 0) };
  const zeros = lengths.map((n, k) =>
    Math.max(0, (Math.ceil(n / stride[k]!) - 1) * stride[k]! + spanOf(window[k]!, dilation[k]!) - n),
  );
  const [less, more] = [zeros.map((n) => Math.floor(n / 2)), zeros.map((n) => Math.ceil(n / 2))];
  return attrs['same'] === 'upper'
    ? { ...shared, before: less, after: more }
    : { ...shared, before: more, after: less };
}

/** Refuses operands that are not [batch, channels, …axes], and weights that do not go with their channels. */
function checkOperands(
  op: string,
  x: Shape,
  weight: Shape,
  groups: number,
  channelsOf: (weight: Shape) => number,
): void {
  const isLaid = x.length === weight.length && x.length > 2;
  if (isLaid && groups >= 1 && weight[0]! % groups === 0 && x[1] === channelsOf(weight)) return;
  throw new ShapeError(
    `${op}: x is ${formatShape(x)}, weight is ${formatShape(weight)}, groups is ${groups}; give x as ` +
      '[batch, channels, …axes] and weight as ' +
      `${op === 'conv' ? '[out, channels / groups, …window]' : '[channels, out / groups, …window]'}.`,
    { x, weight, groups },
  );
}

const withBias = <C extends Called>(call: Calls<C>, y: C, bias: C | undefined): C =>
  bias === undefined
    ? y
    : call('add', [y, call('reshape', [bias], { shape: [-1, ...y.type.shape.slice(2).map(() => 1)] })]);

const part = <C extends Called>(call: Calls<C>, x: C, start: number, stop: number): C =>
  call('slice', [x], { start: [start], stop: [stop] });

/** What lies under the windows: [batch, channels, …window, …positions]; x itself where each window is one element. */
function columnsOf<C extends Called>(call: Calls<C>, x: C, { window, stride, dilation, before, after }: Slides): C {
  const padded = [...before, ...after].some((n) => n > 0) ? call('pad', [x], { before, after }) : x;
  return window.every((n) => n === 1) && stride.every((n) => n === 1)
    ? call('reshape', [padded], { shape: [...padded.type.shape.slice(0, 2), ...window, ...padded.type.shape.slice(2)] })
    : call('sliding_windows', [padded], { window, stride, dilation });
}

function convolved<C extends Called>(call: Calls<C>, x: C, weight: C, slides: Slides): C {
  const { window, groups } = slides;
  const columns = columnsOf(call, x, slides);
  const [batch, channels] = x.type.shape as [number, number];
  const positions = columns.type.shape.slice(2 + window.length);
  const out = weight.type.shape[0]!;
  const inner = (channels / groups) * sizeOf(window);
  const grouped = groups === 1 ? [] : [groups];
  const product = call('matmul', [
    call('reshape', [weight], { shape: [...grouped, out / groups, inner] }),
    call('reshape', [columns], { shape: [batch, ...grouped, inner, sizeOf(positions)] }),
  ]);
  return call('reshape', [product], { shape: [batch, out, ...positions] });
}

/** Batches by as many as have few enough elements under windows. */
function inParts<C extends Called>(call: Calls<C>, x: C, slides: Slides, convolve: (x: C) => C): C {
  const batch = x.type.shape[0]!;
  const each = (x.type.size * sizeOf(slides.window)) / Math.max(1, sizeOf(slides.stride) * batch);
  const size = Math.max(1, Math.floor(MOST_COLUMNS / Math.max(1, each)));
  if (batch <= size) return convolve(x);
  const parts = Array.from({ length: Math.ceil(batch / size) }, (_, i) =>
    convolve(part(call, x, i * size, Math.min(batch, (i + 1) * size))),
  );
  return call('concat', parts, { axis: 0 });
}

const conv = composite({
  name: 'conv',
  doc: 'Convolution of any number of axes (cross-correlation): weights times the elements under windows, and a bias.',
  operands: [
    { name: 'x', kind: 'numeric' },
    { name: 'weight', kind: 'numeric' },
    { name: 'bias', kind: 'numeric' },
  ],
  optional: 1,
  attributes: { ...SPECS, same: SAME },
  expand: (call, [x, weight, bias], attrs) => {
    const [shape, weights] = [x!.type.shape, weight!.type.shape];
    const groups = numberAttribute(attrs, 'groups');
    checkOperands('conv', shape, weights, groups, (of) => of[1]! * groups);
    const slides = slidesOf('conv', shape.slice(2), weights.slice(2), attrs);
    return withBias(
      call,
      inParts(call, x!, slides, (some) => convolved(call, some, weight!, slides)),
      bias,
    );
  },
});

const convTranspose = composite({
  name: 'conv_transpose',
  doc: 'Transpose of a convolution: each element adds the weights times itself where its window lies; and a bias.',
  operands: [
    { name: 'x', kind: 'float' },
    { name: 'weight', kind: 'float' },
    { name: 'bias', kind: 'float' },
  ],
  optional: 1,
  attributes: {
    ...SPECS,
    before: { kind: 'ints', fallback: 0, doc: 'elements taken away before each axis, one number or one an axis' },
    after: { kind: 'ints', fallback: null, doc: 'elements taken away after each axis; null = as many as before' },
    more: { kind: 'ints', fallback: 0, doc: 'zeros added after each axis, one number or one an axis' },
  },
  expand: (call, [x, weight, bias], attrs) => {
    const [shape, weights] = [x!.type.shape, weight!.type.shape];
    const groups = numberAttribute(attrs, 'groups');
    checkOperands('conv_transpose', shape, weights, groups, (of) => of[0]!);
    const slides = slidesOf('conv_transpose', shape.slice(2), weights.slice(2), attrs);
    const more = oneAnAxis('conv_transpose', 'more', attrs['more'], slides.window.length, 0);
    const folded = spread(call, x!, weight!, slides);
    const [before, after] = [slides.before.map((n) => -n), slides.after.map((n, k) => more[k]! - n)];
    const lengths = folded.type.shape.slice(2).map((n, k) => n + before[k]! + after[k]!);
    if (lengths.some((n) => n < 0))
      throw new AttributeError(`conv_transpose: taking away leaves axes of ${formatShape(lengths)}; take less away.`, {
        lengths,
      });
    return withBias(
      call,
      [...before, ...after].every((n) => n === 0) ? folded : call('pad', [folded], { before, after }),
      bias,
    );
  },
});

/** Products of every element with its weights, added where windows overlap. */
function spread<C extends Called>(call: Calls<C>, x: C, weight: C, { window, stride, dilation, groups }: Slides): C {
  const [[batch, channels, ...lengths], [, each]] = [x.type.shape, weight.type.shape] as [number[], number[]];
  const grouped = groups === 1 ? [] : [groups];
  const product = call(
    'matmul',
    [
      call('reshape', [weight], { shape: [...grouped, channels! / groups, each! * sizeOf(window)] }),
      call('reshape', [x], { shape: [batch!, ...grouped, channels! / groups, sizeOf(lengths)] }),
    ],
    { transposeA: true },
  );
  return call(
    'fold_windows',
    [call('reshape', [product], { shape: [batch!, each! * groups, ...window, ...lengths] })],
    { shape: lengths.map((n, k) => (n - 1) * stride[k]! + spanOf(window[k]!, dilation[k]!)), stride, dilation },
  );
}

/** Composites of this family. */
export const CONVOLUTION: readonly Composite[] = [conv, convTranspose];
