// Whether values are finite, for the laws that ask.
import type { PolicyError } from '../errors.ts';
import type { Call } from './call.ts';
import { judgeFinite, type NonFinite } from '../policy/laws.ts';
import type { Value } from '../tensor/block.ts';
import { isFloat, numbersOf } from '../tensor/dtype.ts';

/** What a store remembers of a value's health; bit 1: known to be finite. */
export interface Health {
  facts: number;
}

const KNOWN_FINITE = 1;

/** The broken law, or undefined. */
export function checkFinite(call: Call, value: Value, known?: Health): PolicyError | undefined {
  const found = findNonFinite(value, known);
  if (found === undefined) return undefined;
  const fromOutside = call.row === undefined || call.isLiteral;
  return judgeFinite(
    fromOutside ? 'finiteInputs' : 'finite',
    call.row === undefined ? 'tensor' : call.isLiteral ? 'a literal' : call.row.name,
    call.seq,
    found,
  );
}

/** What is not finite in a value, or undefined. What was found finite once is not scanned again. */
export function findNonFinite(value: Value, known?: Health): NonFinite | undefined {
  if (!isFloat(value.type.dtype) || (known !== undefined && (known.facts & KNOWN_FINITE) !== 0)) return undefined;
  const array = numbersOf(value.array, value.type.dtype) as Float32Array;
  let count = 0;
  let at = -1;
  for (let i = 0; i < array.length; i++) {
    if (Number.isFinite(array[i])) continue;
    if (at < 0) at = i;
    count++;
  }
  if (count > 0) return { count, index: unravel(at, value.type.shape), value: array[at]! };
  if (known !== undefined) known.facts |= KNOWN_FINITE;
  return undefined;
}

/** Flat position as an index by axis. */
function unravel(position: number, shape: readonly number[]): number[] {
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}
