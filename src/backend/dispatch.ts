// Places tasks on devices by cost: measured where a task of its size class ran before, estimated where none did.
import { UnavailableError } from '../errors.ts';
import type { OpRow } from '../ops/define.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Device, Task } from './device.ts';

/** Cost of an (op, device, size class), and where class tolerance has settled. */
interface Cost {
  /** Running mean per element of the task's work, in nanoseconds; NaN before the first measurement. */
  nsPerUnit: number;
  samples: number;
}

const LEARNING = 0.2;
/** A first call compiles kernels and warms caches; it is not what the next will cost. */
const WARM_UP_SAMPLES = 1;

/** Costs by op, device and size class; injected so that tests can pin it. */
export class CostTable {
  readonly #costs = new Map<string, Cost>();
  /** Nanoseconds per operand element at the last run, by op and size class. */
  readonly #recent = new Map<number, number>();

  /** Expected nanoseconds of a task on a device. */
  expectNs(device: Device, task: Task): number {
    const cost = this.#costs.get(costKey(device, task));
    return cost === undefined || cost.samples <= WARM_UP_SAMPLES ? device.estimateNs(task) : cost.nsPerUnit * workOf(task);
  }

  /** What an op last cost on operands of about this size, on whatever device; before it ran, dense products count as dear. */
  recallNs(row: OpRow, types: readonly TensorType[]): number {
    const elements = types.reduce((sum, type) => sum + type.size, 1);
    const nsPerElement = this.#recent.get(row.number * 64 + 31 - Math.clz32(elements));
    if (nsPerElement !== undefined) return nsPerElement * elements;
    return row.kernel.skeleton === 'contract' || row.kernel.skeleton === 'linalg' ? Infinity : 0;
  }

  /** Takes a measurement into the running mean. */
  learn(device: Device, task: Task, elapsedNs: number): void {
    const elements = task.operands.reduce((sum, operand) => sum + operand.type.size, 1);
    this.#recent.set(task.row.number * 64 + 31 - Math.clz32(elements), elapsedNs / elements);
    const key = costKey(device, task);
    const cost = this.#costs.get(key);
    const perUnit = elapsedNs / workOf(task);
    if (cost === undefined) this.#costs.set(key, { nsPerUnit: perUnit, samples: 1 });
    else {
      cost.nsPerUnit = cost.samples <= WARM_UP_SAMPLES ? perUnit : cost.nsPerUnit + LEARNING * (perUnit - cost.nsPerUnit);
      cost.samples++;
    }
  }
}

/** Work a cost is proportional to: elements touched. Size classes keep the proportion honest. */
const workOf = (task: Task): number => task.type.size + task.operands.reduce((sum, operand) => sum + operand.type.size, 0) + 1;

/** Sizes within a factor of two share a class. */
const sizeClass = (task: Task): number => 31 - Math.clz32(workOf(task));

const costKey = (device: Device, task: Task): string => `${device.name}/${task.row.name}/${task.type.dtype}/${sizeClass(task)}`;

/** Chooses among devices. In class tolerance a choice is kept per (op, dtype, size class), so that timing noise moves no bits. */
export class Dispatcher {
  readonly devices: readonly Device[];
  readonly costs: CostTable;
  readonly #settled = new Map<string, Device>();

  constructor(devices: readonly Device[], costs = new CostTable()) {
    this.devices = devices;
    this.costs = costs;
  }

  /** The device for a task; `forced` restricts it to one name. */
  place(task: Task, forced?: string): Device {
    if (forced !== undefined) return this.#forced(task, forced);
    const key = `${task.numerics}/${task.row.name}/${task.type.dtype}/${sizeClass(task)}`;
    const settled = this.#settled.get(key);
    if (settled?.supports(task)) return settled;
    const chosen = this.#cheapest(task);
    this.#settled.set(key, chosen);
    return chosen;
  }

  #cheapest(task: Task): Device {
    let best: Device | undefined;
    let bestNs = Infinity;
    for (const device of this.devices) {
      if ((task.numerics === 'exact' && !device.exact) || !device.supports(task)) continue;
      const ns = this.costs.expectNs(device, task);
      if (ns < bestNs) [best, bestNs] = [device, ns];
    }
    if (best !== undefined) return best;
    throw new UnavailableError(
      `${task.row.name}: none of the devices ${this.devices.map((device) => device.name).join(', ')} computes it on ${task.type.dtype} in class ${task.numerics}; add "js" to the devices option, it computes everything.`,
      { op: task.row.name, dtype: task.type.dtype, numerics: task.numerics },
    );
  }

  #forced(task: Task, name: string): Device {
    const device = this.devices.find((candidate) => candidate.name === name);
    if (device !== undefined && device.supports(task) && (task.numerics !== 'exact' || device.exact)) return device;
    if (device !== undefined) return this.#cheapest(task);
    throw new UnavailableError(
      `There is no device "${name}"; found: ${this.devices.map((candidate) => candidate.name).join(', ')}. sheet.devices() says what others need.`,
      { device: name },
    );
  }

  close(): void {
    for (const device of this.devices) device.close();
  }
}
