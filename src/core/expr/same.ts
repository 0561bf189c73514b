// Whether two expressions are written alike, as patterns need to know: no table is asked, and no deep graph walked.
import { FULL } from '../ops/creation.ts';
import { MULTIPLY, POW, SQUARE } from '../ops/named.ts';
import type { Node } from './node.ts';
import { castValue } from './literals.ts';

/** Levels below which two expressions count as different unless they are one object. */
const MAX_DEPTH = 4;

/** The same op with the same attributes on operands that are the same; roots are the same as objects. False may mean "too deep to say". */
export function isSame(a: Node, b: Node, depth = MAX_DEPTH): boolean {
  if (a === b) return true;
  if (depth === 0 || a.row === undefined || a.row !== b.row || a.attributes !== b.attributes || a.type !== b.type || a.semantics !== b.semantics) return false;
  if (a.operands.length !== b.operands.length || (a.operands.length === 0 && !a.row.source)) return false;
  return a.operands.every((operand, i) => isSame(operand, b.operands[i] as Node, depth - 1));
}

/** The element of a scalar literal, or undefined. */
export const constantOf = (e: Node | undefined): number | undefined =>
  (e?.row === FULL && e.type.shape.length === 0 ? (castValue(e.attributes.values['value'] as number | bigint, e.type.dtype, 'float64') as number | undefined) : undefined);

/** The x of x², x·x or x to the power 2. */
export function underSquare(e: Node | undefined): Node | undefined {
  const [a, b] = e?.operands ?? [];
  if (e === undefined || a === undefined) return undefined;
  if (e.row === SQUARE) return a;
  if (b === undefined || a.type !== e.type) return undefined;
  return (e.row === MULTIPLY && isSame(a, b)) || (e.row === POW && constantOf(b) === 2) ? a : undefined;
}

/** The operand of an op of this row. */
export const under = (e: Node | undefined, row: Node['row']): Node | undefined => (e?.row === row ? e?.operands[0] : undefined);
