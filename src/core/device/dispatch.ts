// Places tasks on devices by cost: measured where a task of its size class ran before, estimated where none did.
import { UnavailableError } from '../errors.ts';
import type { OpRow } from '../ops/define.ts';
import { DTYPES, MAX_DTYPES } from '../tensor/dtype.ts';
import type { Device, Task } from './device.ts';

/** Share of a new measurement in the running mean. */
const LEARNING = 0.2;
/** A device that was not measured must promise to be this much quicker than one that was: estimates are hopeful. */
const DOUBT = 3;
/** The first calls compile kernels and touch fresh memory: of so many the quickest counts, or a device would never be asked again. */
const EARLY_SAMPLES = 6;
/** With so many measurements a device is known; before, a slow one weighs no more than a bad estimate. */
const KNOWN_SAMPLES = 3;
/** Times the mean that a measurement counts as at most: the machine was busy with something else. */
const OUTLIER = 4;
const SIZE_CLASSES = 64;

/** What an (op, dtype, size class) has cost on one device. */
interface Cost {
  /** Nanoseconds per element touched: the least of the early samples, then their running mean. */
  nsPerElement: number;
  samples: number;
}

/** Costs by device, op, dtype and size class; injected so that tests can pin them. */
export class CostTable {
  readonly #costs = new Map<Device, Map<number, Cost>>();
  /** Nanoseconds per operand element at the last run on whatever device, by op and size class. */
  readonly #recent = new Map<number, number>();

  /** Expected nanoseconds of a task on a device. */
  expectNs(device: Device, task: Task): number {
    return this.#priced(device, task, DOUBT, 2 * DOUBT);
  }

  /** What a task takes where nothing is compiled for it: the least of its early runs, and no more than its estimate before it ran a few times. */
  warmNs(device: Device, task: Task): number {
    return this.#priced(device, task, 1, 1);
  }

  /** Nanoseconds as measured; so many estimates where nothing was, and at most so many while the device is not known. */
  #priced(device: Device, task: Task, unmeasured: number, atMost: number): number {
    const cost = this.#costs.get(device)?.get(costClass(task));
    if (cost === undefined) return unmeasured * device.estimateNs(task);
    const measured = cost.nsPerElement * elementsOf(task);
    return cost.samples < KNOWN_SAMPLES ? Math.min(measured, atMost * device.estimateNs(task)) : measured;
  }

  /** Whether a device ran tasks of this class often enough to be judged by that. */
  knows(device: Device, task: Task): boolean {
    return (this.#costs.get(device)?.get(costClass(task))?.samples ?? 0) >= KNOWN_SAMPLES;
  }

  /** What an op last cost on operands of about so many elements, on whatever device; before it ran, dense products count as dear. */
  recallNs(row: OpRow, elements: number): number {
    const nsPerElement = this.#recent.get(row.number * SIZE_CLASSES + sizeClass(elements + 1));
    if (nsPerElement !== undefined) return nsPerElement * (elements + 1);
    return row.kernel.skeleton === 'contract' || row.kernel.skeleton === 'linalg' ? Infinity : 0;
  }

  /** Takes a measurement into the running means. */
  learn(device: Device, task: Task, elapsedNs: number): void {
    let operands = 1;
    for (const operand of task.operands) operands += operand.type.size;
    this.#recent.set(task.row.number * SIZE_CLASSES + sizeClass(operands), elapsedNs / operands);
    let ofDevice = this.#costs.get(device);
    if (ofDevice === undefined) this.#costs.set(device, (ofDevice = new Map()));
    const perElement = elapsedNs / elementsOf(task);
    const cost = ofDevice.get(costClass(task));
    if (cost === undefined) ofDevice.set(costClass(task), { nsPerElement: perElement, samples: 1 });
    else {
      const { nsPerElement } = cost;
      const isEarly = cost.samples++ < EARLY_SAMPLES;
      cost.nsPerElement = isEarly ? Math.min(nsPerElement, perElement) : nsPerElement + LEARNING * (Math.min(perElement, OUTLIER * nsPerElement) - nsPerElement);
    }
  }
}

/** Elements a task touches, which its cost is taken to be proportional to within a size class. */
function elementsOf(task: Task): number {
  let elements = task.type.size + 1;
  for (const operand of task.operands) elements += operand.type.size;
  return elements;
}

/** Sizes within a factor of two share a class. */
const sizeClass = (elements: number): number => (elements < 2 ** 31 ? 31 - Math.clz32(elements) : 32);

/** Op, dtype and size class as one number: tasks of one class share a cost. */
export const costClass = (task: Task): number => (task.row.number * MAX_DTYPES + DTYPES[task.type.dtype].number) * SIZE_CLASSES + sizeClass(elementsOf(task));

/** `now`: within the call, on this thread. `free`: later, if that is better. */
export type Promptness = 'now' | 'free';

const isEligible = (device: Device, task: Task, mode: Promptness): boolean =>
  (task.numerics !== 'exact' || device.exact) && (mode === 'free' || (device.deviceMemory === undefined && device.readsAtOnce !== false)) && device.supports(task);

/** Why a device is not eligible. */
function obstacle(device: Device, task: Task, mode: Promptness): string {
  if (task.numerics === 'exact' && !device.exact) return 'its results are not those of class exact';
  if (mode === 'now' && (device.deviceMemory !== undefined || device.readsAtOnce === false)) return 'it answers later, and this call must have its result at once, as those of an eager sheet';
  return device.refusal?.(task) ?? 'it has no kernel for it';
}

/** Whether an operand lies on a device and not in RAM. (A task that is only priced has operands without blocks.) */
const isAway = (task: Task): boolean => task.operands.some(({ block }) => block?.isLocal === false);

/**
 * Chooses among devices. Where devices may differ in bits (class tolerance, a device outside the specification), a choice
 * is kept for its op, dtype and size class as soon as the device is known by measurement to be worth it, so that neither
 * a wrong estimate stays nor timing noise moves bits later on.
 */
export class Dispatcher {
  readonly devices: readonly Device[];
  readonly costs: CostTable;
  readonly #settled = new Map<number, Device>();

  /** The device whose memory operands may have to be read from. */
  readonly #away: Device | undefined;

  constructor(devices: readonly Device[], costs = new CostTable()) {
    this.devices = devices;
    this.costs = costs;
    this.#away = devices.find((device) => device.readNs !== undefined);
    for (const device of devices) device.reportTo?.((task, elapsedNs) => costs.learn(device, task, elapsedNs));
  }

  /** The device for a task; `forced` restricts it to one name where that device can do it. `now`: it must answer within this call. */
  place(task: Task, forced?: string, mode: Promptness = 'free'): Device {
    if (forced !== undefined) return this.#forced(task, forced, mode);
    if (task.numerics === 'exact' || mode === 'now') return this.#cheapest(task, mode);
    const key = costClass(task) * 2 + (this.#away !== undefined && isAway(task) ? 1 : 0);
    const settled = this.#settled.get(key);
    if (settled?.supports(task)) return settled;
    const chosen = this.#cheapest(task, mode);
    // Where the settled one cannot just now (a GPU that was lost), it will be the choice again.
    if (settled === undefined && this.costs.knows(chosen, task) && (!chosen.exact || this.devices.some((device) => !device.exact && device.supports(task)))) this.#settled.set(key, chosen);
    return chosen;
  }

  /** Until a device that was lost is open again, or given up; undefined where none is on its way. */
  get returning(): Promise<void> | undefined {
    return this.devices.find((device) => device.returning !== undefined)?.returning;
  }

  /** Why a device that was asked for by name does not compute a task, where it says so. */
  refusal(task: Task, forced: string): string | undefined {
    const why = this.devices.find(({ name }) => name === forced)?.refusal?.(task);
    return why === undefined ? undefined : `not on ${forced}: ${why}`;
  }

  #cheapest(task: Task, mode: Promptness): Device {
    let best: Device | undefined;
    let bestNs = Infinity;
    for (const device of this.devices) {
      if (device.automatic === false || !isEligible(device, task, mode)) continue;
      const ns = this.costs.expectNs(device, task) + this.#transferNs(device, task);
      if (ns < bestNs) [best, bestNs] = [device, ns];
    }
    best ??= this.devices.find((device) => isEligible(device, task, mode));
    if (best !== undefined) return best;
    const reasons = this.devices.map((device) => `${device.name}: ${obstacle(device, task, mode)}`).join('; ');
    throw new UnavailableError(
      `${task.row.name}: no device computes it on ${task.type.dtype} in class ${task.numerics} (${reasons}); add "js" to the devices option, it computes everything.`,
      { op: task.row.name, dtype: task.type.dtype, numerics: task.numerics },
    );
  }

  #transferNs(device: Device, task: Task): number {
    if (device.transferNs !== undefined) return device.transferNs(task);
    if (this.#away?.readNs === undefined) return 0;
    let ns = 0;
    for (const { block, type } of task.operands) if (block?.isLocal === false) ns += this.#away.readNs(type.sizeBytes);
    return ns;
  }

  #forced(task: Task, name: string, mode: Promptness): Device {
    const device = this.devices.find((candidate) => candidate.name === name);
    if (device === undefined) {
      throw new UnavailableError(
        `There is no device "${name}"; found: ${this.devices.map((candidate) => candidate.name).join(', ')}. sheet.devices() says what others need.`,
        { device: name },
      );
    }
    return isEligible(device, task, mode) ? device : this.#cheapest(task, mode);
  }

  close(): void {
    for (const device of this.devices) device.close();
  }
}
