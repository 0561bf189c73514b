// Splitting: several results at once, each a slice; so it is no row of its own but several calls of one.
import { AttributeError } from '../errors.ts';
import { normaliseAxis } from '../tensor/shape.ts';
import type { TensorType } from '../tensor/type.ts';
import type { AttributeValues, OpRow } from './define.ts';
import { SLICE } from './movement.ts';

/** One part of a split: the row to call on the operand, and its attributes. */
export interface Part {
  readonly row: OpRow;
  readonly attributes: AttributeValues;
}

/** Parts of an axis: so many equal ones, or those that begin and end at the given indices. */
export function splitParts(type: TensorType, sections: number | readonly number[], axis = 0): Part[] {
  const at = normaliseAxis('split', axis, type.shape.length);
  const length = type.shape[at] as number;
  const bounds = typeof sections === 'number' ? equalBounds(length, sections) : [0, ...sections.map((index) => checkBound(index, length)), length];
  return bounds.slice(1).map((stop, i) => {
    const along = (value: number): (number | null)[] => type.shape.map((_, k) => (k === at ? value : null));
    return { row: SLICE, attributes: { start: along(bounds[i] as number), stop: along(Math.max(stop, bounds[i] as number)) } };
  });
}

function equalBounds(length: number, sections: number): number[] {
  if (Number.isSafeInteger(sections) && sections > 0 && length % sections === 0) return Array.from({ length: sections + 1 }, (_, i) => (i * length) / sections);
  throw new AttributeError(`split: an axis of length ${length} has no ${sections} equal parts; give a divisor of ${length}, or a list of indices to split at.`, { length, sections });
}

function checkBound(index: number, length: number): number {
  if (Number.isSafeInteger(index) && index >= 0 && index <= length) return index;
  throw new AttributeError(`split: index ${index} is outside an axis of length ${length}; use 0 to ${length}.`, { index, length });
}
