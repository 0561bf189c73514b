// Arguments of a call: handles, numbers, arrays and foreign tensors become expressions.
import { SourceError, ShapeError, DTypeError } from '../errors.ts';
import type { Argument } from '../expr/canonicalise.ts';
import { Expression } from '../expr/expression.ts';
import { type DType, type TypedArray, dtypeOfArray, parseDType } from '../tensor/dtype.ts';
import { checkShape, formatShape, MAX_RANK, sizeOf } from '../tensor/shape.ts';
import type { Elements } from '../tensor/elements.ts';
import { asTableArray, checkReadable, isHalfBits } from '../tensor/foreign-dtypes.ts';
import { asTruth, readSequence } from '../tensor/foreign-elements.ts';
import { readForeign } from '../tensor/foreign.ts';

/** Nested lists of numbers, booleans or bigints. */
export type Nested = number | boolean | bigint | readonly Nested[];

/** True for what stands for itself in a call: a number, boolean or bigint. */
export const isLiteral = (value: unknown): value is number | boolean | bigint => typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

/** True for elements that were read and have no root yet. */
export const isElements = (value: Argument | Elements): value is Elements => typeof value === 'object' && !(value instanceof Expression);

/** Reads anything that holds elements: a typed array, nested lists, a foreign tensor. Throws a typed error otherwise. */
export function readElements(value: unknown, owner: string, shape?: readonly number[], dtype?: DType): Elements {
  const found = readAny(value, owner, dtype);
  if (shape === undefined) return found;
  const wanted = checkShape(shape, owner);
  if (sizeOf(wanted) !== found.array.length) {
    throw new ShapeError(`${owner}: ${found.array.length} elements do not fill shape ${formatShape(wanted)} of ${sizeOf(wanted)}; give a shape whose product is ${found.array.length}.`, { shape, length: found.array.length });
  }
  return { ...found, shape: wanted };
}

function readAny(value: unknown, owner: string, dtype: DType | undefined): Elements {
  const own = dtype === 'float16' && isHalfBits(value) ? dtype : dtypeOfArray(value);
  if (own !== undefined) return retyped(readTyped(value as TypedArray, own, owner), dtype);
  const foreign = readForeign(value, owner);
  if (foreign !== undefined) return retyped(foreign, dtype);
  if (Array.isArray(value) || isLiteral(value)) return readNested(value as Nested, owner, dtype);
  throw new SourceError(`${owner}: ${describe(value)} is not a tensor; give a tensor of this sheet, a typed array, nested lists, or an object with dims, type and data.`, { kind: typeof value });
}

const describe = (value: unknown): string => (value === null ? 'null' : typeof value === 'object' ? `an object with keys ${Object.keys(value).slice(0, 6).join(', ')}` : `a ${typeof value}`);

function readTyped(array: TypedArray, dtype: DType, owner: string): Elements {
  checkReadable(array, owner);
  const table = asTableArray(array, dtype, owner);
  return { dtype, shape: [table.length], array: table, fresh: false };
}

function retyped(elements: Elements, dtype: DType | undefined): Elements {
  if (dtype === undefined || dtype === elements.dtype) return elements;
  if (dtype === 'bool' && elements.dtype === 'uint8') return { ...elements, dtype, ...asTruth(elements.array) };
  throw new DTypeError(`tensor: the array holds ${elements.dtype}, not ${dtype}; leave dtype out and use tensor(…).astype('${dtype}').`, { dtype, holds: elements.dtype });
}

function readNested(value: Nested, owner: string, dtype: DType | undefined): Elements {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as Nested) {
    shape.push(level.length);
    if (level.length === 0) break;
    // Deeper than any tensor, or a list inside itself.
    if (shape.length > MAX_RANK) throw new ShapeError(`${owner}: the lists are nested more than ${MAX_RANK} deep; a tensor has at most ${MAX_RANK} axes.`, { limit: MAX_RANK });
  }
  const flat: (number | boolean | bigint)[] = [];
  flatten(value, shape, 0, flat, owner);
  return { ...readSequence(flat, dtype === undefined ? undefined : parseDType(dtype), owner), shape };
}

function flatten(value: Nested, shape: readonly number[], axis: number, into: (number | boolean | bigint)[], owner: string): void {
  if (axis === shape.length) {
    if (isLiteral(value)) into.push(value);
    else throw ragged(owner, shape, axis);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) throw ragged(owner, shape, axis);
  for (const item of value as readonly Nested[]) flatten(item, shape, axis + 1, into, owner);
}

const ragged = (owner: string, shape: readonly number[], axis: number): ShapeError =>
  new ShapeError(`${owner}: the nested lists are not rectangular; the first path gives ${formatShape(shape)}, another differs at axis ${axis}. Make all lists of an axis equally long.`, { shape, axis });

