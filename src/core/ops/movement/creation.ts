// Values made from attributes alone, or in the likeness of an operand.
import { dtypeAttribute, numberAttribute, numbersAttribute, scalarAttribute } from '../attribute-values.ts';
import { AttributeError } from '../../errors.ts';
import { type DType, isInteger, nearestElement } from '../../tensor/dtype.ts';
import { checkElement, elementOf } from '../../tensor/range.ts';
import type { TensorType } from '../../tensor/type.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type DirectKernel,
  type OpRow,
  type TypedOperand,
  unaryOperands,
  versioned,
} from '../define.ts';
import { first } from '../infer.ts';

const SHAPE: AttributeSpec = { kind: 'shape', doc: 'shape of the result' };
const DTYPE: AttributeSpec = { kind: 'dtype', fallback: 'float32', doc: 'dtype of the result' };

const fill = (out: TypedOperand, value: number | bigint): void => {
  out.array.fill(elementOf(out.type.dtype, value) as never);
};

const bySpec = (
  _operands: readonly TensorType[],
  attrs: AttributeValues,
): { dtype: DType; shape: readonly number[] } => ({
  dtype: dtypeAttribute(attrs, 'dtype'),
  shape: numbersAttribute(attrs, 'shape'),
});

function source(
  name: string,
  doc: string,
  attributes: OpRow['attributes'],
  infer: OpRow['infer'],
  run: DirectKernel,
  settle?: OpRow['settle'],
): OpRow {
  const positional = Object.keys(attributes).filter((attribute) => attribute !== 'dtype' && attribute !== 'seed');
  return makeRow({
    name,
    doc,
    operands: [],
    attributes,
    positional,
    infer,
    result: 'attribute',
    widens: false,
    kernel: { skeleton: 'direct', run },
    ...(settle && { settle }),
  });
}

/** Refuses a value that no element of the dtype can have. */
const checkValue = (op: string, dtype: DType, value: number | bigint): void =>
  checkElement(op, dtype, value, (wider) =>
    op === 'full' ? `use dtype '${wider}'` : `cast first: x.astype('${wider}')`,
  );

/** The row of `full`: constants in expressions are this op with shape []. */
export const FULL: OpRow = source(
  'full',
  'Every element is the value.',
  { shape: SHAPE, value: { kind: 'number', doc: 'value of every element' }, dtype: DTYPE },
  (operands, attrs) => {
    checkValue('full', dtypeAttribute(attrs, 'dtype'), scalarAttribute(attrs, 'value'));
    return bySpec(operands, attrs);
  },
  (_operands, out, attrs) => fill(out, scalarAttribute(attrs, 'value')),
);

const vector =
  (length: (attrs: AttributeValues) => number): OpRow['infer'] =>
  (_operands, attrs) => ({ dtype: dtypeAttribute(attrs, 'dtype'), shape: [length(attrs)] });

/** A range with one bound begins at 0. */
const fromZero: OpRow['settle'] = (_operands, attrs) =>
  attrs['stop'] === null ? { ...attrs, start: 0, stop: numberAttribute(attrs, 'start') } : attrs;

const inRange = (attrs: AttributeValues, index: number): number =>
  numberAttribute(attrs, 'start') + index * numberAttribute(attrs, 'step');

/**
 * How many elements come before stop; not the quotient alone, which may be rounded to either side, as elements may be.
 */
function rangeLength(attrs: AttributeValues): number {
  const [start, stop, step, dtype] = [
    numberAttribute(attrs, 'start'),
    numberAttribute(attrs, 'stop'),
    numberAttribute(attrs, 'step'),
    dtypeAttribute(attrs, 'dtype'),
  ];
  const quotient = (stop - start) / step;
  if (step === 0 || !Number.isFinite(quotient)) {
    throw new AttributeError(
      `arange: start ${start}, stop ${stop}, step ${step} give no finite range; use finite numbers and a step ` +
        'other than 0.',
      attrs,
    );
  }
  const isBefore = (value: number): boolean => (step > 0 ? value < stop : value > stop);
  const isElement = (index: number): boolean =>
    isBefore(inRange(attrs, index)) && isBefore(nearestElement(dtype, inRange(attrs, index)));
  let [low, high] = [0, Math.max(0, Math.ceil(quotient)) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isElement(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pointCount(attrs: AttributeValues): number {
  const points = numberAttribute(attrs, 'count');
  if (points >= 0) return points;
  throw new AttributeError(`linspace: count is ${points}; give 0 or more points.`, attrs);
}

function each(out: TypedOperand, value: (index: number) => number): void {
  for (let i = 0; i < out.array.length; i++) out.array[i] = elementOf(out.type.dtype, value(i)) as never;
}

const eyeRun: DirectKernel = (_operands, out, attrs) => {
  fill(out, 0);
  const [rows, columns] = out.type.shape as [number, number];
  const k = numberAttribute(attrs, 'k');
  for (let row = Math.max(0, -k); row < rows && row + k < columns; row++)
    out.array[row * columns + row + k] = elementOf(out.type.dtype, 1) as never;
};

const like = (
  name: string,
  doc: string,
  value: (attrs: AttributeValues) => number | bigint,
  attributes: OpRow['attributes'] = {},
): OpRow =>
  makeRow({
    name,
    doc,
    operands: unaryOperands('any'),
    attributes,
    positional: Object.keys(attributes),
    widens: false,
    flops: () => 0,
    infer: (operands, attrs) => {
      checkValue(name, first(operands).dtype, value(attrs));
      return first(operands);
    },
    kernel: { skeleton: 'direct', run: (_operands, out, attrs) => fill(out, value(attrs)) },
  });

/** Rows of this family. */
export const CREATION: readonly OpRow[] = [
  FULL,
  source('zeros', 'All zeros.', { shape: SHAPE, dtype: DTYPE }, bySpec, (_operands, out) => fill(out, 0)),
  source('ones', 'All ones.', { shape: SHAPE, dtype: DTYPE }, bySpec, (_operands, out) => fill(out, 1)),
  source(
    'eye',
    'Ones on a diagonal, zeros elsewhere.',
    {
      rows: { kind: 'int', doc: 'number of rows' },
      columns: { kind: 'axis', fallback: null, doc: 'number of columns; null = rows' },
      k: { kind: 'int', fallback: 0, doc: 'which diagonal' },
      dtype: DTYPE,
    },
    (_operands, attrs) => ({
      dtype: dtypeAttribute(attrs, 'dtype'),
      shape: [numberAttribute(attrs, 'rows'), (attrs['columns'] ?? attrs['rows']) as number],
    }),
    eyeRun,
  ),
  versioned(
    2,
    source(
      'arange',
      'start, start + step, … below stop; given one bound, 0, 1, … below it.',
      {
        start: { kind: 'float', doc: 'first value; the bound where no stop is given' },
        stop: {
          kind: 'float',
          fallback: null,
          doc: 'bound that is not reached; null = start, and 0 is the first value',
        },
        step: { kind: 'float', fallback: 1, doc: 'difference' },
        dtype: DTYPE,
      },
      vector(rangeLength),
      (_operands, out, attrs) => each(out, (i) => inRange(attrs, i)),
      fromZero,
    ),
  ),
  versioned(
    2,
    source(
      'linspace',
      'Evenly spaced values from start to stop, both included; integers are rounded down.',
      {
        start: { kind: 'float', doc: 'first value' },
        stop: { kind: 'float', doc: 'last value' },
        count: { kind: 'int', doc: 'how many' },
        dtype: DTYPE,
      },
      vector(pointCount),
      (_operands, out, attrs) => {
        const [start, stop, count] = [
          numberAttribute(attrs, 'start'),
          numberAttribute(attrs, 'stop'),
          numberAttribute(attrs, 'count'),
        ];
        const whole = isInteger(out.type.dtype) ? Math.floor : (value: number): number => value;
        each(out, (i) =>
          whole(count === 1 ? start : i === count - 1 ? stop : start + (i * (stop - start)) / (count - 1)),
        );
      },
    ),
  ),
  like('zeros_like', 'Zeros of the shape and dtype of x.', () => 0),
  like('ones_like', 'Ones of the shape and dtype of x.', () => 1),
  like('full_like', 'A value in the shape and dtype of x.', (attrs) => scalarAttribute(attrs, 'value'), {
    value: { kind: 'number', doc: 'value of every element' },
  }),
];
