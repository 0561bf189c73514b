// SymbolicSheet: the front door. `execute` makes a call; awaiting it admits it; reading its elements computes
// it.
import { AttributeError, ClosedError, SourceError } from '../errors.ts';
import type { DeviceReport } from '../device/device.ts';
import type { Argument } from '../expr/canonicalise.ts';
import type { Author } from '../expr/node.ts';
import type { OperandDefinition, OpHandle } from '../ops/own/define-op.ts';
import type { OpRow } from '../ops/define.ts';
import type { Composite } from '../ops/composite.ts';
import { calledOp, opNamed } from '../ops/index.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import type { DType, DTypeOf } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import type { ForeignClass } from '../tensor/export.ts';
import { isGpuBuffer } from '../tensor/foreign-gpu.ts';
import { tensorType } from '../tensor/type.ts';
import { takeCallSite } from '../call-site.ts';
import { isAttributes, splitArguments } from '../inputs/arguments.ts';
import { markCall, mayFail } from '../engine/call-places.ts';
import { takeOver } from '../inputs/ownership.ts';
import { Call } from '../engine/call.ts';
import type { Parts, View } from '../engine/parts.ts';
import type { ViewOptions } from '../engine/settings.ts';
import { choiceOf, reportDevices, sharingOf } from '../engine/devices.ts';
import { isTooDeep, LONG_CHAIN } from '../engine/deep-chains.ts';
import { answersIn, type Explanation, explainGraph } from '../engine/explain.ts';
import { exportOnGpu, valueOfBuffer, valueOfTf } from '../inputs/gpu-buffers.ts';
import type { Memo, Memoised, MemoOptions } from '../memo/memo.ts';
import type { MemoView } from '../memo/view.ts';
import type { OpArguments, Operand, OpName, OpResult, SheetMethods } from '../handle/methods.gen.ts';
import { isElements, isLiteral, readElements, readIndices } from '../inputs/operands.ts';
import { expandCall, type CallMaker } from './expand.ts';
import type { EventFeed, EventOptions } from './event-feed.ts';
import { checkOptions, EVENTS, TENSOR, type TensorOptions } from './options.ts';
import { describe, INSPECT } from '../text.ts';
import { printSheet } from './print.ts';
import { viewWith } from './view.ts';
import type { Reader } from '../engine/reader.ts';
import { reportedOf, type Session } from './session.ts';
import { sheetStats, type SheetStats } from './stats.ts';
import { giveMethods } from '../handle/give-methods.ts';
import { type Owner, PendingTensor, Tensor } from '../handle/tensor.ts';
import { SheetTrace } from './trace.ts';

/** Arguments of an op of a program's own: its operands, then an object of attributes. */
type DefinedArguments<O extends readonly OperandDefinition[]> = [
  ...operands: { [K in keyof O]: Operand },
  attributes?: Readonly<Record<string, unknown>>,
];

/** What a `compute` that had nothing to wait for gives: promises of its own would cost as much as a small kernel. */
const COMPUTED = Promise.resolve();

/** @internal What all views of a sheet share. */
export let sessionOf: (sheet: Sheet) => Session;

/** A view of an open sheet. `with` gives further views of the same sheet. */
export class Sheet {
  readonly #session: Session;
  readonly #view: View;
  readonly #reader: Reader;

  static {
    sessionOf = (sheet) => sheet.#session;
  }

  /** @internal */
  constructor(session: Session, view: View) {
    if (view === undefined)
      throw new AttributeError(
        'A sheet is opened, not constructed: its devices have to be found first; write await ' +
          'SymbolicSheet.open({ … }).',
        {},
      );
    this.#session = session;
    this.#view = view;
    this.#reader = session.engine.reader(view);
  }

  /**
   * The result of an op, by name. Operands are tensors, pending tensors, typed arrays, nested lists, numbers or foreign
   * tensors; then attributes. Wrong names, shapes, dtypes and attributes throw here; nothing is computed here.
   */
  execute<N extends OpName>(op: N, ...args: OpArguments[N]): OpResult<N>;
  /** The result of an op of the program's own, by its handle; attributes follow the operands. */
  execute<O extends readonly OperandDefinition[]>(op: OpHandle<O>, ...args: DefinedArguments<O>): PendingTensor;
  /** The result of an op whose name is known only when the program runs. */
  execute<N extends string>(op: string extends N ? N : never, ...args: readonly unknown[]): PendingTensor;
  execute(op: string | OpHandle, ...args: readonly unknown[]): unknown {
    return this.call(calledOp(typeof op === 'object' && op !== null ? op.name : op), undefined, args);
  }

  /**
   * A tensor of given elements: a typed array, nested lists or a foreign tensor; copied unless `own`, on the GPU where
   * a tensor of TensorFlow.js lies on `gpuDevice()`. A GPUBuffer of that device is used where it is: it must not be
   * written or destroyed while tensors made from it are in use.
   */
  tensor<D extends DType>(
    values: unknown,
    shape: readonly number[] | undefined,
    options: TensorOptions & { readonly dtype: D },
  ): Tensor<D>;
  tensor<D extends DType>(values: unknown, options: TensorOptions & { readonly dtype: D }): Tensor<D>;
  tensor<V>(values: V, shape?: readonly number[], options?: TensorOptions): Tensor<DTypeOf<V>>;
  tensor<V>(values: V, options?: TensorOptions): Tensor<DTypeOf<V>>;
  tensor(values: unknown, second?: readonly number[] | TensorOptions, third?: TensorOptions): Tensor {
    this.#open();
    const isOptions = third === undefined && isAttributes(second);
    const shape = isOptions ? undefined : (second as readonly number[] | undefined);
    const options: TensorOptions = ((isOptions ? second : third) ?? {}) as TensorOptions;
    if (values instanceof Tensor) {
      const remedy = this.#isOfThisSheet(values.owner)
        ? "use it as it is, t.astype('float64') for another dtype, t.reshape([…]) for another shape"
        : 'pass its elements: sheet.tensor(await t.data(), t.shape)';
      throw new SourceError(
        'tensor: this is a tensor ' +
          `${this.#isOfThisSheet(values.owner) ? 'of this sheet already' : 'of another sheet'}; ${remedy}.`,
        { shape: values.shape },
      );
    }
    checkOptions('tensor', options, TENSOR);
    if (isGpuBuffer(values)) {
      const value = valueOfBuffer(this.#parts, values, shape, options);
      return new Tensor(this, this.#session.engine.root(value.type, value));
    }
    const onGpu = valueOfTf(this.#parts, values, 'tensor', shape, options.dtype);
    if (onGpu !== undefined) return new Tensor(this, this.#session.engine.root(onGpu.type, onGpu));
    const elements = readElements(values, 'tensor', shape, options.dtype);
    const type = tensorType(elements.dtype, elements.shape);
    const value =
      options.own === true
        ? takeOver(elements.array, type)
        : elements.fresh
          ? valueOfArray(type, elements.array)
          : this.#session.roots.snapshot(elements.array, type);
    const root = this.#session.engine.root(type, value);
    return new Tensor(this, root);
  }

  /** Computes handles, so that their elements are in memory; what timing code should await. */
  compute(...handles: readonly Tensor[]): Promise<void> {
    try {
      this.#open();
      return this.#reader.compute(handles.map((handle) => this.#own(handle))) ?? COMPUTED;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** @internal */
  get author(): Author {
    return this.#view.author;
  }

  /** @internal */
  get keepsForHandles(): boolean {
    return !this.#view.reuse;
  }

  /** What was called and how it was answered, to read, save and replay. */
  get trace(): SheetTrace {
    return new SheetTrace(this.#parts.recorder, this.#parts.host);
  }

  /**
   * What happens from now on, event by event, until the sheet is closed or the loop is left:
   * `for await (const event of sheet.events())`. A slow reader never slows the sheet: what it cannot keep up with is
   * dropped, and counted in an event of its own.
   */
  events(options: EventOptions = {}): EventFeed {
    this.#open();
    checkOptions('events', options, EVENTS);
    return new this.#session.EventFeed(this.#parts.events, options);
  }

  /** A view of the same sheet: other class, device, precision or cache for its calls, a signal for its waits. */
  with(options: ViewOptions): Sheet {
    return new Sheet(this.#session, viewWith(this.#session.engine, this.#view, options));
  }

  /**
   * A function whose results are kept: by `name`, `deps` and the content of its arguments, never by its source text. It
   * takes tensors of any library, typed arrays, strings, numbers, bigints and JSON; its results are tensors, JSON, or
   * plain trees of both. With `rows: n` each row of the first argument is kept on its own, and the function sees only
   * unseen rows, at most n at once. Calls under way are shared; errors are not kept.
   */
  memo<A extends readonly unknown[], R>(
    name: string,
    run: (...args: A) => R | PromiseLike<R>,
    options: MemoOptions & { readonly rows: number },
  ): Memo<A, Tensor>;
  memo<A extends readonly unknown[], R>(
    name: string,
    run: (...args: A) => R | PromiseLike<R>,
    options?: MemoOptions,
  ): Memo<A, Memoised<R>>;
  memo<A extends readonly unknown[]>(
    name: string,
    run: (...args: A) => unknown,
    options: MemoOptions = {},
  ): Memo<A, unknown> {
    this.#open();
    if (typeof run !== 'function')
      throw new AttributeError(
        `memo: its second argument is ${describe(run)}; give the function whose results to keep: ` +
          `sheet.memo('name', fn).`,
        { name },
      );
    return this.#session.makeMemo(this.#memoView(), name, run, options);
  }

  #memoView(): MemoView {
    const { author, reuse, signal } = this.#view;
    return {
      ...this.#session,
      owner: this,
      author,
      reuse,
      signal,
      checkOpen: () => this.#open(),
      owns: (tensor) => this.#isOfThisSheet(tensor.owner),
      with: (options) => this.with(options).#memoView(),
    };
  }

  /** Did the cache help: one line that says what was reused and what that saved, or why nothing was. */
  async report(): Promise<string> {
    const { formatReport } = await import('./report.ts');
    return formatReport(reportedOf(this.#session));
  }

  /** Counts since the sheet was opened, and the state of its RAM store. */
  stats(): SheetStats {
    return sheetStats(reportedOf(this.#session));
  }

  /**
   * Drops results kept in RAM: that of a handle, those of an op by name or handle, or all. Live handles keep what they
   * hold, and a durable store what it has (`npx symbolic-sheet clear` empties that). Answers how many.
   */
  forget(what?: Tensor | OpName | OpHandle): number {
    const { store, table } = this.#parts;
    if (what instanceof Tensor) return Number(store.delete(this.#own(what).knownNode(table)));
    const op = what === undefined ? undefined : opNamed(typeof what === 'string' ? what : what.name).number;
    const dropped = [...store.entries()].filter((entry) => op === undefined || table.opOf(entry.node) === op);
    for (const entry of dropped) store.delete(entry.node);
    // After they were counted; and runs of memoised functions that began before keep nothing.
    if (what === undefined) this.#session.memos.clear();
    if (what === undefined) this.#session.engine.trim();
    return dropped.length;
  }

  /** @internal */
  call(op: OpRow | Composite, self: Call | undefined, args: readonly unknown[]): unknown {
    this.#open();
    if ('expand' in op) return expandCall(op, self, args, this.#maker());
    const { lookups } = this.#parts;
    const startNs = lookups.start();
    const { operands, given } = splitArguments(op, self, args);
    const call = this.#called(op, operands, given);
    lookups.stop(startNs);
    return this.handle(call);
  }

  /** A call whose read may fail notes where it stands in the program, with what it came to. */
  #called(row: OpRow, operands: unknown[], given: Readonly<Record<string, unknown>> | undefined): Call {
    const { engine } = this.#session;
    const { counters, nearMisses } = engine.parts;
    counters.calls++;
    nearMisses.called(row);
    const before = engine.lastSeq;
    const call = engine.call(row, this.#read(row, operands), given, this.#view.author);
    if (mayFail(row, call, engine.parts)) markCall(call, takeCallSite(), before);
    return call;
  }

  #maker(): CallMaker {
    return {
      call: (row, operands, attributes) => this.#called(row, [...operands], attributes),
      operand: (owner, value, isIndex) =>
        this.#session.roots.rootOf(this.#argument(owner, value, isIndex) as Call | Elements),
      handle: (call) => this.handle(call),
      demand: async (call) => {
        await this.admit(call);
        return this.demand(call);
      },
    };
  }

  /** @internal A call as a trace holds it: operands and attributes are canonical, no law is applied again. */
  restate(row: OpRow, operands: readonly Call[], values: Call['attributes']['values']): PendingTensor {
    this.#open();
    return this.handle(this.#session.engine.restate(row, operands, values, this.#view.author));
  }

  /** @internal */
  shorten(call: Call): void {
    this.#reader.cut(call, LONG_CHAIN);
  }

  /** @internal */
  handle(call: Call): PendingTensor {
    if (this.#parts.settings.eager) this.#reader.computeNow(call);
    else if (isTooDeep(call)) this.#reader.cut(call);
    return new PendingTensor(this, call);
  }

  /**
   * Operands become calls and literals where they stand; bare arrays are read now, before the caller can change
   * them.
   */
  #read(row: OpRow, operands: unknown[]): Argument<Call>[] {
    let bare = false;
    for (let i = 0; i < operands.length; i++) {
      const value = this.#argument(row.name, operands[i], row.operands[row.variadic ? 0 : i]?.kind === 'index');
      operands[i] = value;
      bare ||= isElements(value);
    }
    return bare
      ? this.#session.roots.settle(row, operands as (Argument<Call> | Elements)[], this.#view.reuse)
      : (operands as Argument<Call>[]);
  }

  #argument(owner: string, operand: unknown, isIndex: boolean): Argument<Call> | Elements {
    if (operand instanceof Tensor) return this.#own(operand);
    if (operand instanceof Call) return operand;
    const onGpu = valueOfTf(this.#parts, operand, owner);
    if (onGpu !== undefined) return this.#session.engine.root(onGpu.type, onGpu);
    if (isIndex) return readIndices(operand, owner);
    if (isLiteral(operand)) return operand;
    return readElements(operand, owner);
  }

  /**
   * A handle of this sheet, in this view's class: a result of class tolerance enters an exact call by its bytes.
   */
  #own(handle: Tensor): Call {
    if (!(handle instanceof Tensor) || !this.#isOfThisSheet(handle.owner)) {
      throw new SourceError(
        'This tensor belongs to another sheet; pass its elements: sheet.tensor(await other.data(), other.shape).',
        {},
      );
    }
    const { call } = handle;
    if (!this.#view.reuse) handle.keep();
    if (call.row === undefined || call.semantics === this.#view.author.semantics) return call;
    return this.#session.roots.reenter(call, (handle.owner as Sheet).#reader.settledValue(call));
  }

  #isOfThisSheet(owner: Owner): boolean {
    return owner === this || (owner instanceof Sheet && owner.#session === this.#session);
  }

  /** @internal */
  admit(call: Call): Promise<void> | undefined {
    this.#open();
    this.#reader.admit(call);
    return this.#parts.pins.turnIfDue();
  }

  /** @internal */
  demand(call: Call): Promise<Value> {
    // What a store has is read from there, whoever has closed it.
    if (call.value?.block.isLost !== false) this.#open();
    return this.#reader.value(call);
  }

  /** @internal */
  peek(call: Call): Value | undefined {
    const value = call.value ?? this.#parts.store.peek(call.knownNode(this.#parts.table))?.value;
    return value?.block.isLocal === true ? value : undefined;
  }

  /** @internal */
  observed(call: Call, value: Value): void {
    this.#reader.observed(call, value);
  }

  /** @internal */
  async contentIdOf(call: Call): Promise<Uint8Array> {
    if (call.contentId === undefined) this.#open();
    return this.#reader.contentId(call);
  }

  /** @internal */
  async lend(call: Call): Promise<GPUBuffer> {
    this.#open();
    return this.#reader.lend(call);
  }

  /** @internal */
  async exportOnGpu<F>(call: Call, foreign: ForeignClass<F>): Promise<F | undefined> {
    return this.#session.engine.isClosed
      ? undefined
      : exportOnGpu(this.#parts, call.type, foreign, (use) => this.#reader.copyOut(call, use));
  }

  /**
   * The GPUDevice that this sheet computes on, to make buffers for it and to use those it lends. Its errors and its
   * loss are the sheet's as well.
   */
  gpuDevice(): GPUDevice {
    this.#open();
    return sharingOf(this.#parts).device;
  }

  /** @internal */
  release(call: Call): void {
    if (!call.isComputable && --call.claims > 0) return;
    // Computed again it may have other bits, in class tolerance.
    if (call.isComputable) call.contentId = undefined;
    this.#parts.pins.unpin(call);
  }

  /** Devices that were found, and those that were not, are switched off or given up, with what would be needed. */
  devices(): readonly DeviceReport[] {
    return reportDevices(choiceOf(this.#parts));
  }

  /** Op by op, what was reused and what was computed, and why. */
  explain(tensor: Tensor | Call): Explanation {
    if (!(tensor instanceof Tensor || tensor instanceof Call))
      throw new SourceError(`explain: ${describe(tensor)} is not a tensor; give a result of this sheet.`, {
        kind: typeof tensor,
      });
    return explainGraph(
      tensor instanceof Tensor ? tensor.call : tensor,
      (call) => this.#session.engine.reasonOf(call),
      this.#parts.breakEvenOf,
      answersIn(this.#parts.recorder.records()),
    );
  }

  /**
   * Lets go of everything that is not held by a live handle. What one holds can still be read: from a GPU it comes to
   * RAM first, as far as there is room, but for GPUBuffers that are the caller's. Forgetting to close loses nothing and
   * keeps no process alive.
   */
  close(): Promise<void> {
    return this.#session.engine.close();
  }

  /** Resolves when what was kept so far is written where later runs find it (docs/tiers.md). */
  async flush(): Promise<void> {
    await this.#parts.lower?.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  toString(): string {
    const devices = this.#parts.dispatcher.devices.map(({ name }) => name);
    return printSheet(this.#parts, this.#view.numerics, devices, this.#session.engine.isClosed ? 'closed' : 'open');
  }

  /** The figures of `stats()`. */
  toJSON(): SheetStats {
    return this.stats();
  }

  [INSPECT](): string {
    return this.toString();
  }

  get #parts(): Parts {
    return this.#session.engine.parts;
  }

  #open(): void {
    if (this.#session.engine.isClosed)
      throw new ClosedError('This sheet is closed; open another with SymbolicSheet.open().', {});
  }
}

/**
 * Ops as methods, generated from the rows. Names of the sheet's own win: `sheet.trace` is the trace, the op is
 * `x.trace()`.
 */
export interface Sheet extends Omit<SheetMethods, 'trace'> {}

/** Members that are no ops. */
const OWN_MEMBERS = new Set(Object.getOwnPropertyNames(Sheet.prototype));

giveMethods(
  Sheet.prototype,
  (method) => !OWN_MEMBERS.has(method),
  (sheet, op, args) => sheet.call(op, undefined, args),
);
