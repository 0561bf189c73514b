// ONNX operators as calls of op rows: each entry says which rows give an operator's result, composed where no single
// row does.
import { ONNX_BINARY, ONNX_FOLDED, ONNX_UNARY, DTYPES, rangeOf } from '../kit.ts';
import type { DType, Tensor } from '../surface.ts';
import { type OperatorContext, type OperatorInput, isFloatType, type OnnxOperator, Unmapped } from './context.ts';
import { TRANSFORMERS } from './operators-attention.ts';
import { CONTROL } from './operators-control.ts';
import { NORMALISATIONS } from './operators-composed.ts';
import { QUANTIZED } from './operators-quantized.ts';
import { RECURRENT_LAYERS } from './operators-recurrent.ts';
import { SHAPE_OPERATORS } from './operators-shapes.ts';
import { WINDOWED } from './operators-windows.ts';

const unary =
  (row: string): OnnxOperator =>
  (on) =>
    on.call(row, on.tensor(0));
const binary =
  (row: string): OnnxOperator =>
  (on) =>
    on.call(row, on.tensor(0), on.tensor(1));
/** Any number of operands, two at a time. */
const folded =
  (row: string): OnnxOperator =>
  (on) =>
    on.tensors().reduce((x, y) => on.call(row, x, y));

/** Truncating quotient of integers; the row divides towards −∞. */
function divide(on: OperatorContext): Tensor {
  const [x, y] = [on.tensor(0), on.tensor(1)];
  if (isFloatType(x.dtype)) return x.divide(y);
  if (x.dtype.startsWith('u')) return x.floorDivide(y);
  return x.abs().floorDivide(y.abs()).multiply(x.sign()).multiply(y.sign());
}

const allOnes = (dtype: DType): number | bigint => (dtype.startsWith('u') ? rangeOf(dtype).most : -1);

function mod(on: OperatorContext): Tensor {
  const [x, y] = [on.tensor(0), on.tensor(1)];
  if (on.number('fmod', 0) === 0) return x.remainder(y);
  return x.dtype.startsWith('u') ? x.remainder(y) : x.abs().remainder(y.abs()).multiply(x.sign());
}

/** By a power of two: integers have no sign here, and what is shifted out is lost as what overflows is. */
function bitShift(on: OperatorContext): Tensor {
  const [x, count] = [on.tensor(0), on.tensor(1)];
  const bits = Number(/\d+$/.exec(x.dtype)?.[0]);
  const powers = Array.from({ length: bits }, (_, k) => 2n ** BigInt(k));
  const table = on.sheet.tensor(bits === 64 ? BigUint64Array.from(powers) : Float64Array.from(powers, Number));
  const power = table.take(count).astype(x.dtype);
  return on.text('direction', 'LEFT') === 'LEFT' ? x.multiply(power) : x.floorDivide(power);
}

function pow(on: OperatorContext): Tensor {
  const [x, y] = [on.tensor(0), on.tensor(1)];
  if (isFloatType(x.dtype)) return x.pow(y.astype(x.dtype));
  return x.astype('float64').pow(y.astype('float64')).astype(x.dtype);
}

function clip(on: OperatorContext): Tensor {
  let x = on.tensor(0);
  const bound = (place: number, name: string): Tensor | number | undefined =>
    on.input(place)?.tensor ?? (on.has(name) ? on.number(name, 0) : undefined);
  const [low, high] = [bound(1, 'min'), bound(2, 'max')];
  if (low !== undefined) x = x.maximum(low as Tensor) as Tensor;
  return high === undefined ? x : (x.minimum(high as Tensor) as Tensor);
}

function isInf(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const [up, down] = [on.number('detect_positive', 1) !== 0, on.number('detect_negative', 1) !== 0];
  if (up && down) return x.isinf();
  if (!up && !down) return x.notEqual(x).logicalAnd(false);
  return up ? x.equal(Infinity) : x.equal(-Infinity);
}

/** Less far from 0 than lambda is 0, what is further is moved by the bias. */
function shrink(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const [bias, lambda] = [on.number('bias', 0), on.number('lambd', 0.5)];
  return x.less(-lambda).where(x.add(bias), x.greater(lambda).where(x.subtract(bias), 0));
}

function reduce(
  of: (x: Tensor, options: { axis: readonly number[] | null; keepdims: boolean }) => Tensor,
): OnnxOperator {
  return (on) => {
    const given = on.input(1)?.numbers() ?? (on.has('axes') ? on.numbers('axes') : []);
    if (given.length === 0 && on.number('noop_with_empty_axes', 0) !== 0)
      return of(on.tensor(0), { axis: [], keepdims: true });
    return of(on.tensor(0), { axis: given.length === 0 ? null : given, keepdims: on.number('keepdims', 1) !== 0 });
  };
}

const argReduce =
  (row: 'argmax' | 'argmin'): OnnxOperator =>
  (on) => {
    const x = on.tensor(0);
    const axis = (on.number('axis', 0) + x.shape.length) % x.shape.length;
    const options = { axis, keepdims: on.number('keepdims', 1) !== 0 };
    if (on.number('select_last_index', 0) === 0) return x[row](options).astype('int64');
    return on.sheet.subtract(x.shape[axis]! - 1, x.flip({ axis })[row](options)).astype('int64');
  };

/** Up to opset 12 the operand is seen as a matrix, split at the axis. */
const alongAxis =
  (of: (x: Tensor, axis: number) => Tensor): OnnxOperator =>
  (on) => {
    const x = on.tensor(0);
    if (on.opset >= 13) return of(x, on.number('axis', -1));
    const axis = (on.number('axis', 1) + x.shape.length) % x.shape.length;
    return of(x.reshape([x.shape.slice(0, axis).reduce((a, n) => a * n, 1), -1]), 1).reshape(x.shape as number[]);
  };

function hardmax(x: Tensor, axis: number): Tensor {
  return x.argmax({ axis }).oneHot(x.shape.at(axis)!, { dtype: x.dtype }).moveaxis(-1, axis);
}

function gemm(on: OperatorContext): Tensor {
  const product = on
    .tensor(0)
    .matmul(on.tensor(1), { transposeA: on.number('transA', 0) !== 0, transposeB: on.number('transB', 0) !== 0 })
    .multiply(on.number('alpha', 1));
  const bias = on.input(2)?.tensor;
  return bias === undefined ? product : product.add(bias.multiply(on.number('beta', 1)));
}

function cast(on: OperatorContext): Tensor {
  const to = on.dtype('to', 'float32');
  return castTo(on, to);
}

function castTo(on: OperatorContext, dtype: DType): Tensor {
  const x = on.tensor(0);
  if (!Object.hasOwn(DTYPES, dtype)) throw new Unmapped(`dtype ${dtype}`);
  if (dtype === 'float8_e8m0fnu') return powerOfTwo(on, x);
  const { largest } = DTYPES[dtype];
  const saturates = dtype.startsWith('float8') && on.number('saturate', 1) !== 0;
  return saturates ? x.astype('float64').clip(-largest!, largest!).astype(dtype) : x.astype(dtype);
}

/** The power of two that float8_e8m0fnu stores of |x|: the next one up, unless another is asked for. */
function powerOfTwo(on: OperatorContext, x: Tensor): Tensor {
  const size = x.astype('float64').abs();
  const exponent = size.log2();
  const low = exponent.floor();
  const modes: Readonly<Record<string, () => Tensor>> = {
    up: () => exponent.ceil(),
    down: () => low,
    nearest: () => low.add(size.greaterEqual(low.exp2().multiply(1.5)).astype('float64')),
  };
  const mode = on.text('round_mode', 'up');
  const rounded = modes[mode];
  if (rounded === undefined) throw new Unmapped(`round_mode ${mode}`);
  const limited = on.number('saturate', 1) === 0 ? rounded().maximum(-127) : rounded().clip(-127, 127);
  return size.isfinite().where(limited.exp2(), NaN).astype('float8_e8m0fnu');
}

function arange(on: OperatorContext): Tensor {
  const [start, stop, step] = [0, 1, 2].map((place) => Number((on.input(place) as OperatorInput).numbers()[0])) as [
    number,
    number,
    number,
  ];
  return on.sheet.arange(start, stop, step, { dtype: on.tensor(0).dtype });
}

const mapped = (
  rows: Readonly<Record<string, string>>,
  by: (row: string) => OnnxOperator,
): Record<string, OnnxOperator> =>
  Object.fromEntries(Object.entries(rows).map(([operator, row]) => [operator, by(row)]));

/** By ONNX operator. */
export const OPERATORS: Readonly<Record<string, OnnxOperator>> = {
  ...mapped(ONNX_UNARY, unary),
  ...mapped(ONNX_BINARY, binary),
  ...mapped(ONNX_FOLDED, folded),
  ...SHAPE_OPERATORS,
  ...NORMALISATIONS,
  ...TRANSFORMERS,
  ...QUANTIZED,
  ...WINDOWED,
  ...RECURRENT_LAYERS,
  ...CONTROL,
  IsInf: isInf,
  Div: divide,
  Mod: mod,
  Pow: pow,
  BitwiseNot: (on) => on.tensor(0).bitwiseXor(allOnes(on.tensor(0).dtype)),
  Mean: (on) => (folded('add')(on) as Tensor).divide(on.tensors().length),
  Clip: clip,
  Where: (on) => on.tensor(0).where(on.tensor(1), on.tensor(2)),
  Elu: (on) => on.tensor(0).elu(on.number('alpha', 1)),
  Celu: (on) => on.tensor(0).celu({ alpha: on.number('alpha', 1) }),
  Selu: (on) =>
    on.tensor(0).selu({ alpha: on.number('alpha', 1.6732632423543772), gamma: on.number('gamma', 1.0507009873554805) }),
  LeakyRelu: (on) => on.tensor(0).leakyRelu(on.number('alpha', 0.01)),
  Gelu: (on) => (on.text('approximate', 'none') === 'none' ? on.tensor(0).gelu() : on.tensor(0).geluTanh()),
  Shrink: shrink,
  ThresholdedRelu: (on) => on.tensor(0).thresholdedRelu({ alpha: on.number('alpha', 1) }),
  HardSigmoid: (on) => on.tensor(0).hardSigmoid({ alpha: on.number('alpha', 0.2), beta: on.number('beta', 0.5) }),
  HardSwish: (on) => on.tensor(0).hardSwish(),
  Mish: (on) => on.tensor(0).mish(),
  Softsign: (on) => on.tensor(0).divide(on.tensor(0).abs().add(1)),
  Swish: (on) => on.tensor(0).multiply(on.tensor(0).multiply(on.number('alpha', 1)).sigmoid()),
  ReduceSum: reduce((x, o) => x.sum(o)),
  ReduceMean: reduce((x, o) => x.mean(o)),
  ReduceProd: reduce((x, o) => x.prod(o)),
  ReduceMax: reduce((x, o) => (x.dtype === 'bool' ? x.any(o) : x.max(o))),
  ReduceMin: reduce((x, o) => (x.dtype === 'bool' ? x.all(o) : x.min(o))),
  ReduceL1: reduce((x, o) => x.norm1(o)),
  ReduceL2: reduce((x, o) => x.norm(o)),
  ReduceSumSquare: reduce((x, o) => x.square().sum(o)),
  ReduceLogSum: reduce((x, o) => x.sum(o).log()),
  ReduceLogSumExp: reduce((x, o) => x.logsumexp(o)),
  ArgMax: argReduce('argmax'),
  ArgMin: argReduce('argmin'),
  Softmax: alongAxis((x, axis) => x.softmax({ axis })),
  LogSoftmax: alongAxis((x, axis) => x.logSoftmax({ axis })),
  Hardmax: alongAxis(hardmax),
  Gemm: gemm,
  Cast: cast,
  CastLike: (on) => castTo(on, on.tensor(1).dtype),
  Range: arange,
  BitShift: bitShift,
  Einsum: (on) => on.sheet.einsum(on.tensors(), on.text('equation', '')),
};
