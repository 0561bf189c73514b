// What the references of the op tests are written in: tensors as lists of exact values. Shares no code with src or
// kernels.

export type Name = 'float64' | 'float32' | keyof typeof BITS | 'bool';
/** An element: a number in floats, a bigint in integers of any width, a boolean in bool. */
export type Scalar = number | bigint | boolean;

/** A tensor of exact values. */
export interface Ref {
  readonly dtype: Name;
  readonly shape: readonly number[];
  readonly values: readonly Scalar[];
  /**
   * How far elements may be off: units in the last place, and absolutely; an infinite slack leaves an element
   * unchecked.
   */
  readonly ulps?: number;
  readonly slack?: readonly number[];
}

export type Attrs = Readonly<Record<string, unknown>>;
/** The result a row should give; undefined where the mathematics has none (the call must fail). */
export type Reference = (operands: readonly Ref[], attrs: Attrs) => Ref | undefined;

const BITS = { int64: 64, int32: 32, int16: 16, int8: 8, uint64: 64, uint32: 32, uint16: 16, uint8: 8 } as const;

export const isFloatName = (dtype: Name): boolean => dtype === 'float32' || dtype === 'float64';
export const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** An integer in two's complement of a dtype. */
export function wrap(dtype: Name, value: bigint): bigint {
  const bits = BITS[dtype as keyof typeof BITS];
  return dtype.startsWith('u') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
}

/** A computed value as an element of a dtype: floats rounded, integers wrapped. */
export function stored(dtype: Name, value: Scalar): Scalar {
  if (dtype === 'bool') return Boolean(value);
  if (dtype === 'float32') return Math.fround(value as number);
  return dtype === 'float64' ? (value as number) : wrap(dtype, value as bigint);
}

/** An element converted as `astype` documents it. */
export function converted(value: Scalar, to: Name): Scalar {
  if (to === 'bool') return typeof value === 'number' ? value !== 0 : Boolean(value);
  if (isFloatName(to)) return typeof value === 'bigint' ? roundedInteger(value, to) : stored(to, Number(value));
  if (typeof value === 'number') return wrap(to, Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);
  return wrap(to, BigInt(value));
}

/** A bigint rounded once, to nearest even. */
function roundedInteger(value: bigint, to: Name): number {
  if (to === 'float64') return Number(value);
  const magnitude = value < 0n ? -value : value;
  const drop = BigInt(Math.max(0, magnitude.toString(2).length - 24));
  const [unit, kept] = [1n << drop, magnitude >> drop];
  const rest = magnitude - kept * unit;
  const up = rest * 2n > unit || (rest * 2n === unit && kept % 2n === 1n);
  return Number((up ? kept + 1n : kept) * unit) * (value < 0n ? -1 : 1);
}

/** Every index of a shape in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  for (let flat = 0, size = count(shape); flat < size; flat++) {
    let rest = flat;
    yield shape.map((_, axis) => {
      const inner = count(shape.slice(axis + 1));
      const place = Math.floor(rest / inner);
      rest -= place * inner;
      return place;
    });
  }
}

/** The element at an index; axes of length 1 and missing leading axes stretch. */
export function at({ shape, values }: Ref, index: readonly number[]): Scalar {
  const lead = index.length - shape.length;
  let flat = 0;
  shape.forEach((length, axis) => {
    flat = flat * length + (length === 1 ? 0 : index[axis + lead]!);
  });
  return values[flat]!;
}

/** A tensor whose elements are a function of their index. */
export const build = (dtype: Name, shape: readonly number[], value: (index: readonly number[]) => Scalar): Ref => ({
  dtype,
  shape,
  values: Array.from(indicesOf(shape), value),
});

/** Shapes stretched to one. */
export function stretched(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return lengths.find((n) => n !== 1) ?? 1;
  });
}

/** Axis or axes of an attribute as non-negative numbers; null is all of them. */
export function axesOf(value: unknown, rank: number): number[] {
  if (value === null || value === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (Array.isArray(value) ? (value as number[]) : [value as number]).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
}

/** The distance from a float to the next larger one of a dtype. */
export function ulpOf(dtype: Name, value: number): number {
  const [precision, least] = dtype === 'float32' ? [23, -149] : [52, -1074];
  const magnitude = Math.abs(value);
  if (magnitude === 0) return 2 ** least;
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent--;
  return 2 ** Math.max(least, exponent - precision);
}

/**
 * Whether an element is the wanted one, within units in the last place and an absolute slack. Zeros of other sign are
 * other values.
 */
export function agrees(dtype: Name, got: Scalar, want: Scalar, ulps: number, slack: number): boolean {
  if (typeof want !== 'number' || typeof got !== 'number') return got === want;
  if (Object.is(got, want) || slack === Infinity) return true;
  if (Number.isNaN(got) || Number.isNaN(want) || (ulps === 0 && slack === 0)) return false;
  if (Number.isFinite(got) !== Number.isFinite(want))
    return (
      Math.sign(got) === Math.sign(want) &&
      Math.min(Math.abs(got), Math.abs(want)) > (dtype === 'float32' ? 3.4e38 : 1.79e308)
    );
  return Math.abs(got - want) <= ulps * ulpOf(dtype, want) + slack;
}
