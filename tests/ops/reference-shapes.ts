// References of movement, indexing, creation and linear systems: index arithmetic and textbook loops.
import { common } from './promotion-table.ts';
import { ELEMENTWISE, nextafter, where } from './reference-elementwise.ts';
import { DECOMPOSITIONS } from './reference-decompositions.ts';
import { FOURIER } from './reference-fourier.ts';
import { ORDERING } from './reference-ordering.ts';
import { REARRANGING } from './reference-rearranging.ts';
import { RANDOM } from './reference-random.ts';
import { WINDOWS } from './reference-windows.ts';
import { matmul, outer, REDUCTIONS, trace } from './reference-reductions.ts';
import {
  at,
  type Attrs,
  axesOf,
  build,
  converted,
  count,
  indicesOf,
  isFloatName,
  type Name,
  type Ref,
  type Reference,
  type Scalar,
  stored,
} from './reference.ts';

const unary =
  (transform: (x: Ref, attrs: Attrs) => Ref): Reference =>
  ([x], attrs) =>
    transform(x as Ref, attrs);
const listOf = (value: unknown): (number | null)[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? (value as (number | null)[]) : [value as number];
const axisOf = (value: unknown, rank: number): number => axesOf(value ?? 0, rank)[0]!;
const same = (x: Ref, shape: readonly number[]): Ref => ({ ...x, shape });

/** Axes of the result taken from the operand in an order. */
function permuted(x: Ref, order: readonly number[]): Ref {
  return build(
    x.dtype,
    order.map((axis) => x.shape[axis]!),
    (index) =>
      at(
        x,
        x.shape.map((_, axis) => index[order.indexOf(axis)]!),
      ),
  );
}

function moveaxis(x: Ref, attrs: Attrs): Ref {
  const rank = x.shape.length;
  const [from, to] = [axisOf(attrs['source'], rank), axisOf(attrs['destination'], rank)];
  const order = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  return permuted(x, [...order.slice(0, to), from, ...order.slice(to)]);
}

/** Indices that x[start:stop:step] visits, as in Python. */
function visited(length: number, start: number | null, stop: number | null, step: number): number[] {
  const places: number[] = [];
  const settle = (value: number): number => (value < 0 ? value + length : value);
  const from = start === null ? (step > 0 ? 0 : length - 1) : settle(start);
  const to = stop === null ? (step > 0 ? length : -1) : Math.max(-1, settle(stop));
  for (
    let i = step > 0 ? Math.max(0, from) : Math.min(length - 1, from);
    step > 0 ? i < Math.min(to, length) : i > to;
    i += step
  )
    if (i >= 0) places.push(i);
  return places;
}

function slice(x: Ref, attrs: Attrs): Ref {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => listOf(attrs[name])) as [
    (number | null)[],
    (number | null)[],
    (number | null)[],
  ];
  const places = x.shape.map((length, axis) =>
    visited(length, start[axis] ?? null, stop[axis] ?? null, step[axis] ?? 1),
  );
  return build(
    x.dtype,
    places.map((list) => list.length),
    (index) =>
      at(
        x,
        index.map((i, axis) => places[axis]![i]!),
      ),
  );
}

function reshape(x: Ref, attrs: Attrs): Ref {
  const wanted = listOf(attrs['shape']) as number[];
  const known = count(wanted.filter((n) => n !== -1));
  return same(
    x,
    wanted.map((n) => (n === -1 ? x.values.length / known : n)),
  );
}

function flip(x: Ref, attrs: Attrs): Ref {
  const axes = axesOf(attrs['axis'], x.shape.length);
  return build(x.dtype, x.shape, (index) =>
    at(
      x,
      index.map((i, axis) => (axes.includes(axis) ? x.shape[axis]! - 1 - i : i)),
    ),
  );
}

function expandDims(x: Ref, attrs: Attrs): Ref {
  const axis = axisOf(attrs['axis'], x.shape.length + 1);
  return same(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

function squeeze(x: Ref, attrs: Attrs): Ref {
  const axes =
    attrs['axis'] === null || attrs['axis'] === undefined
      ? x.shape.flatMap((n, axis) => (n === 1 ? [axis] : []))
      : axesOf(attrs['axis'], x.shape.length);
  return same(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

function diagonal(x: Ref, attrs: Attrs): Ref {
  const offset = (attrs['offset'] as number | undefined) ?? 0;
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const places: number[] = [];
  for (let i = 0; i < rows; i++) if (i + offset >= 0 && i + offset < columns) places.push(i);
  return build(x.dtype, [...x.shape.slice(0, -2), places.length], (index) => {
    const row = places[index.at(-1)!]!;
    return at(x, [...index.slice(0, -1), row, row + offset]);
  });
}

const joinedTo = (operands: readonly Ref[]): Ref[] => {
  const dtype = common(operands.map((operand) => operand.dtype));
  return operands.map((x) =>
    x.dtype === dtype ? x : { ...x, dtype, values: x.values.map((value) => converted(value, dtype)) },
  );
};

const concat: Reference = (operands, attrs) => {
  const list = joinedTo(operands);
  const [head] = list as [Ref];
  const axis = axisOf(attrs['axis'], head.shape.length);
  const slots = list.flatMap((x) => Array.from({ length: x.shape[axis]! }, (_, i) => ({ x, i })));
  return build(
    head.dtype,
    head.shape.map((n, k) => (k === axis ? slots.length : n)),
    (index) => {
      const { x, i } = slots[index[axis]!]!;
      return at(
        { ...x },
        index.map((place, k) => (k === axis ? i : place)),
      );
    },
  );
};

const stack: Reference = (operands, attrs) => {
  const list = joinedTo(operands);
  const [head] = list as [Ref];
  const axis = axisOf(attrs['axis'], head.shape.length + 1);
  return build(head.dtype, [...head.shape.slice(0, axis), list.length, ...head.shape.slice(axis)], (index) =>
    at(list[index[axis]!]!, [...index.slice(0, axis), ...index.slice(axis + 1)]),
  );
};

const take: Reference = ([x, indices], attrs) => {
  const [from, places] = [x as Ref, indices as Ref];
  const axis = axisOf(attrs['axis'], from.shape.length);
  const length = from.shape[axis]!;
  if (places.values.some((i) => Number(i) < -length || Number(i) >= length)) return undefined;
  const rank = places.shape.length;
  return build(from.dtype, [...from.shape.slice(0, axis), ...places.shape, ...from.shape.slice(axis + 1)], (index) => {
    const place = Number(at(places, index.slice(axis, axis + rank)));
    return at(from, [...index.slice(0, axis), place < 0 ? place + length : place, ...index.slice(axis + rank)]);
  });
};

function repeat(x: Ref, attrs: Attrs): Ref {
  const axis = axisOf(attrs['axis'], x.shape.length);
  const repeats = attrs['repeats'] as number;
  return build(
    x.dtype,
    x.shape.map((n, k) => (k === axis ? n * repeats : n)),
    (index) =>
      at(
        x,
        index.map((i, k) => (k === axis ? Math.floor(i / repeats) : i)),
      ),
  );
}

const triangle =
  (keeps: (row: number, column: number, k: number) => boolean) =>
  (x: Ref, attrs: Attrs): Ref =>
    build(x.dtype, x.shape, (index) =>
      keeps(index.at(-2)!, index.at(-1)!, (attrs['k'] as number | undefined) ?? 0)
        ? at(x, index)
        : numberIn(x.dtype, 0),
    );

/** A plain number as an element; floats given for integers truncate. */
const numberIn = (dtype: Name, value: number): Scalar =>
  isFloatName(dtype) ? stored(dtype, value) : converted(value, dtype);
const dtypeOf = (attrs: Attrs): Name => (attrs['dtype'] as Name | undefined) ?? 'float32';
const shapeOf = (attrs: Attrs): number[] =>
  typeof attrs['shape'] === 'number' ? [attrs['shape']] : (attrs['shape'] as number[]);
const filled =
  (value: (attrs: Attrs) => number): Reference =>
  (_operands, attrs) =>
    build(dtypeOf(attrs), shapeOf(attrs), () => numberIn(dtypeOf(attrs), value(attrs)));
const like = (value: (attrs: Attrs) => number): Reference =>
  unary((x, attrs) => build(x.dtype, x.shape, () => numberIn(x.dtype, value(attrs))));

const oneHot = unary((x, attrs) =>
  build(dtypeOf(attrs), [...x.shape, attrs['depth'] as number], (index) =>
    numberIn(dtypeOf(attrs), Number(Number(at(x, index.slice(0, -1))) === index.at(-1))),
  ),
);

const eye: Reference = (_operands, attrs) => {
  const [rows, columns] = [attrs['rows'] as number, (attrs['columns'] ?? attrs['rows']) as number];
  return build(dtypeOf(attrs), [rows, columns], ([i, j]) =>
    numberIn(dtypeOf(attrs), Number((j as number) - (i as number) === ((attrs['k'] as number | undefined) ?? 0))),
  );
};

const arange: Reference = (_operands, attrs) => {
  const bounds = attrs['stop'] === undefined ? [0, attrs['start']] : [attrs['start'], attrs['stop']];
  const [start, stop, step] = [...bounds, attrs['step'] ?? 1] as [number, number, number];
  const values: number[] = [];
  const isBefore = (value: number): boolean => (step > 0 ? value < stop : value > stop);
  for (
    let i = 0;
    isBefore(start + i * step) &&
    (!isFloatName(dtypeOf(attrs)) || isBefore(numberIn(dtypeOf(attrs), start + i * step) as number));
    i++
  )
    values.push(start + i * step);
  return {
    dtype: dtypeOf(attrs),
    shape: [values.length],
    values: values.map((value) => numberIn(dtypeOf(attrs), value)),
  };
};

const linspace: Reference = (_operands, attrs) => {
  const [start, stop, points] = [attrs['start'] as number, attrs['stop'] as number, attrs['count'] as number];
  const dtype = dtypeOf(attrs);
  const values = Array.from({ length: points }, (_, i) => {
    const value = points === 1 ? start : start + ((stop - start) * i) / (points - 1);
    return numberIn(dtype, isFloatName(dtype) || dtype === 'bool' ? value : Math.floor(value));
  });
  return { dtype, shape: [points], values, ulps: 2, slack: values.map(() => 1e-15) };
};

const LOOSE = { float32: 2e-5, float64: 2e-13 } as const;
const loosely = (x: Ref): Ref => ({ ...x, ulps: 16, slack: x.values.map(() => LOOSE[x.dtype as 'float32']) });
const batches = (x: Ref): number[][] => [...indicesOf(x.shape.slice(0, -2))];

const cholesky = unary((x) => {
  const n = x.shape.at(-1)!;
  const values = batches(x).flatMap((batch) => {
    const l = Array.from({ length: n }, () => new Array<number>(n).fill(0));
    for (let j = 0; j < n; j++)
      for (let i = j; i < n; i++) {
        let rest = at(x, [...batch, i, j]) as number;
        for (let k = 0; k < j; k++) rest -= l[i]![k]! * l[j]![k]!;
        l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
      }
    return l.flat();
  });
  return loosely({ dtype: x.dtype, shape: x.shape, values: values.map((value) => stored(x.dtype, value)) });
});

/** Gauss–Jordan elimination without pivoting, on a diagonally dominant a. */
function eliminated(a: number[][], b: number[][]): number[][] {
  const n = a.length;
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      const [row, pivot] = [a[i]!, a[k]!];
      const factor = i === k ? 0 : row[k]! / pivot[k]!;
      for (let j = 0; j < n; j++) row[j] = row[j]! - factor * pivot[j]!;
      b[i] = b[i]!.map((x, j) => x - factor * b[k]![j]!);
    }
  return b.map((row, i) => row.map((x) => x / a[i]![i]!));
}

/** The shape two lists of axes stretch to, aligned at their ends. */
function stretched(x: readonly number[], y: readonly number[]): number[] {
  const [long, short] = x.length >= y.length ? [x, y] : [y, x];
  const lead = long.length - short.length;
  return long.map((n, axis) => (axis < lead || short[axis - lead] === 1 ? n : short[axis - lead]!));
}

const solved =
  (element: (x: Ref, batch: readonly number[], i: number, j: number, attrs: Attrs) => number): Reference =>
  (operands, attrs) => {
    const [a, b] = joinedTo(operands) as [Ref, Ref];
    const n = a.shape.at(-1)!;
    const vector = b.shape.length === 1;
    const right = vector ? same(b, [n, 1]) : b;
    const columns = right.shape.at(-1)!;
    const lead = stretched(a.shape.slice(0, -2), right.shape.slice(0, -2));
    const values = [...indicesOf(lead)].flatMap((batch) =>
      eliminated(
        Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => element(a, batch, i, j, attrs))),
        Array.from({ length: n }, (_, i) =>
          Array.from({ length: columns }, (__, j) => at(right, [...batch, i, j]) as number),
        ),
      ).flat(),
    );
    return loosely({
      dtype: a.dtype,
      shape: vector ? [...lead, n] : [...lead, n, columns],
      values: values.map((value) => stored(a.dtype, value)),
    });
  };

const whole = solved((a, batch, i, j) => at(a, [...batch, i, j]) as number);
const half = solved((a, batch, i, j, attrs) => {
  const [row, column] = attrs['transposeA'] === true ? [j, i] : [i, j];
  return (attrs['lower'] === false ? column >= row : column <= row) ? (at(a, [...batch, row, column]) as number) : 0;
});

/** The reference of every op, by name. */
export const REFERENCES: Readonly<Record<string, Reference>> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ORDERING,
  ...REARRANGING,
  ...RANDOM,
  ...WINDOWS,
  ...FOURIER,
  nextafter,
  where,
  matmul,
  outer,
  trace,
  ...DECOMPOSITIONS,
  cholesky,
  solve: whole,
  solve_triangular: half,
  permute_dims: unary((x, attrs) =>
    permuted(
      x,
      attrs['axes'] == null
        ? x.shape.map((_, axis) => x.shape.length - 1 - axis)
        : axesOf(attrs['axes'], x.shape.length),
    ),
  ),
  moveaxis: unary(moveaxis),
  slice: unary(slice),
  reshape: unary(reshape),
  flip: unary(flip),
  expand_dims: unary(expandDims),
  squeeze: unary(squeeze),
  diagonal: unary(diagonal),
  broadcast_to: unary((x, attrs) => build(x.dtype, shapeOf(attrs), (index) => at(x, index))),
  concat,
  stack,
  take,
  repeat: unary(repeat),
  one_hot: oneHot,
  eye,
  arange,
  linspace,
  astype: unary((x, attrs) => ({
    dtype: attrs['dtype'] as Name,
    shape: x.shape,
    values: x.values.map((value) => (x.dtype === attrs['dtype'] ? value : converted(value, attrs['dtype'] as Name))),
  })),
  tril: unary(triangle((row, column, k) => column <= row + k)),
  triu: unary(triangle((row, column, k) => column >= row + k)),
  full: filled((attrs) => attrs['value'] as number),
  zeros: filled(() => 0),
  ones: filled(() => 1),
  identity: unary((x) => x),
  stop_gradient: unary((x) => x),
  zeros_like: like(() => 0),
  ones_like: like(() => 1),
  full_like: like((attrs) => attrs['value'] as number),
};
