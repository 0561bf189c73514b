// References of what moves and what is grouped: index arithmetic, and sums of lists.
import {
  at,
  build,
  count,
  isFloatName,
  type Ref,
  type Reference,
  type Scalar,
  stored,
  stretched,
} from './reference.ts';

const modulo = (value: number, length: number): number => ((value % length) + length) % length;
const listOf = (value: unknown): number[] => (Array.isArray(value) ? (value as number[]) : [value as number]);

const roll: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const shifts = listOf(attrs['shift']);
  const axis = attrs['axis'] as number | number[] | null | undefined;
  if (axis == null) {
    const flat = { ...x, shape: [x.values.length] };
    const rolled = build(x.dtype, flat.shape, ([i]) => at(flat, [modulo(i! - shifts[0]!, flat.shape[0]!)]));
    return { ...rolled, shape: x.shape };
  }
  const axes = listOf(axis).map((k) => modulo(k, x.shape.length));
  return build(x.dtype, x.shape, (index) => {
    const from = [...index];
    axes.forEach((k, i) => {
      from[k] = modulo(from[k]! - shifts[shifts.length === 1 ? 0 : i]!, x.shape[k]!);
    });
    return at(x, from);
  });
};

const tile: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const repeats = listOf(attrs['repetitions']);
  const rank = Math.max(x.shape.length, repeats.length);
  const padded = [...Array.from({ length: rank - x.shape.length }, () => 1), ...x.shape];
  const all = [...Array.from({ length: rank - repeats.length }, () => 1), ...repeats];
  const wide = { ...x, shape: padded };
  return build(
    x.dtype,
    padded.map((n, k) => n * all[k]!),
    (index) =>
      at(
        wide,
        index.map((i, k) => i % padded[k]!),
      ),
  );
};

const takeAlongAxis: Reference = ([operand, places], attrs) => {
  const [x, indices] = [operand as Ref, places as Ref];
  const axis = modulo((attrs['axis'] as number | undefined) ?? -1, x.shape.length);
  const one = (shape: readonly number[]): number[] => shape.map((n, k) => (k === axis ? 1 : n));
  const shape = stretched([one(x.shape), one(indices.shape)]).map((n, k) => (k === axis ? indices.shape[axis]! : n));
  const length = x.shape[axis]!;
  if (count(shape) > 0 && indices.values.some((i) => Number(i) < -length || Number(i) >= length)) return undefined;
  return build(x.dtype, shape, (index) => {
    const beside = index.map((i, k) => (k === axis ? i : indices.shape[k] === 1 ? 0 : i));
    const place = Number(indices.values[beside.reduce((flat, i, k) => flat * indices.shape[k]! + i, 0)]);
    return at(
      x,
      index.map((i, k) => (k === axis ? modulo(place, length) : i)),
    );
  });
};

const segmentSum: Reference = ([operand, groups], attrs) => {
  const [x, numbers] = [operand as Ref, (groups as Ref).values.map(Number)];
  const groupCount = attrs['count'] as number;
  if (numbers.some((group) => group < 0 || group >= groupCount)) return undefined;
  const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
  return build(dtype, [groupCount, ...x.shape.slice(1)], ([group, ...rest]) => {
    let total: Scalar = isFloatName(dtype) ? 0 : 0n;
    numbers.forEach((number, row) => {
      if (number !== group) return;
      const value = at(x, [row, ...rest]);
      total = typeof total === 'number' ? total + (value as number) : (total as bigint) + BigInt(value);
    });
    return stored(dtype, total);
  });
};

const bincount: Reference = ([x], attrs) => {
  const numbers = (x as Ref).values.map(Number);
  const groupCount = attrs['count'] as number;
  if (numbers.some((group) => group < 0 || group >= groupCount)) return undefined;
  return build('int32', [groupCount], ([group]) => BigInt(numbers.filter((number) => number === group).length));
};

const firstNonzero: Reference = ([x], attrs) => {
  const wanted = attrs['count'] as number;
  const places = (x as Ref).values.flatMap((value, i) => (value === false || value == 0 ? [] : [BigInt(i)]));
  return build('int32', [wanted], ([i]) => places[i!] ?? -1n);
};

const bitwiseCount: Reference = ([x]) => {
  const { shape, values } = x as Ref;
  const bits = (value: Scalar): bigint => {
    const size = BigInt(value) < 0n ? -BigInt(value) : BigInt(value);
    return BigInt(size.toString(2).replaceAll('0', '').length);
  };
  return { dtype: 'int32', shape, values: values.map(bits) };
};

/** References by op. */
export const REARRANGING: Readonly<Record<string, Reference>> = {
  roll,
  tile,
  take_along_axis: takeAlongAxis,
  segment_sum: segmentSum,
  bincount,
  first_nonzero: firstNonzero,
  bitwise_count: bitwiseCount,
};
