// ONNX operators that move, join, select or make elements.
import { type DType, numbersOf } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { type OperatorContext, type OperatorInput, type OnnxOperator, Unmapped } from './context.ts';
import type { OnnxTensor } from './protobuf.ts';

const settled = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A list given as an input (newer opsets) or as an attribute (older ones). */
const listOf = (on: OperatorContext, place: number, name: string): number[] | undefined =>
  on.input(place)?.numbers() ?? (on.has(name) ? on.numbers(name) : undefined);

function reshape(on: OperatorContext): Tensor {
  const [x, wanted] = [on.tensor(0), listOf(on, 1, 'shape') ?? []];
  const keep = on.number('allowzero', 0) === 0;
  return x.reshape(wanted.map((n, axis) => (n === 0 && keep ? x.shape[axis]! : n)));
}

function flatten(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const axis = settled(on.number('axis', 1), x.shape.length);
  return x.reshape([count(x.shape.slice(0, axis)), count(x.shape.slice(axis))]);
}

function unsqueeze(on: OperatorContext): Tensor {
  const [x, axes] = [on.tensor(0), listOf(on, 1, 'axes') ?? []];
  const rank = x.shape.length + axes.length;
  return axes
    .map((axis) => settled(axis, rank))
    .sort((a, b) => a - b)
    .reduce((tensor: Tensor, axis) => tensor.expandDims(axis), x);
}

function slice(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const [starts, ends] = [listOf(on, 1, 'starts') ?? [], listOf(on, 2, 'ends') ?? []];
  const axes = (listOf(on, 3, 'axes') ?? starts.map((_, i) => i)).map((axis) => settled(axis, x.shape.length));
  const steps = on.input(4)?.numbers() ?? starts.map(() => 1);
  const pick = (list: readonly number[], otherwise: number | null): (number | null)[] =>
    x.shape.map((_, axis) => (axes.includes(axis) ? list[axes.indexOf(axis)]! : otherwise));
  return x.slice(pick(starts, null), pick(ends, null), pick(steps, 1));
}

function split(on: OperatorContext): readonly Tensor[] {
  const x = on.tensor(0);
  const axis = settled(on.number('axis', 0), x.shape.length);
  const length = x.shape[axis]!;
  const parts = on.outputCount;
  const even = Math.ceil(length / parts);
  const sizes =
    listOf(on, 1, 'split') ?? Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(even, length - i * even)));
  let at = 0;
  return sizes.map((size) => {
    const bounds = (value: number | null): (number | null)[] => x.shape.map((_, k) => (k === axis ? value : null));
    at += size;
    return x.slice(bounds(at - size), bounds(at));
  });
}

function expand(on: OperatorContext): Tensor {
  const [x, wanted] = [on.tensor(0), on.input(1)?.numbers() ?? []];
  const rank = Math.max(x.shape.length, wanted.length);
  const length = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return x.broadcastTo(
    Array.from({ length: rank }, (_, axis) =>
      length(x.shape, axis) === 1 ? length(wanted, axis) : length(x.shape, axis),
    ),
  );
}

function eyeLike(on: OperatorContext): Tensor {
  const x = on.tensor(0);
  const [rows, columns] = x.shape as [number, number];
  return on.call('eye', rows, { columns, k: on.number('k', 0), dtype: on.dtype('dtype', x.dtype) });
}

function trilu(on: OperatorContext): Tensor {
  const k = on.input(1)?.numbers()[0] ?? 0;
  return on.number('upper', 1) === 0 ? on.tensor(0).tril({ k }) : on.tensor(0).triu({ k });
}

/** Negative indices count from the end; indices outside [−depth, depth) give the off value alone. */
function oneHot(on: OperatorContext): Tensor {
  const [indices, depth, values] = [on.tensor(0), on.input(1)!.numbers()[0]!, on.tensor(2)];
  const whole = indices.astype('int64');
  const places = whole.less(0).where(whole.add(depth), whole);
  const [off, on1] = [values.slice([0], [1]).reshape([]), values.slice([1], [2]).reshape([])];
  const hot = places.oneHot(depth, { dtype: 'bool' }).where(on1, off);
  return hot.moveaxis(-1, on.number('axis', -1));
}

function constantOfShape(on: OperatorContext): Tensor {
  const value = on.stored('value');
  return on.sheet.full(
    on.input(0)?.numbers() ?? [],
    Number(value === undefined ? 0 : numbersOf(value.array, value.dtype as DType)[0]),
    { dtype: value?.dtype ?? 'float32' },
  );
}

const int64 = (on: OperatorContext, values: readonly number[], shape: readonly number[]): Tensor =>
  on.sheet.tensor(BigInt64Array.from(values, BigInt), shape);

function shapeOf(on: OperatorContext): Tensor {
  const { shape } = on.tensor(0);
  const limit = (axis: number): number => Math.max(0, Math.min(shape.length, settled(axis, shape.length)));
  const part = shape.slice(limit(on.number('start', 0)), limit(on.number('end', shape.length)));
  return int64(on, part, [part.length]);
}

function compress(on: OperatorContext): Tensor {
  const keep = (on.input(1) as OperatorInput).numbers().flatMap((flag, i) => (flag === 0 ? [] : [i]));
  const x = on.has('axis') ? on.tensor(0) : on.tensor(0).reshape([-1]);
  return x.take(Int32Array.from(keep), { axis: on.number('axis', 0) });
}

/** Sums or products so far; without the element itself, or from the end, where asked for. */
function cumulative(row: 'cumulativeSum' | 'cumulativeProd'): OnnxOperator {
  return (on) => {
    const x = on.tensor(0);
    const axis = settled(on.input(1)?.numbers()[0] ?? 0, x.shape.length);
    const turned = (t: Tensor): Tensor => (on.number('reverse', 0) === 0 ? t : t.flip({ axis }));
    if (on.number('exclusive', 0) === 0) return turned(turned(x)[row]({ axis }));
    const more = turned(x)[row]({ axis, includeInitial: true });
    return turned(
      more.slice(
        [],
        x.shape.map((n, k) => (k === axis ? n : null)),
      ),
    );
  };
}

const REDUCTIONS: Readonly<Record<string, 'none' | 'add' | 'multiply' | 'minimum' | 'maximum'>> = {
  none: 'none',
  add: 'add',
  mul: 'multiply',
  min: 'minimum',
  max: 'maximum',
};

function scatterNd(on: OperatorContext): Tensor {
  const reduction = REDUCTIONS[on.text('reduction', 'none')]!;
  return on.tensor(0).scatterNd(on.tensor(1), on.tensor(2), { reduction });
}

function scatterElements(on: OperatorContext): Tensor {
  const reduction = REDUCTIONS[on.text('reduction', 'none')]!;
  return on.tensor(0).scatterElements(on.tensor(1), on.tensor(2), { axis: on.number('axis', 0), reduction });
}

function topK(on: OperatorContext): readonly Tensor[] {
  const k = on.input(1)?.numbers()[0] ?? on.number('k', 1);
  const { values, indices } = on
    .tensor(0)
    .topK(k, { axis: on.number('axis', -1), largest: on.number('largest', 1) !== 0 });
  return [values, indices.astype('int64')];
}

/** Beside the axis, indices are of the first elements of x. */
function gatherElements(on: OperatorContext): Tensor {
  const [x, indices] = [on.tensor(0), on.tensor(1)];
  const axis = settled(on.number('axis', 0), x.shape.length);
  const first = x.slice(
    [],
    indices.shape.map((n, k) => (k === axis ? null : n)),
  );
  return first.takeAlongAxis(indices, { axis });
}

/** Slices of an axis that occur, in lexicographic order or as they come. */
async function uniqueSlices(on: OperatorContext): Promise<readonly Tensor[]> {
  const x = on.tensor(0);
  const axis = settled(on.number('axis', 0), x.shape.length);
  const length = x.shape[axis]!;
  const slices = (await x.moveaxis(axis, 0).reshape([length, -1]).toArray()) as readonly (readonly number[])[];
  const order = Array.from({ length }, (_, i) => i).sort((i, j) => comparedSlices(slices[i]!, slices[j]!) || i - j);
  const firsts: number[] = [];
  const group = new Array<number>(length);
  for (const [k, i] of order.entries()) {
    if (k === 0 || comparedSlices(slices[firsts.at(-1)!]!, slices[i]!) !== 0) firsts.push(i);
    group[i] = firsts.length - 1;
  }
  const places = firsts.map((_, k) => k);
  if (on.number('sorted', 1) === 0) places.sort((a, b) => firsts[a]! - firsts[b]!);
  const number = places.map(() => 0);
  places.forEach((place, k) => (number[place] = k));
  const indices = places.map((place) => firsts[place]!);
  const counts = places.map((place) => group.filter((each) => each === place).length);
  return on.pickOutputs([
    x.take(Int32Array.from(indices), { axis }),
    ...[indices, group.map((each) => number[each]!), counts].map((each) => int64(on, each, [each.length])),
  ]);
}

/** By the first elements that differ: −1, 0 or 1. */
function comparedSlices(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : a[at]! < b[at]! ? -1 : 1;
}

/** In order, or as they come. */
async function unique(on: OperatorContext): Promise<readonly Tensor[]> {
  if (on.has('axis') && on.tensor(0).shape.length > 1) return uniqueSlices(on);
  const { values, indices, inverse, counts } = await on.tensor(0).uniqueAll();
  const order = on.number('sorted', 1) === 0 ? indices.argsort() : on.sheet.arange(indices.size, { dtype: 'int32' });
  const whole = (x: Tensor): Tensor => x.reshape([-1]).astype('int64');
  const arranged = [values.take(order), whole(indices.take(order)), whole(order.argsort().take(inverse))];
  return on.pickOutputs([...arranged, whole(counts.take(order))]);
}

async function nonZero(on: OperatorContext): Promise<readonly Tensor[]> {
  const places = await on.tensor(0).nonzero();
  return [on.sheet.stack(places, { axis: 0 }).astype('int64')];
}

/** A constant that is written as a number or a list of numbers. */
function plainConstant(on: OperatorContext): Pick<OnnxTensor, 'array' | 'shape' | 'dtype'> | undefined {
  const list = (name: string): number[] => (on.has(`${name}s`) ? on.numbers(`${name}s`) : [on.number(name, 0)]);
  const shapeFor = (name: string, length: number): number[] => (on.has(`${name}s`) ? [length] : []);
  const has = (name: string): boolean => on.has(name) || on.has(`${name}s`);
  const ints = has('value_int') ? list('value_int') : undefined;
  if (ints !== undefined)
    return { array: BigInt64Array.from(ints, BigInt), shape: shapeFor('value_int', ints.length), dtype: 'int64' };
  if (!has('value_float')) return undefined;
  const floats = list('value_float');
  return { array: Float32Array.from(floats), shape: shapeFor('value_float', floats.length), dtype: 'float32' };
}

/** By ONNX operator. */
export const SHAPE_OPERATORS: Readonly<Record<string, OnnxOperator>> = {
  Identity: (on) => on.tensor(0).reshape(on.tensor(0).shape as number[]),
  Reshape: reshape,
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Split: split,
  Expand: expand,
  Tile: (on) => on.tensor(0).tile(on.input(1)?.numbers() ?? []),
  EyeLike: eyeLike,
  Trilu: trilu,
  OneHot: oneHot,
  Squeeze: (on) => on.tensor(0).squeeze((listOf(on, 1, 'axes') ?? null) as number[]),
  Transpose: (on) => on.tensor(0).permuteDims((on.has('perm') ? on.numbers('perm') : null) as number[]),
  Concat: (on) => on.sheet.concat(on.tensors(), { axis: on.number('axis', 0) }),
  Gather: (on) => on.tensor(0).take(on.tensor(1), { axis: on.number('axis', 0) }),
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: (on) => int64(on, [on.tensor(0).size], []),
  Compress: compress,
  GatherND: (on) => on.tensor(0).gatherNd(on.tensor(1), { batch: on.number('batch_dims', 0) }),
  GatherElements: gatherElements,
  Unique: unique,
  ScatterND: scatterNd,
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  TopK: topK,
  NonZero: nonZero,
  CumSum: cumulative('cumulativeSum'),
  CumProd: cumulative('cumulativeProd'),
  Constant: (on) => {
    const value = on.stored('value') ?? plainConstant(on);
    if (value?.dtype === undefined) throw new Unmapped('constants other than tensors');
    return on.sheet.tensor(value.array, value.shape, { dtype: value.dtype });
  },
};
