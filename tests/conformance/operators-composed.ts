// ONNX operators that are formulas over several rows: normalisations, global pooling.
import type { Tensor } from '../../src/index.ts';
import { type Context, type Mapping } from './context.ts';

const from = (axis: number, rank: number): number[] => Array.from({ length: rank - axis }, (_, i) => axis + i);
const axisOf = (on: Context, fallback: number): number =>
  (on.number('axis', fallback) + on.tensor(0).shape.length) % on.tensor(0).shape.length;
const spatial = (x: Tensor): number[] => from(2, x.shape.length);
/** A vector along axis 1 of a tensor. */
const perChannel = (v: Tensor, like: Tensor): Tensor => v.reshape([-1, ...spatial(like).map(() => 1)]);

function normalised(x: Tensor, axis: number[], epsilon: number): { y: Tensor; mean: Tensor; inverse: Tensor } {
  const mean = x.mean({ axis, keepdims: true });
  const inverse = x.var({ axis, keepdims: true }).add(epsilon).sqrt().reciprocal();
  return { y: x.subtract(mean).multiply(inverse), mean, inverse };
}

function layerNormalization(on: Context): readonly Tensor[] {
  const x = on.tensor(0);
  const { y, mean, inverse } = normalised(x, from(axisOf(on, -1), x.shape.length), on.number('epsilon', 1e-5));
  const scaled = y.multiply(on.tensor(1));
  const bias = on.input(2)?.tensor;
  return [bias === undefined ? scaled : scaled.add(bias), mean, inverse];
}

function rmsNormalization(on: Context): Tensor {
  const x = on.tensor(0);
  const axis = from(axisOf(on, -1), x.shape.length);
  return x
    .divide(x.square().mean({ axis, keepdims: true }).add(on.number('epsilon', 1e-5)).sqrt())
    .multiply(on.tensor(1));
}

function batchNormalization(on: Context): Tensor | readonly Tensor[] {
  const x = on.tensor(0);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((place) => on.tensor(place)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const epsilon = on.number('epsilon', 1e-5);
  const finish = (m: Tensor, v: Tensor): Tensor =>
    x
      .subtract(perChannel(m, x))
      .divide(perChannel(v, x).add(epsilon).sqrt())
      .multiply(perChannel(scale, x))
      .add(perChannel(bias, x));
  if (on.number('training_mode', 0) === 0) return finish(mean, variance);
  const momentum = on.number('momentum', 0.9);
  const axis = [0, ...spatial(x)];
  const [now, spread] = [x.mean({ axis }), x.var({ axis })];
  return [
    finish(now, spread),
    mean.multiply(momentum).add(now.multiply(1 - momentum)),
    variance.multiply(momentum).add(spread.multiply(1 - momentum)),
  ];
}

function instanceNormalization(on: Context): Tensor {
  const x = on.tensor(0);
  return normalised(x, spatial(x), on.number('epsilon', 1e-5))
    .y.multiply(perChannel(on.tensor(1), x))
    .add(perChannel(on.tensor(2), x));
}

function groupNormalization(on: Context): Tensor {
  const x = on.tensor(0);
  const groups = on.number('num_groups', 1);
  const grouped = x.reshape([x.shape[0]!, groups, -1]);
  return normalised(grouped, [2], on.number('epsilon', 1e-5))
    .y.reshape(x.shape as number[])
    .multiply(perChannel(on.tensor(1), x))
    .add(perChannel(on.tensor(2), x));
}

function lpNormalization(on: Context): Tensor {
  const x = on.tensor(0);
  const options = { axis: axisOf(on, -1), keepdims: true };
  const length = on.number('p', 2) === 1 ? x.norm1(options) : x.norm(options);
  return length.equal(0).where(0, x.divide(length)).astype(x.dtype);
}

function meanVarianceNormalization(on: Context): Tensor {
  const axis = on.has('axes') ? on.numbers('axes') : [0, 2, 3];
  const x = on.tensor(0);
  return x.subtract(x.mean({ axis, keepdims: true })).divide(x.std({ axis, keepdims: true }).add(1e-9));
}

/** By ONNX operator. */
export const NORMALISATIONS: Readonly<Record<string, Mapping>> = {
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  GlobalAveragePool: (on) => on.tensor(0).mean({ axis: spatial(on.tensor(0)), keepdims: true }),
  GlobalMaxPool: (on) => on.tensor(0).max({ axis: spatial(on.tensor(0)), keepdims: true }),
};
