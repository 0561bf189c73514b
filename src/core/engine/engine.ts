// The engine: the six verbs in the order in which a program meets them. It knows calls and values, and no handle, no
// file and no user.
import type { Promptness } from '../device/device.ts';
import type { NumericsClass } from '../events.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { type Argument, canonicalise, restate } from '../expr/canonicalise.ts';
import { type Author, semanticsOf } from '../expr/node.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { Key } from '../fingerprint/key.ts';
import type { Block, Value } from '../tensor/block.ts';
import type { Precision } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import { admitCalls, sweepNodes } from './admit.ts';
import { Call, rootCall } from './call.ts';
import { Computing } from './compute.ts';
import { type Given, makeParts, type Parts, type View } from './parts.ts';
import { demand, demandNow, type ValueSources } from './plan.ts';
import { Reader } from './reader.ts';
import { reasonOf } from './reasons.ts';
import { giveBack } from './relief.ts';

/** Admits programs, computes the values that are demanded, and records what happened. */
export class Engine {
  readonly parts: Parts;
  readonly #computing: Computing;
  readonly #sources = new WeakMap<View, ValueSources>();
  #seq = 0;
  #closing: Promise<void> | undefined;
  /** Called once, before the trace is closed. */
  onClose: () => void = () => {};

  constructor(given: Given) {
    this.parts = makeParts(given);
    this.#computing = new Computing(this.parts);
    this.parts.memory.relieveBy?.(() => giveBack(this.parts, this.#computing.running));
  }

  /**
   * Canonicalise: operands and attributes become a call in its canonical form, numbered as it is asked. Throws typed
   * errors for what is wrong with them.
   */
  call(
    row: OpRow,
    args: readonly Argument<Call>[],
    given: Readonly<Record<string, unknown>> | undefined,
    author: Author<Call>,
  ): Call {
    return this.#number(canonicalise(row, args, given, author));
  }

  /** A call whose attributes are canonical already, as a trace holds them. */
  restate(row: OpRow, operands: readonly Call[], values: AttributeValues, author: Author<Call>): Call {
    return this.#number(restate(row, operands, values, author));
  }

  /** A root over a value that was made for it; the root holds the value. */
  root(type: TensorType, value: Value): Call {
    const root = rootCall(type, value, ++this.#seq);
    if (value.block.recycled) {
      this.parts.pins.pin(root, value);
      value.block.release();
    }
    return root;
  }

  /**
   * Fingerprint: the name of a call's result in every process (docs/format/fingerprint.md). Throws where the
   * content of a root is not known and cannot be read now.
   */
  keyOf(call: Call): Key {
    return toHex(this.parts.keys.of(call));
  }

  /**
   * Look up and judge: a call and everything under it is allowed, recorded, interned and probed. Nothing is computed.
   */
  admit(call: Call, view: View): void {
    admitCalls(this.parts, call, view);
  }

  /**
   * Dispatch, and record: the values of admitted calls, found or computed, each held for the caller. A demand `now`
   * never waits.
   */
  compute(targets: readonly Call[], view: View, mode: 'now'): Value[];
  compute(targets: readonly Call[], view: View, mode: Promptness): Value[] | Promise<Value[]>;
  compute(targets: readonly Call[], view: View, mode: Promptness): Value[] | Promise<Value[]> {
    if (mode === 'now') return demandNow(targets, this.#computing.sources(view, mode));
    let sources = this.#sources.get(view);
    if (sources === undefined) this.#sources.set(view, (sources = this.#computing.sources(view, mode)));
    const from = sources;
    const { lower } = this.parts;
    const bringing = view.reuse ? lower?.bring(this.parts, targets, view) : undefined;
    const recalling = (): Promise<void> | undefined =>
      lower !== undefined && view.reuse ? this.#computing.recall(targets, view) : undefined;
    const ready = bringing === undefined ? recalling() : bringing.then(recalling);
    const demanded =
      ready === undefined ? demand(targets, from, view.signal) : ready.then(() => demand(targets, from, view.signal));
    return this.parts.lower === undefined || !view.reuse ? demanded : this.#offered(targets, demanded);
  }

  /** Values that are demanded, which stores below RAM are told of. */
  #offered(targets: readonly Call[], demanded: Value[] | Promise<Value[]>): Value[] | Promise<Value[]> {
    if (demanded instanceof Promise) return demanded.then((values) => this.#offered(targets, values));
    this.parts.lower?.offerDemanded(this.parts, targets, demanded);
    return demanded;
  }

  /** Why a call was answered as it was, in a few words for people. */
  reasonOf(call: Call): string {
    return reasonOf(call);
  }

  /** Reads values through a view, again where a device was lost. */
  reader(view: View): Reader {
    return new Reader(this, view);
  }

  /** Who writes calls of a class: their nodes are calls of this engine. */
  author(numerics: NumericsClass, precision: Precision | undefined): Author<Call> {
    const { rewrites } = this.parts.settings;
    const semantics = semanticsOf(numerics === 'exact', rewrites === 'apply');
    return {
      semantics,
      precision,
      rewrites,
      asWritten: !this.parts.lawless,
      make: (row, attributes, type, operands, isLiteral) =>
        new Call(row, attributes, type, semantics, operands, isLiteral),
      noted: (call, text) => void (call.note = text),
    };
  }

  /** Lets go of nodes that nothing holds, once the table is full. */
  sweep(): void {
    sweepNodes(this.parts);
  }

  /** Has memories give back what nothing is in, and the collector take it. */
  trim(): void {
    const { store, pins, dispatcher, memory } = this.parts;
    const settled = (): Iterable<Block> => [...pins.blocks, ...Array.from(store.entries(), ({ value }) => value.block)];
    memory.trim?.(settled);
    for (const device of dispatcher.devices) device.memory?.trim?.(settled);
    void pins.press();
  }

  /** Number of the newest call. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** Calls get their numbers once their form is settled, operands first: candidates that were not used have none. */
  #number(call: Call): Call {
    if (call.seq !== 0) return call;
    for (const operand of call.operands) if (operand.seq === 0) this.#number(operand);
    call.seq = ++this.#seq;
    return call;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends everything but what live handles hold, which comes to RAM before its device goes. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    const { events, store, pins, dispatcher, idleDevices } = this.parts;
    this.onClose();
    await this.parts.lower?.close();
    events.close();
    // First, so that only what handles hold is left on a device.
    store.close();
    const arriving = pins.bringHome();
    if (arriving !== undefined) await arriving;
    dispatcher.close();
    for (const device of idleDevices) device.close();
  }
}
