// A call: a node that was asked of an engine. It has a number in the trace, a place in the table, and what is known of
// its elements.
import { scalarAttribute } from '../ops/attribute-values.ts';
import type { CallSite } from '../call-site.ts';
import { type Attributes, NO_ATTRIBUTES } from '../expr/attributes.ts';
import { Node, type Semantics } from '../expr/node.ts';
import { type InterningTable, LIST_OP, type NodeId, ROOT_OP } from '../expr/interning.ts';
import type { OpRow } from '../ops/define.ts';
import { allocate } from '../tensor/dtype.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { elementOf } from '../tensor/range.ts';
import type { TensorType } from '../tensor/type.ts';
import { Holding } from './holding.ts';
import type { Miss } from './misses.ts';

/** Calls above each other that one of the user's comes to at most: casts and rewritten forms, which have no handle. */
const CALL_LEVELS = 4;

/**
 * Values from this size on stay with handles: a call is kept by all that was computed from it, and would keep them all.
 */
const HANDLED_BYTES = 4096;

/**
 * A node with what its engine knows of it. The node's own fields never change, but for a chain that is cut loose from
 * its past.
 */
export class Call extends Node {
  declare operands: readonly Call[];
  /** Number of the call; names it in the trace. It is 0 until the engine has taken the call. */
  seq = 0;
  /** Longest path to a root. */
  depth: number;
  /** Handles on it: disposing of one must not take the elements of a root from the others. */
  claims = 0;
  /** Content id, where one was needed. A root that has one stands at the node of its content. */
  contentId: Uint8Array | undefined;
  /** Where its elements came from, as far as is known. */
  origin: 'pending' | 'given' | 'computed' | 'part' | 'ram' | 'stored' = 'pending';
  /** What was done to it that its text does not say: a rewrite, a route, a better form that exists. */
  note: string | undefined;
  /** Why it was computed and not found. */
  miss: Miss | undefined;
  /** Where it was called, for ops that may fail when they are read; undefined for others, and once it was computed. */
  site: CallSite | undefined;
  /** Number of the call it was last computed as a part of; 0 where it was not. */
  within = 0;
  /** Nanoseconds it took to compute, with what was computed for it; those of the kept result where it was found. */
  costNs = 0;
  /** Nanoseconds that a reader of it is saved, since it was found; 0 once that was counted. */
  savesNs = 0;
  /** Its program event was written and its node probed. */
  admitted = false;
  #value: Value | undefined;
  #pin: object | undefined;
  #holding: WeakRef<Holding> | undefined;
  #node: NodeId = 0;
  #generation = 0;

  constructor(
    row: OpRow | undefined,
    attributes: Attributes,
    type: TensorType,
    semantics: Semantics,
    operands: readonly Call[],
    isLiteral = false,
  ) {
    super(row, attributes, type, semantics, operands, isLiteral);
    this.depth = depthOver(operands);
    if (!isLiteral) return;
    // One element is sooner written than computed.
    const array = allocate(type.dtype, 1);
    array[0] = elementOf(type.dtype, scalarAttribute(attributes.values, 'value')) as never;
    this.#value = valueOfArray(type, array);
    this.origin = 'given';
  }

  /**
   * Bytes that stay with this call: a root's, or a result that was observed, is held by handles or was cut loose from
   * its operands.
   */
  get value(): Value | undefined {
    return this.#value ?? this.held?.value;
  }

  /**
   * A small value stays as long as the call is referred to, and a large one too where it has no holding; others as long
   * as their holding.
   */
  set value(value: Value | undefined) {
    const { held } = this;
    this.#value = held === undefined || isSmall(this) ? value : undefined;
    if (held !== undefined) held.value = value;
  }

  /** What keeps the value's block from being recycled; the sheet's business. */
  get pin(): object | undefined {
    return this.#pin ?? this.held?.pin;
  }

  set pin(pin: object | undefined) {
    const { held } = this;
    this.#pin = held === undefined || isSmall(this) ? pin : undefined;
    if (held !== undefined) held.pin = pin;
  }

  /** What holds its value while somebody needs it, where that was asked for and somebody does. */
  get held(): Holding | undefined {
    return this.#holding?.deref();
  }

  /**
   * Whether its value has to be held by handles, where results are reused too: it is large, or needs one that is and
   * would go with its own handle.
   */
  get isForHandles(): boolean {
    if (!isSmall(this)) return true;
    for (const operand of this.operands)
      if (operand.#value === undefined && (operand.#holding !== undefined || !isSmall(operand))) return true;
    return false;
  }

  /** Has the value held as long as the answer lives; undefined where it stays with the call as it is. */
  hold(): Holding | undefined {
    if (!this.isComputable || this.#value !== undefined) return undefined;
    const { held } = this;
    if (held !== undefined) return held;
    const holding = new Holding(holdingsUnder(this, CALL_LEVELS));
    this.#holding = new WeakRef(holding);
    return holding;
  }

  /** The node of this call in the table, interning it (and, without recursion, its operands) where it is not. */
  node(table: InterningTable): NodeId {
    if (table.isAlive(this.#node, this.#generation)) return this.#node;
    for (const operand of this.operands) {
      if (operand.knownNode(table) !== 0) continue;
      if (operand.operands.length > 0) return internDeep(this, table);
      operand.standAt(internOne(operand, table), table);
    }
    const node = internOne(this, table);
    this.standAt(node, table);
    return node;
  }

  /** The node if it stands in the table now, else 0. */
  knownNode(table: InterningTable): NodeId {
    return table.isAlive(this.#node, this.#generation) ? this.#node : 0;
  }

  /** Takes a place in the table that somebody else found, as a root does whose content is already known. */
  standAt(node: NodeId, table: InterningTable): void {
    this.#node = node;
    this.#generation = table.generationOf(node);
  }

  /** Forgets how it was made, so that a long chain does not hold its whole past. Its value must stay with it. */
  cutLoose(): void {
    [this.#value, this.#pin, this.#holding] = [this.value, this.pin, undefined];
    this.operands = [];
    this.depth = 0;
    this.#node = 0;
  }
}

const isSmall = ({ type }: Call): boolean => type.sizeBytes < HANDLED_BYTES;

/** A root: bytes that came from outside. */
export function rootCall(type: TensorType, value: Value, seq: number): Call {
  const root = new Call(undefined, NO_ATTRIBUTES, type, 0, []);
  root.seq = seq;
  root.value = value;
  root.origin = 'given';
  return root;
}

/** What holds the values that a call will be computed from, where those are not kept by its operands. */
function holdingsUnder({ operands }: Call, levels: number): Holding[] {
  const holdings: Holding[] = [];
  for (const operand of operands) {
    const { held } = operand;
    if (held !== undefined) holdings.push(held);
    else if (levels > 1 && operand.value === undefined) holdings.push(...holdingsUnder(operand, levels - 1));
  }
  return holdings;
}

function depthOver(operands: readonly Call[]): number {
  let depth = 0;
  for (const operand of operands) if (operand.depth >= depth) depth = operand.depth + 1;
  return depth;
}

/** Interns operands before the calls that use them. The table is not swept meanwhile (see `sweepWhenFull`). */
function internDeep(target: Call, table: InterningTable): NodeId {
  const stack: Call[] = [target];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = stack.length;
    for (const operand of top.operands) if (operand.knownNode(table) === 0) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (top.knownNode(table) === 0) top.standAt(internOne(top, table), table);
  }
  return target.knownNode(table);
}

function internOne(e: Call, table: InterningTable): NodeId {
  const { row, operands, semantics, attributes } = e;
  if (row === undefined || !e.isComputable) return table.fresh(ROOT_OP, semantics);
  const count = operands.length;
  let a = count > 0 ? operands[0]!.knownNode(table) : 0;
  let b = count > 1 ? operands[1]!.knownNode(table) : 0;
  if (count === 2 && a > b && row.laws.includes('commutative')) [a, b] = [b, a];
  if (count > 2) {
    for (let i = 1; i < count - 1; i++) a = table.intern(LIST_OP, semantics, 2, 0, a, operands[i]!.knownNode(table));
    b = operands[count - 1]!.knownNode(table);
  }
  return table.intern(row.number, semantics, Math.min(count, 2), attributes.id, a, b);
}
