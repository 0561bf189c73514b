// The conformance suite of devices: whatever computes tasks is held against the JavaScript reference, row by row, and
// against its contract.
import type { Device, DeviceMemory, Promptness, Task } from '../core/device/device.ts';
import { SheetError } from '../core/errors.ts';
import { boundOf, type OpRow } from '../core/ops/define.ts';
import { OPS } from '../core/ops/index.ts';
import { type Block, type Memory, type Value, valueOf, valueOfArray } from '../core/tensor/block.ts';
import { type DType, isFloat, type TypedArray } from '../core/tensor/dtype.ts';
import { type ConformanceCase, hold } from './case.ts';
import { errorIn, isSameBits, isSubnormal } from './closeness.ts';
import { blankFor, composedTasks, describeTask, dtypesOf, referenceOf, tasksOf } from './tasks.ts';

/** What a device is held to, and what it is allowed. */
export interface DeviceExpectations {
  /**
   * Rows it has to compute on one dtype at least; others it may refuse. Default none, but it has to compute something.
   */
  readonly computes?: (row: OpRow) => boolean;
  /** Tasks to try of each row and dtype. Default 6. */
  readonly tasksPerDType?: number;
  /** Dtypes to try. Default all that ops compute in. */
  readonly dtypes?: readonly DType[];
  /** A memory in RAM that its kernels reach without a copy, to try beside ordinary arrays. */
  readonly ram?: (device: Device) => Memory | undefined;
  /** Whether it may take subnormal operands and results for zero, as GPUs do. */
  readonly flushesSubnormals?: boolean;
  /** Tasks that are left out: say beside it why. */
  readonly leavesOut?: (task: Task) => boolean;
  /** The error that is allowed, in epsilons of the dtype. Default the bound of the row. */
  readonly bound?: (task: Task) => number;
  /** How an error is measured, in epsilons. Default `errorIn`. */
  readonly errorIn?: (task: Task, got: TypedArray, wanted: TypedArray) => number;
  /** Has a device of `open` lose its memory, with everything that lies there; resolves when it has. */
  readonly lose?: (device: Device) => void | Promise<void>;
}

/**
 * The cases that a device has to pass. `open` opens a fresh one; all cases but the last few share the first, which the
 * case `closes` closes. A device that says `exact` gives the bits of the reference; another stays within the bound of
 * every row.
 */
export function deviceConformance(
  open: () => Device | Promise<Device>,
  expected: DeviceExpectations = {},
): readonly ConformanceCase[] {
  return new DeviceSuite(open, expected).cases();
}

class DeviceSuite {
  readonly #open: () => Device | Promise<Device>;
  readonly #expected: DeviceExpectations;
  #shared: Promise<Device> | undefined;

  constructor(open: () => Device | Promise<Device>, expected: DeviceExpectations) {
    this.#open = open;
    this.#expected = expected;
  }

  cases(): ConformanceCase[] {
    const { lose } = this.#expected;
    const onDevice = (name: string, run: (device: Device) => void | Promise<void>): ConformanceCase => ({
      name,
      run: async () => run(await (this.#shared ??= Promise.resolve(this.#open()))),
    });
    const rows = [...OPS.values()].filter(({ kernel }) => kernel.skeleton !== 'alias');
    return [
      onDevice('says what it is', checkDescription),
      ...rows.map((row) =>
        onDevice(`${row.name} has the values of the reference, or a reason`, (device) => this.#checkRow(device, row)),
      ),
      onDevice(
        'computes composed rows whole, or says that it does not',
        async (device) => void (await this.#checkAll(device, composedTasks())),
      ),
      onDevice('computes something, and prices it', (device) => this.#checkPrices(device)),
      onDevice('computes several tasks at a time', (device) => this.#checkTogether(device)),
      onDevice('leaves its operands as they are', (device) => this.#checkOperands(device)),
      onDevice(
        'has results in its memory, where it has one, until they are read, and computes on them there',
        (device) => this.#checkMemory(device),
      ),
      {
        name: 'refuses while it is lost, and says so',
        ...(lose === undefined && { skip: 'nothing was given that loses it' }),
        run: async () => this.#checkLoss(await this.#open(), lose as NonNullable<typeof lose>),
      },
      onDevice('closes', (device) => device.close()),
    ];
  }

  async #checkRow(device: Device, row: OpRow): Promise<void> {
    const { dtypes, tasksPerDType = 6, computes } = this.#expected;
    let computed = 0;
    for (const dtype of dtypesOf(row)) {
      if (dtypes !== undefined && !dtypes.includes(dtype)) continue;
      computed += await this.#checkAll(device, tasksOf(row, dtype, row.source ? 3 * tasksPerDType : tasksPerDType));
    }
    if (computes?.(row) === true)
      hold(computed > 0, `${device.name} computes no task of ${row.name}.`, { op: row.name });
  }

  /** Checks tasks, each as it may be asked for; how many it computes. */
  async #checkAll(device: Device, tasks: readonly Task[]): Promise<number> {
    let computed = 0;
    for (const task of tasks) {
      if (this.#expected.leavesOut?.(task) === true) continue;
      const memories = device.memory === undefined ? [undefined, this.#expected.ram?.(device)] : [device.memory];
      for (const memory of memories.slice(0, memories[1] === undefined ? 1 : 2)) {
        for (const mode of ['free', 'now'] as const) {
          const said = device.supports(task, mode);
          if (said === true) await this.#checkTask(device, task, mode, memory);
          else checkRefusal(device, task, said);
          if (said === true && mode === 'free') computed++;
        }
      }
    }
    return computed;
  }

  async #checkTask(device: Device, task: Task, mode: Promptness, memory: Memory | undefined): Promise<void> {
    const name = `${device.name}, ${mode}: ${describeTask(task)}`;
    const placed =
      memory === undefined || memory === device.memory
        ? task
        : { ...task, operands: task.operands.map((operand) => copyIn(memory, operand)) };
    const wanted = this.#wantedOf(task);
    const got = await outcomeOf(device, placed, mode, memory);
    if ('code' in got || wanted.some((each) => 'code' in each)) {
      const isSame = wanted.some((each) => 'code' in each && 'code' in got && each.code === got.code);
      return hold(isSame, `${name}: ${codeOf(got)} where the reference has ${wanted.map(codeOf).join(' or ')}.`);
    }
    const results = wanted as readonly { readonly array: TypedArray }[];
    if (device.exact)
      return hold(
        isSameBits(got.array, results[0]?.array as TypedArray),
        `${name}: it has not the bits of the reference.`,
        { got: got.array, wanted: results[0]?.array },
      );
    const bound = this.#expected.bound?.(task) ?? boundOf(task.row, task.attrs);
    const errors = results.map(({ array }) => (this.#expected.errorIn ?? errorIn)(task, got.array, array));
    hold(
      Math.min(...errors) <= bound,
      `${name}: off by ${Math.min(...errors)} epsilons, of which ${bound} are allowed.`,
      { got: got.array, wanted: results[0]?.array },
    );
  }

  /**
   * What the reference makes of a task; also of one with zeros for subnormal operands, where those may count as such.
   */
  #wantedOf(task: Task): readonly Outcome[] {
    const plain = referenceOutcome(task);
    const mayFlush =
      this.#expected.flushesSubnormals === true &&
      task.operands.some(
        ({ type, array }) => isFloat(type.dtype) && (array as Float32Array).some((x) => isSubnormal(x)),
      );
    if (!mayFlush) return [plain];
    const operands = task.operands.map(({ type, array }) =>
      valueOfArray(
        type,
        isFloat(type.dtype) ? (array as Float32Array).map((x) => (isSubnormal(x) ? 0 * x : x)) : array,
      ),
    );
    return [plain, referenceOutcome({ ...task, operands })];
  }

  /** Some tasks that it computes. */
  #samples(device: Device, count: number): readonly Task[] {
    const found: Task[] = [];
    for (const row of OPS.values()) {
      if (row.kernel.skeleton === 'alias' || row.kernel.skeleton === 'linalg' || row.source) continue;
      for (const dtype of dtypesOf(row)) {
        const task = tasksOf(row, dtype, this.#expected.tasksPerDType ?? 6).find(
          (each) => this.#expected.leavesOut?.(each) !== true && device.supports(each, 'free') === true,
        );
        if (task !== undefined) found.push(task);
        if (found.length === count) return found;
      }
    }
    return found;
  }

  #checkPrices(device: Device): void {
    const [task] = this.#samples(device, 1);
    hold(task !== undefined, `${device.name} refuses every task there is.`);
    const ns = device.estimateNs(task);
    hold(
      Number.isFinite(ns) && ns > 0,
      `${device.name} estimates ${ns} ns for ${describeTask(task)}; it has to be a positive number.`,
    );
  }

  async #checkTogether(device: Device): Promise<void> {
    await Promise.all(this.#samples(device, 12).map((task) => this.#checkTask(device, task, 'free', device.memory)));
  }

  async #checkOperands(device: Device): Promise<void> {
    for (const task of this.#samples(device, 12)) {
      const before = task.operands.map(({ array }) => array.slice());
      await outcomeOf(device, task, 'free', device.memory);
      const written = task.operands.findIndex(({ array }, i) => !isSameBits(array, before[i]!));
      hold(written < 0, `${device.name} wrote to operand ${written} of ${describeTask(task)}.`);
    }
  }

  async #checkMemory(device: Device): Promise<void> {
    const { memory } = device;
    if (memory === undefined) return;
    for (const task of this.#samples(device, 4)) {
      hold(
        device.supports(task, 'now') !== true,
        `${device.name} has a memory of its own, and says that it computes within a call.`,
      );
      checkCosts(device, memory, task);
      const block = memory.take(task.type);
      await device.run(task, block, 'free');
      hold(!block.isLocal, `${device.name}: the result of ${describeTask(task)} is in RAM before anybody read it.`);
      await this.#checkOnResult(device, task, valueOf(task.type, block));
      memory.trim?.();
      await block.bring();
      block.release();
    }
    hold(memory.loss === undefined, `${device.name} says that it is lost: ${memory.loss?.reason}.`);
  }

  /** The same row on a result that lies there, where it takes that. */
  async #checkOnResult(device: Device, task: Task, value: Value): Promise<void> {
    const fits = task.operands.every(
      ({ type }) =>
        type === value.type || (type.dtype === value.type.dtype && type.shape.join() === value.type.shape.join()),
    );
    const onResult: Task = { ...task, operands: task.operands.map(() => value) };
    if (!fits || device.supports(onResult, 'free') !== true) return;
    const got = await outcomeOf(device, onResult, 'free', device.memory);
    await value.block.bring();
    const wanted = referenceOutcome(onResult);
    if ('code' in got || 'code' in wanted)
      return hold(
        'code' in got && 'code' in wanted,
        `${device.name}: ${describeTask(task)} on a result of its own fails.`,
      );
    const error = device.exact
      ? Number(!isSameBits(got.array, wanted.array))
      : (this.#expected.errorIn ?? errorIn)(task, got.array, wanted.array);
    const bound = device.exact ? 0 : (this.#expected.bound?.(task) ?? boundOf(task.row, task.attrs));
    hold(error <= bound, `${device.name}: ${describeTask(task)} on a result of its own is off by ${error} epsilons.`);
  }

  async #checkLoss(device: Device, lose: (device: Device) => void | Promise<void>): Promise<void> {
    const { memory } = device;
    const [task] = this.#samples(device, 1);
    hold(memory !== undefined && task !== undefined, `${device.name} has no memory to lose, or computes nothing.`);
    const block = memory.take(task.type);
    await device.run(task, block, 'free');
    await lose(device);
    hold(
      memory.loss !== undefined && memory.loss.reason !== '',
      `${device.name} was lost, and its memory does not say how.`,
    );
    hold(
      device.supports(task, 'free') !== true || memory.loss === undefined,
      `${device.name} is lost, and says that it computes.`,
    );
    hold(device.detail !== '', `${device.name} is lost, and does not say so to people.`);
    const read = await block.bring().then(
      () => 'read',
      (error: unknown) => (error as { readonly code?: string }).code,
    );
    hold(
      read === 'DEVICE_LOST' || read === 'read',
      `${device.name}: reading what was lost fails with ${read}; it has to reject with a DeviceLostError.`,
    );
    await memory.loss?.returning;
    if (memory.loss === undefined) await this.#checkTask(device, task, 'free', memory);
    device.close();
  }
}

type Outcome = { readonly array: TypedArray } | { readonly code: string };

function referenceOutcome(task: Task): Outcome {
  try {
    return { array: referenceOf(task).array };
  } catch (error) {
    return refusalOf(error);
  }
}

const codeOf = (outcome: Outcome): string => ('code' in outcome ? outcome.code : 'a result');

/** Results that are mathematically absent, and operands that an op refuses. */
const ANSWERS = new Set(['NUMERIC', 'ATTRIBUTE', 'SHAPE', 'DTYPE']);

/** The code of an error that is the op's answer; any other is thrown again. */
function refusalOf(error: unknown): Outcome {
  if (error instanceof SheetError && ANSWERS.has(error.code)) return { code: error.code };
  throw error;
}

/** What a device makes of a task. */
async function outcomeOf(device: Device, task: Task, mode: Promptness, memory: Memory | undefined): Promise<Outcome> {
  const out: Block = memory === undefined ? blankFor(task.type) : memory.take(task.type);
  try {
    const running = device.run(task, out, mode);
    hold(
      mode === 'free' || running === undefined,
      `${device.name} says that it computes ${describeTask(task)} within the call, and answers later.`,
    );
    await running;
    await out.bring();
    return { array: out.array.slice() };
  } catch (error) {
    return refusalOf(error);
  } finally {
    out.release();
  }
}

function checkRefusal({ name }: Device, task: Task, said: unknown): void {
  const isReason = typeof said === 'string' && /[^.\s]$/.test(said);
  hold(isReason, `${name}: its refusal of ${describeTask(task)} is no reason: ${JSON.stringify(said)}.`);
}

function copyIn(memory: Memory, { type, array }: Value): Value {
  const block = memory.take(type);
  block.array.set(array as never);
  return valueOf(type, block);
}

function checkDescription({ name, detail, exact }: Device): void {
  hold(typeof name === 'string' && name !== '', 'A device needs a name.');
  hold(typeof detail === 'string' && detail !== '', `${name} has no detail: what it is, for people.`);
  hold(typeof exact === 'boolean', `${name} does not say whether it is exact.`);
}

function checkCosts({ name }: Device, memory: DeviceMemory, task: Task): void {
  const [there, back] = [memory.transferNs(task), memory.readNs(task.type.sizeBytes)];
  hold(
    Number.isFinite(there) && there >= 0 && Number.isFinite(back) && back > 0,
    `${name}: it takes ${there} ns to get there and ${back} ns back; both have to be numbers from 0 on.`,
  );
}
