// Elements of an array by an index of NumPy, as slices, reshapes and one take.
import type { DType, PendingTensor, Tensor } from '../surface.ts';
import type { ArrayLike, Context } from './context.ts';
import { arrayOf } from './arrays.ts';
import { type IndexPart, type IndexEntry, checkMask, readEntries } from './index-entries.ts';
import { flattened } from './own/operands.ts';
import { truePlaces } from './own/selection.ts';
import { commonShape, placeOf } from './own/shape.ts';

type NotBool = Exclude<DType, 'bool'>;
type Unmasked = number | bigint | string | null | undefined | readonly (number | readonly number[])[] | Tensor<NotBool>;

/** `np.at`: a pending tensor; where the index has a mask, a promise of a tensor. */
export interface AtFunction {
  (x: ArrayLike, ...index: readonly Unmasked[]): PendingTensor;
  (x: ArrayLike, ...index: readonly IndexEntry[]): PendingTensor | Promise<Tensor>;
}

/** `np.at` over a sheet. */
export const at =
  (np: Context): AtFunction =>
  (x: ArrayLike, ...index: readonly IndexEntry[]) => {
    const array = arrayOf(np.sheet, x);
    const entries = readEntries(np, index, array);
    return (
      entries.some(({ kind }) => kind === 'mask') ? masked(np, array, entries) : indexed(np, array, entries)
    ) as never;
  };

/** Masks become the places at which they are true, of axes that are made one. */
async function masked(np: Context, x: Tensor, entries: readonly IndexPart[]): Promise<Tensor> {
  const shape: number[] = [];
  const found: IndexPart[] = [];
  let axis = 0;
  for (const entry of entries) {
    const lengths = x.shape.slice(axis, axis + entry.takes);
    if (entry.kind === 'mask') {
      checkMask(entry.mask, x.shape, axis);
      shape.push(lengths.reduce((product, length) => product * length, 1));
      const indices = await truePlaces(flattened(entry.mask));
      found.push({ kind: 'array', indices, takes: 1, isChecked: true });
    } else {
      shape.push(...lengths);
      found.push(entry);
    }
    axis += entry.takes;
  }
  return await indexed(np, x.reshape(shape), found);
}

function indexed(np: Context, x: Tensor, entries: readonly IndexPart[]): PendingTensor {
  const sliced = slicedBy(x, entries);
  return entries.some(({ kind }) => kind === 'array') ? gathered(np, sliced, entries) : viewed(sliced, entries);
}

/** The slices, and integers as slices of one element where no array is beside them. */
function slicedBy(x: Tensor, entries: readonly IndexPart[]): Tensor {
  const isGathered = entries.some(({ kind }) => kind === 'array');
  const bounds = entries
    .filter(({ takes }) => takes > 0)
    .map((entry, axis): readonly (number | null)[] => {
      if (entry.kind === 'slice') return entry.bounds;
      if (entry.kind !== 'integer') return [null, null, null];
      const from = placeOf(entry.index, x.shape[axis]!, 'at');
      return isGathered ? [null, null, null] : [from, from + 1, null];
    });
  if (bounds.every((each) => each.every((value) => value === null))) return x;
  const column = (i: number): number[] => bounds.map((each) => each[i] ?? (i === 2 ? 1 : null)) as number[];
  return x.slice(column(0), column(1), column(2));
}

/** Axes of integers left out, new ones put in. */
function viewed(x: Tensor, entries: readonly IndexPart[]): PendingTensor {
  const lengths = [...x.shape];
  const shape = entries.flatMap(({ kind, takes }) => {
    const length = takes > 0 ? lengths.shift()! : 1;
    return kind === 'integer' ? [] : [length];
  });
  return x.reshape(shape);
}

/** Axes of arrays and integers become one, of which elements are taken; then all axes go where NumPy has them. */
function gathered(np: Context, x: Tensor, entries: readonly IndexPart[]): PendingTensor {
  const axes: number[] = [];
  const kept: number[] = [];
  let axis = 0;
  for (const { kind, takes } of entries) {
    if (takes > 0) (kind === 'slice' ? kept : axes).push(axis);
    axis += takes;
  }
  const count = axes.reduce((product, each) => product * x.shape[each]!, 1);
  const rows = x.permuteDims([...axes, ...kept]).reshape([count, ...kept.map((each) => x.shape[each]!)]);
  const places = placesOf(
    np,
    entries,
    axes.map((each) => x.shape[each]!),
  );
  return arranged(rows.take(places, { axis: 0 }), entries, places.ndim);
}

/** The places in the axes that became one, of the indices of each. */
function placesOf(np: Context, entries: readonly IndexPart[], lengths: readonly number[]): Tensor {
  const indices = entries.flatMap((entry) => {
    if (entry.kind === 'array') return [entry.indices];
    return entry.kind === 'integer' ? [np.sheet.full([], entry.index, { dtype: 'int64' })] : [];
  });
  if (indices.length === 1) return indices[0]!;
  commonShape(
    indices.map(({ shape }) => shape),
    'at',
  );
  const total = lengths.reduce((product, length) => product * length, 1);
  let stride = total;
  return indices.reduce<Tensor>((sum, index, i) => {
    const length = lengths[i]!;
    stride /= Math.max(length, 1);
    const from = np.sheet.where(index.less(0), index.add(length), index);
    const isInside = from.greaterEqual(0).logicalAnd(from.less(length));
    // A place beyond all others has the take refuse what is outside its axis.
    const place = np.sheet.where(isInside, from.multiply(stride), total * lengths.length + total);
    return i === 0 ? place : sum.add(place);
  }, indices[0]!);
}

/** The axes of the indices stand where the first of them was, or first where something is between them. */
function arranged(taken: Tensor, entries: readonly IndexPart[], indexRank: number): PendingTensor {
  const chosen = entries.map(({ kind }) => kind === 'array' || kind === 'integer');
  const [first, last] = [chosen.indexOf(true), chosen.lastIndexOf(true)];
  const isTogether = chosen.slice(first, last + 1).every(Boolean);
  const before = isTogether ? entries.slice(0, first).filter(({ kind }) => kind === 'slice').length : 0;
  const order = taken.shape.map((_, axis) => axis);
  const moved = [
    ...order.slice(indexRank, indexRank + before),
    ...order.slice(0, indexRank),
    ...order.slice(indexRank + before),
  ];
  const ordered = taken.permuteDims(moved);
  if (!entries.some(({ kind }) => kind === 'new')) return ordered;
  return ordered.reshape(withNew(ordered.shape, entries, isTogether ? first : 0, indexRank));
}

function withNew(shape: readonly number[], entries: readonly IndexPart[], first: number, indexRank: number): number[] {
  const lengths = [...shape];
  const result: number[] = [];
  const takeIndices = (): void => void result.push(...lengths.splice(0, indexRank));
  entries.forEach(({ kind }, i) => {
    if (i === first) takeIndices();
    if (kind === 'new') result.push(1);
    if (kind === 'slice') result.push(lengths.shift()!);
  });
  return result;
}
