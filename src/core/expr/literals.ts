// The one rule for plain numbers beside tensors: which dtype each takes, and which element it is there.
//
// Where a number is stored it must be an element of the dtype. Where it is compared it need not be: the call is then
// made with another number that has the same answer for every element the dtype does hold. Bounds outside the range
// bind nothing.
import type { LiteralPlace, OpRow } from '../ops/define.ts';
import { type DType, DTYPES, isFloat, nearestElement } from '../tensor/dtype.ts';
import { promote } from '../tensor/promotion.ts';
import { checkElement, isWithin, nextNumber, plainNumber, rangeOf } from '../tensor/range.ts';

/** A plain number, boolean or bigint. */
export type Literal = number | boolean | bigint;

/** A literal as an element: `value` is a bigint only where no number is equal to it. */
interface WeakElement {
  readonly dtype: DType;
  readonly value: number | bigint;
}

/** A call that has literals, with the common dtype of the tensors beside them. */
export interface WeakCall {
  readonly row: OpRow;
  /** Literals, and undefined in the place of tensors. */
  readonly literals: readonly (Literal | undefined)[];
  readonly beside: DType | undefined;
}

/** The dtype that tensors meet in, as numbers beside them see it. */
export const commonDType = (dtypes: readonly DType[], owner: string): DType | undefined =>
  dtypes.reduce<DType | undefined>(
    (common, dtype) => (common === undefined ? dtype : promote(common, dtype, owner)),
    undefined,
  );

/** Dtype and element of the literal at a place of a call, or a DTypeError that says why there is none. */
export function readLiteral(call: WeakCall, at: number): WeakElement {
  const literal = call.literals[at]!;
  if (typeof literal === 'boolean') return { dtype: 'bool', value: Number(literal) };
  const value = plainNumber(literal);
  const { row, beside } = call;
  const place = row.operands[row.variadic ? 0 : at]?.literal;
  if (beside !== undefined && isFloat(beside)) return besideFloat(call, beside, place, value);
  if (row.promotion === 'float') return { dtype: 'float32', value: Number(value) };
  if (isComparison(place) && beside !== undefined) return compared(beside, place, value);
  if (beside === undefined || beside === 'bool')
    return typeof literal === 'bigint' ? stored(call, 'int64', value) : { dtype: 'float32', value };
  if (place === 'least' || place === 'most') return bound(call, beside, place, value);
  return isWhole(value) ? stored(call, beside, value) : { dtype: 'float32', value };
}

const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value);

const isComparison = (place: LiteralPlace | undefined): place is 'up' | 'down' | 'same' =>
  place === 'up' || place === 'down' || place === 'same';

function stored({ row }: WeakCall, dtype: DType, value: number | bigint): WeakElement {
  checkElement(
    row.name,
    dtype,
    value,
    (wider) => `cast the tensor first: ${row.variadic ? 'x' : (row.operands[0]?.name ?? 'x')}.astype('${wider}')`,
  );
  // Integers have no −0.
  return { dtype, value: typeof value === 'number' && !isFloat(dtype) ? value + 0 : value };
}

/**
 * Floats round a number as they round results: beyond the largest it is ±∞. Compared, it is then beyond all that are
 * finite.
 */
function besideFloat(
  call: WeakCall,
  dtype: DType,
  place: LiteralPlace | undefined,
  value: number | bigint,
): WeakElement {
  if (!isComparison(place)) return stored(call, dtype, value);
  const exact = typeof value === 'bigint' ? doubleBeside(value, place) : value;
  const isBeyond = Number.isFinite(exact) ? !Number.isFinite(nearestElement(dtype, exact)) : typeof value === 'bigint';
  if (!isBeyond) return { dtype, value: exact };
  const largest = DTYPES[dtype].largest as number;
  if (place === 'same') return { dtype, value: NaN };
  return { dtype, value: value > 0 ? (place === 'up' ? Infinity : largest) : place === 'up' ? -largest : -Infinity };
}

/**
 * The float64 on the asked side of a bigint that no float64 is equal to; NaN, which equals nothing, where equality is
 * asked.
 */
function doubleBeside(value: bigint, place: 'up' | 'down' | 'same'): number {
  if (place === 'same') return NaN;
  const nearest = Number(value);
  if (!Number.isFinite(nearest)) return nearest;
  return place === 'up'
    ? nearest < value
      ? nextNumber(nearest, 'up')
      : nearest
    : nearest > value
      ? nextNumber(nearest, 'down')
      : nearest;
}

/** Beyond every integer as float32 has it. */
const BEYOND = 2 ** 65;

/** What has the same answer beside every integer (or bool) of the dtype. */
function compared(beside: DType, place: 'up' | 'down' | 'same', value: number | bigint): WeakElement {
  const whole =
    typeof value === 'bigint' || place === 'same' ? value : place === 'up' ? Math.ceil(value) : Math.floor(value);
  if (isWhole(whole) && isWithin(beside, whole))
    return { dtype: beside === 'bool' ? 'float32' : beside, value: typeof whole === 'number' ? whole + 0 : whole };
  // No integer is equal to 0.5.
  if (place === 'same') return { dtype: 'float32', value: 0.5 };
  return { dtype: 'float32', value: Number.isNaN(whole) ? NaN : whole > 0 ? BEYOND : -BEYOND };
}

/**
 * A lower bound below the range, or an upper one above it, is at its end; on the other side it can only stand where
 * another bound brings the result back.
 */
function bound(call: WeakCall, dtype: DType, place: 'least' | 'most', value: number | bigint): WeakElement {
  // The dtype of the result follows from what kind of number it is, never from which.
  if (Number.isNaN(value) || (Number.isFinite(Number(value)) && !isWhole(value))) return { dtype: 'float32', value };
  if (isWithin(dtype, value)) return stored(call, dtype, value);
  const { least, most } = rangeOf(dtype);
  if (value < least && place === 'least') return { dtype, value: plainNumber(least) };
  if (value > most && (place === 'most' || isBroughtBack(call, dtype))) return { dtype, value: plainNumber(most) };
  return stored(call, dtype, value);
}

/** Whether the call has an upper bound that elements of the dtype can reach. */
function isBroughtBack({ row, literals }: WeakCall, dtype: DType): boolean {
  const at = row.operands.findIndex(({ literal }) => literal === 'most');
  const upper = literals[at];
  return at >= 0 && (upper === undefined || (typeof upper !== 'boolean' && isWithin(dtype, upper)));
}

/**
 * What a scalar made from `value` in one dtype is in another: its element is what is cast. Undefined where that is left
 * to the op.
 */
export function castValue(value: number | bigint, from: DType, to: DType): number | bigint | undefined {
  const element = isFloat(from)
    ? nearestElement(from, Number(value))
    : from === 'bool'
      ? Number(value !== 0)
      : typeof value === 'bigint'
        ? value
        : Math.trunc(value) + 0;
  if (isFloat(to)) return typeof element === 'bigint' ? undefined : element;
  return isFloat(from) || to === 'bool' || !isWithin(to, element) ? undefined : element;
}
