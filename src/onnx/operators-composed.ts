// ONNX operators that are formulas over several rows: normalisations, global pooling, losses.
import type { Tensor } from '../surface.ts';
import { type OperatorContext, type OnnxOperator, Unmapped } from './context.ts';

const from = (axis: number, rank: number): number[] => Array.from({ length: rank - axis }, (_, i) => axis + i);
const axisOf = (on: OperatorContext, fallback: number): number =>
  (on.number('axis', fallback) + on.tensor(0).shape.length) % on.tensor(0).shape.length;
const spatial = (x: Tensor): number[] => from(2, x.shape.length);

function layerNormalization(on: OperatorContext): readonly Tensor[] {
  const x = on.tensor(0);
  const [axis, epsilon] = [axisOf(on, -1), on.number('epsilon', 1e-5)];
  const over = { axis: from(axis, x.shape.length), keepdims: true };
  return on.pickOutputs([
    x.layerNorm(on.tensor(1), on.input(2)?.tensor, { axis, epsilon }),
    x.mean(over),
    x.var(over).add(epsilon).sqrt().reciprocal(),
  ]);
}

const rmsNormalization = (on: OperatorContext): Tensor =>
  on.tensor(0).rmsNorm(on.tensor(1), { axis: axisOf(on, -1), epsilon: on.number('epsilon', 1e-5) });

function batchNormalization(on: OperatorContext): Tensor | readonly Tensor[] {
  const x = on.tensor(0);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((place) => on.tensor(place)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const epsilon = on.number('epsilon', 1e-5);
  const finish = (m: Tensor, v: Tensor): Tensor => x.batchNorm(m, v, scale, bias, { epsilon });
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

/** Up to opset 20 the scale and bias of a group are those of all its channels. */
function groupNormalization(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const groups = on.number('num_groups', 1);
  const each = x.shape[1]! / groups;
  const [scale, bias] = [1, 2].map((place) => {
    const v = on.tensor(place);
    return v.size === x.shape[1] ? v : v.repeat(each, { axis: 0 });
  });
  return x.groupNorm(scale, bias, { groups, epsilon: on.number('epsilon', 1e-5) });
}

function lpNormalization(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const options = { axis: axisOf(on, -1), keepdims: true };
  const length = on.number('p', 2) === 1 ? x.norm1(options) : x.norm(options);
  return length.equal(0).where(0, x.divide(length)).astype(x.dtype);
}

function meanVarianceNormalization(on: OperatorContext): Tensor {
  const axis = on.has('axes') ? on.numbers('axes') : [0, 2, 3];
  const x = on.tensor(0);
  return x.subtract(x.mean({ axis, keepdims: true })).divide(x.std({ axis, keepdims: true }).add(1e-9));
}

/** Loss of logarithms of probabilities, or of what softmax makes probabilities of. */
const classLoss =
  (operator: 'nllLoss' | 'crossEntropy'): OnnxOperator =>
  (on) => {
    const x = on.tensor(0);
    const reduction = on.text('reduction', 'mean') as 'mean';
    const ignore = on.has('ignore_index') ? on.number('ignore_index', 0) : null;
    const loss = x[operator](on.tensor(1), on.input(2)?.tensor, { axis: 1, ignore, reduction });
    return on.pickOutputs([loss, x.logSoftmax({ axis: 1 })]);
  };

/** What is dropped in training is drawn by each runtime in its own way. */
function dropout(on: OperatorContext): readonly Tensor[] {
  const x = on.tensor(0);
  const isTraining = (on.input(2)?.numbers()[0] ?? 0) !== 0;
  const ratio = on.input(1)?.array[0] ?? on.number('ratio', 0.5);
  if (isTraining && Number(ratio) !== 0) throw new Unmapped('random dropout');
  return on.pickOutputs([x.reshape(x.shape as number[]), x.equal(x).logicalOr(true)]);
}

/** By ONNX operator. */
export const NORMALISATIONS: Readonly<Record<string, OnnxOperator>> = {
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: (on) =>
    on.tensor(0).instanceNorm(on.tensor(1), on.tensor(2), { epsilon: on.number('epsilon', 1e-5) }),
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  NegativeLogLikelihoodLoss: classLoss('nllLoss'),
  SoftmaxCrossEntropyLoss: classLoss('crossEntropy'),
  Dropout: dropout,
  MeanVarianceNormalization: meanVarianceNormalization,
  GlobalAveragePool: (on) => on.tensor(0).mean({ axis: spatial(on.tensor(0)), keepdims: true }),
  GlobalMaxPool: (on) => on.tensor(0).max({ axis: spatial(on.tensor(0)), keepdims: true }),
};
