// Joining, selecting and rearranging: ops whose kernels copy runs of elements.
import { dtypeAttribute, numberAttribute } from '../attribute-values.ts';
import { predicate } from '../../../../kernels/scalar/algebra.ts';
import { type Codec, type DecodedArray, decodedArray, type StoredArray } from '../../../../kernels/codecs/codec.ts';
import { type BigIntArray, isBigIntArray } from '../../../../kernels/big-integers.ts';
import type { Skeletons } from '../../../../kernels/skeletons.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { allocate, DTYPES, type TypedArray } from '../../tensor/dtype.ts';
import { elementOf } from '../../tensor/range.ts';
import { formatShape, sameShape, type Shape } from '../../tensor/shape.ts';
import { type TensorType, tensorType } from '../../tensor/type.ts';
import { makeRow, type OpRow, type RearrangingKernel, type TypedOperand, unaryOperands } from '../define.ts';
import { aroundAxis, first, settledAxis } from '../infer.ts';

const noFlops = (): number => 0;
const AXIS = { kind: 'int', fallback: 0, doc: 'axis' } as const;

function concatShape(operands: readonly TensorType[], axis: number): Shape {
  const head = first(operands).shape;
  operands.forEach(({ shape }, i) => {
    if (shape.length === head.length && shape.every((n, k) => k === axis || n === head[k])) return;
    throw new ShapeError(
      `concat: operand ${i} has shape ${formatShape(shape)}, operand 0 ${formatShape(head)}; all axes but axis ` +
        `${axis} must agree. Reshape or slice it first.`,
      { operand: i, shapes: operands.map((t) => t.shape) },
    );
  });
  return head.map((n, k) => (k === axis ? operands.reduce((sum, { shape }) => sum + shape[axis]!, 0) : n));
}

const concatenate: RearrangingKernel = (operands, { type, array }, attrs, on) => {
  const { outer } = aroundAxis(type.shape, numberAttribute(attrs, 'axis'));
  let offset = 0;
  for (const operand of operands) {
    const run = operand.type.size / outer;
    on.copy(
      [outer, run],
      { array: operand.array, strides: [run, 1], offset: 0 },
      { array, strides: [type.size / outer, 1], offset },
    );
    offset += run;
  }
};

/** The row of `concat`. */
export const CONCAT: OpRow = makeRow({
  name: 'concat',
  doc: 'Tensors joined along an existing axis.',
  operands: [{ name: 'tensors', kind: 'any' }],
  variadic: true,
  promotion: 'common',
  result: 'promoted',
  attributes: { axis: AXIS },
  widens: false,
  flops: noFlops,
  settle: (operands, attrs) => ({ axis: settledAxis('concat', attrs, first(operands).shape.length) }),
  infer: (operands, attrs) => ({
    dtype: first(operands).dtype,
    shape: concatShape(operands, numberAttribute(attrs, 'axis')),
  }),
  kernel: { skeleton: 'rearrange', run: concatenate },
});

function stackShape(operands: readonly TensorType[], axis: number): Shape {
  const { shape } = first(operands);
  const odd = operands.findIndex((type) => !sameShape(type.shape, shape));
  if (odd >= 0)
    throw new ShapeError(
      `stack: operand ${odd} has shape ${formatShape(operands[odd]!.shape)}, operand 0 ` +
        `${formatShape(shape)}; stack needs equal shapes, concat joins others.`,
      { operand: odd },
    );
  return [...shape.slice(0, axis), operands.length, ...shape.slice(axis)];
}

const stack: OpRow = makeRow({
  name: 'stack',
  doc: 'Tensors of one shape joined along a new axis.',
  operands: [{ name: 'tensors', kind: 'any' }],
  variadic: true,
  promotion: 'common',
  result: 'promoted',
  attributes: { axis: AXIS },
  widens: false,
  flops: noFlops,
  settle: (operands, attrs) => ({ axis: settledAxis('stack', attrs, first(operands).shape.length + 1) }),
  infer: (operands, attrs) => ({
    dtype: first(operands).dtype,
    shape: stackShape(operands, numberAttribute(attrs, 'axis')),
  }),
  kernel: { skeleton: 'rearrange', run: concatenate },
});

/** An index of an axis; negative ones count from the end, others outside are refused. */
export function indexWithin(op: string, index: number, length: number, at: number): number {
  const settled = index < 0 ? index + length : index;
  if (settled >= 0 && settled < length) return settled;
  if (length === 0)
    throw new AttributeError(
      `${op}: indices[${at}] is ${index}, and the axis has length 0: it has no elements to take. Use an axis of ` +
        'length 1 or more.',
      { index, at, length },
    );
  throw new AttributeError(
    `${op}: indices[${at}] is ${index}, outside an axis of length ${length}; use −${length} to ${length - 1}.`,
    { index, at, length },
  );
}

const takeSlices: RearrangingKernel = ([x, indices], out, attrs, on) => {
  if (x === undefined || indices === undefined) return;
  const { outer, length, inner } = aroundAxis(x.type.shape, numberAttribute(attrs, 'axis'));
  const places = new Int32Array(indices.array.length);
  const given = indices.array as ArrayLike<number | bigint>;
  for (let at = 0; at < places.length; at++) places[at] = indexWithin('take', Number(given[at]), length, at);
  on.gather({ outer, length, inner, places }, x.array, out.array);
};

/** The row of `take`. */
const TAKE: OpRow = makeRow({
  name: 'take',
  doc: 'Elements or slices at the given indices of an axis; negative indices count from the end.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'indices', kind: 'index' },
  ],
  attributes: { axis: AXIS },
  widens: false,
  flops: noFlops,
  settle: ([x], attrs) => ({ axis: settledAxis('take', attrs, (x as TensorType).shape.length) }),
  infer: ([x, indices], attrs) => {
    const axis = numberAttribute(attrs, 'axis');
    const { dtype, shape } = x as TensorType;
    return { dtype, shape: [...shape.slice(0, axis), ...(indices as TensorType).shape, ...shape.slice(axis + 1)] };
  },
  kernel: { skeleton: 'rearrange', run: takeSlices },
  deviation: 'indices of any rank; axis defaults to 0',
});

/**
 * `cleared`: the columns of a row that become 0, from the first to before the last, where the diagonal is at a column.
 */
function triangle(
  name: 'tril' | 'triu',
  doc: string,
  cleared: (diagonal: number, columns: number) => readonly [number, number],
): OpRow {
  return makeRow({
    name,
    doc,
    operands: unaryOperands('any'),
    attributes: { k: { kind: 'int', fallback: 0, doc: 'diagonal the triangle ends at' } },
    laws: ['idempotent'],
    widens: false,
    flops: noFlops,
    infer: (operands) => {
      if (first(operands).shape.length < 2)
        throw new ShapeError(
          `${name}: x has shape ${formatShape(first(operands).shape)}; it needs rank 2 or more. Use reshape first.`,
          {},
        );
      return first(operands);
    },
    kernel: {
      skeleton: 'direct',
      run: ([x], out, attrs) =>
        keepTriangle(x?.array as TypedArray, out.array, out.type.shape, (row, columns) =>
          cleared(row + numberAttribute(attrs, 'k'), columns),
        ),
    },
  });
}

function keepTriangle(
  from: TypedArray,
  to: TypedArray,
  shape: Shape,
  cleared: (row: number, columns: number) => readonly [number, number],
): void {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  to.set(from as never);
  const zero = typeof from[0] === 'bigint' ? 0n : 0;
  for (let start = 0, row = 0; start < to.length; start += columns, row = (row + 1) % rows) {
    const [first, last] = cleared(row, columns);
    to.fill(zero as never, start + Math.max(0, first), start + Math.min(columns, Math.max(0, last)));
  }
}

const repeatSlices: RearrangingKernel = ([x], out, attrs, on) => {
  if (x === undefined) return;
  const { outer, length, inner } = aroundAxis(x.type.shape, numberAttribute(attrs, 'axis'));
  const repeats = numberAttribute(attrs, 'repeats');
  on.copy(
    [outer * length, repeats, inner],
    { array: x.array, strides: [inner, 0, 1], offset: 0 },
    { array: out.array, strides: [repeats * inner, inner, 1], offset: 0 },
  );
};

const repeat: OpRow = makeRow({
  name: 'repeat',
  doc: 'Every element (slice) of an axis several times in a row.',
  operands: unaryOperands('any'),
  positional: ['repeats'],
  widens: false,
  flops: noFlops,
  attributes: { repeats: { kind: 'int', doc: 'how often' }, axis: AXIS },
  settle: ([x], attrs) => {
    if (numberAttribute(attrs, 'repeats') < 0)
      throw new AttributeError(`repeat: repeats is ${String(attrs['repeats'])}; give 0 or more.`, attrs);
    return {
      repeats: numberAttribute(attrs, 'repeats'),
      axis: settledAxis('repeat', attrs, (x as TensorType).shape.length),
    };
  },
  infer: ([x], attrs) => {
    const { dtype, shape } = x as TensorType;
    return {
      dtype,
      shape: shape.map((n, axis) => (axis === attrs['axis'] ? n * numberAttribute(attrs, 'repeats') : n)),
    };
  },
  kernel: { skeleton: 'rearrange', run: repeatSlices },
});

const oneHot: OpRow = makeRow({
  name: 'one_hot',
  doc: 'For every index a row of zeros with a 1 at it; an index outside [0, depth) gives zeros.',
  operands: unaryOperands('index'),
  positional: ['depth'],
  result: 'attribute',
  widens: false,
  flops: noFlops,
  attributes: {
    depth: { kind: 'int', doc: 'length of the new last axis' },
    dtype: { kind: 'dtype', fallback: 'float32', doc: 'dtype of the result' },
  },
  infer: ([x], attrs) => ({
    dtype: dtypeAttribute(attrs, 'dtype'),
    shape: [...(x as TensorType).shape, numberAttribute(attrs, 'depth')],
  }),
  kernel: {
    skeleton: 'direct',
    byFirstAxis: true,
    run: ([x], out, attrs) => {
      if (x === undefined) return;
      const depth = numberAttribute(attrs, 'depth');
      const one = elementOf(out.type.dtype, 1);
      out.array.fill(allocate(out.type.dtype, 1)[0] as never);
      x.array.forEach((index: number | bigint, i: number) => {
        if (index >= 0 && index < depth) out.array[i * depth + Number(index)] = one as never;
      });
    },
  },
});

const isTrue = predicate('isTrue', 1, (m, x) => m.ne(x, m.constant(0)));

const cast: RearrangingKernel = ([x], out, _attrs, on) => {
  const { array, type } = x as TypedOperand;
  const { codec } = DTYPES[type.dtype];
  if (type.dtype === out.type.dtype) out.array.set(array as never);
  else if (codec === undefined) castComputed(array, out, on);
  else if (codec.compute === out.type.dtype) on.decode(codec, array as StoredArray, out.array as DecodedArray);
  else {
    const numbers = decodedArray(codec, array.length);
    on.decode(codec, array as StoredArray, numbers);
    castComputed(numbers, out, on);
  }
};

/** Of elements that are stored as they are computed. */
function castComputed(from: TypedArray, out: TypedOperand, on: Skeletons): void {
  const { codec } = DTYPES[out.type.dtype];
  if (codec !== undefined) castToCodec(from, codec, out, on);
  else if (isBigIntArray(from)) castBigIntegers(from, out);
  else castNumbers(from, out, on);
}

/**
 * Elements are rounded once, for float32 between would round them twice; integers that it holds, or that are too large
 * anyway, are float32.
 */
function castToCodec(from: TypedArray, codec: Codec, { array, type }: TypedOperand, on: Skeletons): void {
  const out = array as StoredArray;
  if (codec.compute === 'int32') {
    return on.encode(codec, from instanceof Int32Array ? from : wrappedIntegers(from, on), out);
  }
  if (from instanceof Float32Array) return on.encode(codec, from, out);
  const isWide = from instanceof Float64Array || isBigIntArray(from);
  const isExact = !isWide && (from.BYTES_PER_ELEMENT < 4 || (DTYPES[type.dtype].largest as number) <= 2 ** 24);
  if (isExact) return on.encode(codec, Float32Array.from(from), out);
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    out[i] = codec.encode(typeof value === 'bigint' ? toSingle(value) : value);
  }
}

/** As int32: what integers of fewer bits are the low bits of. */
function wrappedIntegers(from: TypedArray, on: Skeletons): Int32Array {
  const integers = new Int32Array(from.length);
  castComputed(from, { array: integers, type: tensorType('int32', [from.length]) }, on);
  return integers;
}

function castNumbers(from: Exclude<TypedArray, BigIntArray>, { array, type }: TypedOperand, on: Skeletons): void {
  if (type.dtype === 'bool') on.map(isTrue, [{ array: from, shape: [from.length] }], array, [from.length]);
  else if (isBigIntArray(array)) for (let i = 0; i < from.length; i++) array[i] = toBigInt(from[i]!);
  else on.convert(from, array);
}

function castBigIntegers(from: BigIntArray, { array, type }: TypedOperand): void {
  if (isBigIntArray(array)) return array.set(from);
  const isFloat = DTYPES[type.dtype].kind === 'float';
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    if (type.dtype === 'bool') array[i] = Number(value !== 0n);
    else if (type.dtype === 'float32') array[i] = toSingle(value);
    else array[i] = Number(isFloat || BigInt.asIntN(53, value) === value ? value : BigInt.asIntN(32, value));
  }
}

/** Truncates towards zero; NaN and infinities give 0, as ToInt32 does for the narrower integers. */
const toBigInt = (value: number): bigint => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);

/**
 * A number that float32 rounds to the float32 nearest to `value`: beyond 2^53 the low 11 bits become one sticky bit,
 * for rounding twice would err.
 */
function toSingle(value: bigint): number {
  if (BigInt.asIntN(54, value) === value) return Number(value);
  const high = value >> 11n;
  return Number(high << 11n === value ? high : high | 1n) * 2048;
}

/** The row of `astype`: what promotion inserts. */
export const CAST: OpRow = makeRow({
  name: 'astype',
  doc:
    'The same values in another dtype: floats are rounded to nearest, float to integer truncates and wraps, ' +
    'anything but 0 is true.',
  operands: unaryOperands('any'),
  positional: ['dtype'],
  attributes: { dtype: { kind: 'dtype', doc: 'the new dtype' } },
  result: 'attribute',
  separable: 'elements',
  widens: false,
  infer: ([x], attrs) => ({ dtype: dtypeAttribute(attrs, 'dtype'), shape: (x as TensorType).shape }),
  kernel: { skeleton: 'rearrange', run: cast },
  deviation: 'float to integer outside the range wraps; NaN gives 0',
});

/** Rows of this family. */
export const INDEXING: readonly OpRow[] = [
  CONCAT,
  stack,
  TAKE,
  repeat,
  oneHot,
  CAST,
  triangle('tril', 'The lower triangle of the last two axes; zeros above.', (diagonal, columns) => [
    diagonal + 1,
    columns,
  ]),
  triangle('triu', 'The upper triangle of the last two axes; zeros below.', (diagonal) => [0, diagonal]),
];
