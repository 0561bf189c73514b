// Composites of quantised elements: numbers as codes of a narrow dtype with a scale and a zero point, and back.
import { DTYPES, type DType, isFloat } from '../../tensor/dtype.ts';
import { rangeOf } from '../../tensor/range.ts';
import { AttributeError } from '../../errors.ts';
import { dtypeAttribute, numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues, OperandSpec } from '../define.ts';

const PLACED: Readonly<Record<string, AttributeSpec>> = {
  axis: { kind: 'int', fallback: 1, doc: 'axis along which a scale of several elements lies' },
  block: { kind: 'int', fallback: 0, doc: 'so many neighbours along the axis share a scale; 0 = one for each index' },
};
const SCALE: OperandSpec = { name: 'scale', kind: 'float' };
const ZERO: OperandSpec = { name: 'zero', kind: 'numeric' };

/** The scale or zero point of every element: one for all, one for each index of an axis, or one a block along it. */
function beside<C extends Called>(call: Calls<C>, x: C, v: C, attrs: AttributeValues): C {
  const { shape } = x.type;
  const [given, block] = [numberAttribute(attrs, 'axis'), numberAttribute(attrs, 'block')];
  if (v.type.size === 1) return call('reshape', [v], { shape: [] });
  const axis = given < 0 ? given + shape.length : given;
  if (block < 0 || !(axis >= 0 && axis < shape.length))
    throw new AttributeError(
      `quantize: axis ${given} or block ${block} fits no tensor of rank ${shape.length}.`,
      attrs,
    );
  if (block === 0) return call('reshape', [v], { shape: [-1, ...shape.slice(axis + 1).map(() => 1)] });
  const stop = shape.map((n, k) => (k === axis ? n : null));
  return call('slice', [call('repeat', [v], { repeats: block, axis })], { start: null, stop, step: null });
}

const wide = <C extends Called>(call: Calls<C>, x: C): C =>
  x.type.dtype === 'float64' || x.type.dtype === 'float32' ? x : call('astype', [x], { dtype: 'float32' });

/** The least and the largest number that codes stand for: what is beyond becomes it. */
function limitsFor(dtype: DType): readonly [number, number] {
  const { largest, bits } = DTYPES[dtype];
  if (bits > 16)
    throw new AttributeError(`quantize: ${dtype} has ${bits} bits; take one of 16 or fewer, as int8.`, { dtype });
  if (largest !== undefined) return [-largest, largest];
  return [Number(rangeOf(dtype).least), Number(rangeOf(dtype).most)];
}

const quantize = composite({
  name: 'quantize',
  doc: 'x / scale in a narrow dtype: integers are rounded to even and moved by zero, and what is too large is limited.',
  operands: [{ name: 'x', kind: 'numeric' }, SCALE, ZERO],
  optional: 1,
  attributes: { dtype: { kind: 'dtype', fallback: 'int8', doc: 'dtype of the codes' }, ...PLACED },
  result: 'attribute',
  expand: (call, [x, scale, zero], attrs) => {
    const dtype = dtypeAttribute(attrs, 'dtype');
    const quotients = call('divide', [wide(call, x!), wide(call, beside(call, x!, scale!, attrs))]);
    const rounded = isFloat(dtype) ? quotients : call('round', [quotients]);
    const moved = zero === undefined ? rounded : call('add', [rounded, wide(call, beside(call, x!, zero, attrs))]);
    return call('astype', [call('clip', [moved, ...limitsFor(dtype)])], { dtype });
  },
});

const dequantize = composite({
  name: 'dequantize',
  doc: '(x − zero) · scale in float32, or in the dtype asked for: the numbers that codes stand for.',
  operands: [{ name: 'x', kind: 'numeric' }, SCALE, ZERO],
  optional: 1,
  attributes: { dtype: { kind: 'dtype', fallback: 'float32', doc: 'dtype of the result' }, ...PLACED },
  result: 'attribute',
  expand: (call, [x, scale, zero], attrs) => {
    const numbers = wide(call, x!);
    const centred =
      zero === undefined ? numbers : call('subtract', [numbers, wide(call, beside(call, x!, zero, attrs))]);
    const product = call('multiply', [centred, wide(call, beside(call, x!, scale!, attrs))]);
    return call('astype', [product], { dtype: dtypeAttribute(attrs, 'dtype') });
  },
});

/** Composites of this family. */
export const QUANTIZING: readonly Composite[] = [quantize, dequantize];
