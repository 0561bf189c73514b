// Handles: a symbolic tensor knows what it is; a pending one is awaited, the plain one is what the await gives.
import { ClosedError, ShapeError, SourceError, withReader } from '../errors.ts';
import type { Call } from '../engine/call.ts';
import type { Author } from '../expr/node.ts';
import type { Composite } from '../ops/composite.ts';
import type { OpRow } from '../ops/define.ts';
import { splitParts } from '../ops/movement/split.ts';
import type { Value } from '../tensor/block.ts';
import {
  type DType,
  type DTypeArrays,
  type ElementOf,
  type ListOfRank,
  type NestedList,
  numbersOf,
  type TypedArray,
} from '../tensor/dtype.ts';
import type { ForeignClass } from '../tensor/export.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { Explanation } from '../engine/explain.ts';
import { giveMethods } from './give-methods.ts';
import type { TensorMethods } from './methods.gen.ts';
import { INSPECT } from '../text.ts';
import { printTensor } from './print.ts';

/** What a handle asks of its sheet. */
export interface Owner {
  /** In whose semantics its calls are meant. */
  readonly author: Author;
  /** Whether all values stay with handles: where nothing is reused, nobody else keeps what was computed. */
  readonly keepsForHandles: boolean;
  call(op: OpRow | Composite, self: Call | undefined, args: readonly unknown[]): unknown;
  /** A promise where the event loop should turn before the answer is used. */
  admit(call: Call): Promise<void> | undefined;
  /** The value, held for the caller. */
  demand(call: Call): Promise<Value>;
  /** The value if it is in memory now, not held; undefined otherwise. */
  peek(call: Call): Value | undefined;
  /** Counts a copy that leaves the sheet, and fixes the bits it showed. */
  observed(call: Call, value: Value): void;
  contentIdOf(call: Call): Promise<Uint8Array>;
  /** The buffer of the elements on the sheet's GPU, theirs while the call has its value. */
  lend(call: Call): Promise<GPUBuffer>;
  /**
   * A copy as a tensor of a library that computes on the sheet's GPU, where the elements are; undefined where they go
   * through RAM.
   */
  exportOnGpu<F>(call: Call, foreign: ForeignClass<F>): Promise<F | undefined>;
  explain(call: Call): Explanation;
  release(call: Call): void;
  /** Computes a call under which there are many others, and lets go of those. */
  shorten(call: Call): void;
}

/**
 * A symbolic tensor: shape, dtype and every op as a method; its elements are computed when somebody asks for them.
 * Results of ops are pending tensors. Dispose is never needed; `using` only gives memory back sooner.
 */
export class Tensor<D extends DType = DType> {
  /** @internal */
  readonly owner: Owner;
  /** @internal */
  readonly call: Call;
  /** @internal What has the value kept as long as this handle lives. */
  holding: object | undefined;
  #disposed = false;

  /** @internal */
  constructor(owner: Owner, call: Call) {
    this.owner = owner;
    this.call = call;
    call.claims++;
    if (owner.keepsForHandles || call.isForHandles) this.keep();
  }

  /** @internal Has the value kept, once it is computed, as long as this handle lives. */
  keep(): void {
    this.holding ??= this.call.hold();
  }

  get shape(): Shape {
    return this.call.type.shape;
  }

  get dtype(): D {
    return this.call.type.dtype as D;
  }

  /** Number of elements. */
  get size(): number {
    return this.call.type.size;
  }

  /**
   * Where the elements come from: `pending` until they are computed or found, then `computed`, `part`, `ram`, or
   * `given`.
   */
  get source(): string {
    return this.call.origin;
  }

  /** The elements, row-major, in an array of the caller's own, as they are stored. Computes what is missing. */
  async data(): Promise<DTypeArrays[D]> {
    const value = await this.#value();
    const copy = value.array.slice() as DTypeArrays[D];
    value.block.release();
    return copy;
  }

  /** The single element of a tensor of size 1. */
  async item(): Promise<ElementOf<D>> {
    if (this.size !== 1)
      throw new ShapeError(`item: this tensor has ${this.size} elements; read data(), or reduce it to one.`, {
        shape: this.shape,
      });
    const [element] = numbersOf(await this.data(), this.dtype);
    return (this.dtype === 'bool' ? element === 1 : element) as never;
  }

  /** The elements as nested lists; with the rank they are expected to have, which is checked, also for the compiler. */
  toArray<R extends 0 | 1 | 2 | 3 | 4>(rank: R): Promise<ListOfRank<ElementOf<D>, R>>;
  toArray(): Promise<NestedList<ElementOf<D>>>;
  async toArray(rank = this.shape.length): Promise<unknown> {
    if (rank !== this.shape.length)
      throw new ShapeError(
        `toArray: this tensor of shape ${formatShape(this.shape)} has rank ${this.shape.length}, not ` +
          `${String(rank)}; pass its rank, or nothing.`,
        { shape: this.shape, rank },
      );
    const flat = Array.from(
      numbersOf(await this.data(), this.dtype) as Iterable<unknown>,
      this.dtype === 'bool' ? (x) => x === 1 : (x) => x,
    );
    return this.shape.length === 0 ? flat[0] : nest(flat, this.shape);
  }

  /** Lends the elements to `read` without a copy; they must not be kept or written. */
  async borrow<R>(read: (elements: DTypeArrays[D]) => R | Promise<R>): Promise<R> {
    const value = await this.#value();
    try {
      return await read(value.array as DTypeArrays[D]);
    } finally {
      value.block.release();
    }
  }

  /**
   * The elements as a GPUBuffer of `sheet.gpuDevice()`, without a copy, for other WebGPU code on that device. It is
   * there to be read, while this tensor is held and not disposed of; floats and integers of 32 bits as they are,
   * narrower ones packed.
   */
  async gpuBuffer(): Promise<GPUBuffer> {
    this.#checkReadable();
    return this.owner.lend(this.call);
  }

  /**
   * A copy as a tensor of another library: its Tensor class (onnxruntime, transformers.js) or its module (tf). On the
   * GPU where the elements are there and tf is set to a backend on the sheet's device.
   */
  async as<F>(foreign: ForeignClass<F>): Promise<F> {
    const onGpu = this.#isGone ? undefined : await this.owner.exportOnGpu(this.call, foreign);
    if (onGpu !== undefined) return onGpu;
    const array = (await this.data()) as unknown as TypedArray;
    const { exportAs } = await import('../tensor/export.ts');
    return exportAs(foreign, { dtype: this.dtype, shape: this.shape, array, fresh: true });
  }

  /** Content id of the elements: BLAKE3-256 over dtype, shape and bytes (docs/format/fingerprint.md), in hex. */
  async fingerprint(): Promise<string> {
    const id = await this.owner.contentIdOf(this.call);
    return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Parts of an axis, each a slice: so many equal ones, or those between the given indices. */
  split(sections: number | readonly number[], options: { readonly axis?: number } = {}): PendingTensor<D>[] {
    return splitParts(this.call.type, sections, options).map(
      ({ row, attributes }) => this.owner.call(row, this.call, [attributes]) as PendingTensor<D>,
    );
  }

  /** Number of axes. */
  get ndim(): number {
    return this.call.type.shape.length;
  }

  /** Its axes in the opposite order: the transpose of a matrix. */
  get T(): PendingTensor<D> {
    return this.permuteDims();
  }

  /** Op by op, what was reused and what was computed, and why. */
  explain(): Explanation {
    return this.owner.explain(this.call);
  }

  /**
   * Gives pinned memory back now; the tensor can still be read, it is computed again then. Roots cannot be read any
   * more.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.owner.release(this.call);
    this.#disposed = !this.call.isComputable;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return printTensor(this.call, this.owner.peek(this.call));
  }

  /**
   * As text it is what `toString` says; a number it is not, and JavaScript's own operators would compare and add its
   * text.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new SourceError(
      'A tensor is no number for the operators of JavaScript: compare with x.greater(y) or x.equal(y), add with ' +
        'x.add(y), read a number with await x.item(); as text write `${x}`.',
      { hint },
    );
  }

  /** What it is, without its elements: `toArray` gives those. */
  toJSON(): { readonly dtype: D; readonly shape: Shape; readonly source: string } {
    const { dtype, shape, source } = this;
    return { dtype, shape, source };
  }

  [INSPECT](): string {
    return this.toString();
  }

  /**
   * Whether nobody has the elements any more: another handle may stand for the same ones, as a reshape to the same
   * shape does.
   */
  get #isGone(): boolean {
    return this.#disposed && this.call.value === undefined;
  }

  #checkReadable(): void {
    if (this.#isGone)
      throw new ClosedError(
        'This tensor was disposed and its elements came from outside; make it again with sheet.tensor(…).',
        {},
      );
  }

  async #value(): Promise<Value> {
    this.#checkReadable();
    const value = await this.owner.demand(this.call);
    this.owner.observed(this.call, value);
    return value;
  }
}

/** Ops as methods, generated from the rows. */
export interface Tensor<D extends DType = DType> extends TensorMethods<D> {}

/** What every `then` waits for; a promise of its own for each would be half of what a hit costs. */
const RESOLVED = Promise.resolve();

/**
 * The result of a call, usable as an operand at once. `await` admits its whole call (laws, look-up, trace) and
 * gives the plain tensor; nothing is computed before somebody asks for elements.
 */
export class PendingTensor<D extends DType = DType> extends Tensor<D> implements PromiseLike<Tensor<D>> {
  then<A = Tensor<D>, B = never>(
    onTensor?: ((tensor: Tensor<D>) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    let turn: Promise<void> | undefined;
    try {
      turn = this.owner.admit(this.call);
    } catch (error) {
      return Promise.reject(withReader(error) as Error).then(onTensor as never, onError);
    }
    const tensor = new Tensor<D>(this.owner, this.call);
    if (turn !== undefined) return turn.then(() => (onTensor ? onTensor(tensor) : (tensor as never)));
    return onTensor ? RESOLVED.then(() => onTensor(tensor)) : (Promise.resolve(tensor) as Promise<never>);
  }
}

giveMethods(
  Tensor.prototype,
  (_method, { operands, variadic }) => operands.length > 0 && !variadic,
  (tensor, op, args) => tensor.owner.call(op, tensor.call, args),
);

// Not declared, so that the compiler refuses a loop. Without it `Array.from(x)` and `new Float32Array(x)` are empty.
Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  configurable: true,
  writable: true,
  value(this: Tensor): never {
    throw new SourceError(
      `A tensor, here of shape ${formatShape(this.shape)}, is no list: its elements are computed when they are read. ` +
        'Loop over await x.toArray(), or over parts that are tensors: x.split(n), x.slice(start, stop).',
      { shape: this.shape },
    );
  },
});

function nest(flat: readonly unknown[], shape: Shape): unknown {
  if (shape.length <= 1) return flat;
  const step = flat.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nest(flat.slice(i * step, (i + 1) * step), shape.slice(1)));
}
