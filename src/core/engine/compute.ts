// Computing: a demanded value is looked up among those that are kept, or dispatched to a device, then kept and
// recorded.
import { runnerFor } from '../device/parts.ts';
import type { Device, Promptness, Task } from '../device/device.ts';
import { computeAgain } from '../device/result-check.ts';
import type { Runner } from '../device/runner.ts';
import { DeviceLostError, LimitError, SheetError, UnavailableError, withCallSite } from '../errors.ts';
import type { NumericsClass } from '../events.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { type Block, type Value, valueOf } from '../tensor/block.ts';
import { creditSavings } from './admit.ts';
import type { Call } from './call.ts';
import { kernelError, refused, unreadable } from './compute-errors.ts';
import { judgeValue } from './judge.ts';
import { addOperands, keep } from './keeping.ts';
import type { Parts, View } from './parts.ts';
import { recordAnswer } from './record.ts';
import { creditParts, PartPlans } from './part-plans.ts';
import { demandNow, type PlanKey, NONE, type Step, type ValueSources } from './plan.ts';
import { InFlight } from './in-flight.ts';
import { Revisions } from './revisions.ts';
import { fuseSteps, type Readers, SmallPlans } from './fusion.ts';
import { type OperandsOf, Verifier } from './verify.ts';

/** One task under way. */
interface Run {
  readonly step: Step;
  readonly task: Task;
  /** What runs it: the device, or the device with a route or in parts. */
  readonly runner: Runner;
  readonly device: Device;
  readonly block: Block;
  readonly startNs: number;
  readonly view: View;
  /** Whether it was tried before and found no memory. */
  readonly again: boolean;
}

/** Finds values, dispatches what is missing, keeps and records it. */
export class Computing {
  readonly #parts: Parts;
  readonly #inFlight: InFlight;
  /** Whether every result has to be seen as it is computed: laws on finite values, digests of all results. */
  readonly #watchful: boolean;
  readonly #mayFuse: boolean;
  readonly #smallPlans = new SmallPlans();
  readonly #metParts = new Set<NodeId>();
  readonly #revisions: Revisions;
  readonly #verifier: Verifier;
  /** The task whose kernels are being called on this thread. */
  running: Task | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#inFlight = new InFlight(parts.table);
    this.#revisions = new Revisions(parts);
    this.#verifier = new Verifier(parts);
    const { policy, trace } = parts.settings;
    // A law on finite values judges every result, so each has to be there: as part of another it never is.
    this.#mayFuse = policy.finite === undefined && parts.dispatcher.composing.size > 0;
    this.#watchful = policy.finite !== undefined || trace.digests === 'full';
  }

  /**
   * Where a demand of a view takes its values from. A demand on this thread (`now`) cannot wait for elements that are
   * on a device.
   */
  sources(view: View, mode: Promptness): ValueSources {
    const { table } = this.#parts;
    const fuse = (order: readonly Step[], isWanted: (step: Step) => boolean): Step[] =>
      fuseSteps(order, this.#fusedFrom(order, view), this.#readers(view), isWanted);
    const isReady = ({ block }: Value): boolean =>
      mode === 'free' ? !block.isLost : block.isLocal || block.residence?.bringNow?.(block) === true;
    const given = (e: Call): Value | undefined => {
      if (this.#parts.quarantine.taints(e)) this.#parts.pins.unpin(e);
      return e.value !== undefined && isReady(e.value) ? e.value : undefined;
    };
    const operandsOf: OperandsOf = (call, isPatient) => this.#operandsOf(call, isPatient, view, given);
    const compute = (step: Step): Value | Promise<Value> => this.#compute(step, mode, view);
    const partPlans = new PartPlans(this.#parts, view, this.#metParts, this.#revisions);
    return view.reuse
      ? {
          given,
          compute,
          // A law judges every result of a call that was made, so that none is made otherwise.
          ...(this.#parts.lawless && { planOf: (call: Call) => partPlans.planOf(call) }),
          fuse: (order) => fuse(order, (step) => table.countComputation(step.identity as NodeId) > 0),
          identityOf: (e) => e.node(table),
          find: (e, node) => hold(given(e) ?? this.#kept(e, node as NodeId, isReady, view, operandsOf)),
          retain: (identity) => retainNode(table, identity),
        }
      : {
          given,
          compute,
          fuse: (order) => fuse(order, isHeldAgain),
          identityOf: (e) => e,
          find: (e) => hold(given(e)),
          retain: () => letGoOfNothing,
        };
  }

  /** Brings what earlier runs kept of results like those that are demanded; undefined where there is nothing to ask. */
  recall(targets: readonly Call[], view: View): Promise<void> | undefined {
    return this.#parts.lawless ? this.#revisions.recall(targets, view) : undefined;
  }

  /** Elements from which the steps of a plan are fused: all of them where a plan on a GPU comes again. */
  #fusedFrom(order: readonly Step[], { device }: View): number {
    const { fusedElements } = this.#parts;
    if (!this.#mayFuse || fusedElements === Infinity) return Infinity;
    if (order.length < 2) return fusedElements;
    const onGpu =
      this.#parts.dispatcher.devices.some(({ name, memory }) => name === device && memory !== undefined) ||
      order.some(({ value }) => value?.block.isLocal === false);
    return onGpu && this.#smallPlans.again(order) ? 1 : fusedElements;
  }

  /** Which steps of a view take others along: none where the device it names gains nothing by that. */
  #readers({ device, numerics }: View): Readers {
    const { devices, automatic, composing } = this.#parts.dispatcher;
    const named = devices.find(({ name }) => name === device);
    if (named !== undefined && !composing.has(named)) return [];
    const onGpu = (named === undefined ? automatic : [named]).some(({ memory }) => memory !== undefined);
    return onGpu && numerics === 'tolerance' ? ['map', 'reduce', 'codecs'] : ['map', 'reduce'];
  }

  #kept(
    call: Call,
    node: NodeId,
    isReady: (value: Value) => boolean,
    { numerics }: View,
    operandsOf: OperandsOf,
  ): Value | undefined {
    const { store, settings } = this.#parts;
    const entry = store.peek(node);
    if (entry === undefined) return undefined;
    if (entry.value.block.isLost) store.delete(node);
    if (!isReady(entry.value)) return undefined;
    if (!this.#verifier.passes({ call, node, entry, numerics }, operandsOf)) return undefined;
    if (settings.policy.finite !== undefined) judgeValue(this.#parts, call, entry.value, settings.policy.finite, entry);
    if (call.savesNs !== 0) creditSavings(this.#parts, call);
    return entry.value;
  }

  /** Values that the operands of a call have; where a check may take its time, computed from what they are made of. */
  #operandsOf(
    { operands }: Call,
    isPatient: boolean,
    view: View,
    given: (call: Call) => Value | undefined,
  ): readonly Value[] | undefined {
    const { store, table } = this.#parts;
    const values = operands.map((operand) => given(operand) ?? store.peek(operand.node(table))?.value);
    if (values.every((value) => value !== undefined)) return values.map((value) => hold(value)!);
    if (!isPatient) return undefined;
    try {
      return demandNow(operands, this.sources(view, 'now'));
    } catch (error) {
      // What lies on a device, or was disposed of, is not there to check with.
      if (error instanceof SheetError) return undefined;
      throw error;
    }
  }

  /** Runs a step's kernel on the device chosen for it, or joins the in-flight computation of the same node. */
  #compute(step: Step, mode: Promptness, view: View): Value | Promise<Value> {
    if (!step.call.isComputable) throw unreadable(step.call);
    const inFlight = mode === 'free' ? this.#inFlight.join(step.identity) : undefined;
    if (inFlight !== undefined) return inFlight;
    const task = taskOf(step, view.numerics);
    if (task.row.kernel.skeleton === 'alias')
      return this.#alias(step.call, valueOf(task.type, task.operands[0]!.block), mode);
    return this.#dispatch(step, task, mode, view);
  }

  /**
   * A result that is its operand's elements under another shape, held for the caller; laws judge it as if it had been
   * computed.
   */
  #alias(call: Call, value: Value, mode: Promptness): Value | Promise<Value> {
    const { finite } = this.#parts.settings.policy;
    const { block } = value;
    if (finite !== undefined && !block.isLocal) {
      if (mode === 'now') throw unreadable(call);
      return block
        .hold()
        .bring()
        .then(() => this.#alias(call, value, mode))
        .finally(() => block.release());
    }
    judgeValue(this.#parts, call, value, finite);
    block.hold();
    return value;
  }

  #dispatch(step: Step, task: Task, mode: Promptness, view: View, again = false): Value | Promise<Value> {
    const { dispatcher, memory } = this.#parts;
    if (task.operands.some(({ block }) => block.isStored)) return this.#brought(step, task, view);
    let device: Device;
    try {
      device = dispatcher.place(task, view.device, mode);
    } catch (error) {
      return this.#whenReturned(step, task, mode, view, error);
    }
    if (view.device !== undefined && device.name !== view.device)
      step.call.note ??= dispatcher.refusal(task, view.device, mode);
    if (device.memory === undefined && !task.operands.every(({ block }) => block.isLocal))
      return this.#brought(step, task, view);
    const run: Run = {
      step,
      task,
      device,
      runner: this.#runnerOf(task, device, mode),
      view,
      block: (device.memory ?? memory).take(task.type),
      startNs: this.#parts.now(),
      again,
    };
    try {
      this.running = task;
      const running = run.runner.run(task, run.block, mode);
      if (running !== undefined) return this.#finishLater(run, mode === 'free' ? running : refused(device, running));
      return this.#watchful && !run.block.isLocal
        ? this.#finishLater(run, run.block.bring())
        : this.#keepAndRecord(run);
    } catch (error) {
      run.block.release();
      return this.#elsewhere(run, error, mode);
    } finally {
      this.running = undefined;
    }
  }

  #runnerOf(task: Task, device: Device, mode: Promptness): Runner {
    const { dispatcher, memory } = this.#parts;
    return device.memory === undefined
      ? runnerFor(task, device, mode, memory, (part) => dispatcher.place(part, undefined, 'now'))
      : device;
  }

  /** Operands that are on a device or in a store come to RAM first, for a device that computes there. */
  #brought(step: Step, task: Task, view: View): Promise<Value> {
    const letGo = holdAll(task.operands);
    const dispatched = Promise.all(task.operands.map(({ block }) => block.bring())).then(() =>
      this.#dispatch(step, task, 'free', view),
    );
    return this.#inFlight.start(step.identity, dispatched.finally(letGo));
  }

  /** Lets a device finish beside the event loop; operands are held until it has, whoever stops waiting. */
  #finishLater(run: Run, running: Promise<void>): Promise<Value> {
    const letGo = holdAll(run.task.operands);
    const done = (this.#watchful ? running.then(() => run.block.bring()) : running).catch((error: unknown) => {
      letGo();
      throw error;
    });
    const result = done
      .then(() => {
        letGo();
        return this.#keepAndRecord(run);
      })
      .catch((error: unknown) => {
        run.block.release();
        return this.#elsewhere(run, error, 'free');
      });
    return this.#inFlight.start(run.step.identity, result);
  }

  /**
   * A kernel that a GPU refuses is computed by another device, one that finds no memory again when some came back; any
   * other failure is the caller's.
   */
  #elsewhere({ step, task, device, view, again }: Run, error: unknown, mode: Promptness): Value | Promise<Value> {
    if (error instanceof LimitError && mode === 'free' && !again)
      return this.#inFlight.start(step.identity, this.#whenThereIsRoom(step, task, view, error));
    const refused =
      device.memory !== undefined && !(error instanceof DeviceLostError) && device.supports({ ...task }, mode) !== true;
    if (!refused) throw this.#failed(step.call, error);
    step.call.note = `${device.name} refused: ${error instanceof Error ? error.message : String(error)}`;
    try {
      return this.#dispatch(step, { ...task }, mode, view);
    } catch (second) {
      // No other computes it: what it is about is the first.
      throw second instanceof UnavailableError
        ? this.#failed(step.call, new UnavailableError(second.message, second.details, { cause: error }))
        : second;
    }
  }

  /** A task that no device computes now waits for one that was lost and is being opened again. */
  #whenReturned(step: Step, task: Task, mode: Promptness, view: View, error: unknown): Promise<Value> {
    const returning = mode === 'free' ? this.#parts.dispatcher.returning : undefined;
    if (returning === undefined) throw error;
    const letGo = holdAll(task.operands);
    return this.#inFlight.start(
      step.identity,
      returning.then(() => this.#dispatch(step, { ...task }, mode, view)).finally(letGo),
    );
  }

  async #whenThereIsRoom(step: Step, task: Task, view: View, error: LimitError): Promise<Value> {
    const letGo = holdAll(task.operands);
    try {
      if (!(await this.#parts.pins.recover())) throw this.#failed(step.call, error);
      return await this.#dispatch(step, task, 'free', view, true);
    } finally {
      letGo();
    }
  }

  /** Keep and record: what happens to a value its device has finished, or has taken on in its own memory. */
  #keepAndRecord({ step, task, device, runner, block, startNs, view }: Run): Value {
    const parts = this.#parts;
    const value = valueOf(task.type, block);
    const { note } = runner;
    const isSound = this.#verifier.isSound(step.identity as NodeId, task, value, device);
    if (!isSound) computeAgain(task, block);
    // In class tolerance what was put together may have the bits of no device.
    const isMixed = step.told !== undefined && view.numerics === 'tolerance';
    const name = isMixed ? `${runner.name}, by parts` : isSound ? runner.name : 'js';
    parts.quarantine.renewed(block);
    // Whole nanoseconds: engines keep small integers in the object, and fractions beside it, where a hit would have to
    // fetch them.
    const elapsedNs = Math.round(
      device.memory === undefined ? parts.now() - startNs : parts.dispatcher.costs.expectNs(device, task),
    );
    const isLearnt = note === undefined && device.memory === undefined;
    if (isLearnt) parts.dispatcher.costs.learn(device, task, elapsedNs);
    parts.counters.kernelCalls++;
    parts.counters.kernelNs += elapsedNs;
    if (note !== undefined) step.call.note = note;
    else parts.counters.flops += step.flops;
    // A result that was put together is worth what it would have taken whole.
    const partsNs = step.told === undefined ? 0 : creditParts(parts, step);
    if (parts.settings.policy.finite !== undefined) judgeValue(parts, step.call, value, parts.settings.policy.finite);
    // What it cost without a cold start: compiling a kernel and starting threads are not saved by a hit.
    step.pathNs = isLearnt ? Math.min(elapsedNs, Math.round(parts.dispatcher.costs.expectNs(device, task))) : elapsedNs;
    const warmNs = isLearnt ? Math.min(elapsedNs, Math.round(parts.dispatcher.costs.warmNs(device, task))) : elapsedNs;
    parts.counters.coldNs += elapsedNs - warmNs;
    step.pathNs += partsNs;
    addOperands(step);
    step.call.costNs = step.pathNs;
    if (!view.reuse && isHeld(step, value)) parts.pins.renew(step.call, value);
    step.call.origin = step.told === undefined ? 'computed' : 'part';
    const decision = view.reuse
      ? keep(parts, step, value, name, step.isApart ? arithmeticNs(device, task, warmNs) : warmNs + partsNs)
      : 'computed';
    // Parts of a call that were not called by the program are on no trace.
    if (step.call.seq > 0) recordAnswer(parts, step.call, decision, name, startNs, elapsedNs, 0, value);
    return value;
  }

  #failed(call: Call, error: unknown): unknown {
    // Not the op's failure: the demand computes it again.
    if (error instanceof DeviceLostError) return error;
    this.#parts.counters.failures++;
    recordAnswer(this.#parts, call, 'failed', '', this.#parts.now(), 0, 0);
    return withCallSite(error instanceof SheetError ? error : kernelError(call, error), call.site);
  }
}

/**
 * What a step adds that would have been part of its reader's pass, had it not been kept: its arithmetic, and not
 * another pass over memory.
 */
const arithmeticNs = (device: Device, task: Task, elapsedNs: number): number =>
  Math.round(
    elapsedNs * (1 - device.estimateNs({ ...task, row: { ...task.row, flops: () => 0 } }) / device.estimateNs(task)),
  );

/**
 * Keeps a node in the table, as a plan that waits must: a sweep would give its number to another. Steps that are given
 * have none.
 */
function retainNode(table: InterningTable, identity: PlanKey): () => void {
  if (typeof identity !== 'number') return letGoOfNothing;
  table.retain(identity);
  return () => table.release(identity);
}

/**
 * Whether handles hold a value that nobody else keeps: each use would compute it again. Handles in the middle of a
 * chain count until they are collected, and buffers of a GPU would not be used again meanwhile: there it is kept when
 * it was asked for before.
 */
const isHeld = ({ call: { held, origin } }: Step, { block }: Value): boolean =>
  held !== undefined && (block.isLocal || origin === 'computed');

/**
 * Whether what was once computed as a part of another is asked for again while somebody holds it: it is worth having
 * then.
 */
const isHeldAgain = ({ call: { within, held } }: Step): boolean => within > 0 && held !== undefined;

const letGoOfNothing = (): void => {};

function hold(value: Value | undefined): Value | undefined {
  value?.block.hold();
  return value;
}

/** Holds the blocks of operands; returns what lets go of them. */
function holdAll(operands: readonly Value[]): () => void {
  for (const { block } of operands) block.hold();
  return () => {
    for (const { block } of operands) block.release();
  };
}

const taskOf = (step: Step, numerics: NumericsClass): Task => ({
  row: step.row ?? (step.call.row as Task['row']),
  attrs: step.attrs,
  type: step.call.type,
  numerics,
  operands: step.operands === NONE ? step.call.operands.map(valueWith) : step.operands.map(valueWith),
});

const valueWith = ({ value }: { readonly value: Value | undefined }): Value => value as Value;
