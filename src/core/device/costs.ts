// What tasks have cost on each device: by op, dtype and size class, learned from every run.
import type { OpRow } from '../ops/define.ts';
import { DTYPES, MAX_DTYPES } from '../tensor/dtype.ts';
import { ClassTable } from './class-table.ts';
import type { Device, Task } from './device.ts';

/** Share of a new measurement in the running mean. */
const LEARNING = 0.2;
/** A device that was not measured must promise to be this much quicker than one that was: estimates are hopeful. */
const DOUBT = 3;
/**
 * The first calls compile kernels and touch fresh memory: of so many the quickest counts, or a device would never be
 * asked again.
 */
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
  readonly #costs = new Map<Device, ClassTable<Cost>>();
  /** Nanoseconds per operand element at the last run on whatever device, by op and size class. */
  readonly #recent = new ClassTable<number>();

  /** Expected nanoseconds of a task on a device. */
  expectNs(device: Device, task: Task): number {
    return this.#priced(device, task, DOUBT, 2 * DOUBT);
  }

  /**
   * What a task takes where nothing is compiled for it: the least of its early runs, and no more than its estimate
   * before it ran a few times.
   */
  warmNs(device: Device, task: Task): number {
    return this.#priced(device, task, 1, 1);
  }

  /**
   * Nanoseconds as measured; so many estimates where nothing was, and at most so many while the device is not known.
   */
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

  /**
   * What an op last cost on operands of about so many elements, on whatever device; before it ran, dense products count
   * as costly.
   */
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
    if (ofDevice === undefined) this.#costs.set(device, (ofDevice = new ClassTable()));
    const perElement = elapsedNs / elementsOf(task);
    const cost = ofDevice.get(costClass(task));
    if (cost === undefined) ofDevice.set(costClass(task), { nsPerElement: perElement, samples: 1 });
    else {
      const { nsPerElement } = cost;
      const isEarly = cost.samples++ < EARLY_SAMPLES;
      cost.nsPerElement = isEarly
        ? Math.min(nsPerElement, perElement)
        : nsPerElement + LEARNING * (Math.min(perElement, OUTLIER * nsPerElement) - nsPerElement);
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

/** The name of a task's class in every process. */
export const className = (task: Task): string =>
  `${task.row.name}@${task.row.version} ${DTYPES[task.type.dtype].identity ?? task.type.dtype} ` +
  sizeClass(elementsOf(task));

/** Op, dtype and size class as one number: tasks of one class share a cost. */
export const costClass = (task: Task): number =>
  (task.row.number * MAX_DTYPES + DTYPES[task.type.dtype].number) * SIZE_CLASSES + sizeClass(elementsOf(task));
