// Images of other sizes: resized, and channels moved into space and back.
import { type AxisTaps, interpolateAxes } from '../../../../kernels/js/interpolate.ts';
import { ShapeError } from '../../errors.ts';
import { formatShape, type Shape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute, numbersAttribute, textAttribute } from '../attribute-values.ts';
import { composite, type Composite } from '../composite.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type OpRow,
  type TypedOperand,
  unaryOperands,
} from '../define.ts';
import { first } from '../infer.ts';

/** Weights of the four elements around a place, a share of the way after the second one (Keys, with factor a). */
function cubicWeights(t: number, a: number): number[] {
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** Where an output lies among the elements of an axis. */
const PLACES: Readonly<Record<string, (at: number, scale: number, n: number, outputs: number) => number>> = {
  half_pixel: (at, scale) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, scale, _n, outputs) => (outputs > 1 ? (at + 0.5) / scale - 0.5 : 0),
  align_corners: (at, _scale, n, outputs) => (outputs === 1 ? 0 : (at * (n - 1)) / (outputs - 1)),
  asymmetric: (at, scale) => at / scale,
};

const NEAREST: Readonly<Record<string, (place: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_down: (place) => Math.ceil(place - 0.5),
  round_up: (place) => Math.floor(place + 0.5),
};

/** The taps of an axis; those outside are the outermost element. */
function tapsOf(n: number, outputs: number, scale: number, attrs: AttributeValues): AxisTaps {
  const mode = textAttribute(attrs, 'mode');
  const taps = mode === 'nearest' ? 1 : mode === 'linear' ? 2 : 4;
  const [places, weights] = [new Int32Array(outputs * taps), new Float64Array(outputs * taps)];
  const limited = (place: number): number => Math.max(0, Math.min(n - 1, place));
  for (let at = 0; at < outputs; at++) {
    const place = PLACES[textAttribute(attrs, 'place')]!(at, scale, n, outputs);
    const low = Math.floor(place);
    const around =
      taps === 1
        ? { from: NEAREST[textAttribute(attrs, 'nearest')]!(place), shares: [1] }
        : taps === 2
          ? { from: low, shares: [1 - (place - low), place - low] }
          : { from: low - 1, shares: cubicWeights(place - low, numberAttribute(attrs, 'cubic')) };
    around.shares.forEach((share, k) => {
      places[at * taps + k] = limited(around.from + k);
      weights[at * taps + k] = share;
    });
  }
  return { taps, places, weights };
}

/** The scale that is given for an axis counted from the end. */
function scaleOf(attrs: AttributeValues, fromEnd: number): number | undefined {
  const given = attrs['scale'] as AttributeValues[string] as readonly number[] | number | null;
  return given === null ? undefined : typeof given === 'number' ? given : given.at(fromEnd);
}

function resizedShape({ shape }: TensorType, attrs: AttributeValues): Shape {
  const target = numbersAttribute(attrs, 'shape');
  const lead = shape.length - target.length;
  if (lead >= 0 && target.every((n, k) => n === shape[lead + k] || (n > 0 && shape[lead + k]! > 0)))
    return [...shape.slice(0, lead), ...target];
  throw new ShapeError(
    `resize: x is ${formatShape(shape)}, shape is ${formatShape(target)}; give new lengths of its ` +
      'last axes, from 1 on.',
    { x: shape, shape: target },
  );
}

const resize = makeRow({
  name: 'resize',
  doc: 'Last axes of other lengths, their elements interpolated; sums are float64.',
  operands: unaryOperands('float'),
  positional: ['shape'],
  attributes: {
    shape: { kind: 'shape', doc: 'new lengths of the last axes', examples: [[1], [4], [7], [2, 6], [5, 3]] },
    mode: {
      kind: 'choice',
      choices: ['linear', 'nearest', 'cubic'],
      fallback: 'linear',
      doc: 'a line between two elements, the nearest one, or a cubic of four',
    },
    place: {
      kind: 'choice',
      choices: Object.keys(PLACES),
      fallback: 'half_pixel',
      doc: 'where outputs lie among elements: centres match, or first elements, or first and last ones',
    },
    nearest: {
      kind: 'choice',
      choices: ['round_down', 'round_up', 'floor', 'ceil'],
      fallback: 'round_down',
      doc: 'which element is nearest; round_down: the first of two',
    },
    cubic: { kind: 'float', fallback: -0.75, doc: 'the factor of the cubic' },
    scale: {
      kind: 'floats',
      fallback: null,
      doc: 'outputs for each element along the axes, where that is not what the lengths say',
      examples: [null],
    },
  },
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: resizedShape(first(operands), attrs) }),
  kernel: {
    skeleton: 'direct',
    run: ([x], out, attrs) => {
      const { shape } = (x as TypedOperand).type;
      const axes = shape.map((n, k) => {
        const outputs = out.type.shape[k]!;
        const scale = scaleOf(attrs, k - shape.length) ?? outputs / n;
        return n === outputs && scale === 1 ? undefined : tapsOf(n, outputs, scale, attrs);
      });
      interpolateAxes((x as TypedOperand).array as Float64Array, shape, axes, out.array as Float64Array);
    },
  },
  flops: (_operands, out) => out.size * 8,
  bound: 4,
});

const BLOCK: AttributeSpec = { kind: 'int', doc: 'length of a square block of space' };

const depthToSpace = composite({
  name: 'depth_to_space',
  doc: 'Channels moved into square blocks of the last two axes.',
  operands: unaryOperands('any'),
  positional: ['block'],
  attributes: {
    block: BLOCK,
    channelsFirst: { kind: 'bool', fallback: false, doc: 'the channels kept are the slower ones of those given' },
  },
  result: 'same',
  expand: (call, [x], attrs) => {
    const block = numberAttribute(attrs, 'block');
    const [batch, channels, height, width] = x!.type.shape as [number, number, number, number];
    const kept = channels / block ** 2;
    if (x!.type.shape.length !== 4 || !Number.isInteger(kept))
      throw new ShapeError(
        `depth_to_space: x is ${formatShape(x!.type.shape)}, block is ${block}; give [batch, channels, ` +
          'height, width] with channels in multiples of block².',
        { x: x!.type.shape, block },
      );
    const isFirst = attrs['channelsFirst'] === true;
    const split = call('reshape', [x!], {
      shape: isFirst ? [batch, kept, block, block, height, width] : [batch, block, block, kept, height, width],
    });
    const moved = call('permute_dims', [split], { axes: isFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2] });
    return call('reshape', [moved], { shape: [batch, kept, height * block, width * block] });
  },
});

const spaceToDepth = composite({
  name: 'space_to_depth',
  doc: 'Square blocks of the last two axes moved into channels.',
  operands: unaryOperands('any'),
  positional: ['block'],
  attributes: { block: BLOCK },
  result: 'same',
  expand: (call, [x], attrs) => {
    const block = numberAttribute(attrs, 'block');
    const [batch, channels, height, width] = x!.type.shape as [number, number, number, number];
    if (x!.type.shape.length !== 4 || !(block >= 1) || height % block !== 0 || width % block !== 0)
      throw new ShapeError(
        `space_to_depth: x is ${formatShape(x!.type.shape)}, block is ${block}; give [batch, channels, ` +
          'height, width] with height and width in multiples of block.',
        { x: x!.type.shape, block },
      );
    const split = call('reshape', [x!], {
      shape: [batch, channels, height / block, block, width / block, block],
    });
    const moved = call('permute_dims', [split], { axes: [0, 3, 5, 1, 2, 4] });
    return call('reshape', [moved], { shape: [batch, channels * block ** 2, height / block, width / block] });
  },
});

/** Rows of this family. */
export const RESAMPLING: readonly OpRow[] = [resize];
/** Composites of this family. */
export const RESAMPLED: readonly Composite[] = [depthToSpace, spaceToDepth];
