// Roots: elements that come from outside. Bare arrays are copied or hashed before the call returns, whichever pays.
import type { Argument } from '../expr/canonicalise.ts';
import { type Author, Expression, rootExpression } from '../expr/expression.ts';
import type { NodeId } from '../expr/interning.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { OpRow } from '../ops/define.ts';
import { type Value, valueOf } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';
import type { Core, View } from './core.ts';
import { HashPricing } from './hash-pricing.ts';

/** Below this many bytes a copy is cheaper than anything one could learn from a digest. */
const MIN_HASHED_BYTES = 1024;

/** A root whose content is known, while anything holds it. */
interface KnownRoot {
  readonly node: NodeId;
  readonly life: number;
  readonly holder: WeakRef<Expression>;
}

/** Makes roots and finds those whose content was seen before. */
export class Roots {
  readonly #core: Core;
  readonly #known = new Map<string, KnownRoot>();
  readonly #pricing = new HashPricing();
  #sweepAt = 4096;

  constructor(core: Core) {
    this.#core = core;
  }

  /** A copy of elements in the sheet's own memory. */
  snapshot(array: TypedArray, type: TensorType): Value {
    const block = this.#core.memory.take(type);
    block.array.set(array as never);
    this.#core.counters.bytesCopied += array.byteLength;
    return valueOf(type, block);
  }

  /** A root over a value made for it; the value's holder is the root. */
  add(type: TensorType, value: Value, author: Author): Expression {
    const root = rootExpression(type, value, 0, author.nextSeq());
    if (value.block.recycled) {
      this.#core.pins.pin(root, value);
      value.block.release();
    }
    return root;
  }

  /** A computed result as a root of another class: known by its bytes, never by how they were made. */
  reenter(expression: Expression, value: Value, author: Author): Expression {
    const id = (expression.contentId ??= this.contentId(value.array, value.type));
    const root = this.#byContent(toHex(id), () => value, value.type, author);
    value.block.release();
    return root;
  }

  /** BLAKE3-256 content id (docs/format/fingerprint.md). */
  contentId(array: TypedArray, type: TensorType): Uint8Array {
    const { digest } = this.#core.host;
    this.#core.counters.bytesHashed += array.byteLength;
    return contentId(panelDigests(array, type.shape, type.dtype, digest), type.shape, type.dtype, digest);
  }

  /** Gives every bare array of a call its root. They are read here, before the caller can change them. */
  settle(row: OpRow, values: readonly (Argument | Elements)[], view: View): Argument[] {
    if (!values.some((value) => isElements(value))) return values as Argument[];
    const types = values.map((value) => (isElements(value) ? tensorType(value.dtype, value.shape) : value instanceof Expression ? value.type : tensorType('float32', [])));
    const hashes = view.reuse && this.#pricing.pays(row, types, this.#core.costs);
    return values.map((value, i) => (isElements(value) ? this.#root(value, types[i] as TensorType, hashes, row, view.author) : value));
  }

  #root(elements: Elements, type: TensorType, hashes: boolean, row: OpRow, author: Author): Expression {
    if (!hashes || type.sizeBytes < MIN_HASHED_BYTES) return this.add(type, this.snapshot(elements.array, type), author);
    const id = this.contentId(elements.array, type);
    const known = this.#known.size;
    const root = this.#byContent(toHex(id), () => this.snapshot(elements.array, type), type, author);
    root.contentId = id;
    this.#pricing.saw(row, known === this.#known.size);
    return root;
  }

  /** The root of a content: the one that stands for it, or a new one over `make()`. */
  #byContent(hex: string, make: () => Value, type: TensorType, author: Author): Expression {
    const known = this.#known.get(hex);
    const alive = known !== undefined && this.#core.table.isAlive(known.node, known.life);
    const holder = known?.holder.deref();
    if (alive && holder?.value !== undefined) return holder;
    const root = this.add(type, make(), author);
    if (alive) root.standAt(known.node, this.#core.table);
    const node = root.node(this.#core.table);
    this.#known.set(hex, { node, life: this.#core.table.lifeOf(node), holder: new WeakRef(root) });
    if (this.#known.size > this.#sweepAt) this.#sweep();
    return root;
  }

  #sweep(): void {
    for (const [hex, { node, life }] of this.#known) if (!this.#core.table.isAlive(node, life)) this.#known.delete(hex);
    this.#sweepAt = Math.max(4096, this.#known.size * 2);
  }
}

const isElements = (value: Argument | Elements): value is Elements => typeof value === 'object' && !(value instanceof Expression);
