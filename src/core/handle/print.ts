// Text of tensors and their calls, for people. Synchronous: what is not in memory is said to be not computed yet.
import type { Call } from '../engine/call.ts';
import { MAX_OPERANDS, printAttribute, printAttributes } from '../ops/text.ts';
import type { Value } from '../tensor/block.ts';
import { numbersOf } from '../tensor/dtype.ts';
import { formatType } from '../tensor/type.ts';

const MAX_ELEMENTS = 6;
const MAX_DEPTH = 3;
/** One line: type, calls, source, and the first elements where they are in memory. */
export function printTensor(call: Call, value: Value | undefined): string {
  const parts = [
    `Tensor ${formatType(call.type)}`,
    printCall(call),
    call.origin === 'pending' && value === undefined ? 'not computed yet' : printOrigin(call),
  ];
  if (value !== undefined) parts.push(...printValues(value));
  return parts.join(' · ');
}

const ORIGINS: Record<Call['origin'], string> = {
  pending: 'not computed yet',
  given: 'given',
  computed: 'computed',
  ram: 'reused from RAM',
  stored: 'reused from an earlier run',
  part: 'reused in part',
};

const printOrigin = (call: Call): string => ORIGINS[call.origin];

/** The call with its operands as nested calls, to a small depth. */
function printCall(call: Call, depth = 0): string {
  const { row, operands, attributes } = call;
  if (row === undefined) return `#${call.seq}`;
  if (row.source && call.type.shape.length === 0 && attributes.values['value'] !== undefined)
    return printAttribute(attributes.values['value']);
  if (depth >= MAX_DEPTH) return `${row.name}(…)`;
  const shown = operands.slice(0, MAX_OPERANDS).map((operand) => printCall(operand, depth + 1));
  const more = operands.length > MAX_OPERANDS ? [`… ${operands.length - MAX_OPERANDS} more`] : [];
  const parts = [...shown, ...more, printAttributes(attributes.values, row)];
  return `${row.name}(${parts.filter((text) => text !== '').join(', ')})`;
}

function printValues({ array: stored, type }: Value): string[] {
  const array = numbersOf(stored, type.dtype);
  if (array.length === 0) return ['empty'];
  const shown = Array.from(array.subarray(0, MAX_ELEMENTS) as Iterable<number | bigint>, (x) =>
    type.dtype === 'bool' ? String(x === 1) : printNumber(x),
  );
  const elements = `[${shown.join(', ')}${array.length > MAX_ELEMENTS ? ', …' : ''}]`;
  if (typeof array[0] === 'bigint' || type.dtype === 'bool' || array.length === 1) return [elements];
  let [low, high] = [Infinity, -Infinity];
  for (const x of array as Float32Array) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low <= high ? [`min ${printNumber(low)} max ${printNumber(high)}`, elements] : [elements];
}

const printNumber = (x: number | bigint): string =>
  (typeof x === 'bigint' ? `${x}n` : Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(4)))).replace(
    '-',
    '−',
  );
