// Shape and dtype rules that many rows share, and the checks every call goes through before its row's own rule.
import type { Around } from '../../../kernels/js/along-last.ts';
import { numberAttribute } from './attribute-values.ts';
import { AttributeError, DTypeError, ShapeError } from '../errors.ts';
import { type DType, DTYPES, dtypeOfArray, isCoded, isDType, isFloat, noDType } from '../tensor/dtype.ts';
import { promote } from '../tensor/promotion.ts';
import { broadcast, checkShape, normaliseAxes, normaliseAxis, type Shape, sizeOf } from '../tensor/shape.ts';
import { plainNumber } from '../tensor/range.ts';
import type { TensorType } from '../tensor/type.ts';
import type { AttributeSpec, AttributeValues, OperandSpec, OpRow, Signature } from './define.ts';
import { kindTakes, OPERAND_KINDS } from './kinds.ts';
import type { AttributeValue } from './attribute-values.ts';
import { nearestAttribute } from './suggestions.ts';

export function broadcastShapes(row: Pick<OpRow, 'name' | 'operands'>, operands: readonly TensorType[]): Shape {
  return broadcast(
    row.name,
    operands.map((type) => type.shape),
    row.operands.map((spec) => spec.name),
  );
}

export const first = (operands: readonly TensorType[]): TensorType => operands[0]!;

/** Shape without the axes, or with length 1 there. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: AttributeValue): Shape {
  return keepdims === true
    ? shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** The operand at a place; the last stands for all that follow. */
const specOf = ({ operands }: OpRow, i: number): OperandSpec | undefined => operands[Math.min(i, operands.length - 1)];

/** Of a row that promotes nothing, with indices as they are computed. */
const indicesComputed = (row: OpRow, dtypes: readonly DType[]): readonly DType[] =>
  dtypes.map((dtype, i) => (specOf(row, i)?.kind === 'index' ? DTYPES[dtype].compute : dtype));

/**
 * The dtypes the row asks its operands to have: their common one, where it asks for that; indices are numbers, not as
 * codecs store them.
 */
export function promotedDTypes(row: OpRow, dtypes: readonly DType[]): readonly DType[] {
  if (row.promotion === 'none') return dtypes.some(isCoded) ? indicesComputed(row, dtypes) : dtypes;
  let common = dtypes[0]!;
  for (let i = 1; i < dtypes.length; i++) common = promote(common, dtypes[i]!, row.name);
  if (row.promotion === 'float' && !isFloat(common)) common = 'float32';
  return dtypes.map((dtype, i) => (specOf(row, i)?.kind === 'bool' ? dtype : common));
}

/** Whether an op takes so many operands. */
export const takes = ({ variadic, operands, optional = 0 }: Signature, count: number): boolean =>
  variadic ? count > 0 : count <= operands.length && count >= operands.length - optional;

/** An error that says how many operands an op takes. */
export function wrongCount(row: Signature, count: number): ShapeError {
  const names = row.operands.map((operand) => operand.name).join(', ');
  const taken = row.variadic ? 'a list of at least one' : `${row.operands.length} (${names})`;
  const missing = row.operands.slice(count).map((operand) => operand.name);
  const remedy =
    missing.length > 0 ? `give ${missing.join(', ')} too` : row.variadic ? 'give it one' : 'leave the others out';
  return new ShapeError(
    `${row.name}: ${count} ${count === 1 ? 'operand was' : 'operands were'} given; it takes ${taken}: ${remedy}.`,
    { op: row.name, count },
  );
}

/** Refuses operands of a kind the row does not take; those that were left out are of none. */
export function checkKinds(row: Signature, operands: readonly (TensorType | undefined)[]): void {
  operands.forEach((type, i) => {
    const spec = row.operands[row.variadic ? 0 : i];
    if (spec === undefined || type === undefined || kindTakes(spec.kind, type.dtype)) return;
    const { wanted, remedy } = OPERAND_KINDS[spec.kind];
    throw new DTypeError(
      `${row.name}: ${spec.name} is ${type.dtype}, which is not ${wanted}; ` +
        `${remedy.replaceAll('x.', `${spec.name}.`)}.`,
      { op: row.name, operand: spec.name, dtype: type.dtype },
    );
  });
}

/** Reads the attributes of a call against the row: unknown, missing and ill-typed ones are refused. */
export function readAttributes(
  row: Signature,
  given: Readonly<Record<string, unknown>>,
): Record<string, AttributeValue> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(row.attributes, name)) throw unknownAttribute(row, name);
  }
  const values: Record<string, AttributeValue> = {};
  for (const name in row.attributes) {
    values[name] = readAttribute(row, name, row.attributes[name]!, given[name]);
  }
  return values;
}

function unknownAttribute(row: Signature, name: string): AttributeError {
  const known = Object.keys(row.attributes);
  const near = nearestAttribute(name, known);
  const remedy =
    near !== undefined
      ? `did you mean ${near}? It takes ${known.join(', ')}`
      : known.length === 0
        ? 'it takes none'
        : `it takes ${known.join(', ')}`;
  return new AttributeError(
    `${row.name}: there is no attribute "${name}"; ${remedy}. Options of a call such as signal go to ` +
      'sheet.with({ … }).',
    { op: row.name, attribute: name, known },
  );
}

function readAttribute(row: Signature, name: string, spec: AttributeSpec, value: unknown): AttributeValue {
  if (value === undefined) {
    if (spec.fallback !== undefined) return spec.fallback;
    throw new AttributeError(
      `${row.name}: attribute "${name}" is missing; give { ${name}: … }: ${spec.doc.replace(/\.?$/, '.')}`,
      { op: row.name, attribute: name },
    );
  }
  // Written out, a default is what it is when it is left out.
  if (value === null && spec.fallback === null) return null;
  const read = READ[spec.kind](value, row, spec);
  if (read !== undefined) return read;
  throw new AttributeError(
    `${row.name}: ${name} is ${show(value)}; give ` +
      `${EXPECTED[spec.kind]}${spec.choices ? ` (${spec.choices.join(', ')})` : ''}: ` +
      `${spec.doc.replace(/\.?$/, '.')}`,
    { op: row.name, attribute: name, value },
  );
}

const show = (value: unknown): string =>
  typeof value === 'bigint'
    ? `${value}n`
    : typeof value === 'number'
      ? String(value)
      : (JSON.stringify(value) ?? String(value));

const isIntegers = (value: unknown): value is number[] =>
  (Array.isArray(value) || dtypeOfArray(value) === 'int32') &&
  [...(value as Iterable<unknown>)].every((item) => Number.isSafeInteger(item));

const READ: Record<
  AttributeSpec['kind'],
  (value: unknown, row: Signature, spec: AttributeSpec) => AttributeValue | undefined
> = {
  int: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  float: (value) => (typeof value === 'number' ? value : undefined),
  number: (value) => (typeof value === 'number' || typeof value === 'bigint' ? plainNumber(value) : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  axis: (value) => (value === null || Number.isSafeInteger(value) ? (value as number | null) : undefined),
  axes: (value) =>
    value === null || Number.isSafeInteger(value)
      ? (value as number | null)
      : isIntegers(value)
        ? [...value]
        : undefined,
  shape: (value, row) => {
    const list = Number.isSafeInteger(value) ? [value as number] : isIntegers(value) ? [...value] : value;
    return [...checkShape(list, row.name)];
  },
  dtype: (value, row) => {
    if (isDType(value)) return value;
    throw noDType(value, row.name);
  },
  ints: (value) =>
    Array.isArray(value) && value.every((v) => v === null || Number.isSafeInteger(v))
      ? [...(value as (number | null)[])]
      : Number.isSafeInteger(value)
        ? [value as number]
        : undefined,
  seed: (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined),
  choice: (value, _row, spec) => spec.choices?.find((choice) => choice === value),
  floats: (value) =>
    typeof value === 'number'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item === 'number')
        ? [...(value as number[])]
        : undefined,
  text: (value) => (typeof value === 'string' ? value : undefined),
};

const EXPECTED: Record<AttributeSpec['kind'], string> = {
  int: 'an integer',
  float: 'a number',
  number: 'a number or bigint',
  bool: 'true or false',
  axis: 'an axis number or null',
  axes: 'an axis, a list of axes, or null',
  shape: 'a shape',
  dtype: 'a dtype',
  ints: 'a list of integers',
  seed: 'a non-negative integer',
  choice: 'one of the choices',
  floats: 'a number or a list of numbers',
  text: 'a text',
};

/** `axis` attribute (null = all axes) as a sorted list of axes. */
export const settledAxes = (name: string, attrs: AttributeValues, rank: number): number[] =>
  normaliseAxes(name, (attrs['axis'] as number | number[] | null) ?? undefined, rank);

/** `axis` attribute as one axis in [0, rank). */
export const settledAxis = (name: string, attrs: AttributeValues, rank: number): number =>
  normaliseAxis(name, numberAttribute(attrs, 'axis'), rank);

/** Elements before, along and after an axis. */
export const aroundAxis = (shape: Shape, axis: number): Around => ({
  outer: sizeOf(shape.slice(0, axis)),
  length: shape[axis] ?? 1,
  inner: sizeOf(shape.slice(axis + 1)),
});

/** What elements are added up as: bool is counted as int32. */
export const counted = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype);

/** Refuses an operand of another rank than the row needs. */
export function needRank(row: string, operand: string, type: TensorType, atLeast: number): void {
  if (type.shape.length >= atLeast) return;
  throw new ShapeError(
    `${row}: ${operand} has shape [${type.shape.join(',')}], rank ${type.shape.length}; it needs rank ${atLeast} ` +
      'or more. Use expandDims or reshape.',
    { op: row, operand, shape: type.shape },
  );
}
