// References of ordering: lists of exact values, compared one by one.
import {
  type Attrs,
  at,
  build,
  indicesOf,
  isFloatName,
  type Ref,
  type Reference,
  type Scalar,
  stored,
} from './reference.ts';

const isNaNElement = (x: Scalar): boolean => typeof x === 'number' && Number.isNaN(x);

/** A row replaced by another, for every row of an axis. */
function byRows(x: Ref, axis: number, dtype: Ref['dtype'], row: (values: Scalar[]) => Scalar[]): Ref {
  const rest = x.shape.map((n, k) => (k === axis ? 1 : n));
  const rows = new Map<string, Scalar[]>();
  let length = row(Array.from({ length: x.shape[axis]! }, () => x.values[0] ?? 0)).length;
  for (const index of indicesOf(rest)) {
    const values = Array.from({ length: x.shape[axis]! }, (_, i) =>
      at(
        x,
        index.map((n, k) => (k === axis ? i : n)),
      ),
    );
    const result = row(values);
    length = result.length;
    rows.set(index.join(), result);
  }
  const shape = x.shape.map((n, k) => (k === axis ? length : n));
  return build(dtype, shape, (index) => rows.get(index.map((n, k) => (k === axis ? 0 : n)).join())![index[axis]!]!);
}

/** Places in order: equal elements keep theirs, NaN comes last. */
function placesOf(values: readonly Scalar[], descending: boolean): number[] {
  const places = values.map((_, i) => i);
  const numbers = places.filter((i) => !isNaNElement(values[i]!));
  numbers.sort((i, j) => {
    const [a, b] = [values[i]!, values[j]!];
    return a < b ? (descending ? 1 : -1) : a > b ? (descending ? -1 : 1) : i - j;
  });
  return [...numbers, ...places.filter((i) => isNaNElement(values[i]!))];
}

const axisOf = (attrs: Attrs, x: Ref, fallback: number): number => {
  const axis = (attrs['axis'] as number | null | undefined) ?? fallback;
  return axis < 0 ? axis + x.shape.length : axis;
};

const ordered =
  (give: 'elements' | 'places'): Reference =>
  ([operand], attrs) => {
    const x = operand as Ref;
    return byRows(x, axisOf(attrs, x, -1), give === 'places' ? 'int32' : x.dtype, (values) => {
      const places = placesOf(values, attrs['descending'] === true);
      return give === 'places' ? places.map(BigInt) : places.map((i) => values[i]!);
    });
  };

/** An accumulation in float64, or of integers that wrap; every element is stored once. */
const running =
  (
    start: number | undefined,
    step: (total: number, x: number) => number,
    whole: (total: bigint, x: bigint) => bigint,
  ): Reference =>
  ([operand], attrs) => {
    const x = operand as Ref;
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    return byRows(x, axisOf(attrs, x, 0), dtype, (values) => {
      const results: Scalar[] = [];
      const floats = isFloatName(dtype);
      let total: Scalar | undefined = start === undefined ? undefined : floats ? start : BigInt(start);
      if (attrs['includeInitial'] === true) results.push(stored(dtype, total!));
      for (const value of values) {
        const next = floats ? (value as number) : BigInt(value);
        total =
          total === undefined
            ? next
            : floats
              ? step(total as number, next as number)
              : whole(total as bigint, next as bigint);
        results.push(stored(dtype, total));
      }
      return results;
    });
  };

/** How many elements of the sorted vector come before each value. */
const searched: Reference = ([sorted, values], attrs) => {
  const isBefore = (a: Scalar, b: Scalar): boolean =>
    isNaNElement(a) ? false : isNaNElement(b) || (attrs['side'] === 'right' ? a <= b : a < b);
  const isBeforeOrSame = (a: Scalar, b: Scalar): boolean =>
    isBefore(a, b) || (attrs['side'] === 'right' && isNaNElement(a) && isNaNElement(b));
  const { values: elements } = sorted as Ref;
  return {
    dtype: 'int32',
    shape: (values as Ref).shape,
    values: (values as Ref).values.map((value) => {
      let [low, high] = [0, elements.length];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (isBeforeOrSame(elements[middle]!, value)) low = middle + 1;
        else high = middle;
      }
      return BigInt(low);
    }),
  };
};

/** References by op. */
export const ORDERING: Readonly<Record<string, Reference>> = {
  sort: ordered('elements'),
  argsort: ordered('places'),
  searchsorted: searched,
  cumulative_sum: running(
    0,
    (total, x) => total + x,
    (total, x) => total + x,
  ),
  cumulative_prod: running(
    1,
    (total, x) => total * x,
    (total, x) => total * x,
  ),
  cumulative_min: running(undefined, Math.min, (total, x) => (x < total ? x : total)),
  cumulative_max: running(undefined, Math.max, (total, x) => (x > total ? x : total)),
};
