// Reductions along axes, and the transforms of whole rows built on them.
import { numbersAttribute } from '../attribute-values.ts';
import { ShapeError } from '../../errors.ts';
import type { DType } from '../../tensor/dtype.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import {
  type AttributeSpec,
  makeRow,
  type OpRow,
  type ReductionName,
  type RowTransform,
  unaryOperands,
} from '../define.ts';
import type { OperandKind } from '../kinds.ts';
import { counted, first, reducedShape, settledAxes, settledAxis } from '../infer.ts';

const AXES: AttributeSpec = { kind: 'axes', fallback: null, doc: 'axes to reduce; null = all' };
const KEEPDIMS: AttributeSpec = { kind: 'bool', fallback: false, doc: 'keep the reduced axes with length 1' };

interface Options {
  readonly kind?: OperandKind;
  readonly dtype?: (dtype: DType) => DType;
  readonly result?: OpRow['result'];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly flops?: number;
  readonly deviation?: string;
}

function reduction(name: ReductionName, opName: string, doc: string, options: Options = {}): OpRow {
  const {
    kind = 'numeric',
    dtype = (same: DType) => same,
    result = 'same',
    attributes = {},
    flops = 1,
    ...rest
  } = options;
  return makeRow({
    name: opName,
    doc,
    operands: unaryOperands(kind),
    result,
    attributes: { axis: AXES, keepdims: KEEPDIMS, ...attributes },
    settle: ([x], attrs) => ({ ...attrs, axis: settledAxes(opName, attrs, (x as TensorType).shape.length) }),
    infer: ([x], attrs) => ({
      dtype: dtype((x as TensorType).dtype),
      shape: reducedShape((x as TensorType).shape, numbersAttribute(attrs, 'axis'), attrs['keepdims'] ?? false),
    }),
    kernel: { skeleton: 'reduce', reduction: name },
    flops: (operands) => first(operands).size * flops,
    bound: 4,
    ...rest,
  });
}

/** Arg-reductions take one axis, or null for the flattened tensor. */
function argReduction(name: 'argmin' | 'argmax', doc: string): OpRow {
  const row = reduction(name, name, doc, { dtype: () => 'int32', result: 'int32', deviation: 'indices are int32' });
  const infer: OpRow['infer'] = ([x], attrs) => {
    const { shape } = x as TensorType;
    const inferred = row.infer([x as TensorType], attrs);
    const searched = sizeOf(numbersAttribute(attrs, 'axis').map((axis) => shape[axis]!));
    if (searched > 0 || sizeOf(inferred.shape) === 0) return inferred;
    throw new ShapeError(
      `${name}: x has shape ${formatShape(shape)}; no element along axis ${String(attrs['axis'])} can be found. ` +
        'Use an axis of length 1 or more.',
      { shape },
    );
  };
  // Settled, `axis` is a list like that of other reductions.
  const unsettle: OpRow['unsettle'] = (attrs) => {
    const axes = attrs['axis'];
    return { ...attrs, axis: Array.isArray(axes) ? (axes.length === 1 ? axes[0]! : null) : (axes ?? null) };
  };
  return {
    ...row,
    infer,
    unsettle,
    attributes: {
      axis: { kind: 'axis', fallback: null, doc: 'axis to search; null = the flattened tensor' },
      keepdims: KEEPDIMS,
    },
  };
}

const CORRECTION: AttributeSpec = {
  kind: 'float',
  fallback: 0,
  doc: 'degrees of freedom subtracted from the count (1: sample variance)',
};
const averaged = (dtype: DType): DType => (dtype === 'bool' ? 'float32' : dtype);

function rowTransform(name: RowTransform, doc: string): OpRow {
  return makeRow({
    name,
    doc,
    operands: unaryOperands('float'),
    attributes: { axis: { kind: 'int', fallback: -1, doc: 'axis of the rows' } },
    settle: ([x], attrs) => ({ ...attrs, axis: settledAxis(name, attrs, (x as TensorType).shape.length) }),
    infer: (operands) => first(operands),
    kernel: { skeleton: 'rows', transform: name },
    flops: (_operands, out) => out.size * 25,
    separable: 'rows',
    bound: 8,
  });
}

/** Rows of this family. */
export const REDUCTION: readonly OpRow[] = [
  reduction('sum', 'sum', 'Sum over axes, accumulated in float64 and rounded once.', {
    kind: 'any',
    dtype: counted,
    result: 'counted',
    deviation: 'keeps the dtype of integers (they wrap); bool is counted as int32',
  }),
  reduction('prod', 'prod', 'Product over axes, accumulated in float64 and rounded once.', {
    deviation: 'keeps the dtype of integers (they wrap)',
  }),
  {
    ...reduction('mean', 'mean', 'Arithmetic mean over axes.', {
      dtype: averaged,
      result: 'averaged',
      deviation: 'bool is accepted and gives float32',
    }),
    operands: unaryOperands('floatOrBool'),
  },
  reduction('var', 'var', 'Variance over axes, in two passes.', {
    kind: 'float',
    attributes: { correction: CORRECTION },
    flops: 4,
  }),
  reduction('std', 'std', 'Standard deviation over axes, in two passes.', {
    kind: 'float',
    attributes: { correction: CORRECTION },
    flops: 4,
  }),
  reduction('min', 'min', 'Smallest element; NaN if there is one.'),
  reduction('max', 'max', 'Largest element; NaN if there is one.'),
  argReduction('argmin', 'Index of the first smallest element; of the first NaN if there is one.'),
  argReduction('argmax', 'Index of the first largest element; of the first NaN if there is one.'),
  reduction('all', 'all', 'Whether every element is true (not 0).', {
    kind: 'any',
    dtype: () => 'bool',
    result: 'bool',
  }),
  reduction('any', 'any', 'Whether some element is true (not 0).', {
    kind: 'any',
    dtype: () => 'bool',
    result: 'bool',
  }),
  reduction('logsumexp', 'logsumexp', 'log Σ exp x without overflow: m + log Σ exp(x − m), m the maximum.', {
    kind: 'float',
    flops: 25,
  }),
  reduction('norm2', 'norm', 'Euclidean norm √Σx² over axes.', { kind: 'float', flops: 2 }),
  reduction('norm1', 'norm1', 'Sum of absolute values Σ|x| over axes.', { kind: 'float', flops: 2 }),
  reduction('normInf', 'norm_inf', 'Largest absolute value over axes.', { kind: 'float', flops: 2 }),
  rowTransform('softmax', 'exp(x − max) / Σ exp(x − max) along an axis.'),
  rowTransform('log_softmax', 'x − logsumexp(x) along an axis.'),
];
