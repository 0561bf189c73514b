// The dtypes of NumPy's results: which dtype operands have in common, and what integers are counted and divided as.
import type { DType, Tensor } from '../surface.ts';

/** Dtypes by NumPy's names for them. */
export const NUMPY_DTYPES = {
  bool: 'bool',
  bool_: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  int_: 'int64',
  intp: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  uint: 'uint64',
  float16: 'float16',
  half: 'float16',
  float32: 'float32',
  single: 'float32',
  float64: 'float64',
  double: 'float64',
} as const;

/** The largest finite element of floats. */
export const LARGEST: Readonly<Partial<Record<DType, number>>> = {
  float64: Number.MAX_VALUE,
  float32: 3.4028234663852886e38,
  float16: 65504,
};

/** What stands for an operand: a tensor, or a plain number, which takes the dtype of what is beside it. */
export type NumberOrTensor = Tensor | number | bigint | boolean;

type Kind = 'bool' | 'int' | 'uint' | 'float' | 'complex';

interface Parts {
  readonly kind: Kind;
  readonly bits: number;
}

/** Kind and bits of a dtype of NumPy, by its name; undefined for a dtype that NumPy has not. */
function partsOf(dtype: string): Parts | undefined {
  if (dtype === 'bool') return { kind: 'bool', bits: 1 };
  const match = /^(int|uint|float|complex)(8|16|32|64|128)$/.exec(dtype);
  return match === null ? undefined : { kind: match[1] as Kind, bits: Number(match[2]) };
}

const kindOf = (dtype: DType): Kind | undefined => partsOf(dtype)?.kind;

/** Whether a dtype is an integer or a bool. */
export const isIntegral = (dtype: DType): boolean => ['bool', 'int', 'uint'].includes(kindOf(dtype) ?? '');

/** The floating dtype that holds an integer dtype, as NumPy has it: half of it for 8 bits, float64 from 32 on. */
function floatOf(dtype: DType): DType {
  if (!isIntegral(dtype)) return dtype;
  const { bits } = partsOf(dtype)!;
  return bits <= 8 ? 'float16' : bits === 16 ? 'float32' : 'float64';
}

/** `np.promote_types`. A dtype that NumPy has not leaves it to the library: undefined. */
function promoteTypes(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  const [x, y] = [partsOf(a), partsOf(b)];
  if (x === undefined || y === undefined) return undefined;
  if (x.kind === 'bool') return b;
  if (y.kind === 'bool') return a;
  if (x.kind === y.kind) return x.bits > y.bits ? a : b;
  if (isIntegral(a) && isIntegral(b)) return integers(x.kind === 'int' ? x : y, x.kind === 'int' ? y : x);
  if (x.kind === 'complex' || y.kind === 'complex') return undefined;
  const [float, other] = x.kind === 'float' ? [a, b] : [b, a];
  return promoteTypes(float, floatOf(other));
}

function integers(signed: Parts, unsigned: Parts): DType {
  if (signed.bits > unsigned.bits) return `int${signed.bits}` as DType;
  return unsigned.bits === 64 ? 'float64' : (`int${unsigned.bits * 2}` as DType);
}

/** Whether a plain number is a whole one. */
const isWhole = (value: number | bigint): boolean =>
  typeof value === 'bigint' || (Number.isInteger(value) && !Object.is(value, -0));

/**
 * `np.result_type`: the common dtype of operands. A plain number takes the dtype beside it, but that a fraction makes
 * integers float64 and a number makes bools int64; numbers alone are float64, bigints int64.
 */
export function resultType(operands: readonly NumberOrTensor[]): DType | undefined {
  let common: DType | undefined;
  for (const operand of operands) {
    if (typeof operand === 'number' || typeof operand === 'bigint') continue;
    const dtype = typeof operand === 'boolean' ? 'bool' : operand.dtype;
    const next: DType | undefined = common === undefined ? dtype : promoteTypes(common, dtype);
    if (next === undefined) return undefined;
    common = next;
  }
  const numbers = operands.filter((operand) => typeof operand === 'number' || typeof operand === 'bigint');
  if (common === undefined) return numbers.every((value) => typeof value === 'bigint') ? 'int64' : 'float64';
  if (numbers.length === 0 || !isIntegral(common)) return common;
  if (!numbers.every(isWhole)) return 'float64';
  return common === 'bool' ? 'int64' : common;
}

/** What sums and products of a dtype are: integers of less than 64 bits and bools are counted in 64. */
function countedAs(dtype: DType): DType {
  if (!isIntegral(dtype)) return dtype;
  return kindOf(dtype) === 'uint' ? 'uint64' : 'int64';
}

/** How the operands of a function are cast, and its result. */
export type CastRule =
  /** As they are. */
  | 'as-is'
  /** To their common dtype. */
  | 'common'
  /** To their common dtype, integers to the float that holds them. */
  | 'float'
  /** To their common dtype, integers to float64. */
  | 'float64'
  /** Integers to 64 bits. */
  | 'counted'
  /** To bool. */
  | 'truth'
  /** To their common dtype; numbers in lists are integers. */
  | 'integers'
  /** As they are; the result, of indices or counts, to int64. */
  | 'indices'
  /** To their common dtype; the result to int64. */
  | 'compared-indices'
  /** As 'float64'; the result to int64. */
  | 'float64-indices';

/** The dtype that a rule casts operands to; undefined for none. */
export function operandType(rule: CastRule, operands: readonly NumberOrTensor[]): DType | undefined {
  if (rule === 'as-is' || rule === 'indices') return undefined;
  if (rule === 'truth') return 'bool';
  const common = resultType(operands);
  if (common === undefined) return undefined;
  if (rule === 'float') return floatOf(common);
  if (rule === 'float64' || rule === 'float64-indices') return isIntegral(common) ? 'float64' : common;
  return rule === 'counted' ? countedAs(common) : common;
}
