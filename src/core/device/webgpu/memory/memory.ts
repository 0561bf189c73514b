// Values on the GPU: results, copies of operands that came from RAM, scratch, buffers of others. Nobody has to dispose
// of anything.
import { LimitError, SheetError, SourceError } from '../../../errors.ts';
import { Block, type Memory, type Value, valueOf } from '../../../tensor/block.ts';
import { bytesOf } from '../../../tensor/dtype.ts';
import type { TensorType } from '../../../tensor/type.ts';
import type { Allotment } from './buffers.ts';
import type { EpochEnd } from '../epoch.ts';
import type { DeviceContext } from '../device-context.ts';
import { GpuResidence, type ResidenceDependencies } from './residence.ts';
import { bytesFor, Room, type Sized } from './room.ts';

/** With less memory than this a device is of no use. */
const MIN_BUDGET_BYTES = 2 ** 20;

/** What the memory asks of its device. */
interface MemoryDependencies extends Omit<ResidenceDependencies, 'released'> {
  warn(line: string): void;
}

/** A value that is about to lie on the device: its buffer is taken, nothing is in it yet. */
interface Arrival {
  readonly block: Block;
  readonly residence: GpuResidence;
  readonly allotment: Allotment;
}

/** Buffers that were taken for one task. */
interface Placement {
  /** Those of operands, of the result and of scratch. */
  readonly buffers: GPUBuffer[];
  readonly arrivals: Arrival[];
  readonly scratch: Allotment[];
}

/** Work on buffers of operands, of a result and of scratch. */
type BufferWork = (buffers: GPUBuffer[]) => void;

/** The device's memory. */
export class GpuMemory implements Memory {
  readonly #room: Room;
  readonly #dependencies: MemoryDependencies & ResidenceDependencies;
  /** Until it is known whether the device has memory for what one task takes; everybody else waits meanwhile. */
  #granting: Promise<unknown> | undefined;
  /** Whose buffers were given to code outside. */
  readonly #lent = new WeakMap<GPUBuffer, GpuResidence>();

  constructor(budgetBytes: number, dependencies: MemoryDependencies) {
    this.#room = new Room(budgetBytes);
    this.#dependencies = { ...dependencies, released: (residence) => this.#drop(residence) };
  }

  get budgetBytes(): number {
    return this.#room.budgetBytes;
  }

  /** Values that went back to RAM for want of room. */
  get demotions(): number {
    return this.#room.demotions;
  }

  /**
   * Why a task can never have room: its operands and its result, with so many bytes of scratch; undefined where it can.
   */
  refusal(operands: readonly Sized[], result: Sized | undefined, scratch: readonly number[]): string | undefined {
    return this.#room.refusal(operands, result, scratch);
  }

  /** A block for a result; it gets its buffer when its task is launched. */
  take(type: TensorType): Block {
    return Block.away(type.sizeBytes);
  }

  /**
   * Runs `launch` with the buffers of operands, of the result and of scratch, once they can be used and the device is
   * not far behind; none of them leaves meanwhile. Throws or rejects with a DeviceLostError, or where the device has no
   * memory left for it.
   */
  use(
    context: DeviceContext,
    operands: readonly Value[],
    result: Value | undefined,
    scratch: readonly number[],
    launch: BufferWork,
  ): void | Promise<void> {
    context.epoch.check();
    const waits = this.#waits(context, operands);
    if (waits !== undefined) return waits.then(() => this.use(context, operands, result, scratch, launch));
    const placed = this.#place(context, operands, result, scratch);
    const granted = grantOf(allotmentsOf(placed));
    if (granted === undefined) return this.#launch(context, placed, result, launch);
    this.#granting = granted;
    return granted.then((isGranted) => {
      if (this.#granting === granted) this.#granting = undefined;
      context.epoch.check();
      if (isGranted) return this.#launch(context, placed, result, launch);
      return this.#withoutMemory(context, placed).then(() => {
        const refusal = this.refusal(operands, result, scratch);
        // Not a LimitError: those are waited out, and this memory does not come back.
        if (refusal !== undefined)
          throw new SheetError('LIMIT', `WebGPU: ${refusal}.`, { budgetBytes: this.budgetBytes });
        return this.use(context, operands, result, scratch, launch);
      });
    });
  }

  /**
   * Buffers for work beside tasks, to be given back to the context's pool; undefined where there is no room for them.
   */
  async scratch(context: DeviceContext, sizes: readonly number[]): Promise<GPUBuffer[] | undefined> {
    if (this.refusal([], undefined, sizes) !== undefined) return undefined;
    const taken = sizes.map((sizeBytes) => this.#allot(sizeBytes, context));
    const isGranted = await (grantOf(taken) ?? true);
    context.epoch.check();
    if (isGranted) return taken.map(({ buffer }) => buffer);
    for (const each of taken) giveBack(each, context);
    return undefined;
  }

  /** The buffer of a value, which stays on the device from now on, as long as the value lives. */
  async lendOut(context: DeviceContext, value: Value): Promise<GPUBuffer> {
    const refusal = this.refusal([value], undefined, []);
    if (refusal !== undefined)
      throw new LimitError(`gpuBuffer: ${refusal}.`, {
        sizeBytes: value.type.sizeBytes,
        budgetBytes: this.budgetBytes,
      });
    let lent: GPUBuffer | undefined;
    await this.use(context, [value], undefined, [], ([buffer]) => {
      lent = buffer as GPUBuffer;
      const residence = value.block.residence as GpuResidence;
      // An ordinary array is left to the collector by those who keep it, and the buffer with it.
      if (!residence.isLent && !value.block.recycled) value.block.hold();
      this.#room.lend(residence);
      if (!residence.isAdopted) this.#lent.set(lent, residence);
      // What the caller submits comes after what fills the buffer.
      context.stream.submit();
    });
    return lent as GPUBuffer;
  }

  /**
   * A block over a buffer of somebody else's, who keeps it, or over one that was lent, which stays with it. `accept`
   * rejects where the device does not take it.
   */
  adopt(context: DeviceContext, buffer: GPUBuffer, type: TensorType, accept: () => Promise<void>): Block {
    const lender = this.#lenderOf(context, buffer);
    const accepted = accept();
    const residence = new GpuResidence(context, type, buffer, this.#dependencies, true);
    const block = Block.away(type.sizeBytes);
    residence.lender = lender?.hold();
    residence.submission = this.#lent.get(buffer)?.submission ?? 0;
    if (lender !== undefined) collected.register(block, residence, residence);
    block.residence = residence;
    residence.accepting = accepted.then(() => {
      residence.accepting = undefined;
    });
    // Whoever uses it is told.
    residence.accepting.catch(() => {});
    return block;
  }

  /**
   * A block of this memory for what `fill` copies into its buffer now; it rejects where the device does not take that.
   * Throws a LimitError where there is never room.
   */
  receive(context: DeviceContext, type: TensorType, fill: (buffer: GPUBuffer) => Promise<void>): Block {
    const value = valueOf(type, this.take(type));
    const refusal = this.refusal([], value, []);
    if (refusal !== undefined)
      throw new LimitError(`tensor: ${refusal}; or read its elements first, and pass those.`, {
        sizeBytes: type.sizeBytes,
        budgetBytes: this.budgetBytes,
      });
    const placed = this.#place(context, [], value, []);
    const { block, residence, allotment } = placed.arrivals[0]!;
    let filled: Promise<void> | undefined;
    this.#launch(context, placed, value, ([buffer]) => {
      filled = fill(buffer as GPUBuffer);
    });
    // Its buffer goes to nobody else before it is known to be one.
    block.hold();
    residence.accepting = this.#accepting(residence, allotment, filled as Promise<void>).finally(() => block.release());
    // Whoever uses it is told.
    residence.accepting.catch(() => {});
    return block;
  }

  async #accepting(residence: GpuResidence, allotment: Allotment, filled: Promise<void>): Promise<void> {
    const {
      type: { sizeBytes },
      context,
    } = residence;
    // What there is no memory for cannot be filled either; the former is told.
    filled.catch(() => {});
    try {
      if ((await allotment.granted) === false)
        throw new SheetError(
          'LIMIT',
          `tensor: the device has no memory for ${sizeBytes} bytes; read its elements first, and pass those.`,
          { sizeBytes },
        );
      await filled;
      residence.accepting = undefined;
    } catch (error) {
      if (this.#room.drop(residence)) giveBack(allotment, context);
      throw error;
    }
  }

  /** Forgets what lay on a device that is gone; says whether one with what budget is left is of use. */
  clear(end: EpochEnd): boolean {
    this.#room.clear();
    this.#granting = undefined;
    if (end === 'memory') this.#room.halve();
    return end !== 'memory' || this.budgetBytes >= MIN_BUDGET_BYTES;
  }

  /** The block that a buffer was lent of. */
  #lenderOf(context: DeviceContext, buffer: GPUBuffer): Block | undefined {
    const residence = this.#lent.get(buffer);
    if (residence === undefined || residence.context !== context) return undefined;
    const block = residence.isAlive ? residence.holder?.deref() : undefined;
    if (block !== undefined) return block;
    throw new SourceError(
      'tensor: this GPUBuffer was lent by gpuBuffer() of a tensor that is gone, and other elements may be in it; ' +
        'hold that tensor until its buffer was passed in.',
      {},
    );
  }

  /** What must be waited for before operands can be used and room be made; undefined where nothing must. */
  #waits(context: DeviceContext, operands: readonly Value[]): Promise<unknown> | undefined {
    const waits: Promise<unknown>[] = [...this.#room.leaving];
    for (const { block } of operands) {
      const { residence } = block;
      if (isHere(residence)) {
        if (residence.accepting !== undefined) waits.push(residence.accepting);
      } else if (!block.isLocal) {
        waits.push(block.bring());
      }
    }
    if (this.#granting !== undefined) waits.push(this.#granting);
    if (waits.length > 0) return Promise.all(waits);
    return context.stream.isBehind ? context.stream.settled() : undefined;
  }

  #place(
    context: DeviceContext,
    operands: readonly Value[],
    result: Value | undefined,
    scratch: readonly number[],
  ): Placement {
    const placed: Placement = { buffers: [], arrivals: [], scratch: [] };
    try {
      for (const { block } of operands) if (isHere(block.residence)) this.#room.use(block.residence);
      for (const value of operands) placed.buffers.push(this.#lie(value, context, placed));
      if (result !== undefined) placed.buffers.push(this.#lie(result, context, placed));
      for (const sizeBytes of scratch) {
        const taken = this.#allot(sizeBytes, context);
        placed.scratch.push(taken);
        placed.buffers.push(taken.buffer);
      }
      return placed;
    } catch (error) {
      this.#undo(context, placed);
      this.#room.free();
      throw error;
    }
  }

  /** Where a value lies, or will. */
  #lie({ block, type }: Value, context: DeviceContext, { arrivals }: Placement): GPUBuffer {
    const { residence } = block;
    if (isHere(residence) && residence.context === context) {
      this.#room.use(residence);
      return residence.buffer;
    }
    const allotment = this.#allot(bytesFor(type), context);
    const own = new GpuResidence(context, type, allotment.buffer, this.#dependencies);
    own.holder = new WeakRef(block);
    block.residence?.release();
    block.residence = own;
    this.#room.use(own);
    if (block.isLocal) collected.register(block, own, own);
    arrivals.push({ block, residence: own, allotment });
    return own.buffer;
  }

  #allot(sizeBytes: number, context: DeviceContext): Allotment {
    this.#room.make(sizeBytes, context.buffers);
    return context.buffers.allot(sizeBytes);
  }

  #launch(context: DeviceContext, placed: Placement, result: Value | undefined, launch: BufferWork): void {
    try {
      for (const {
        block,
        residence: { buffer },
      } of placed.arrivals) {
        if (!block.isLocal) continue;
        context.buffers.beforeWrite(buffer);
        context.uploads.write(buffer, bytesOf(block.array));
      }
      launch(placed.buffers);
      const residence = result?.block.residence;
      if (isHere(residence)) residence.submission = context.stream.lastAdded;
      for (const each of placed.scratch) giveBack(each, context);
    } catch (error) {
      this.#undo(context, placed);
      throw error;
    } finally {
      this.#room.free();
    }
  }

  /** Nothing lies where a task was not launched. */
  #undo(context: DeviceContext, { arrivals, scratch }: Placement): void {
    for (const { block, residence, allotment } of arrivals) {
      if (block.residence === residence) block.residence = undefined;
      if (this.#room.drop(residence)) giveBack(allotment, context);
      residence.release();
    }
    for (const each of scratch) giveBack(each, context);
  }

  /** Gives up what a task took, and makes the device give back what it can do without. */
  async #withoutMemory(context: DeviceContext, placed: Placement): Promise<void> {
    const { buffers, stream } = context;
    const askedBytes = allotmentsOf(placed).reduce(
      (bytes, { granted, buffer }) => bytes + (granted === undefined ? 0 : buffer.size),
      0,
    );
    this.#room.lower(buffers.sizeBytes);
    this.#dependencies.warn(
      `WebGPU: the device had no memory for ${askedBytes} bytes, which gpuBudgetBytes allows. It holds at most ` +
        `${this.budgetBytes} from now on; results are not affected.`,
    );
    this.#undo(context, placed);
    // Operands that are there already stay.
    this.#room.make(askedBytes, buffers);
    this.#room.free();
    buffers.trim(0);
    await Promise.all(this.#room.everyLeaving);
    // What was destroyed is given back when the commands that name it are done.
    await stream.settled();
  }

  #drop(residence: GpuResidence): void {
    collected.unregister(residence);
    if (residence.isAdopted) residence.context.stream.forget(residence.buffer);
    residence.lender?.release();
    residence.lender = undefined;
    if (this.#room.drop(residence) && !residence.context.epoch.isOver) residence.context.buffers.give(residence.buffer);
  }
}

const allotmentsOf = ({ arrivals, scratch }: Placement): Allotment[] => [
  ...arrivals.map(({ allotment }) => allotment),
  ...scratch,
];

/** A buffer for which there may be no memory is not used again. */
function giveBack({ buffer, granted }: Allotment, { buffers, epoch }: DeviceContext): void {
  if (epoch.isOver) return;
  if (granted === undefined) buffers.give(buffer);
  else buffers.discard(buffer);
}

/** Whether there is memory for all of them; undefined where nothing has to be waited for. */
function grantOf(allotments: readonly Allotment[]): Promise<boolean> | undefined {
  const asked = allotments.flatMap(({ granted }) => granted ?? []);
  return asked.length === 0 ? undefined : Promise.all(asked).then((grants) => grants.every(Boolean));
}

const isHere = (residence: unknown): residence is GpuResidence =>
  residence instanceof GpuResidence && residence.isAlive;

/**
 * Copies of arrays, and tensors over lent buffers, that were collected. One for the process, for the reason that
 * src/core/engine/pins.ts gives.
 */
const collected = new FinalizationRegistry<GpuResidence>((residence) => residence.release());
