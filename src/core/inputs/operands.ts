// Arguments of a call: handles, numbers, arrays and foreign tensors become calls.
import { SourceError, ShapeError, DTypeError } from '../errors.ts';
import type { Argument } from '../expr/canonicalise.ts';
import { commonDType } from '../expr/literals.ts';
import { Call } from '../engine/call.ts';
import { type DType, type TypedArray, dtypeOfArray, parseDType } from '../tensor/dtype.ts';
import { checkShape, formatShape, MAX_RANK, sizeOf } from '../tensor/shape.ts';
import type { Elements } from '../tensor/elements.ts';
import { asTableArray, checkReadable, isStoredForm } from '../tensor/foreign-dtypes.ts';
import { asTruth, readSequence } from '../tensor/foreign-elements.ts';
import { readForeign } from '../tensor/foreign.ts';
import { isGpuBuffer } from '../tensor/foreign-gpu.ts';
import { describe } from '../text.ts';

/** Nested lists of numbers, booleans or bigints; the innermost may be typed arrays. */
export type Nested = number | boolean | bigint | readonly (Nested | ArrayBufferView)[];

/** True for what stands for itself in a call: a number, boolean or bigint. */
export const isLiteral = (value: unknown): value is number | boolean | bigint =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

/** True for elements that were read and have no root yet. */
export const isElements = (value: Argument | Elements): value is Elements =>
  typeof value === 'object' && !(value instanceof Call);

/**
 * Reads anything that holds elements: a typed array, nested lists, a foreign tensor. Throws a typed error otherwise.
 */
export function readElements(value: unknown, owner: string, shape?: readonly number[], dtype?: DType): Elements {
  const found = readAny(value, owner, dtype === undefined ? undefined : parseDType(dtype));
  if (shape === undefined) return found;
  const wanted = checkShape(shape, owner);
  if (sizeOf(wanted) !== found.array.length) {
    throw new ShapeError(
      `${owner}: ${found.array.length} elements do not fill shape ${formatShape(wanted)} of ${sizeOf(wanted)}; ` +
        `give a shape whose product is ${found.array.length}.`,
      { shape, length: found.array.length },
    );
  }
  return { ...found, shape: wanted };
}

/** As `readElements`, in the place of indices: there plain numbers are int32. */
export function readIndices(value: unknown, owner: string): Elements {
  const found = readElements(value, owner);
  return found.dtype === 'float32' && (Array.isArray(value) || typeof value === 'number')
    ? readElements(value, owner, undefined, 'int32')
    : found;
}

function readAny(value: unknown, owner: string, dtype: DType | undefined): Elements {
  const own = dtype !== undefined && isStoredForm(value, dtype) ? dtype : dtypeOfArray(value);
  if (own !== undefined) return retyped(readTyped(value as TypedArray, own, owner), dtype);
  const foreign = readForeign(value, owner);
  if (foreign !== undefined) return retyped(foreign, dtype);
  if (Array.isArray(value) || isLiteral(value)) return readNested(value as Nested, owner, dtype);
  throw notReadable(value, owner);
}

function notReadable(value: unknown, owner: string): SourceError {
  if (isGpuBuffer(value))
    return new SourceError(
      `${owner}: a GPUBuffer has no shape or dtype; make a tensor of it: sheet.tensor(buffer, shape).`,
      { kind: 'GPUBuffer' },
    );
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
    return new SourceError(`${owner}: a promise is no tensor yet; await it first.`, { kind: 'promise' });
  return new SourceError(
    `${owner}: ${describe(value)} is not a tensor; give a tensor of this sheet, a typed array, nested lists, or ` +
      'an object with dims, type and data.',
    { kind: typeof value },
  );
}

function readTyped(array: TypedArray, dtype: DType, owner: string): Elements {
  checkReadable(array, owner);
  const table = asTableArray(array, dtype, owner);
  return { dtype, shape: [table.length], array: table, fresh: false };
}

function retyped(elements: Elements, dtype: DType | undefined): Elements {
  if (dtype === undefined) return elements;
  if (dtype === 'bool' && elements.dtype === 'uint8') return { ...elements, dtype, ...asTruth(elements.array) };
  checkHeld(elements.dtype, dtype);
  return elements;
}

/** Throws a DTypeError where elements are asked for as another dtype than they are held in. */
export function checkHeld(held: DType, dtype: DType): void {
  if (held !== dtype)
    throw new DTypeError(
      `tensor: the array holds ${held}, not ${dtype}; leave dtype out and use tensor(…).astype('${dtype}').`,
      { dtype, holds: held },
    );
}

function readNested(value: Nested, owner: string, dtype: DType | undefined): Elements {
  const shape: number[] = [];
  let level = value as Nested | TypedArray;
  for (; isRow(level) || Array.isArray(level); level = (level as readonly Nested[])[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
    // Deeper than any tensor, or a list inside itself.
    if (shape.length > MAX_RANK)
      throw new ShapeError(
        `${owner}: the lists are nested more than ${MAX_RANK} deep; a tensor has at most ${MAX_RANK} axes.`,
        { limit: MAX_RANK },
      );
  }
  const flat: (number | boolean | bigint)[] = [];
  const held = new Set<DType>();
  flatten(value, shape, 0, { flat, held }, owner);
  return { ...readSequence(flat, dtype ?? commonDType([...held], owner), owner), shape };
}

/** What is found in lists: elements, and the dtypes of the typed arrays they were in. */
interface Found {
  readonly flat: (number | boolean | bigint)[];
  readonly held: Set<DType>;
}

const isRow = (value: unknown): value is TypedArray => dtypeOfArray(value) !== undefined;

function flatten(value: Nested, shape: readonly number[], axis: number, into: Found, owner: string): void {
  if (axis === shape.length) {
    if (isLiteral(value)) into.flat.push(value);
    else
      throw Array.isArray(value) || isRow(value)
        ? ragged(owner, shape, axis)
        : notElement(value, into.flat.length, owner);
    return;
  }
  if (isRow(value)) {
    checkReadable(value, owner);
    into.held.add(dtypeOfArray(value) as DType);
  } else if (!Array.isArray(value))
    throw isLiteral(value) ? ragged(owner, shape, axis) : notElement(value, into.flat.length, owner);
  if ((value as readonly Nested[]).length !== shape[axis]) throw ragged(owner, shape, axis);
  // By index, for gaps are elements too.
  for (let i = 0; i < (value as readonly Nested[]).length; i++)
    flatten((value as readonly Nested[])[i]!, shape, axis + 1, into, owner);
}

/** What is in a list and is no number, and what to do about it. */
function notElement(value: unknown, index: number, owner: string): SourceError {
  const remedy = isTensorLike(value)
    ? 'join tensors with sheet.stack([a, b]) or sheet.concat([a, b]), or pass operands one by one, not as a list'
    : typeof value === 'string'
      ? 'map texts to numbers first, or give them to sheet.memo, which takes any arguments'
      : value === undefined || value === null
        ? 'fill the gap, with NaN where a number is missing'
        : 'give numbers, booleans or bigints';
  return new SourceError(
    `${owner}: element ${index} of the list is ${isTensorLike(value) ? 'a tensor' : describe(value)}, not a ` +
      `number; ${remedy}.`,
    { index, kind: typeof value },
  );
}

/** Whether a value holds elements of its own: a tensor of any library, a typed array. */
const isTensorLike = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (ArrayBuffer.isView(value) || 'shape' in value || 'dims' in value);

const ragged = (owner: string, shape: readonly number[], axis: number): ShapeError =>
  new ShapeError(
    `${owner}: the nested lists are not rectangular; the first path gives ${formatShape(shape)}, another differs ` +
      `at axis ${axis}. Make all lists of an axis equally long.`,
    { shape, axis },
  );
