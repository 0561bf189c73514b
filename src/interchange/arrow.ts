// Columns of Apache Arrow as tensors and back. The library is not needed to read them: columns are known by what they
// have, and whoever makes one gives the module.
import { DTypeError, ShapeError, SourceError } from '../core/errors.ts';
import { ARROW_TYPES, arrowRemedy, dtypeOfArrow } from '../core/tensor/arrow-dtypes.ts';
import { allocate, type DType, isBigInt, storedNumber, type TypedArray } from '../core/tensor/dtype.ts';
import { asTableArray } from '../core/tensor/foreign-dtypes.ts';
import { checkShape, formatShape, type Shape, sizeOf } from '../core/tensor/shape.ts';
import type { StoredTensor } from './safetensors.ts';

/** A chunk of a column, as the Data of apache-arrow is. */
interface ArrowChunk {
  readonly length: number;
  /** Bits before the first, in the bitmaps. */
  readonly offset: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array | undefined;
  readonly values?: unknown;
  readonly children: readonly ArrowChunk[];
}

/** A column: a Vector of apache-arrow, as `table.getChild(name)` gives it. */
export interface ArrowColumn {
  readonly type: object;
  readonly data: readonly unknown[];
}

/** A type, as the DataType of apache-arrow is: it says its name as text. */
interface ArrowType {
  readonly listSize?: unknown;
  readonly children?: readonly { readonly type: unknown }[] | null;
  toString(): string;
}

/** What `fromArrow` may be told. */
export interface ArrowOptions {
  /** What stands for elements that are null; without it a column with nulls is refused. */
  readonly nulls?: number | bigint | boolean;
}

/**
 * The tensor of a column: of numbers or Bool one axis, of lists of a fixed size one more. Where the column is one
 * chunk, the array views its memory (Bool is unpacked). Throws SourceError for nulls that nothing stands for, and
 * DTypeError for element types that are not held.
 */
export function fromArrow(column: ArrowColumn, { nulls }: ArrowOptions = {}): StoredTensor {
  const { type, widths } = elementType(column?.type);
  const dtype = dtypeOfArrow(type);
  if (dtype === undefined)
    throw new DTypeError(`fromArrow: elements of ${type.slice(0, 60)} are not held here; ${arrowRemedy(type)}.`, {
      type: type.slice(0, 60),
    });
  const chunks = column.data as readonly ArrowChunk[];
  const rows = chunks.reduce((sum, { length }) => sum + length, 0);
  const shape = checkShape([rows, ...widths], 'fromArrow');
  const fill = nulls === undefined ? undefined : fillOf(dtype, nulls);
  const arrays = chunks.map((chunk) => elementsOf(chunk, { dtype, widths, fill }));
  return { dtype, shape, array: arrays.length === 1 ? arrays[0]! : joined(arrays, dtype, sizeOf(shape)) };
}

/** The type of the elements, and the sizes of the lists they stand in, the outermost first. */
function elementType(type: unknown): { readonly type: string; readonly widths: readonly number[] } {
  const widths: number[] = [];
  let inner = type as ArrowType | undefined;
  while (typeof inner?.listSize === 'number') {
    widths.push(inner.listSize);
    inner = inner.children?.[0]?.type as typeof inner;
  }
  if (typeof inner !== 'object' || inner === null)
    throw new SourceError('fromArrow: this is no column of Arrow; give table.getChild(name), or a Vector.', { type });
  return { type: inner.toString(), widths };
}

interface Elements {
  readonly dtype: DType;
  readonly widths: readonly number[];
  readonly fill: number | bigint | undefined;
}

/** The elements of a chunk, nulls filled. */
function elementsOf(chunk: ArrowChunk, { dtype, widths, fill }: Elements): TypedArray {
  const holes: { readonly level: ArrowChunk; readonly rows: number; readonly width: number }[] = [];
  let level = chunk;
  let rows = chunk.length;
  for (let depth = 0; ; depth++) {
    const width = sizeOf(widths.slice(depth));
    if (level.nullCount > 0) holes.push({ level, rows, width });
    if (depth === widths.length) break;
    rows *= widths[depth]!;
    level = level.children[0]!;
  }
  if (holes.length > 0 && fill === undefined) {
    const count = holes.reduce((sum, hole) => sum + hole.level.nullCount, 0);
    throw new SourceError(
      `fromArrow: ${count} elements of this column are null; say what stands for them, as fromArrow(column, { nulls: ` +
        '0 }), or drop those rows first.',
      { nulls: count },
    );
  }
  const array = dtype === 'bool' ? unpacked(level, rows) : viewOf(level, dtype, rows);
  return holes.length === 0 || fill === undefined ? array : filled(array, holes, fill);
}

function viewOf({ values }: ArrowChunk, dtype: DType, length: number): TypedArray {
  const array = asTableArray(values as ArrayBufferView, dtype, 'fromArrow');
  if (array.length < length)
    throw new ShapeError(`fromArrow: ${array.length} elements are there where ${length} are stated; read it again.`, {
      length,
    });
  return array.length === length ? array : array.subarray(0, length);
}

/** Arrow keeps Bool as bits, the lowest first. */
function unpacked({ values, offset }: ArrowChunk, length: number): TypedArray {
  const bits = values as Uint8Array;
  return Uint8Array.from({ length }, (_, i) => bitOf(bits, offset + i));
}

const bitOf = (bits: Uint8Array, at: number): number => (bits[at >> 3]! >> (at & 7)) & 1;

/** A copy with what stands for nulls: a null list is null in all its elements. */
function filled(
  array: TypedArray,
  holes: readonly { readonly level: ArrowChunk; readonly rows: number; readonly width: number }[],
  fill: number | bigint,
): TypedArray {
  const copy = array.slice();
  for (const { level, rows, width } of holes)
    for (let row = 0; row < rows; row++)
      if (bitOf(level.nullBitmap!, level.offset + row) === 0)
        (copy as Float64Array).fill(fill as number, row * width, (row + 1) * width);
  return copy;
}

function fillOf(dtype: DType, nulls: number | bigint | boolean): number | bigint {
  if (!isBigInt(dtype)) return storedNumber(dtype, Number(nulls));
  if (typeof nulls !== 'number' || Number.isSafeInteger(nulls)) return BigInt(nulls);
  throw new DTypeError(`fromArrow: ${nulls} is no element of ${dtype}; give an integer.`, { nulls });
}

function joined(arrays: readonly TypedArray[], dtype: DType, size: number): TypedArray {
  const whole = allocate(dtype, size);
  let at = 0;
  for (const array of arrays) {
    (whole as Float64Array).set(array as Float64Array, at);
    at += array.length;
  }
  return whole;
}

/** What is used of the module apache-arrow; its vectors are `V`. */
export interface ArrowModule<V> {
  readonly Vector: new (data: readonly never[]) => V;
  readonly makeData: unknown;
  readonly FixedSizeList: unknown;
  readonly Field: unknown;
}

/** The same as its makers are called. */
interface ArrowMakers {
  readonly Vector: new (data: readonly unknown[]) => unknown;
  makeData(props: Readonly<Record<string, unknown>>): unknown;
  readonly FixedSizeList: new (listSize: number, child: unknown) => object;
  readonly Field: new (name: string, type: object, nullable: boolean) => unknown;
}

/**
 * A tensor as a column of Arrow, with `import * as arrow from 'apache-arrow'` given: of two axes and more, of lists
 * of a fixed size. It views the array (Bool is packed). Throws DTypeError for a dtype that Arrow has not, ShapeError
 * for a tensor without axes.
 */
export function toArrow<V>({ dtype, shape, array }: StoredTensor, arrow: ArrowModule<V>): V {
  const name = ARROW_TYPES[dtype];
  if (name === undefined)
    throw new DTypeError(`toArrow: Arrow has no ${dtype}; use astype('float32') first.`, { dtype });
  checkFilled(shape, array.length);
  const makers = arrow as unknown as ArrowMakers & Readonly<Record<string, new () => object>>;
  let type = new makers[name]!();
  const length = sizeOf(shape);
  let data = makers.makeData({ type, length, nullCount: 0, data: dtype === 'bool' ? packed(array) : array });
  for (let axis = shape.length - 1; axis > 0; axis--) {
    type = new makers.FixedSizeList(shape[axis]!, new makers.Field('item', type, false));
    data = makers.makeData({ type, length: sizeOf(shape.slice(0, axis)), nullCount: 0, child: data });
  }
  return new makers.Vector([data]) as V;
}

function checkFilled(shape: Shape, length: number): void {
  if (shape.length > 0 && sizeOf(checkShape(shape, 'toArrow')) === length) return;
  throw new ShapeError(
    `toArrow: ${length} elements of shape ${formatShape(shape)} are no column; ` +
      `${shape.length === 0 ? 'give it an axis with reshape([1])' : `give a shape whose product is ${length}`}.`,
    { shape, length },
  );
}

function packed(array: TypedArray): Uint8Array {
  const bits = new Uint8Array(Math.ceil(array.length / 8));
  for (let i = 0; i < array.length; i++) bits[i >> 3]! |= Number(array[i] !== 0) << (i & 7);
  return bits;
}
