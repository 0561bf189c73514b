// Roots: elements that come from outside. Their bytes are copied, or hashed in place, before the call returns.
import type { CostTable } from '../device/costs.ts';
import type { Digest } from '../env.ts';
import type { Argument } from '../expr/canonicalise.ts';
import { type Author, type Expression, rootExpression } from '../expr/node.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { OpRow } from '../ops/define.ts';
import { type Memory, type Value, valueOf } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';
import type { Counters } from '../engine/counters.ts';
import { HashPricing } from '../engine/hash-pricing.ts';
import { isElements } from './operands.ts';
import type { Pins } from '../engine/pins.ts';

/** What roots are made with. */
export interface RootGround {
  readonly table: InterningTable;
  readonly memory: Memory;
  readonly pins: Pins;
  readonly counters: Counters;
  readonly digest: Digest;
  readonly costs: CostTable;
}

/** A content somebody holds: where it stands, and an expression that has its bytes. */
interface KnownRoot {
  readonly node: NodeId;
  readonly life: number;
  readonly holder: WeakRef<Expression> | undefined;
}

/** Makes roots, and gives those of equal content one node where knowing it pays. */
export class Roots {
  readonly #ground: RootGround;
  readonly #known = new Map<string, KnownRoot>();
  readonly #pricing: HashPricing;
  #sweepAt = 4096;

  constructor(ground: RootGround) {
    this.#ground = ground;
    this.#pricing = new HashPricing(ground.costs);
  }

  /** A copy of elements in the sheet's own memory. */
  snapshot(array: TypedArray, type: TensorType): Value {
    const block = this.#ground.memory.take(type);
    block.array.set(array as never);
    this.#ground.counters.bytesCopied += array.byteLength;
    return valueOf(type, block);
  }

  /** A root over a value made for it; the value's holder is the root. */
  add(type: TensorType, value: Value, author: Author): Expression {
    const root = rootExpression(type, value, 0, author.nextSeq());
    if (value.block.recycled) {
      this.#ground.pins.pin(root, value);
      value.block.release();
    }
    return root;
  }

  /** A result, with the value that stays with it, as a root of another class: known by its bytes, never by how they were made; by itself until they are in RAM. */
  reenter(expression: Expression, value: Value, author: Author): Expression {
    value.block.hold();
    if (value.block.isLocal) expression.contentId ??= this.contentId(value.array, value.type);
    const { contentId: id } = expression;
    return id === undefined ? this.add(value.type, value, author) : this.enter(value, author, id);
  }

  /** A value as a root known by its content, so that equal bytes are one operand. Takes over the caller's hold of the value. */
  enter(value: Value, author: Author, id: Uint8Array = this.contentId(value.array, value.type)): Expression {
    const known = this.#holderOf(toHex(id));
    if (known !== undefined) {
      value.block.release();
      return this.#again(known, id, author);
    }
    const root = this.add(value.type, value, author);
    this.#stand(root, id);
    return root;
  }

  /**
   * A value that the store keeps as a root at the node of its content; nobody takes the bytes from this root. So it needs no
   * WeakRef, which would hold it until the event loop turns: too long for a loop of calls that never wait for anything.
   */
  place(value: Value, author: Author, id: Uint8Array = this.contentId(value.array, value.type)): Expression {
    const root = this.add(value.type, value, author);
    this.#standAt(root, id, false);
    return root;
  }

  /** Puts a computed expression at the node of its content: from now on it is known by its bytes, not by how they were made. */
  becomeRoot(expression: Expression, value: Value): void {
    this.#stand(expression, (expression.contentId ??= this.contentId(value.array, value.type)));
  }

  /** BLAKE3-256 content id (docs/format/fingerprint.md). */
  contentId(array: TypedArray, type: TensorType): Uint8Array {
    const { digest, counters } = this.#ground;
    counters.bytesHashed += array.byteLength;
    return contentId(panelDigests(array, type.shape, type.dtype, digest), type.shape, type.dtype, digest);
  }

  /** The same id from panel digests that were made where the bytes are. */
  contentIdOfPanels(panels: Uint8Array, { shape, dtype }: TensorType): Uint8Array {
    return contentId(panels, shape, dtype, this.#ground.digest);
  }

  /** Gives every bare array of a call its root. They are read here, before the caller can change them. */
  settle(row: OpRow, values: readonly (Argument | Elements)[], author: Author, reuse: boolean): Argument[] {
    if (!values.some(isElements)) return values as Argument[];
    const bare = values.filter(isElements);
    const inPlace = reuse && this.#pricing.isDear(row, bare);
    return values.map((value) => {
      if (!isElements(value)) return value;
      const type = tensorType(value.dtype, value.shape);
      // Another thread may write to shared memory between hashing and copying.
      return inPlace && !isShared(value.array) ? this.#hashedInPlace(value, type, row, author) : this.add(type, this.snapshot(value.array, type), author);
    });
  }

  /** Hashes first and copies only what is not known yet. */
  #hashedInPlace(elements: Elements, type: TensorType, row: OpRow, author: Author): Expression {
    const id = this.contentId(elements.array, type);
    const known = this.#holderOf(toHex(id));
    this.#pricing.saw(row, known !== undefined);
    if (known !== undefined) return this.#again(known, id, author);
    const root = this.add(type, this.snapshot(elements.array, type), author);
    this.#stand(root, id);
    return root;
  }

  /** Another root over bytes that are held already. It has its own number, so that the program reads the same whatever was known. */
  #again(known: Expression, id: Uint8Array, author: Author): Expression {
    const value = known.value as Value;
    const root = this.add(known.type, valueOf(value.type, value.block.hold()), author);
    this.#stand(root, id);
    return root;
  }

  /** Finds the content ids of the roots among fresh expressions, where what is computed from them is dear enough to ask. */
  identify(fresh: readonly Expression[]): void {
    const dearest = this.#pricing.worthHashing(fresh, isUnidentified);
    if (dearest === undefined) return;
    for (const root of fresh.filter(isUnidentified)) {
      const value = root.value as Value;
      const id = this.contentId(value.array, value.type);
      this.#pricing.saw(dearest, this.#stand(root, id));
    }
  }

  /** The expression that has the bytes of a content, if one does. */
  #holderOf(hex: string): Expression | undefined {
    const known = this.#known.get(hex);
    if (known === undefined || !this.#ground.table.isAlive(known.node, known.life)) return undefined;
    const holder = known.holder?.deref();
    return holder?.value === undefined ? undefined : holder;
  }

  /** Puts a root at the node of its content; answers whether that content was known. */
  #stand(root: Expression, id: Uint8Array): boolean {
    return this.#standAt(root, id, true);
  }

  #standAt(root: Expression, id: Uint8Array, remember: boolean): boolean {
    const { table } = this.#ground;
    const hex = toHex(id);
    root.contentId = id;
    const known = this.#known.get(hex);
    const alive = known !== undefined && table.isAlive(known.node, known.life);
    if (alive) root.standAt(known.node, table);
    const node = root.node(table);
    if (!alive || (remember && known.holder?.deref()?.value === undefined)) this.#known.set(hex, { node, life: table.lifeOf(node), holder: remember ? new WeakRef(root) : undefined });
    if (this.#known.size > this.#sweepAt) this.#sweep();
    return alive;
  }

  #sweep(): void {
    for (const [hex, { node, life }] of this.#known) if (!this.#ground.table.isAlive(node, life)) this.#known.delete(hex);
    this.#sweepAt = Math.max(4096, this.#known.size * 2);
  }
}

/** Whether an expression is a root that could be hashed now and was not. */
const isUnidentified = ({ row, contentId: id, value }: Expression): boolean => row === undefined && id === undefined && value?.block.isLocal === true;

const isShared = ({ buffer }: TypedArray): boolean => typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
