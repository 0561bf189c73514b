// Splitting: several results at once, each a slice; so it is no row of its own but several calls of one.
import { AttributeError } from '../../errors.ts';
import { normaliseAxis } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { AttributeValues, OpRow } from '../define.ts';
import { SLICE } from './movement.ts';

/** One part of a split: the row to call on the operand, and its attributes. */
interface Part {
  readonly row: OpRow;
  readonly attributes: AttributeValues;
}

const REMEDY = 'give the number of equal parts, or a list of the indices to split at';

/** Parts of an axis: so many equal ones, or those that begin and end at the given indices. */
export function splitParts(type: TensorType, sections: unknown, options: unknown = {}): Part[] {
  const at = axisOf(type, options);
  const length = type.shape[at]!;
  const bounds = boundsOf(sections, length);
  return bounds.slice(1).map((stop, i) => {
    const along = (value: number): (number | null)[] => type.shape.map((_, k) => (k === at ? value : null));
    return {
      row: SLICE,
      attributes: { start: along(bounds[i]!), stop: along(Math.max(stop, bounds[i]!)) },
    };
  });
}

function axisOf(type: TensorType, options: unknown): number {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new AttributeError(`split: its second argument is ${String(options)}; give options such as { axis: 1 }.`, {});
  const unknown = Object.keys(options).find((name) => name !== 'axis');
  if (unknown !== undefined)
    throw new AttributeError(`split: there is no attribute "${unknown}"; it takes axis.`, { attribute: unknown });
  const { axis = 0 } = options as { readonly axis?: unknown };
  if (Number.isSafeInteger(axis)) return normaliseAxis('split', axis as number, type.shape.length);
  throw new AttributeError(`split: axis is ${String(axis)}; give an axis number.`, {});
}

function boundsOf(sections: unknown, length: number): number[] {
  if (typeof sections === 'number') return equalBounds(length, sections);
  if (Array.isArray(sections) || sections instanceof Int32Array)
    return [0, ...[...(sections as Iterable<unknown>)].map((index) => checkBound(index, length)), length];
  throw new AttributeError(
    `split: sections is ${sections === null ? 'null' : `of type ${typeof sections}`}; ${REMEDY}.`,
    {},
  );
}

function equalBounds(length: number, sections: number): number[] {
  if (Number.isSafeInteger(sections) && sections > 0 && length % sections === 0)
    return Array.from({ length: sections + 1 }, (_, i) => (i * length) / sections);
  throw new AttributeError(
    `split: an axis of length ${length} has no ${sections} equal parts; give a divisor of ${length}, or a list ` +
      'of indices to split at.',
    { length, sections },
  );
}

function checkBound(index: unknown, length: number): number {
  if (Number.isSafeInteger(index) && (index as number) >= 0 && (index as number) <= length) return index as number;
  throw new AttributeError(
    `split: ${typeof index === 'number' ? `index ${index}` : `an index of type ${typeof index}`} is outside an ` +
      `axis of length ${length}; use integers from 0 to ${length}.`,
    { length },
  );
}
