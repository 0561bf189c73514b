// An expression: an op applied to expressions, or a root with bytes. Handles hold it; it can always be interned again.
import type { CallSite } from '../call-site.ts';
import type { OpRow } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import type { Precision } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import { type Attributes, NO_ATTRIBUTES } from './attributes.ts';
import { Holding } from './holding.ts';
import type { InterningTable, NodeId } from './interning.ts';

/** What a result's bits may be, as a small number: numerics class and rewrite mode. Part of a node's identity. */
export type Semantics = number;

/** Bit of the semantics that says results are of rewritten forms. */
export const REWRITES_APPLIED = 2;

/** Makes an expression of a row from operands the caller knows to fit. */
export type Derive = (row: OpRow, operands: readonly Expression[], given: Readonly<Record<string, unknown>> | undefined, author: Author) => Expression;

/** Numbers the expressions of a sheet and says in which semantics they are meant. */
export interface Author {
  readonly semantics: Semantics;
  /** What products may be computed in where a call does not say it. */
  readonly precision?: Precision | undefined;
  /** Whether better forms are used, offered in a note, or not looked for (the default). */
  readonly rewrites?: 'apply' | 'offer' | 'off';
  /** Calls stay as they were written, so that each can be judged: none is left out for being another's elements. */
  readonly asWritten?: boolean;
  /** Finds the better form of a canonical expression (rewrites.ts), where the author looks for one. */
  readonly stabilise?: (e: Expression, author: Author, derive: Derive) => Expression;
  nextSeq(): number;
}

/** Op numbers below the rows' own: roots, and the list nodes that chain more than two operands. */
export const ROOT_OP = 0xffff;
const LIST_OP = 0xfffe;
/** Expressions that one call makes above each other at most: casts and rewritten forms, which have no handle. */
const CALL_LEVELS = 4;

/** An op on operands. Immutable but for where it stands in the table and, once pinned, its value. */
export class Expression {
  readonly row: OpRow | undefined;
  readonly op: number;
  readonly attributes: Attributes;
  readonly type: TensorType;
  readonly semantics: Semantics;
  /** Number of the call that made it; names it in the trace. */
  readonly seq: number;
  /** Longest path to a root. */
  depth: number;
  operands: readonly Expression[];
  /** Handles on it: disposing of one must not take the elements of a root from the others. */
  claims = 0;
  /** Content id, where one was needed. A root that has one stands at the node of its content. */
  contentId: Uint8Array | undefined;
  /** Where its elements came from, as far as is known. */
  origin: 'pending' | 'given' | 'computed' | 'part' | 'ram' = 'pending';
  /** What was done to it that its text does not say: a rewrite, a route, a better form that exists. */
  note: string | undefined;
  /** Where it was called, for ops that may fail when they are read; undefined for others, and once it was computed. */
  site: CallSite | undefined;
  /** Number of the expression it was last computed as a part of; 0 where it was not. */
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
  #flops = -1;
  #node: NodeId = 0;
  #life = 0;

  constructor(
    row: OpRow | undefined, op: number, attributes: Attributes, type: TensorType, semantics: Semantics,
    operands: readonly Expression[], seq: number,
  ) {
    this.row = row;
    this.op = op;
    this.attributes = attributes;
    this.type = type;
    this.semantics = semantics;
    this.operands = operands;
    this.seq = seq;
    this.depth = depthOver(operands);
  }

  /** Bytes that stay with this expression: a root's, or a result that was observed, is held by handles or was cut loose from its operands. */
  get value(): Value | undefined {
    return this.#value ?? this.held?.value;
  }

  /** A value stays as long as the expression lives, or as long as its holding where it has one. */
  set value(value: Value | undefined) {
    const { held } = this;
    if (held === undefined) this.#value = value;
    else held.value = value;
  }

  /** What keeps the value's block from being recycled; the sheet's business. */
  get pin(): object | undefined {
    return this.#pin ?? this.held?.pin;
  }

  set pin(pin: object | undefined) {
    const { held } = this;
    if (held === undefined) this.#pin = pin;
    else held.pin = pin;
  }

  /** What holds its value while somebody needs it, where that was asked for and somebody does. */
  get held(): Holding | undefined {
    return this.#holding?.deref();
  }

  /** Has the value held as long as the answer lives; undefined where it stays with the expression as it is. */
  hold(): Holding | undefined {
    if (!this.isComputable || this.#value !== undefined) return undefined;
    const { held } = this;
    if (held !== undefined) return held;
    const holding = new Holding(holdingsUnder(this, CALL_LEVELS));
    this.#holding = new WeakRef(holding);
    return holding;
  }

  /** The node of this expression in the table, interning it (and, without recursion, its operands) where it is not. */
  node(table: InterningTable): NodeId {
    if (table.isAlive(this.#node, this.#life)) return this.#node;
    for (const operand of this.operands) {
      if (operand.knownNode(table) !== 0) continue;
      if (operand.operands.length > 0) return internDeep(this, table);
      operand.standAt(internOne(operand, table), table);
    }
    const node = internOne(this, table);
    this.standAt(node, table);
    return node;
  }

  /** Floating-point operations of this op alone. */
  get flops(): number {
    if (this.#flops < 0) {
      const { row } = this;
      this.#flops = row === undefined || row.kernel.skeleton === 'alias' ? 0 : row.flops(this.operands.map((operand) => operand.type), this.type, this.attributes.values);
    }
    return this.#flops;
  }

  /** Takes over what a like expression was found to cost. */
  costsLike(flops: number): this {
    this.#flops = flops;
    return this;
  }

  /** The node if it stands in the table now, else 0. */
  knownNode(table: InterningTable): NodeId {
    return table.isAlive(this.#node, this.#life) ? this.#node : 0;
  }

  /** Whether the elements can be had again from operands or attributes once the value is gone. */
  get isComputable(): boolean {
    return this.row !== undefined && (this.row.source || this.operands.length > 0);
  }

  /** Whether it stands for a plain number of a call: a scalar that was written where others are computed. */
  get isLiteral(): boolean {
    return this.row?.source === true && this.origin === 'given';
  }

  /** Takes a place in the table that somebody else found, as a root does whose content is already known. */
  standAt(node: NodeId, table: InterningTable): void {
    this.#node = node;
    this.#life = table.lifeOf(node);
  }

  /** Forgets how it was made, so that a long chain does not hold its whole past. Its value must stay with it. */
  cutLoose(): void {
    [this.#value, this.#pin, this.#holding] = [this.value, this.pin, undefined];
    this.operands = [];
    this.depth = 0;
    this.#node = 0;
  }
}

/** A root: bytes that came from outside. */
export function rootExpression(type: TensorType, value: Value, semantics: Semantics, seq: number): Expression {
  const root = new Expression(undefined, ROOT_OP, NO_ATTRIBUTES, type, semantics, [], seq);
  root.value = value;
  root.origin = 'given';
  return root;
}

/** What holds the values that an expression will be computed from, where those are not with their expressions. */
function holdingsUnder({ operands }: Expression, levels: number): Holding[] {
  const holdings: Holding[] = [];
  for (const operand of operands) {
    const { held } = operand;
    if (held !== undefined) holdings.push(held);
    else if (levels > 1 && operand.value === undefined) holdings.push(...holdingsUnder(operand, levels - 1));
  }
  return holdings;
}

function depthOver(operands: readonly Expression[]): number {
  let depth = 0;
  for (const operand of operands) if (operand.depth >= depth) depth = operand.depth + 1;
  return depth;
}

/** Interns operands before the expressions that use them. The table is not swept meanwhile (see `sweepWhenFull`). */
function internDeep(target: Expression, table: InterningTable): NodeId {
  const stack: Expression[] = [target];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = stack.length;
    for (const operand of top.operands) if (operand.knownNode(table) === 0) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (top.knownNode(table) === 0) top.standAt(internOne(top, table), table);
  }
  return target.knownNode(table);
}

function internOne(e: Expression, table: InterningTable): NodeId {
  if (e.row === undefined || !e.isComputable) return table.fresh(ROOT_OP, e.semantics);
  const { operands, op, semantics, attributes } = e;
  const count = operands.length;
  let a = count > 0 ? (operands[0] as Expression).knownNode(table) : 0;
  let b = count > 1 ? (operands[1] as Expression).knownNode(table) : 0;
  if (count === 2 && a > b && e.row.laws.includes('commutative')) [a, b] = [b, a];
  if (count > 2) {
    for (let i = 1; i < count - 1; i++) a = table.intern(LIST_OP, semantics, 2, 0, a, (operands[i] as Expression).knownNode(table));
    b = (operands[count - 1] as Expression).knownNode(table);
  }
  return table.intern(op, semantics, Math.min(count, 2), attributes.id, a, b);
}
