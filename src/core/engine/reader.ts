// Reading through a view: values of calls, found or computed, again where a device was lost; their ids and their
// buffers.
import { ClosedError, DeviceLostError, StoreLostError, UnavailableError, withReader } from '../errors.ts';
import type { Value } from '../tensor/block.ts';
import type { Promptness } from '../device/device.ts';
import type { Call } from './call.ts';
import { awayUnder, MAX_DEPTH, relevel } from './deep-chains.ts';
import { sharingOf } from './devices.ts';
import { isDigestAffordable } from './digests.ts';
import type { Parts, View } from './parts.ts';
import { orAborted } from './signals.ts';

/** A demand that loses its device so often is given up. */
const MAX_LOSSES = 4;

/** What makes a value ready for its reader. */
type Ready = (value: Value) => Promise<void> | undefined;

const settled: Ready = ({ block }) => (block.isLocal ? undefined : block.residence?.settled());
const brought: Ready = ({ block }) => (block.isLocal ? undefined : block.bring());

/** What values are read from. */
interface Readable {
  readonly parts: Parts;
  readonly isClosed: boolean;
  admit(call: Call, view: View): void;
  compute(targets: readonly Call[], view: View, mode: 'now'): Value[];
  compute(targets: readonly Call[], view: View, mode: Promptness): Value[] | Promise<Value[]>;
}

/** Demands of one view. */
export class Reader {
  readonly #engine: Readable;
  readonly #view: View;

  constructor(engine: Readable, view: View) {
    this.#engine = engine;
    this.#view = view;
  }

  admit(call: Call): void {
    if (!call.admitted) this.#engine.admit(call, this.#view);
  }

  /**
   * Computes targets, each where it is quickest, and keeps their values with them; a promise only where that has to be
   * waited for.
   */
  compute(targets: readonly Call[]): Promise<void> | undefined {
    for (const target of targets) this.admit(target);
    const values = this.#values(targets, settled);
    if (values instanceof Promise) return values.then((arrived) => this.#keepAllWith(targets, arrived));
    return this.#keepAllWith(targets, values);
  }

  /** Computes a call on this thread and keeps its value with it. */
  computeNow(call: Call): Value {
    this.admit(call);
    const [value] = this.#engine.compute([call], this.#view, 'now') as [Value];
    this.#keepWith(call, value);
    return value;
  }

  /**
   * The value that stays with a call from now on, computed on this thread where there is none. One that is on a
   * device is taken as it is, for its bits may have been shown; it comes to RAM meanwhile, before the device can be
   * lost.
   */
  settledValue(call: Call): Value {
    const { quarantine, pins } = this.#engine.parts;
    if (quarantine.taints(call)) pins.unpin(call);
    const { value } = call;
    if (value === undefined || value.block.isLocal || value.block.isStored || value.block.isLost)
      return this.computeNow(call);
    value.block.bring().catch(() => {});
    return value;
  }

  /** The value with its elements in RAM, held for the caller. */
  async value(call: Call): Promise<Value> {
    const { quarantine, pins } = this.#engine.parts;
    if (quarantine.taints(call)) pins.unpin(call);
    if (call.value?.block.isLocal === true) {
      // What came from outside is read as it is, but for laws on it.
      if (!this.#engine.parts.lawless && call.origin === 'given' && !this.#engine.isClosed) this.admit(call);
      call.value.block.hold();
      return call.value;
    }
    this.admit(call);
    const demanded = this.#values([call], brought);
    const [value] = (demanded instanceof Promise ? await demanded : demanded) as [Value];
    const turn = pins.turnIfDue();
    if (turn !== undefined) await turn;
    return value;
  }

  /** Counts a copy that leaves the sheet, and fixes the bits it showed. */
  observed(call: Call, value: Value): void {
    const { counters, settings, events } = this.#engine.parts;
    counters.bytesDemanded += value.type.sizeBytes;
    if (isDigestAffordable(call, value, settings.trace.digests)) events.demanded(call, value);
    this.#fix(call, value);
  }

  /** The content id; where a device can make it without giving the elements up, they stay there. */
  async contentId(call: Call): Promise<Uint8Array> {
    if (call.contentId !== undefined && call.value?.block.isLost !== true) return call.contentId;
    const turn = this.#engine.parts.pins.turnIfDue();
    if (turn !== undefined) await turn;
    this.admit(call);
    let panels: Uint8Array | undefined;
    const [value] = (await this.#withoutLoss([call], undefined, async ({ block, type }) => {
      panels = block.isLocal ? undefined : await block.residence?.panelDigests?.(type);
      if (panels === undefined) await block.bring();
    })) as [Value];
    const { contents } = this.#engine.parts;
    if (panels === undefined) this.observed(call, value);
    else this.#fix(call, value);
    call.contentId =
      panels === undefined
        ? contents.contentId(value.array, value.type)
        : contents.contentIdOfPanels(panels, value.type);
    value.block.release();
    return call.contentId;
  }

  /** The buffer of a value on the GPU. */
  async lend(call: Call): Promise<GPUBuffer> {
    this.admit(call);
    const sharing = sharingOf(this.#engine.parts);
    let buffer: GPUBuffer | undefined;
    const [value] = (await this.#withoutLoss([call], undefined, async (value) => {
      await this.#engine.parts.dispatcher.returning;
      buffer = await sharing.lend(value);
    })) as [Value];
    this.#keepWith(call, value);
    return buffer as GPUBuffer;
  }

  /**
   * Has a value on the GPU copied there, for `use`; resolves with false where it is in RAM, or the device does not copy
   * it.
   */
  async copyOut(call: Call, use: (buffer: GPUBuffer) => void): Promise<boolean> {
    this.admit(call);
    let isMade = false;
    const [value] = (await this.#withoutLoss([call], undefined, async (value) => {
      isMade = !value.block.isLocal && (await sharingOf(this.#engine.parts).copyOut(value, use));
    })) as [Value];
    if (isMade) this.#fix(call, value);
    value.block.release();
    return isMade;
  }

  /**
   * Computes a deep call and makes it a root of its content, so that neither it nor its node holds how it was
   * made.
   */
  cut(call: Call, maxDepth = MAX_DEPTH): void {
    relevel(call);
    if (call.depth <= maxDepth) return;
    const away = awayUnder(call);
    if (away.length > 0) return away.forEach((each) => this.#cutLater(each));
    const value = this.computeNow(call);
    call.cutLoose();
    this.#engine.parts.contents.becomeRoot(call, value);
  }

  /** As `cut`, once a value on a device has come to RAM; where it is lost instead, the chain stays as it is. */
  #cutLater(call: Call): void {
    const { value } = call;
    if (value === undefined || !call.isComputable) return;
    value.block
      .hold()
      .bring()
      .then(
        () => {
          if (call.value?.block === value.block && call.operands.length > 0) {
            call.cutLoose();
            this.#engine.parts.contents.becomeRoot(call, value);
          }
          value.block.release();
        },
        () => value.block.release(),
      );
  }

  /** What was shown once must be shown again: in class tolerance another computation may have other bits. */
  #fix(call: Call, value: Value): void {
    if (this.#view.numerics === 'tolerance' || !this.#view.reuse) this.#engine.parts.pins.renew(call, value);
  }

  #keepAllWith(targets: readonly Call[], values: readonly Value[]): Promise<void> | undefined {
    for (let i = 0; i < targets.length; i++) this.#keepWith(targets[i]!, values[i]!);
    return this.#engine.parts.pins.turnIfDue();
  }

  #keepWith(call: Call, value: Value): void {
    this.#engine.parts.pins.renew(call, value);
    value.block.release();
  }

  #demand(targets: readonly Call[]): Value[] | Promise<Value[]> {
    return this.#engine.compute(targets, this.#view, 'free');
  }

  /** Values of targets, held for the caller, each `ready`; at once where nothing has to be waited for. */
  #values(targets: readonly Call[], ready: Ready): Value[] | Promise<Value[]> {
    const values = this.#demand(targets);
    return values instanceof Promise || values.some(({ block }) => block.residence !== undefined || !block.isLocal)
      ? this.#withoutLoss(targets, values, ready)
      : values;
  }

  /**
   * Waits for values; where a device is lost meanwhile, what was on it is computed again, and what a store has lost.
   * Stores that lose much are asked no more, so that this ends.
   */
  async #withoutLoss(
    targets: readonly Call[],
    first: Value[] | Promise<Value[]> | undefined,
    ready: Ready,
  ): Promise<Value[]> {
    let demanded = first;
    for (let losses = 0; ;) {
      let values: Value[] = [];
      try {
        values = await (demanded ?? this.#demand(targets));
        await orAborted(Promise.all(values.map(async (value) => ready(value))), this.#view.signal);
        return values;
      } catch (error) {
        for (const value of values) value.block.release();
        const isOver = error instanceof StoreLostError ? this.#engine.isClosed : losses++ >= MAX_LOSSES;
        if (!(error instanceof DeviceLostError) || isOver)
          throw withReader(this.#engine.isClosed && isOfDevice(error) ? closedMeanwhile(error) : error);
        demanded = undefined;
      }
    }
  }
}

const isOfDevice = (error: unknown): boolean => error instanceof DeviceLostError || error instanceof UnavailableError;

const closedMeanwhile = (cause: unknown): ClosedError =>
  new ClosedError(
    'This sheet was closed while these elements were computed, and their device with it; await them before you ' +
      'close it.',
    {},
    { cause },
  );
