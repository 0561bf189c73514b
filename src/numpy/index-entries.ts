// What stands in an index of NumPy, entry by entry: integers, slices, new axes, an ellipsis, arrays and masks.
import { AttributeError, DTypeError, ShapeError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { arrayOf } from './arrays.ts';
import type { ArrayLike, Context } from './context.ts';
import { isIntegral } from './promotion.ts';

/** One entry of an index: an integer, text as '1:, ::-1' or '...', null for a new axis, integers or bools. */
export type IndexEntry = number | bigint | string | null | undefined | ArrayLike;

/** An entry that was read, and how many axes it takes. */
export type IndexPart =
  | { readonly kind: 'integer'; readonly index: number; readonly takes: 1 }
  | { readonly kind: 'slice'; readonly bounds: Bounds; readonly takes: 1 }
  | { readonly kind: 'new'; readonly takes: 0 }
  | { readonly kind: 'array'; readonly indices: Tensor; readonly takes: 1; readonly isChecked: boolean }
  | { readonly kind: 'mask'; readonly mask: Tensor; readonly takes: number };

/** Start, stop and step; null for what Python leaves out. */
type Bounds = readonly [start: number | null, stop: number | null, step: number | null];

const WHOLE: IndexPart = { kind: 'slice', bounds: [null, null, null], takes: 1 };
const NEW: IndexPart = { kind: 'new', takes: 0 };

/** The entries of an index for an array of so many axes: an ellipsis is the slices it stands for. */
export function readEntries(np: Context, index: readonly IndexEntry[], x: Tensor): IndexPart[] {
  const entries = index.flatMap((entry): (IndexPart | 'rest')[] =>
    typeof entry === 'string' ? entry.split(',').map(readText) : [readValue(np, entry)],
  );
  const taken = entries.reduce((sum, entry) => sum + (entry === 'rest' ? 0 : entry.takes), 0);
  if (taken > x.ndim)
    throw new AttributeError(
      `np.at: too many indices: the array has ${x.ndim} dimensions, but ${taken} are indexed; leave some out.`,
      { rank: x.ndim, taken },
    );
  const rest = entries.filter((entry) => entry === 'rest').length;
  if (rest > 1) throw new AttributeError("np.at: an index has one ellipsis '...' at most.", { ellipses: rest });
  const filling = new Array<IndexPart>(x.ndim - taken).fill(WHOLE);
  const whole = rest === 0 ? [...entries, 'rest' as const] : entries;
  return whole.flatMap((entry) => (entry === 'rest' ? filling : [entry]));
}

function readText(text: string): IndexPart | 'rest' {
  const word = text.trim();
  if (word === '...') return 'rest';
  if (word === 'None' || word === 'np.newaxis' || word === 'newaxis') return NEW;
  const parts = word.split(':').map((part) => part.trim());
  if (parts.length > 3 || parts.some((part) => !/^([-+]?\d+)?$/.test(part)) || word === '')
    throw new AttributeError(
      `np.at: '${word}' is no index; write an integer, a slice as '1:3' or '::-1', '...' or 'newaxis'.`,
      { text },
    );
  if (parts.length === 1) return { kind: 'integer', index: Number(word), takes: 1 };
  const [start, stop, step] = parts.map((part) => (part === '' ? null : Number(part)));
  if (step === 0) throw new AttributeError(`np.at: '${word}' has step 0; give another.`, { text });
  return { kind: 'slice', bounds: [start!, stop!, step ?? null], takes: 1 };
}

function readValue(np: Context, value: Exclude<IndexEntry, string>): IndexPart {
  if (value === null || value === undefined) return NEW;
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (!Number.isInteger(Number(value)))
      throw new DTypeError(`np.at: ${value} is no index; give an integer.`, { index: value });
    return { kind: 'integer', index: Number(value), takes: 1 };
  }
  const array = arrayOf(np.sheet, value);
  if (array.dtype === 'bool') return { kind: 'mask', mask: array, takes: array.ndim };
  const isList = Array.isArray(value);
  if (!isIntegral(array.dtype) && !(isList && array.dtype === 'float64'))
    throw new DTypeError(
      `np.at: an array of ${array.dtype} is no index; give integers or bools, as x.astype('int64').`,
      { dtype: array.dtype },
    );
  return { kind: 'array', indices: array.astype('int64'), takes: 1, isChecked: false };
}

/** Throws a ShapeError where a mask does not have the lengths of the axes it stands for. */
export function checkMask(mask: Tensor, shape: readonly number[], axis: number): void {
  if (mask.shape.some((length, i) => length !== shape[axis + i]))
    throw new ShapeError(
      `np.at: a mask of shape (${mask.shape.join(', ')}) does not fit axes ${axis} to ${axis + mask.ndim - 1} of ` +
        `shape (${shape.join(', ')}); compare the array itself to make one.`,
      { mask: mask.shape, shape },
    );
}
