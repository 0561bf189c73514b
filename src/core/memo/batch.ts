// The rows a memo is given, whatever holds them, and batches of them of the same kind for the function.
import { ShapeError, SourceError } from '../errors.ts';
import { valueOfArray } from '../tensor/block.ts';
import { allocate, bytesOf, type TypedArray } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import { checkReadable } from '../tensor/foreign-dtypes.ts';
import { tensorType } from '../tensor/type.ts';
import { copyArguments } from './key.ts';
import { viewLike } from './kinds.ts';
import { asGiven, isMadeOfDims, isTensorLike } from './leaves.ts';
import type { MemoView } from './view.ts';
import { readElements } from '../inputs/operands.ts';
import { Tensor } from '../handle/tensor.ts';

/** Rows for one run of the function. */
interface Batch {
  readonly rows: unknown;
  /** Gives back what was made for the run. */
  release(): void;
}

/** The first argument of a call in rows mode. */
export interface RowSource {
  readonly count: number;
  /** Key of a row; `rest` is the key of everything else. */
  keyOf(rest: Uint8Array, row: number): string;
  batch(rows: readonly number[]): Batch;
  release(): void;
}

/**
 * Reads what holds rows: an array of strings or JSON values, a typed array, or a tensor of ours or of another library.
 */
export async function openRows(view: MemoView, name: string, given: unknown): Promise<RowSource> {
  if (Array.isArray(given)) return listRows(view, name, given);
  if (!isTensorLike(given)) {
    throw new SourceError(
      `memo "${name}": its rows are ${given === null ? 'null' : `a ${typeof given}`}; give an array of strings ` +
        'or JSON, or a tensor.',
      {},
    );
  }
  if (ArrayBuffer.isView(given)) return viewRows(view, name, given);
  if (!(given instanceof Tensor))
    return elementRows(view, name, readElements(given, `memo "${name}"`), batchOf(view, name, given), () => {});
  const { type, array, block } = await given.owner.demand(given.call);
  return elementRows(
    view,
    name,
    { ...type, array, fresh: false },
    (elements) => ours(view, elements),
    () => block.release(),
  );
}

const nothing = (): void => {};

function listRows({ memoKeys, author }: MemoView, name: string, items: readonly unknown[]): RowSource {
  return {
    count: items.length,
    release: nothing,
    keyOf: (rest, i) => memoKeys.row(rest, author, items[i], name),
    // Copies: what the function writes to its rows must not come back with them when they are run again.
    batch: (rows) => ({ rows: copyArguments(rows.map((i) => items[i])), release: nothing }),
  };
}

/**
 * Every element of an array is a row, or every byte where there are no elements; a batch is of the array's own kind.
 */
function viewRows({ memoKeys }: MemoView, name: string, given: ArrayBufferView): RowSource {
  const owner = `memo "${name}": rows`;
  checkReadable(given, owner);
  const width = (given as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const bytes = bytesOf(given);
  const rowAt = (i: number): Uint8Array => bytes.subarray(i * width, (i + 1) * width);
  return {
    count: bytes.length / width,
    release: nothing,
    keyOf: (rest, i) => memoKeys.contentRow(rest, memoKeys.bytesId(rowAt(i), owner)),
    batch: (rows) => {
      const picked = new Uint8Array(rows.length * width);
      rows.forEach((row, i) => picked.set(rowAt(row), i * width));
      return { rows: viewLike(given, picked), release: nothing };
    },
  };
}

type MakeBatch = (elements: Elements, rows: readonly number[]) => Batch;

function elementRows(
  { engine, memoKeys }: MemoView,
  name: string,
  { array, dtype, shape }: Elements,
  make: MakeBatch,
  release: () => void,
): RowSource {
  const [count, ...rest] = shape;
  if (count === undefined)
    throw new ShapeError(`memo "${name}": its rows are a scalar; give a tensor with rows along its first axis.`, {
      shape,
    });
  const type = tensorType(dtype, rest);
  return {
    count,
    release,
    keyOf: (key, i) =>
      memoKeys.contentRow(
        key,
        engine.parts.contents.contentId(array.subarray(i * type.size, (i + 1) * type.size), type),
      ),
    batch: (rows) =>
      make({ dtype, shape: [rows.length, ...rest], array: gather(array, type.size, rows, dtype), fresh: true }, rows),
  };
}

function gather(array: TypedArray, width: number, rows: readonly number[], dtype: Elements['dtype']): TypedArray {
  const picked = allocate(dtype, rows.length * width);
  rows.forEach((row, i) => picked.set(array.subarray(row * width, (row + 1) * width) as never, i * width));
  return picked;
}

/** How rows become what the function was written for. */
function batchOf(view: MemoView, name: string, given: object): MakeBatch {
  if (isMadeOfDims(given)) return (elements) => ({ rows: asGiven(given, elements), release: nothing });
  const { gather } = given as { gather?: unknown };
  if ('dataId' in given && typeof gather === 'function') return (_, rows) => gathered(given, gather as Gather, rows);
  const remedy =
    'dataId' in given
      ? "import '@tensorflow/tfjs', for tfjs-core alone makes tensors without the method gather, or "
      : '';
  throw new SourceError(
    `memo "${name}": rows of this kind of tensor cannot be made; ${remedy}pass sheet.tensor(t) and let the function ` +
      'make its own of it.',
    {},
  );
}

type Gather = (rows: Int32Array) => { dispose(): void };

/** tf makes its own rows; they are ours to dispose, unlike what the function makes of them. */
function gathered(given: object, gather: Gather, rows: readonly number[]): Batch {
  const picked = gather.call(given, Int32Array.from(rows));
  return { rows: picked, release: () => picked.dispose() };
}

function ours(view: MemoView, { array, dtype, shape }: Elements): Batch {
  const type = tensorType(dtype, shape);
  return { rows: new Tensor(view.owner, view.engine.root(type, valueOfArray(type, array))), release: nothing };
}
