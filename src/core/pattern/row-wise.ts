// What is computed row by row: calls of which each row of the result follows from the same row of some operands, and
// from others as a whole. Each row has the same bits whatever others are beside it, so that some of them can be
// computed alone.
import { canonicalise } from '../expr/canonicalise.ts';
import type { Author, Node } from '../expr/node.ts';
import { type AttributeValue, numberAttribute, numbersAttribute } from '../ops/attribute-values.ts';
import type { AttributeValues } from '../ops/define.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { RESHAPE, SLICE } from '../ops/movement/movement.ts';
import { TAKE } from '../ops/named.ts';

/** Calls from one array on, of which each depends on it row by row. */
export interface RowWise<N extends Node> {
  readonly root: N;
  /** Operands before those that use them; the last is what is asked for. */
  readonly order: readonly N[];
  /** All that makes another like it the same function of another array. */
  readonly key: string;
}

/** Calls that are looked at for one. */
const MOST_CALLS = 32;

/** Positions of the operands of which the rows are those of the result; undefined where there are none such. */
function rowOperands({ row, operands, attributes: { values }, type: { shape } }: Node): number[] | undefined {
  if (row === undefined || shape.length === 0) return undefined;
  const { skeleton } = row.kernel;
  const isAligned = (operand: Node | undefined): boolean => operand?.type.shape[0] === shape[0];
  const first = isAligned(operands[0]) ? [0] : undefined;
  if (row === MATMUL)
    return values['transposeA'] !== true && operands[0]!.type.shape.length === 2 && operands[1]!.type.shape.length <= 2
      ? first
      : undefined;
  if (row === CONCAT) return numberAttribute(values, 'axis') > 0 ? [...operands.keys()] : undefined;
  if (row === SLICE) return isWholeSlice(values, shape[0]!) ? first : undefined;
  if (row.separable === 'elements')
    return operands.flatMap((operand, i) =>
      operand.type.shape.length === shape.length && isAligned(operand) ? [i] : [],
    );
  if (skeleton === 'alias') return operands[0]!.type.shape.length > 0 ? first : undefined;
  if (skeleton === 'rows') return numberAttribute(values, 'axis') > 0 ? first : undefined;
  if (skeleton === 'reduce' && row.kernel.prologue === undefined)
    return numbersAttribute(values, 'axis').includes(0) ? undefined : first;
  return skeleton === 'direct' && row.kernel.byFirstAxis === true ? first : undefined;
}

function isWholeSlice(values: AttributeValues, length: number): boolean {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => numbersAttribute(values, name)[0]);
  return start === 0 && stop === length && step === 1;
}

/**
 * What a call is of its largest array: `isRoot` says what such arrays are, `nameOf` names what does not change with its
 * rows. Undefined where it is not computed row by row.
 */
export function rowWiseOf<N extends Node>(
  target: N,
  isRoot: (node: N) => boolean,
  nameOf: (node: N) => string,
): RowWise<N> | undefined {
  const order: N[] = [];
  const roots: N[] = [];
  const visit = (node: N): void => {
    if (order.includes(node) || roots.includes(node) || order.length >= MOST_CALLS) return;
    if (isRoot(node)) return void roots.push(node);
    const at = rowOperands(node);
    if (at === undefined) return;
    for (const i of at) visit(node.operands[i] as N);
    order.push(node);
  };
  visit(target);
  if (order.at(-1) !== target || roots.length === 0) return undefined;
  const root = roots.reduce((a, b) => (b.type.sizeBytes > a.type.sizeBytes ? b : a));
  const varying = varyingIn(order, root);
  return varying.at(-1) === target ? { root, order: varying, key: keyOf(varying, root, nameOf) } : undefined;
}

/** Those that depend on the root by rows. */
function varyingIn<N extends Node>(order: readonly N[], root: N): readonly N[] {
  const found = new Set<Node>([root]);
  for (const node of order) if (rowOperands(node)!.some((i) => found.has(node.operands[i]!))) found.add(node);
  // What uses it otherwise than by its rows is not computed row by row.
  const isWhole = (node: N): boolean => {
    const at = rowOperands(node)!;
    return node.operands.every((operand, i) => at.includes(i) || !found.has(operand));
  };
  return order.filter((node) => found.has(node)).every(isWhole) ? order.filter((node) => found.has(node)) : [];
}

function keyOf<N extends Node>(order: readonly N[], root: N, nameOf: (node: N) => string): string {
  const places = new Map<Node, string>([[root, 'x']]);
  let key = `${root.type.dtype}[${root.type.shape.slice(1).join()}]`;
  for (const [place, node] of order.entries()) {
    const { row, semantics, operands } = node;
    const names = operands.map((operand) => places.get(operand) ?? nameOf(operand as N));
    key += `;${row!.number}:${semantics}:${attributesOf(node)}(${names.join()})`;
    places.set(node, String(place));
  }
  return key;
}

/** Attributes but for the number of rows. */
const attributesOf = ({ row, attributes: { id, values } }: Node): string | number =>
  row === SLICE || row === RESHAPE ? JSON.stringify(withRows(values, 0)) : id;

/** Attributes but for what they say of the number of rows. */
export const rowlessValues = ({ row, attributes: { values } }: Node): AttributeValues =>
  row === SLICE || row === RESHAPE ? withRows(values, 0) : values;

/** Attributes that say how many rows there are, for another number. */
function withRows(values: AttributeValues, count: number): Record<string, AttributeValue> {
  const changed: Record<string, AttributeValue> = { ...values };
  for (const name of ['stop', 'shape'])
    if (Array.isArray(values[name])) changed[name] = [count, ...numbersAttribute(values, name).slice(1)];
  return changed;
}

/** Some rows of what is computed row by row. `taken` are those of the root, `indices` where they are. */
export function someRows<N extends Node>({ root, order }: RowWise<N>, indices: N, author: Author<N>): N {
  const take = (whole: N): N => canonicalise(TAKE, [whole, indices], { axis: 0 }, author);
  const rows = new Map<N, N>([[root, take(root)]]);
  for (const node of order) {
    const at = rowOperands(node)!;
    const operands = node.operands.map((operand, i) =>
      at.includes(i) ? (rows.get(operand as N) ?? take(operand as N)) : (operand as N),
    );
    const { row, attributes } = node;
    const isCounted = row === SLICE || row === RESHAPE;
    const values = isCounted ? withRows(attributes.values, indices.type.size) : attributes.values;
    const given = row!.unsettle?.(values) ?? values;
    rows.set(node, canonicalise(row!, operands, given, author));
  }
  return rows.get(order.at(-1)!)!;
}

/** Elements that have to be read for a call to be looked at. */
const LEAST_SIZE = 1 << 15;

/** Whether rows of a call may be known: what is asked of every call that is computed. */
export const mayHaveRows = (call: Node): boolean => {
  let size = 0;
  for (const { type } of call.operands) size = Math.max(size, type.size);
  return size >= LEAST_SIZE && rowOperands(call) !== undefined;
};
