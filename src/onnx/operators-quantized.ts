// ONNX operators on quantised elements: small integers with a scale and a zero point, for all, by channel or by block.
import type { DType, Tensor } from '../surface.ts';
import { type OperatorContext, type OnnxOperator, Unmapped } from './context.ts';

/** The least and the largest element of an integer dtype. */
function rangeOf(dtype: string): readonly [number, number] {
  const [, unsigned, bits] = /^(u?)int(\d+)$/.exec(dtype) ?? [];
  if (bits === undefined) throw new Unmapped(`quantised to ${dtype}`);
  const span = 2 ** Number(bits);
  return unsigned === 'u' ? [0, span - 1] : [-span / 2, span / 2 - 1];
}

/** Quotients as elements of a dtype: integers rounded to even, moved by the zero point and limited to its range. */
function quantised(quotients: Tensor, zero: Tensor | undefined, dtype: string): Tensor {
  if (dtype.startsWith('float')) return quotients.astype(dtype as DType);
  const moved = zero === undefined ? quotients.round() : quotients.round().add(zero.astype(quotients.dtype));
  return moved.clip(...rangeOf(dtype)).astype(dtype as DType);
}

const placed = (on: OperatorContext): { axis: number; block: number } => ({
  axis: on.number('axis', 1),
  block: on.number('block_size', 0),
});

function quantizeLinear(on: OperatorContext): Tensor {
  const zero = on.input(2)?.tensor;
  const dtype = zero?.dtype ?? on.dtype('output_dtype', 'uint8');
  const given = [on.tensor(0), on.tensor(1), ...(zero === undefined ? [] : [zero])];
  return on.call('quantize', ...given, { dtype, ...placed(on) });
}

function dequantizeLinear(on: OperatorContext): Tensor {
  const zero = on.input(2)?.tensor;
  const dtype = on.dtype('output_dtype', on.tensor(1).dtype);
  const given = [on.tensor(0), on.tensor(1), ...(zero === undefined ? [] : [zero])];
  return on.call('dequantize', ...given, { dtype, ...placed(on) });
}

/** Rows of a, columns of b and either side of the result may have zero points and scales of their own. */
const alongRows = (v: Tensor): Tensor => (v.size === 1 ? v.reshape([]) : v.expandDims(-1));
const alongColumns = (v: Tensor): Tensor =>
  v.size === 1 ? v.reshape([]) : v.shape.length > 1 ? v : v.reshape([1, -1]);

function qLinearMatMul(on: OperatorContext): Tensor {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = Array.from({ length: 8 }, (_, i) => on.tensor(i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const whole = (x: Tensor): Tensor => x.astype('int32');
  const real = (x: Tensor): Tensor => x.astype('float64');
  const product = whole(a)
    .subtract(alongRows(whole(aZero)))
    .matmul(whole(b).subtract(alongColumns(whole(bZero))));
  const quotients = real(product)
    .multiply(alongRows(real(aScale)))
    .multiply(alongColumns(real(bScale)))
    .divide(alongRows(real(yScale)));
  return quantised(quotients, alongRows(yZero), yZero.dtype);
}

function matmulInteger(on: OperatorContext): Tensor {
  const side = (place: number, placed: (v: Tensor) => Tensor): Tensor => {
    const [x, zero] = [on.tensor(place).astype('int32'), on.input(place + 2)?.tensor.astype('int32')];
    return zero === undefined ? x : x.subtract(placed(zero));
  };
  return side(0, alongRows).matmul(side(1, alongColumns));
}

/** Scale and zero point of all elements, so that 0 is an element. */
function dynamicQuantizeLinear(on: OperatorContext): readonly Tensor[] {
  const x = on.tensor(0);
  const [least, most] = [x.min().minimum(0), x.max().maximum(0)];
  const scale = most.subtract(least).divide(255);
  const zero = least.negative().divide(scale).round().clip(0, 255);
  return [quantised(x.divide(scale), zero, 'uint8'), scale, zero.astype('uint8')];
}

/** By ONNX operator. */
export const QUANTIZED: Readonly<Record<string, OnnxOperator>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  QLinearMatMul: qLinearMatMul,
  MatMulInteger: matmulInteger,
};
