// Joining, selecting and rearranging: ops whose kernels copy runs of elements.
import { halfOf, narrowToHalves, widenHalves } from '../../kernels/half.ts';
import { AttributeError, ShapeError } from '../errors.ts';
import { allocate, bytesOf, type DType, DTYPES, numbersOf, storedNumber, type TypedArray } from '../tensor/dtype.ts';
import { formatShape, sameShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { TensorType } from '../tensor/type.ts';
import { defineOp, type DirectKernel, type OpRow, type TypedOperand, unary } from './define.ts';
import { first, settledAxis } from './infer.ts';

const noFlops = (): number => 0;
const AXIS = { kind: 'int', fallback: 0, doc: 'axis' } as const;

/** Elements before, along and after an axis. */
function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis] ?? 1, inner: sizeOf(shape.slice(axis + 1)) };
}

function concatShape(operands: readonly TensorType[], axis: number): Shape {
  const head = first(operands).shape;
  operands.forEach(({ shape }, i) => {
    if (shape.length === head.length && shape.every((n, k) => k === axis || n === head[k])) return;
    throw new ShapeError(`concat: operand ${i} has shape ${formatShape(shape)}, operand 0 ${formatShape(head)}; all axes but axis ${axis} must agree. Reshape or slice it first.`, { operand: i, shapes: operands.map((t) => t.shape) });
  });
  return head.map((n, k) => (k === axis ? operands.reduce((sum, { shape }) => sum + (shape[axis] as number), 0) : n));
}

const concatenate: DirectKernel = (operands, out, attrs) => {
  const target = bytesOf(out.array);
  const { outer } = around(out.type.shape, attrs['axis'] as number);
  const runs = operands.map(({ array }) => ({ bytes: bytesOf(array), run: array.byteLength / outer }));
  let at = 0;
  for (let i = 0; i < outer; i++) {
    for (const { bytes, run } of runs) {
      target.set(bytes.subarray(i * run, (i + 1) * run), at);
      at += run;
    }
  }
};

/** The row of `concat`. */
export const CONCAT: OpRow = defineOp({
  name: 'concat', doc: 'Tensors joined along an existing axis.', operands: [{ name: 'tensors', kind: 'any' }], variadic: true, promotion: 'common', result: 'promoted',
  attributes: { axis: AXIS }, widens: false, flops: noFlops,
  settle: (operands, attrs) => ({ axis: settledAxis('concat', attrs, first(operands).shape.length) }),
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: concatShape(operands, attrs['axis'] as number) }),
  kernel: { skeleton: 'direct', run: concatenate },
});

function stackShape(operands: readonly TensorType[], axis: number): Shape {
  const { shape } = first(operands);
  const odd = operands.findIndex((type) => !sameShape(type.shape, shape));
  if (odd >= 0) throw new ShapeError(`stack: operand ${odd} has shape ${formatShape((operands[odd] as TensorType).shape)}, operand 0 ${formatShape(shape)}; stack needs equal shapes, concat joins others.`, { operand: odd });
  return [...shape.slice(0, axis), operands.length, ...shape.slice(axis)];
}

const stack: OpRow = defineOp({
  name: 'stack', doc: 'Tensors of one shape joined along a new axis.', operands: [{ name: 'tensors', kind: 'any' }], variadic: true, promotion: 'common', result: 'promoted',
  attributes: { axis: AXIS }, widens: false, flops: noFlops,
  settle: (operands, attrs) => ({ axis: settledAxis('stack', attrs, first(operands).shape.length + 1) }),
  infer: (operands, attrs) => ({ dtype: first(operands).dtype, shape: stackShape(operands, attrs['axis'] as number) }),
  kernel: { skeleton: 'direct', run: concatenate },
});

/** Indices as plain numbers; negative ones count from the end, others outside are refused. */
function readIndex(index: number, length: number, at: number): number {
  const settled = index < 0 ? index + length : index;
  if (settled >= 0 && settled < length) return settled;
  throw new AttributeError(`take: indices[${at}] is ${index}, outside an axis of length ${length}; use −${length} to ${length - 1}.`, { index, at, length });
}

const takeRuns: DirectKernel = ([x, indices], out, attrs) => {
  if (x === undefined || indices === undefined) return;
  const { outer, length, inner } = around(x.type.shape, attrs['axis'] as number);
  const run = inner * DTYPES[x.type.dtype].itemBytes;
  const [from, to] = [bytesOf(x.array), bytesOf(out.array)];
  const places = Float64Array.from(indices.array as ArrayLike<number | bigint>, (index, at) => readIndex(Number(index), length, at));
  for (let i = 0, target = 0; i < outer; i++) {
    for (let k = 0; k < places.length; k++, target += run) {
      const source = (i * length + (places[k] as number)) * run;
      if (run <= 32) for (let b = 0; b < run; b++) to[target + b] = from[source + b] as number;
      else to.set(from.subarray(source, source + run), target);
    }
  }
};

/** The row of `take`. */
export const TAKE: OpRow = defineOp({
  name: 'take', doc: 'Elements or slices at the given indices of an axis; negative indices count from the end.',
  operands: [{ name: 'x', kind: 'any' }, { name: 'indices', kind: 'index' }], attributes: { axis: AXIS }, widens: false, flops: noFlops,
  settle: ([x], attrs) => ({ axis: settledAxis('take', attrs, (x as TensorType).shape.length) }),
  infer: ([x, indices], attrs) => {
    const axis = attrs['axis'] as number;
    const { dtype, shape } = x as TensorType;
    return { dtype, shape: [...shape.slice(0, axis), ...(indices as TensorType).shape, ...shape.slice(axis + 1)] };
  },
  kernel: { skeleton: 'direct', run: takeRuns }, deviation: 'indices of any rank; axis defaults to 0',
});

function triangle(name: 'tril' | 'triu', doc: string, keeps: (column: number, row: number, offset: number) => boolean): OpRow {
  return defineOp({
    name, doc, operands: unary('any'), attributes: { k: { kind: 'int', fallback: 0, doc: 'diagonal the triangle ends at' } }, laws: ['idempotent'], widens: false, flops: noFlops,
    infer: (operands) => {
      if (first(operands).shape.length < 2) throw new ShapeError(`${name}: x has shape ${formatShape(first(operands).shape)}; it needs rank 2 or more. Use reshape first.`, {});
      return first(operands);
    },
    kernel: { skeleton: 'direct', run: ([x], out, attrs) => keepTriangle(x?.array as TypedArray, out.array, out.type.shape, (c, r) => keeps(c, r, attrs['k'] as number)) },
  });
}

function keepTriangle(from: TypedArray, to: TypedArray, shape: Shape, keeps: (column: number, row: number) => boolean): void {
  const [rows, columns] = [shape.at(-2) as number, shape.at(-1) as number];
  to.set(from as never);
  const zero = typeof from[0] === 'bigint' ? 0n : 0;
  for (let i = 0; i < to.length; i++) {
    if (!keeps(i % columns, Math.floor(i / columns) % rows)) to[i] = zero as never;
  }
}

const repeatRuns: DirectKernel = ([x], out, attrs) => {
  if (x === undefined) return;
  const { outer, length, inner } = around(x.type.shape, attrs['axis'] as number);
  const run = inner * DTYPES[x.type.dtype].itemBytes;
  const [from, to] = [bytesOf(x.array), bytesOf(out.array)];
  let target = 0;
  for (let i = 0; i < outer * length; i++) {
    for (let k = 0; k < (attrs['repeats'] as number); k++, target += run) to.set(from.subarray(i * run, (i + 1) * run), target);
  }
};

const repeat: OpRow = defineOp({
  name: 'repeat', doc: 'Every element (slice) of an axis several times in a row.', operands: unary('any'), positional: ['repeats'], widens: false, flops: noFlops,
  attributes: { repeats: { kind: 'int', doc: 'how often' }, axis: AXIS },
  settle: ([x], attrs) => {
    if ((attrs['repeats'] as number) < 0) throw new AttributeError(`repeat: repeats is ${String(attrs['repeats'])}; give 0 or more.`, attrs);
    return { repeats: attrs['repeats'] as number, axis: settledAxis('repeat', attrs, (x as TensorType).shape.length) };
  },
  infer: ([x], attrs) => {
    const { dtype, shape } = x as TensorType;
    return { dtype, shape: shape.map((n, axis) => (axis === attrs['axis'] ? n * (attrs['repeats'] as number) : n)) };
  },
  kernel: { skeleton: 'direct', run: repeatRuns },
});

const oneHot: OpRow = defineOp({
  name: 'one_hot', doc: 'For every index a row of zeros with a 1 at it; an index outside [0, depth) gives zeros.', operands: unary('index'), positional: ['depth'], result: 'attribute', widens: false, flops: noFlops,
  attributes: { depth: { kind: 'int', doc: 'length of the new last axis' }, dtype: { kind: 'dtype', fallback: 'float32', doc: 'dtype of the result' } },
  infer: ([x], attrs) => ({ dtype: attrs['dtype'] as TensorType['dtype'], shape: [...(x as TensorType).shape, attrs['depth'] as number] }),
  kernel: {
    skeleton: 'direct',
    run: ([x], out, attrs) => {
      if (x === undefined) return;
      const depth = attrs['depth'] as number;
      const one = out.type.dtype === 'int64' ? 1n : storedNumber(out.type.dtype, 1);
      out.array.fill(allocate(out.type.dtype, 1)[0] as never);
      x.array.forEach((index: number | bigint, i: number) => {
        if (index >= 0 && index < depth) out.array[i * depth + Number(index)] = one as never;
      });
    },
  },
});

const cast: DirectKernel = ([x], out) => {
  const { array, type } = x as TypedOperand;
  if (type.dtype === out.type.dtype) out.array.set(array as never);
  else if (type.dtype === 'float16' && out.type.dtype === 'float32') widenHalves(array as Uint16Array, out.array as Float32Array);
  else if (out.type.dtype === 'float16') castToHalves(numbersOf(array), out.array as Uint16Array);
  else castNumbers(numbersOf(array), type.dtype, out);
};

function castToHalves(from: TypedArray, out: Uint16Array): void {
  if (from instanceof Float32Array) narrowToHalves(from, out);
  else for (let i = 0; i < from.length; i++) out[i] = halfOf(Number(from[i]));
}

function castNumbers(from: TypedArray, dtype: DType, out: TypedOperand): void {
  if (out.type.dtype === 'bool') for (let i = 0; i < from.length; i++) out.array[i] = (from[i] == 0 ? 0 : 1) as never;
  else if (out.type.dtype === 'int64') for (let i = 0; i < from.length; i++) out.array[i] = toBigInt(from[i] as number | bigint) as never;
  else if (dtype === 'int64' && out.type.dtype === 'float32') for (let i = 0; i < from.length; i++) out.array[i] = toSingle(from[i] as bigint) as never;
  else if (dtype === 'int64') for (let i = 0; i < from.length; i++) out.array[i] = Number(BigInt.asIntN(53, from[i] as bigint) === from[i] || DTYPES[out.type.dtype].kind === 'float' ? from[i] : BigInt.asIntN(32, from[i] as bigint)) as never;
  else out.array.set(from as never);
}

/** Truncates towards zero; NaN and infinities give 0, as ToInt32 does for the narrower integers. */
const toBigInt = (value: number | bigint): bigint => (typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);

/** A number that float32 rounds to the float32 nearest to `value`: beyond 2^53 the low 11 bits become one sticky bit, for rounding twice would err. */
function toSingle(value: bigint): number {
  if (BigInt.asIntN(54, value) === value) return Number(value);
  const high = value >> 11n;
  return Number(high << 11n === value ? high : high | 1n) * 2048;
}

/** The row of `astype`: what promotion inserts. */
export const CAST: OpRow = defineOp({
  name: 'astype', doc: 'The same values in another dtype: floats are rounded to nearest, float to integer truncates and wraps, anything but 0 is true.',
  operands: unary('any'), positional: ['dtype'], attributes: { dtype: { kind: 'dtype', doc: 'the new dtype' } }, result: 'attribute', separable: 'elements', widens: false,
  infer: ([x], attrs) => ({ dtype: attrs['dtype'] as TensorType['dtype'], shape: (x as TensorType).shape }),
  kernel: { skeleton: 'direct', run: cast },
  deviation: 'float to integer outside the range wraps; NaN gives 0',
});

/** Rows of this family. */
export const INDEXING: readonly OpRow[] = [
  CONCAT, stack, TAKE, repeat, oneHot, CAST,
  triangle('tril', 'The lower triangle of the last two axes; zeros above.', (column, row, k) => column <= row + k),
  triangle('triu', 'The upper triangle of the last two axes; zeros below.', (column, row, k) => column >= row + k),
];

