// ONNX operators on windows that slide along axes after the channels: convolution, pooling, padding.
import type { Tensor } from '../surface.ts';
import { type OperatorContext, type OnnxOperator, Unmapped } from './context.ts';

/** Where windows lie, as the attributes of an operator say it. */
interface Windows {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** How far windows reach beyond axes; SAME has as many windows as strides fit, the odd element at one end. */
function windowsOf(on: OperatorContext, lengths: readonly number[], kernel: readonly number[]): Windows {
  const list = (name: string): readonly number[] => (on.has(name) ? on.numbers(name) : kernel.map(() => 1));
  const [stride, dilation] = [list('strides'), list('dilations')];
  const mode = on.text('auto_pad', 'NOTSET');
  const given = on.has('pads') && mode === 'NOTSET' ? on.numbers('pads') : [...kernel, ...kernel].map(() => 0);
  const rank = kernel.length;
  const shared = { window: kernel, stride, dilation };
  if (!mode.startsWith('SAME')) return { ...shared, before: given.slice(0, rank), after: given.slice(rank) };
  const reach = lengths.map((n, k) => {
    const span = (kernel[k]! - 1) * dilation[k]! + 1;
    return Math.max(0, (Math.ceil(n / stride[k]!) - 1) * stride[k]! + span - n);
  });
  const [less, more] = [reach.map((n) => Math.floor(n / 2)), reach.map((n) => Math.ceil(n / 2))];
  return mode === 'SAME_UPPER' ? { ...shared, before: less, after: more } : { ...shared, before: more, after: less };
}

const poolOf = (on: OperatorContext): Windows & { readonly ceil: boolean } => ({
  ...windowsOf(on, on.tensor(0).shape.slice(2), on.numbers('kernel_shape')),
  ceil: on.number('ceil_mode', 0) !== 0,
});

function conv(on: OperatorContext): Tensor {
  const [x, weight, bias] = [on.tensor(0), on.tensor(1), on.input(2)?.tensor];
  const { window: _, ...options } = windowsOf(on, x.shape.slice(2), weight.shape.slice(2));
  return x.conv(weight, bias, { ...options, groups: on.number('group', 1) });
}

function convTranspose(on: OperatorContext): Tensor {
  const [x, weight, bias] = [on.tensor(0), on.tensor(1), on.input(2)?.tensor];
  const kernel = weight.shape.slice(2);
  const { window: _, ...options } = windowsOf(on, [], kernel);
  const more = on.has('output_padding') ? on.numbers('output_padding') : kernel.map(() => 0);
  const mode = on.text('auto_pad', 'NOTSET');
  const { stride, dilation } = options;
  const wanted = on.has('output_shape')
    ? on.numbers('output_shape').slice(-kernel.length)
    : x.shape.slice(2).map((n, k) => n * stride[k]!);
  if (on.has('output_shape') || mode.startsWith('SAME')) {
    const total = wanted.map(
      (n, k) => (x.shape[k + 2]! - 1) * stride[k]! + (kernel[k]! - 1) * dilation[k]! + 1 + more[k]! - n,
    );
    const halves = total.map((n) => Math.floor(Math.max(0, n) / 2));
    const others = total.map((n, k) => Math.max(0, n) - halves[k]!);
    const [before, after] = mode === 'SAME_UPPER' ? [halves, others] : [others, halves];
    const short = total.map((n, k) => more[k]! + Math.max(0, -n));
    return x.convTranspose(weight, bias, {
      stride,
      dilation,
      before,
      after,
      more: short,
      groups: on.number('group', 1),
    });
  }
  return x.convTranspose(weight, bias, { ...options, more, groups: on.number('group', 1) });
}

/** Columns of windows, added where they lie. */
function col2im(on: OperatorContext): Tensor {
  const [x, lengths, window] = [on.tensor(0), on.input(1)!.numbers(), on.input(2)!.numbers()];
  const list = (name: string): readonly number[] => (on.has(name) ? on.numbers(name) : window.map(() => 1));
  const [stride, dilation] = [list('strides'), list('dilations')];
  const pads = on.has('pads') ? on.numbers('pads') : [...window, ...window].map(() => 0);
  const [before, after] = [pads.slice(0, window.length), pads.slice(window.length)];
  const shape = lengths.map((n, k) => n + before[k]! + after[k]!);
  const positions = shape.map((n, k) => Math.floor((n - (window[k]! - 1) * dilation[k]! - 1) / stride[k]!) + 1);
  const size = window.reduce((a, n) => a * n, 1);
  return x
    .reshape([x.shape[0]!, x.shape[1]! / size, ...window, ...positions])
    .foldWindows(shape, { stride, dilation })
    .pad(
      before.map((n) => -n),
      after.map((n) => -n),
    );
}

function averagePool(on: OperatorContext): Tensor {
  const { window, ...options } = poolOf(on);
  return on.tensor(0).averagePool(window, { ...options, includePadding: on.number('count_include_pad', 0) !== 0 });
}

/** Numbers of elements within their planes as numbers within the whole tensor, rows or columns first. */
function wholeIndices(on: OperatorContext, places: Tensor, lengths: readonly number[]): Tensor {
  const size = lengths.reduce((a, n) => a * n, 1);
  const [batch, channels] = on.tensor(0).shape as [number, number];
  const first = on.sheet
    .arange(batch * channels, { dtype: 'int64' })
    .multiply(size)
    .reshape([batch, channels, ...lengths.map(() => 1)]);
  let inPlane: Tensor = places.astype('int64');
  if (on.number('storage_order', 0) !== 0) {
    let [rest, turned, step] = [inPlane, inPlane.multiply(0) as Tensor, size];
    for (const n of lengths.toReversed()) {
      step /= n;
      turned = turned.add(rest.remainder(n).multiply(step));
      rest = rest.floorDivide(n);
    }
    inPlane = turned;
  }
  return inPlane.add(first);
}

function maxPool(on: OperatorContext): readonly Tensor[] {
  const x = on.tensor(0);
  const { window, ...options } = poolOf(on);
  return on.pickOutputs([
    x.maxPool(window, options),
    wholeIndices(on, x.argmaxPool(window, options), x.shape.slice(2)),
  ]);
}

function lpPool(on: OperatorContext): Tensor {
  const { window, ...options } = poolOf(on);
  const p = on.number('p', 2);
  const powers = p === 2 ? on.tensor(0).square() : on.tensor(0).abs().pow(p);
  const sums = powers.sumPool(window, options);
  return p === 2 ? sums.sqrt() : sums.pow(1 / p);
}

function globalLpPool(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const [p, options] = [on.number('p', 2), { axis: x.shape.map((_, axis) => axis).slice(2), keepdims: true }];
  return p === 2
    ? x.norm(options)
    : x
        .abs()
        .pow(p)
        .sum(options)
        .pow(1 / p);
}

const MODES = ['constant', 'edge', 'reflect', 'wrap'] as const;

/** Counts for all axes, or for those that are named. */
function pad(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const rank = x.shape.length;
  const counts = on.input(1)?.numbers() ?? on.numbers(on.has('pads') ? 'pads' : 'paddings');
  const axes =
    on
      .input(3)
      ?.numbers()
      .map((axis) => (axis + rank) % rank) ?? x.shape.map((_, axis) => axis);
  const side = (first: number): number[] =>
    x.shape.map((_, axis) => (axes.includes(axis) ? counts[first + axes.indexOf(axis)]! : 0));
  const mode = MODES.find((name) => name === on.text('mode', 'constant'));
  if (mode === undefined) throw new Unmapped('another mode of padding');
  const value = on.input(2)?.array[0] ?? on.number('value', 0);
  return x.pad(side(0), side(axes.length), { mode, value: mode === 'constant' ? value : 0 });
}

const PLACES = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'] as const;
const NEAREST: Readonly<Record<string, 'round_down' | 'round_up' | 'floor' | 'ceil'>> = {
  round_prefer_floor: 'round_down',
  round_prefer_ceil: 'round_up',
  floor: 'floor',
  ceil: 'ceil',
};

/** New lengths, or how much longer axes become: of all axes, or of those that are named. */
function resize(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const rank = x.shape.length;
  const place = PLACES.find((name) => name === on.text('coordinate_transformation_mode', 'half_pixel'));
  const isOther = ['antialias', 'exclude_outside'].some((name) => on.number(name, 0) !== 0);
  if (place === undefined || isOther || on.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new Unmapped('another way of resizing');
  const axes = on.has('axes') ? on.numbers('axes').map((axis) => (axis + rank) % rank) : x.shape.map((_, axis) => axis);
  const [scales, sizes] = [on.input(2)?.numbers() ?? [], on.input(3)?.numbers() ?? []];
  const given = scales.length > 0 ? scales : sizes.map((n, k) => n / x.shape[axes[k]!]!);
  const scale = x.shape.map((_, axis) => (axes.includes(axis) ? given[axes.indexOf(axis)]! : 1));
  const shape = x.shape.map((n, axis) =>
    scales.length === 0 && axes.includes(axis) ? sizes[axes.indexOf(axis)]! : Math.floor(n * scale[axis]!),
  );
  return x.resize(shape, {
    mode: on.text('mode', 'nearest') as 'linear',
    place,
    nearest: NEAREST[on.text('nearest_mode', 'round_prefer_floor')]!,
    cubic: on.number('cubic_coeff_a', -0.75),
    scale,
  });
}

const SAMPLED: Readonly<Record<string, 'linear' | 'nearest' | 'cubic'>> = {
  bilinear: 'linear',
  linear: 'linear',
  nearest: 'nearest',
  bicubic: 'cubic',
  cubic: 'cubic',
};

function gridSample(on: OperatorContext): Tensor {
  const [mode, padding] = [on.text('mode', 'linear'), on.text('padding_mode', 'zeros')];
  if (SAMPLED[mode] === undefined) throw new Unmapped('another way of sampling');
  const alignCorners = on.number('align_corners', 0) !== 0;
  return on.tensor(0).gridSample(on.tensor(1), { mode: SAMPLED[mode], padding: padding as 'zeros', alignCorners });
}

/** By ONNX operator. */
export const WINDOWED: Readonly<Record<string, OnnxOperator>> = {
  GridSample: gridSample,
  AveragePool: averagePool,
  MaxPool: maxPool,
  LpPool: lpPool,
  GlobalLpPool: globalLpPool,
  Pad: pad,
  Resize: resize,
  DepthToSpace: (on) =>
    on.tensor(0).depthToSpace(on.number('blocksize', 1), { channelsFirst: on.text('mode', 'DCR') === 'CRD' }),
  SpaceToDepth: (on) => on.tensor(0).spaceToDepth(on.number('blocksize', 1)),
  Conv: conv,
  ConvTranspose: convTranspose,
  Col2Im: col2im,
};
