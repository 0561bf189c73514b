// Which numbers a dtype holds: the range of its integers, the largest of its floats, and the error that names them.
import { DTypeError } from '../errors.ts';
import { allocate, DTYPES, type DType, isBigInt, isInteger, storedNumber } from './dtype.ts';

/** The least and the most that elements of an integer dtype, or of bool, can be. */
interface DTypeRange {
  readonly least: number | bigint;
  readonly most: number | bigint;
}

function rangeOfRow(dtype: DType): DTypeRange {
  const { kind, bits: width } = DTYPES[dtype];
  if (kind === 'float') return EVERYTHING;
  if (kind === 'bool') return { least: 0, most: 1 };
  const bits = width - (kind === 'int' ? 1 : 0);
  if (bits > 53) return { least: kind === 'int' ? -(2n ** BigInt(bits)) : 0n, most: 2n ** BigInt(bits) - 1n };
  return { least: kind === 'int' ? -(2 ** bits) : 0, most: 2 ** bits - 1 };
}

const ranges = new Map<DType, DTypeRange>();
const EVERYTHING: DTypeRange = { least: -Infinity, most: Infinity };

/** The range of a dtype; floats hold every number, rounded. */
export function rangeOf(dtype: DType): DTypeRange {
  let range = ranges.get(dtype);
  if (range === undefined) ranges.set(dtype, (range = rangeOfRow(dtype)));
  return range;
}

/** Whether a whole number is within the range of a dtype. Numbers and bigints compare by value. */
export function isWithin(dtype: DType, value: number | bigint): boolean {
  const { least, most } = rangeOf(dtype);
  return value >= least && value <= most;
}

/** A number in its one spelling: a bigint only where no number is equal to it. */
export function plainNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const nearest = Number(value);
  return Number.isFinite(nearest) && BigInt(nearest) === value ? nearest : value;
}

/**
 * Writes a number as an element of a dtype: rounded in floats, without its fraction in integers. It must be within the
 * range.
 */
export function elementOf(dtype: DType, value: number | bigint): number | bigint {
  if (isBigInt(dtype)) return typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
  return storedNumber(dtype, Number(value));
}

/** The neighbouring float64, towards +∞ or −∞. */
export function nextNumber(x: number, direction: 'up' | 'down'): number {
  const number = allocate('float64', 1) as Float64Array;
  const bits = new BigInt64Array(number.buffer as ArrayBuffer);
  number[0] = x;
  bits[0] = bits[0]! + (x > 0 === (direction === 'up') ? 1n : -1n);
  return number[0];
}

/**
 * Refuses a number that elements of an integer dtype cannot be, and a bigint whose digits a float would lose. `remedy`
 * is what to do, where another dtype would hold it.
 */
export function checkElement(
  owner: string,
  dtype: DType,
  value: number | bigint,
  remedy: (wider: DType) => string,
): void {
  if (!isInteger(dtype)) {
    if (typeof value !== 'bigint' || dtype === 'bool') return;
    throw new DTypeError(
      `${owner}: ${value}n has more digits than ${dtype} holds; ${remedy('int64')}, or write Number(${value}n) ` +
        'where it may be rounded.',
      { op: owner, value, dtype },
    );
  }
  const { least, most } = rangeOf(dtype);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new DTypeError(
      `${owner}: ${value} is no integer, and ${dtype} holds ${formatRange(dtype)}; use a finite number, or a ` +
        `floating dtype: ${remedy('float32')}.`,
      { op: owner, value, dtype, least, most },
    );
  }
  if (isWithin(dtype, typeof value === 'bigint' ? value : Math.trunc(value))) return;
  throw new DTypeError(
    `${owner}: ${formatNumber(value)} is outside ${dtype}, which holds ${formatRange(dtype)}; ` +
      `${remedy(widerFor(value))}.`,
    { op: owner, value, dtype, least, most },
  );
}

/** The narrowest of the usual dtypes that holds a number. */
const widerFor = (value: number | bigint): DType =>
  (['int32', 'int64', 'uint64'] as const).find((dtype) => isWithin(dtype, value)) ?? 'float64';

/** All digits of a whole number, as far as they can be read. */
const formatNumber = (value: number | bigint): string =>
  String(Number.isInteger(value) && Math.abs(Number(value)) < 1e21 ? BigInt(value) : value).replace('-', '−');
const formatRange = (dtype: DType): string =>
  `${formatNumber(rangeOf(dtype).least)} to ${formatNumber(rangeOf(dtype).most)}`;
