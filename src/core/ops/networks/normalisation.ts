// Normalisations: elements less their mean, over their standard deviation, times a scale and plus a bias.
import { ShapeError } from '../../errors.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import { formatShape, normaliseAxis } from '../../tensor/shape.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, OperandSpec } from '../define.ts';

const FLOAT = (name: string): OperandSpec => ({ name, kind: 'float' });
const SCALED: readonly OperandSpec[] = [FLOAT('x'), FLOAT('scale'), FLOAT('bias')];
const EPSILON: AttributeSpec = { kind: 'float', fallback: 1e-5, doc: 'added to the variance' };
const FIRST: AttributeSpec = { kind: 'axis', fallback: -1, doc: 'the first of the axes to normalise, up to the last' };

/** x as it is computed: halves would be rounded at every step. */
const widened = <C extends Called>(call: Calls<C>, x: C): C => {
  const { compute } = DTYPES[x.type.dtype];
  return compute === x.type.dtype ? x : call('astype', [x], { dtype: compute });
};

/** The result in the dtype of what was given. */
const asGiven = <C extends Called>(call: Calls<C>, y: C, { type: { dtype } }: C): C =>
  y.type.dtype === dtype ? y : call('astype', [y], { dtype });

/** 1 / √(variance + ε) times x. */
const divided = <C extends Called>(call: Calls<C>, x: C, variance: C, epsilon: number): C =>
  call('multiply', [x, call('reciprocal', [call('sqrt', [call('add', [variance, epsilon])])])]);

function normalised<C extends Called>(call: Calls<C>, x: C, axis: readonly number[], epsilon: number): C {
  const over = { axis, keepdims: true };
  return divided(call, call('subtract', [x, call('mean', [x], over)]), call('var', [x], over), epsilon);
}

function scaled<C extends Called>(call: Calls<C>, y: C, scale: C | undefined, bias: C | undefined): C {
  const larger = scale === undefined ? y : call('multiply', [y, widened(call, scale)]);
  return bias === undefined ? larger : call('add', [larger, widened(call, bias)]);
}

/** Axes from one to the last. */
function axesFrom(op: string, first: number, rank: number): number[] {
  const from = normaliseAxis(op, first, rank);
  return Array.from({ length: rank - from }, (_, i) => from + i);
}

const layerNorm = composite({
  name: 'layer_norm',
  doc: 'Elements less their mean over the last axes, over their standard deviation; times a scale, plus a bias.',
  operands: SCALED,
  optional: 2,
  attributes: { axis: FIRST, epsilon: EPSILON },
  result: 'same',
  expand: (call, [x, scale, bias], attrs) => {
    const axes = axesFrom('layer_norm', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const y = normalised(call, widened(call, x!), axes, numberAttribute(attrs, 'epsilon'));
    return asGiven(call, scaled(call, y, scale, bias), x!);
  },
});

const rmsNorm = composite({
  name: 'rms_norm',
  doc: 'Elements over the root of the mean of their squares over the last axes; times a scale.',
  operands: SCALED.slice(0, 2),
  optional: 1,
  attributes: { axis: FIRST, epsilon: EPSILON },
  result: 'same',
  expand: (call, [x, scale], attrs) => {
    const axis = axesFrom('rms_norm', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const wide = widened(call, x!);
    const power = call('mean', [call('square', [wide])], { axis, keepdims: true });
    const y = divided(call, wide, power, numberAttribute(attrs, 'epsilon'));
    return asGiven(call, scaled(call, y, scale, undefined), x!);
  },
});

/** A vector with an element for each channel, beside [batch, channels, …]. */
const perChannel = <C extends Called>(call: Calls<C>, v: C | undefined, x: C, axis = 1): C | undefined =>
  v === undefined ? undefined : call('reshape', [v], { shape: [-1, ...x.type.shape.slice(axis + 1).map(() => 1)] });

function groupNormalised<C extends Called>(
  call: Calls<C>,
  op: string,
  [x, scale, bias]: readonly (C | undefined)[],
  groups: number,
  epsilon: number,
): C {
  const { shape } = x!.type;
  if (shape.length < 2 || groups < 1 || shape[1]! % groups !== 0)
    throw new ShapeError(
      `${op}: x is ${formatShape(shape)}, groups is ${groups}; give x as [batch, channels, …] with channels in whole ` +
        'groups.',
      { shape, groups },
    );
  const wide = call('reshape', [widened(call, x!)], { shape: [shape[0]!, groups, -1] });
  const y = call('reshape', [normalised(call, wide, [2], epsilon)], { shape });
  return asGiven(call, scaled(call, y, perChannel(call, scale, x!), perChannel(call, bias, x!)), x!);
}

const groupNorm = composite({
  name: 'group_norm',
  doc: 'Elements less their mean over groups of channels, over their standard deviation; a scale and bias by channel.',
  operands: SCALED,
  optional: 2,
  attributes: {
    groups: { kind: 'int', fallback: 1, doc: 'how many groups the channels, axis 1, are in' },
    epsilon: EPSILON,
  },
  result: 'same',
  expand: (call, operands, attrs) =>
    groupNormalised(call, 'group_norm', operands, numberAttribute(attrs, 'groups'), numberAttribute(attrs, 'epsilon')),
});

const instanceNorm = composite({
  name: 'instance_norm',
  doc: 'Elements less their mean over each channel, over their standard deviation; a scale and bias by channel.',
  operands: SCALED,
  optional: 2,
  attributes: { epsilon: EPSILON },
  result: 'same',
  expand: (call, [x, scale, bias], attrs) =>
    groupNormalised(call, 'instance_norm', [x, scale, bias], x!.type.shape[1] ?? 0, numberAttribute(attrs, 'epsilon')),
});

const batchNorm = composite({
  name: 'batch_norm',
  doc: 'Elements less the mean of their channel, over the standard deviation; a scale and bias by channel.',
  operands: [FLOAT('x'), FLOAT('mean'), FLOAT('variance'), FLOAT('scale'), FLOAT('bias')],
  optional: 2,
  attributes: { axis: { kind: 'axis', fallback: 1, doc: 'the axis of the channels' }, epsilon: EPSILON },
  result: 'same',
  expand: (call, [x, mean, variance, scale, bias], attrs) => {
    const axis = normaliseAxis('batch_norm', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const beside = (v: typeof x) => perChannel(call, v === undefined ? v : widened(call, v), x!, axis);
    const centred = call('subtract', [widened(call, x!), beside(mean)!]);
    const y = divided(call, centred, beside(variance)!, numberAttribute(attrs, 'epsilon'));
    return asGiven(call, scaled(call, y, beside(scale), beside(bias)), x!);
  },
});

/** Composites of this family. */
export const NORMALISATION: readonly Composite[] = [layerNorm, rmsNorm, groupNorm, instanceNorm, batchNorm];
