// Whether two nodes are written alike, as patterns need to know: no table is asked, and no deep graph walked.
import { scalarAttribute } from '../ops/attribute-values.ts';
import { FULL } from '../ops/movement/creation.ts';
import { castValue } from './literals.ts';
import type { PatternNode } from './pattern.ts';

/** Levels below which two nodes count as different unless they are one object. */
const MAX_DEPTH = 4;

/**
 * Whether two nodes are the same op with the same attributes on operands that are the same; roots are compared as
 * objects. False may mean "too deep to say".
 */
export function isSame(a: PatternNode, b: PatternNode, depth = MAX_DEPTH): boolean {
  if (a === b) return true;
  if (depth === 0 || a.row === undefined || a.row !== b.row || a.attributes !== b.attributes) return false;
  if (a.type !== b.type || a.semantics !== b.semantics || a.operands.length !== b.operands.length) return false;
  // What is left of a node that lost its operands tells nothing of how it was made.
  if (a.operands.length === 0 && !a.row.source) return false;
  return a.operands.every((operand, i) => isSame(operand, b.operands[i]!, depth - 1));
}

/** The element of a scalar literal, or undefined. */
export function constantOf({ row, type, attributes }: PatternNode): number | undefined {
  if (row !== FULL || type.shape.length > 0) return undefined;
  return castValue(scalarAttribute(attributes.values, 'value'), type.dtype, 'float64') as number | undefined;
}
