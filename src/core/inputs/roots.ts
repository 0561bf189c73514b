// Roots: elements that come from outside. Their bytes are copied, or hashed in place, before the call returns.
import type { Call } from '../engine/call.ts';
import type { Engine } from '../engine/engine.ts';
import type { Argument } from '../expr/canonicalise.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { OpRow } from '../ops/define.ts';
import { type Value, valueOf } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';
import { isElements } from './operands.ts';

/** Roots that stand for results of another class. */
const reentered = new WeakSet<object>();

/** Whether a root stands for a result of another class: what that was computed from is not known here. */
export const isReentered = (node: object): boolean => reentered.has(node);

/** Makes roots, and gives those of equal content one node where knowing it pays. */
export class Roots {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A copy of elements in the sheet's own memory. */
  snapshot(array: TypedArray, type: TensorType): Value {
    const { memory, counters } = this.#engine.parts;
    const block = memory.take(type);
    block.array.set(array as never);
    counters.bytesCopied += array.byteLength;
    return valueOf(type, block);
  }

  /**
   * A result, with the value that stays with it, as a root of another class: known by its bytes, never by how they were
   * made; by itself until they are in RAM.
   */
  reenter(call: Call, value: Value): Call {
    value.block.hold();
    if (value.block.isLocal) call.contentId ??= this.#idOf(value);
    const { contentId: id } = call;
    const before = this.#engine.lastSeq;
    const root = id === undefined ? this.#engine.root(value.type, value) : this.enter(value, id);
    if (root.seq > before) reentered.add(root);
    return root;
  }

  /**
   * A value as a root known by its content, so that equal bytes are one operand. Takes over the caller's hold of the
   * value.
   */
  enter(value: Value, id: Uint8Array = this.#idOf(value)): Call {
    const { contents } = this.#engine.parts;
    const known = contents.holderOf(toHex(id));
    if (known !== undefined) {
      value.block.release();
      return this.#again(known, id);
    }
    const root = this.#engine.root(value.type, value);
    contents.assign(root, id);
    return root;
  }

  /**
   * A value that the store keeps as a root at the node of its content; nobody takes the bytes from this root. So it
   * needs no WeakRef, which would hold it until the event loop turns: too long for a loop of calls that never wait for
   * anything.
   */
  place(value: Value, id: Uint8Array = this.#idOf(value)): Call {
    const root = this.#engine.root(value.type, value);
    this.#engine.parts.contents.assign(root, id, false);
    return root;
  }

  /** What elements, or a call, stand for as a call of its own: elements are copied now. */
  rootOf(argument: Call | Elements): Call {
    if (!isElements(argument)) return argument;
    const type = tensorType(argument.dtype, argument.shape);
    return this.#engine.root(type, this.snapshot(argument.array, type));
  }

  /** Gives every bare array of a call its root. They are read here, before the caller can change them. */
  settle(row: OpRow, values: readonly (Argument<Call> | Elements)[], reuse: boolean): Argument<Call>[] {
    if (!values.some(isElements)) return values as Argument<Call>[];
    const bare = values.filter(isElements);
    const inPlace = reuse && this.#engine.parts.contents.pricing.isCostly(row, bare);
    return values.map((value) => {
      if (!isElements(value)) return value;
      const type = tensorType(value.dtype, value.shape);
      // Another thread may write to shared memory between hashing and copying.
      return inPlace && !isShared(value.array)
        ? this.#hashedInPlace(value, type, row)
        : this.#engine.root(type, this.snapshot(value.array, type));
    });
  }

  /** Hashes first and copies only what is not known yet. */
  #hashedInPlace(elements: Elements, type: TensorType, row: OpRow): Call {
    const { contents } = this.#engine.parts;
    const id = contents.contentId(elements.array, type);
    const known = contents.holderOf(toHex(id));
    contents.pricing.saw(row, known !== undefined);
    if (known !== undefined) return this.#again(known, id);
    const root = this.#engine.root(type, this.snapshot(elements.array, type));
    contents.assign(root, id);
    return root;
  }

  /**
   * Another root over bytes that are held already. It has its own number, so that the program reads the same whatever
   * was known.
   */
  #again(known: Call, id: Uint8Array): Call {
    const value = known.value as Value;
    const root = this.#engine.root(known.type, valueOf(value.type, value.block.hold()));
    this.#engine.parts.contents.assign(root, id);
    return root;
  }

  #idOf({ array, type }: Value): Uint8Array {
    return this.#engine.parts.contents.contentId(array, type);
  }
}

const isShared = ({ buffer }: TypedArray): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
