// References of reductions, row transforms and products: plain sums in float64 or bigints, with the error they may
// have.
import { common } from './promotion-table.ts';
import {
  at,
  axesOf,
  build,
  converted,
  indicesOf,
  isFloatName,
  type Name,
  type Ref,
  type Reference,
  type Scalar,
  stored,
  stretched,
} from './reference.ts';

type Result = { readonly value: Scalar; readonly slack?: number };
type Fold = (values: readonly Scalar[], dtype: Name, attrs: Readonly<Record<string, unknown>>) => Result;

const numbers = (values: readonly Scalar[]): number[] => values.map(Number);
const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);

/** A sum in float64, any order: off by n·ε·Σ|x|; unknown where a partial sum may overflow. */
function sumOf(values: readonly number[]): { value: number; slack: number } {
  const all = total(values.map(Math.abs));
  const infinite = values.some((x) => !Number.isFinite(x));
  const value = infinite ? total(values.filter((x) => !Number.isFinite(x))) : total(values);
  return {
    value,
    slack:
      total(values.filter(Number.isFinite).map(Math.abs)) > 1e308
        ? Infinity
        : infinite
          ? 0
          : values.length * 2 ** -52 * all,
  };
}

const sum: Fold = (values, dtype) =>
  isFloatName(dtype) ? sumOf(numbers(values)) : { value: values.reduce((a, x) => (a as bigint) + BigInt(x), 0n) };

const prod: Fold = (values, dtype) => {
  if (!isFloatName(dtype)) return { value: values.reduce((a, x) => (a as bigint) * BigInt(x), 1n) };
  const product = numbers(values).reduce((a, x) => a * x, 1);
  const spread = total(
    numbers(values).map((x) => (x === 0 || !Number.isFinite(x) ? 0 : Math.abs(Math.log2(Math.abs(x))))),
  );
  return { value: product, slack: spread > 1000 ? Infinity : Math.abs(product) * values.length * 2 ** -51 || 0 };
};

function mean(values: readonly Scalar[]): { value: number; slack: number } {
  const { value, slack } = sumOf(numbers(values));
  return { value: value / values.length, slack: slack === Infinity ? slack : slack / Math.max(1, values.length) };
}

const variance: Fold = (values, _dtype, attrs) => {
  const list = numbers(values);
  const centre = mean(list).value;
  const squares = list.map((x) => (x - centre) ** 2);
  const divisor = Math.max(0, list.length - ((attrs['correction'] as number | undefined) ?? 0));
  const huge = list.some((x) => Number.isFinite(x) && Math.abs(x) > 1e140);
  const largest = Math.max(0, ...list.map(Math.abs));
  return {
    value: total(squares) / divisor,
    slack: huge
      ? Infinity
      : Number.isFinite(largest) && divisor > 0
        ? (list.length * 2 ** -50 * (total(squares) + largest * largest * 2 ** -50 * list.length)) / divisor
        : 0,
  };
};

const deviation: Fold = (values, dtype, attrs) => {
  const { value, slack = 0 } = variance(values, dtype, attrs) as { value: number; slack?: number };
  return {
    value: Math.sqrt(value),
    slack: slack === Infinity ? slack : value > 0 ? slack / Math.sqrt(value) : Math.sqrt(slack),
  };
};

const RANGE: Partial<Record<Name, readonly [bigint, bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint8: [0n, 255n],
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  uint16: [0n, 65535n],
  uint64: [0n, 2n ** 64n - 1n],
};

const extreme =
  (which: 'min' | 'max'): Fold =>
  (values, dtype) => {
    if (isFloatName(dtype)) return { value: Math[which](...numbers(values)) };
    const start = RANGE[dtype]![which === 'min' ? 1 : 0];
    return { value: values.reduce((a, x) => (which === 'min' ? (x < a ? x : a) : x > a ? x : a), start) };
  };

const argExtreme =
  (which: 'min' | 'max'): Fold =>
  (values) => {
    const nan = values.findIndex((x) => Number.isNaN(x));
    let best = 0;
    values.forEach((x, i) => {
      if (which === 'min' ? x < values[best]! : x > values[best]!) best = i;
    });
    return { value: BigInt(nan >= 0 ? nan : best) };
  };

const logSumExp: Fold = (values) => {
  const list = numbers(values);
  const top = Math.max(...list);
  if (!Number.isFinite(top)) return { value: top };
  return { value: top + Math.log(total(list.map((x) => Math.exp(x - top)))), slack: 2 ** -48 * (1 + Math.abs(top)) };
};

const norm: Fold = (values) => {
  const { value, slack } = sumOf(numbers(values).map((x) => x * x));
  const tiny = numbers(values).some((x) => x !== 0 && Math.abs(x) < 1e-150);
  return {
    value: Math.sqrt(value),
    slack: slack === Infinity || tiny ? Infinity : value > 0 && Number.isFinite(value) ? slack / Math.sqrt(value) : 0,
  };
};

/** One result for every index of the kept axes, from the elements along the others in row-major order. */
const reduction =
  (
    fold: Fold,
    result: (dtype: Name) => Name = (dtype) => dtype,
    ulps = 1,
    ofNothing: 'defined' | 'refused' = 'defined',
  ): Reference =>
  ([operand], attrs) => {
    const { shape, dtype } = operand as Ref;
    const axes = axesOf(attrs['axis'], shape.length);
    const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    const along = shape.map((n, axis) => (axes.includes(axis) ? n : 1));
    const out = result(dtype);
    const places = [...indicesOf(along)];
    if (places.length === 0 && ofNothing === 'refused') return undefined;
    const results = Array.from(indicesOf(kept), (index) =>
      fold(
        places.map((place) =>
          at(
            operand as Ref,
            index.map((i, axis) => i + place[axis]!),
          ),
        ),
        dtype,
        attrs,
      ),
    );
    const values = results.map(({ value }) => stored(out, value));
    const final = attrs['keepdims'] === true ? kept : shape.filter((_, axis) => !axes.includes(axis));
    return isFloatName(out)
      ? { dtype: out, shape: final, values, ulps, slack: results.map(({ slack = 0 }) => slack) }
      : { dtype: out, shape: final, values };
  };

interface Row {
  readonly values: readonly number[];
  readonly scale: number;
}

/** A transform of every row along an axis; its error is in epsilons times a scale of the row. */
const rows =
  (transform: (row: readonly number[], top: number) => Row): Reference =>
  ([operand], attrs) => {
    const x = operand as Ref;
    const axis = axesOf(attrs['axis'] ?? -1, x.shape.length)[0]!;
    const known = new Map<string, Row>();
    const rowOf = (index: readonly number[]): Row => {
      const key = index.map((n, k) => (k === axis ? 0 : n)).join();
      const found = known.get(key);
      if (found !== undefined) return found;
      const row = Array.from(
        { length: x.shape[axis]! },
        (_, i) =>
          at(
            x,
            index.map((n, k) => (k === axis ? i : n)),
          ) as number,
      );
      const made = transform(row, Math.max(...row));
      known.set(key, made);
      return made;
    };
    const out = build(x.dtype, x.shape, (index) => stored(x.dtype, rowOf(index).values[index[axis]!]!));
    const epsilon = x.dtype === 'float32' ? 2 ** -24 : 2 ** -50;
    return {
      ...out,
      ulps: 8,
      slack: build(x.dtype, x.shape, (index) => epsilon * rowOf(index).scale).values as number[],
    };
  };

function softmax(row: readonly number[], top: number): Row {
  const exps = row.map((x) => Math.exp(x - top));
  const sumOfExps = total(exps);
  return { values: exps.map((e) => e / sumOfExps), scale: 0 };
}

function logSoftmax(row: readonly number[], top: number): Row {
  const logSum = Math.log(total(row.map((x) => Math.exp(x - top))));
  return { values: row.map((x) => x - top - logSum), scale: row.every(Number.isFinite) ? 1 + Math.abs(top) * 1e-3 : 0 };
}

/** References by op name. */
export const REDUCTIONS: Readonly<Record<string, Reference>> = {
  sum: reduction(sum, (dtype) => (dtype === 'bool' ? 'int32' : dtype)),
  prod: reduction(prod),
  mean: reduction(mean, (dtype) => (dtype === 'bool' ? 'float32' : dtype)),
  var: reduction(variance),
  std: reduction(deviation, undefined, 2),
  min: reduction(extreme('min'), undefined, 0),
  max: reduction(extreme('max'), undefined, 0),
  argmin: reduction(argExtreme('min'), () => 'int32', 0, 'refused'),
  argmax: reduction(argExtreme('max'), () => 'int32', 0, 'refused'),
  all: reduction(
    (values) => ({ value: values.every((x) => x !== false && x !== 0 && x !== 0n) }),
    () => 'bool',
  ),
  any: reduction(
    (values) => ({ value: values.some((x) => x !== false && x !== 0 && x !== 0n) }),
    () => 'bool',
  ),
  logsumexp: reduction(logSumExp, undefined, 4),
  norm: reduction(norm, undefined, 2),
  norm1: reduction((values) => sumOf(numbers(values).map(Math.abs))),
  norm_inf: reduction((values) => ({ value: Math.max(0, ...numbers(values).map(Math.abs)) }), undefined, 0),
  softmax: rows(softmax),
  log_softmax: rows(logSoftmax),
};

/** Σ over k of a·b for one element: in float64 or bigints, with the error a sum of rounded products may have. */
function dot(a: readonly Scalar[], b: readonly Scalar[], dtype: Name): Result {
  if (!isFloatName(dtype)) return { value: a.reduce((s: bigint, x, i) => s + (x as bigint) * (b[i] as bigint), 0n) };
  const products = a.map((x, i) => (x as number) * (b[i] as number));
  const { value, slack } = sumOf(products);
  const epsilon = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const large =
    total(products.map(Math.abs).filter(Number.isFinite)) > (dtype === 'float32' ? 1e38 : 1e307) ||
    products.some((x, i) => Math.abs(x) === Infinity && Number.isFinite(a[i]) && Number.isFinite(b[i]));
  return {
    value,
    slack: large
      ? Infinity
      : slack === Infinity || !Number.isFinite(value)
        ? slack
        : (a.length + 1) * epsilon * total(products.map(Math.abs)) + 1e-44,
  };
}

/** The last two axes swapped. */
function flipped(x: Ref): Ref {
  const shape = [...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!];
  return build(x.dtype, shape, (index) => at(x, [...index.slice(0, -2), index.at(-1)!, index.at(-2)!]));
}

const joined = (operands: readonly Ref[]): Ref[] => {
  const dtype = common(operands.map((operand) => operand.dtype));
  return operands.map((x) =>
    x.dtype === dtype ? x : { ...x, dtype, values: x.values.map((value) => converted(value, dtype)) },
  );
};

/** The product of (batches of) matrices; vectors are a row or a column. */
export const matmul: Reference = (operands, attrs) => {
  const [left, right] = joined(operands) as [Ref, Ref];
  const a =
    left.shape.length === 1
      ? { ...left, shape: [1, ...left.shape] }
      : attrs['transposeA'] === true
        ? flipped(left)
        : left;
  const b =
    right.shape.length === 1
      ? { ...right, shape: [...right.shape, 1] }
      : attrs['transposeB'] === true
        ? flipped(right)
        : right;
  const k = a.shape.at(-1)!;
  const full = [...stretched([a.shape.slice(0, -2), b.shape.slice(0, -2)]), a.shape.at(-2)!, b.shape.at(-1)!];
  const results = Array.from(indicesOf(full), (index) => {
    const [batch, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    const places = Array.from({ length: k }, (_, l) => l);
    return dot(
      places.map((l) => at(a, [...batch, i, l])),
      places.map((l) => at(b, [...batch, l, j])),
      left.dtype,
    );
  });
  const shape = [
    ...full.slice(0, -2),
    ...(left.shape.length === 1 ? [] : [full.at(-2)!]),
    ...(right.shape.length === 1 ? [] : [full.at(-1)!]),
  ];
  return {
    dtype: left.dtype,
    shape,
    values: results.map(({ value }) => stored(left.dtype, value)),
    ulps: 1,
    slack: results.map(({ slack = 0 }) => slack),
  };
};

/** x[i]·y[j]. A product's sum starts at +0, so no element is −0. */
export const outer: Reference = (operands) => {
  const [x, y] = joined(operands) as [Ref, Ref];
  return build(x.dtype, [x.values.length, y.values.length], ([i, j]) => {
    const [a, b] = [x.values[i as number] as number, y.values[j as number] as number];
    return isFloatName(x.dtype) ? (stored(x.dtype, a * b) as number) + 0 : stored(x.dtype, BigInt(a) * BigInt(b));
  });
};

/** Sum of the diagonal of the last two axes. */
export const trace: Reference = ([operand]) => {
  const { dtype, shape } = operand as Ref;
  const results = Array.from(indicesOf(shape.slice(0, -2)), (batch) =>
    sum(
      Array.from({ length: Math.min(shape.at(-2)!, shape.at(-1)!) }, (_, i) => at(operand as Ref, [...batch, i, i])),
      dtype,
      {},
    ),
  );
  return {
    dtype,
    shape: shape.slice(0, -2),
    values: results.map(({ value }) => stored(dtype, value)),
    ulps: 1,
    slack: results.map(({ slack = 0 }) => slack),
  };
};
