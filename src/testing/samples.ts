// Operands and attributes to try on every row: many dtypes, shapes and values, drawn from their specs with a fixed
// seed.
import type { AttributeKind, OpRow } from '../core/ops/define.ts';
import { allocate, type DType, DTYPE_NAMES, isBigInt, isCoded, type TypedArray } from '../core/tensor/dtype.ts';
import { sizeOf } from '../core/tensor/shape.ts';

/** Elements with their type, as they enter a sheet. */
export interface SampleTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly array: TypedArray;
}

/** One call of a row. */
export interface SampleCall {
  readonly row: OpRow;
  readonly operands: readonly SampleTensor[];
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** The dtypes that ops compute in; those with a codec are only stored (tests/ops/half.test.ts). */
export const COMPUTED_DTYPES = DTYPE_NAMES.filter((dtype) => !isCoded(dtype));

/** Any element of a list. */
export const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!;

const SMALL: readonly (readonly number[])[] = [
  [],
  [0],
  [1],
  [5],
  [8],
  [3, 5],
  [5, 3],
  [3, 3],
  [1, 5],
  [3, 1],
  [0, 5],
  [5, 0],
  [2, 3, 5],
  [2, 5, 3],
  [2, 3, 3],
  [1, 1, 5],
  [2, 1, 3],
];
/** More than 4 KiB of float32, so that results lie in WASM memory; odd extents, so that SIMD loops have tails. */
const LARGE: readonly (readonly number[])[] = [[37, 41], [41, 37], [37, 37], [1031]];
/** Elements of a result at most. */
export const MAX_RESULT = 20_000;

const FLOATS = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-40,
  5e-324,
  3.4028234663852886e38,
  -1.7976931348623157e308,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e10,
  88.8,
  -104,
  710,
  1e-8,
];
const INTEGERS = [
  0n,
  1n,
  -1n,
  2n,
  127n,
  128n,
  255n,
  256n,
  65536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n + 2n ** 29n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  7n,
  -3n,
];
const INTEGERS_OF_64 = INTEGERS.map((whole) => BigInt.asIntN(64, whole));
const INTEGERS_OF_32 = INTEGERS.map((whole) => Number(BigInt.asIntN(32, whole)));

function elementOf(dtype: DType, special: boolean, random: () => number): number | bigint {
  if (dtype === 'bool') return random() < 0.5 ? 0 : 1;
  if (dtype === 'float32' || dtype === 'float64')
    return special && random() < 0.5 ? pick(FLOATS, random) : (random() - 0.5) * 8;
  const big = isBigInt(dtype);
  if (special && random() < 0.6) return pick<number | bigint>(big ? INTEGERS_OF_64 : INTEGERS_OF_32, random);
  const whole = Math.floor(random() * 41) - (dtype.startsWith('u') ? 0 : 20);
  return big ? BigInt(whole) : whole;
}

/** Elements of a shape: ordinary, or with every second one special. */
export function sample(dtype: DType, shape: readonly number[], special: boolean, random: () => number): SampleTensor {
  const array = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < array.length; i++) array[i] = elementOf(dtype, special, random) as never;
  return { dtype, shape, array };
}

/** Indices that are inside any axis of length ≥ 2. */
function indices(dtype: DType, shape: readonly number[], random: () => number): SampleTensor {
  const array = allocate(dtype, sizeOf(shape));
  const choices = dtype.startsWith('u') ? [0, 1] : [0, 1, -1, -2];
  for (let i = 0; i < array.length; i++)
    array[i] = (isBigInt(dtype) ? BigInt(pick(choices, random)) : pick(choices, random)) as never;
  return { dtype, shape, array };
}

/** Makes the last two axes symmetric and diagonally dominant, where they are square. */
function positiveDefinite({ dtype, shape, array }: SampleTensor): SampleTensor {
  const n = shape.at(-1) ?? 0;
  if (shape.at(-2) !== n) return { dtype, shape, array };
  for (let at = 0; at < array.length; at += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) array[at + i * n + j] = array[at + j * n + i] as never;
      array[at + i * n + i] = (typeof array[at] === 'bigint' ? BigInt(4 * n + i) : 4 * n + i) as never;
    }
  }
  return { dtype, shape, array };
}

/** Values an attribute of a kind may be given; some fit no call and are refused. */
const ATTRIBUTES: Record<AttributeKind, (shape: readonly number[], choices: readonly unknown[]) => readonly unknown[]> =
  {
    int: () => [-2, -1, 0, 1, 2, 3],
    float: () => [0, 1, -2, 0.5, 7],
    number: () => [0, 1, -2, 0.5, 7],
    bool: () => [true, false],
    axis: () => [null, 0, -1, 1, 2],
    axes: (shape) => [
      null,
      0,
      -1,
      [],
      [0, -1],
      shape.map((_, axis) => shape.length - 1 - axis),
      shape.map((_, axis) => (axis + 1) % shape.length),
    ],
    text: () => ['', 'ij,jk->ik'],
    floats: () => [0.5, 0, [0.25, 1]],
    shape: (shape) => [[], 3, [2, 3], [0, 2], [2, ...shape], [4, ...shape.map((n) => (n === 1 ? 3 : n))]],
    dtype: () => COMPUTED_DTYPES,
    ints: (shape) => [
      null,
      1,
      [0],
      [1, -1],
      [null, 2],
      [-1],
      [-2, 0],
      [2, 1],
      [sizeOf(shape)],
      [...shape].reverse(),
      [1, ...shape, 1],
      [...shape.slice(0, -1), -1],
    ],
    seed: () => [0, 7, 2 ** 40],
    choice: (_shape, choices) => choices,
  };

/** Attributes of a call, as they may be given. */
export function drawAttributes(row: OpRow, shape: readonly number[], random: () => number): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(row.attributes)) {
    if (spec.fallback !== undefined && random() < 0.3) continue;
    attrs[name] = pick(spec.examples ?? ATTRIBUTES[spec.kind](shape, spec.choices ?? []), random);
  }
  return attrs;
}

/** Operands of a call whose first is of a dtype, before promotion. */
export function drawOperands(row: OpRow, dtype: DType, random: () => number): SampleTensor[] {
  const shapes = random() < 0.12 ? LARGE : SMALL;
  const special = !['linalg', 'steps'].includes(row.kernel.skeleton) && random() < 0.5;
  const count = row.variadic ? 1 + Math.floor(random() * 3) : row.operands.length;
  const head = pick(shapes, random);
  return Array.from({ length: count }, (_, i) => {
    const spec = row.operands[row.variadic ? 0 : i];
    const shape = i === 0 || random() < 0.35 ? head : random() < 0.3 ? [] : pick(shapes, random);
    if (spec?.kind === 'index')
      return indices(i === 0 ? dtype : pick(['int32', 'int64', 'uint8'] as const, random), shape, random);
    const own = i === 0 || random() < 0.75 ? dtype : pick(COMPUTED_DTYPES, random);
    const drawn = sample(
      spec?.kind === 'bool' ? 'bool' : own,
      spec?.pairs === true ? [...shape, 2] : shape,
      special,
      random,
    );
    return row.kernel.skeleton === 'linalg' && i === 0 ? positiveDefinite(drawn) : drawn;
  });
}

/** A call in a line, for messages. */
export const describeCall = ({ row, operands, attrs }: SampleCall): string =>
  `${row.name}(${operands.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(', ')}) ` +
  `${JSON.stringify(attrs)}`;
