// Programs of float32 tensors on plain arrays, one loop an op, as docs/format/numerics-elementwise.md states them:
// shares no code with src or kernels.

/** A dense tensor. */
export interface Plain {
  readonly shape: readonly number[];
  readonly array: Float32Array;
}

const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const stepsOf = (shape: readonly number[]): number[] => shape.map((_, axis) => count(shape.slice(axis + 1)));

/** The shape that operands stretch to, or undefined where they do not fit. */
export function stretched(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [m, n] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** Fills a shape with what a function gives for the index of each element. */
function build(shape: readonly number[], element: (index: readonly number[]) => number): Plain {
  const array = new Float32Array(count(shape));
  const index = shape.map(() => 0);
  for (let at = 0; at < array.length; at++) {
    array[at] = element(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, array };
}

/** An element of an operand that stretches to the index. */
function at({ shape, array }: Plain, steps: readonly number[], index: readonly number[]): number {
  let place = 0;
  for (let axis = 0; axis < shape.length; axis++)
    if (shape[axis] !== 1) place += index[index.length - shape.length + axis]! * steps[axis]!;
  return array[place]!;
}

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  negative: (x) => -x,
  relu: (x) => Math.max(x, 0),
  square: (x) => x * x,
  floor: Math.floor,
  sqrt: Math.sqrt,
};
const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  maximum: Math.max,
  minimum: Math.min,
};

/** Names of the ops that are interpreted here. */
export const UNARY_OPS = Object.keys(UNARY);
export const BINARY_OPS = Object.keys(BINARY);
export const REDUCTIONS = ['sum', 'max', 'min'] as const;

export const mapped = (op: string, x: Plain): Plain => ({ shape: x.shape, array: x.array.map(UNARY[op]!) });

export function joined(op: string, a: Plain, b: Plain): Plain {
  const [combine, left, right] = [BINARY[op]!, stepsOf(a.shape), stepsOf(b.shape)];
  return build(stretched(a.shape, b.shape)!, (index) => combine(at(a, left, index), at(b, right, index)));
}

export function transposed(x: Plain): Plain {
  const steps = stepsOf(x.shape);
  return build([...x.shape].reverse(), (index) => at(x, steps, [...index].reverse()));
}

/** Every other element of the first axis. */
export function halved(x: Plain): Plain {
  const steps = stepsOf(x.shape);
  return build(
    [Math.ceil(x.shape[0]! / 2), ...x.shape.slice(1)],
    ([first, ...rest]) =>
      x.array[first! * 2 * steps[0]! + rest.reduce((sum, i, axis) => sum + i * steps[axis + 1]!, 0)]!,
  );
}

const FOLDS = { sum: (x: number, y: number) => x + y, max: Math.max, min: Math.min };
const IDENTITY = { sum: 0, max: -Infinity, min: Infinity };

/**
 * A reduction of one axis that is kept: eight lanes along the innermost one, from the first to the last along others.
 */
export function reduced(op: (typeof REDUCTIONS)[number], x: Plain, axis: number): Plain {
  const [steps, fold] = [stepsOf(x.shape), FOLDS[op]];
  const isInnermost = count(x.shape.slice(axis + 1)) === 1;
  return build(
    x.shape.map((n, i) => (i === axis ? 1 : n)),
    (index) => {
      const start = index.reduce((sum, i, k) => sum + i * steps[k]!, 0);
      const lanes = new Array<number>(isInnermost ? 8 : 1).fill(IDENTITY[op]);
      for (let r = 0; r < x.shape[axis]!; r++)
        lanes[r % lanes.length] = fold(lanes[r % lanes.length]!, x.array[start + r * steps[axis]!]!);
      if (lanes.length === 1) return lanes[0]!;
      const [a, b, c, d, e, f, g, h] = lanes as [number, number, number, number, number, number, number, number];
      return fold(fold(fold(a, e), fold(c, g)), fold(fold(b, f), fold(d, h)));
    },
  );
}
