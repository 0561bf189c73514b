// Places tasks on devices by cost: measured where a task of its size class ran before, estimated where none did.
import { UnavailableError } from '../errors.ts';
import { ClassTable } from './class-table.ts';
import { composes } from './composing.ts';
import { className, costClass, CostTable } from './costs.ts';
import type { Device, DeviceMemory, Promptness, Refusal, Task } from './device.ts';
import { partsOf } from './parts.ts';

/** Choices that outlive a process, by the name of a class of tasks. */
export interface Placements {
  /** The device that was chosen in an earlier run. */
  recall(taskClass: string): string | undefined;
  /** Takes note of a choice. */
  chosen(taskClass: string, device: string): void;
}

/** Whether a device may compute a task, or why not. */
const answer = (device: Device, task: Task, mode: Promptness): true | Refusal =>
  task.numerics === 'exact' && !device.exact
    ? 'its results are not those of class exact'
    : answerInParts(device, task, mode);

/**
 * Composed rows that it does not compute whole are computed in parts where results lie in RAM, and maps among them by
 * any device.
 */
function answerInParts(device: Device, task: Task, mode: Promptness): true | Refusal {
  const whole = device.supports(task, mode);
  const { parts, kernel } = task.row;
  if (whole === true || parts === undefined || device.memory !== undefined) return whole;
  const [first, second] = partsOf(task, parts);
  if (kernel.skeleton !== 'map')
    return answerInParts(device, first.row.kernel.skeleton === 'map' ? second : first, mode);
  const ofFirst = answerInParts(device, first, mode);
  return ofFirst === true ? answerInParts(device, second, mode) : ofFirst;
}

/** Whether an operand lies on a device and not in RAM. (A task that is only priced has operands without blocks.) */
const isAway = (task: Task): boolean => task.operands.some(({ block }) => block?.isLocal === false);

/**
 * Chooses among devices. Where devices may differ in bits (class tolerance, a device outside the specification), a
 * choice is kept for its op, dtype and size class as soon as the device is known by measurement to be worth it, so that
 * neither a wrong estimate stays nor timing noise moves bits later on. (A choice that was not needed for many thousands
 * of others is made anew.)
 */
export class Dispatcher {
  readonly devices: readonly Device[];
  /** Those that may be chosen unasked. */
  automatic: readonly Device[];
  /** Those for which it is worth composing rows. */
  readonly composing: ReadonlySet<Device>;
  readonly costs: CostTable;
  #settled = new ClassTable<Device>();
  /** The memory that operands may have to be read from. */
  readonly #away: DeviceMemory | undefined;

  readonly #placements: Placements | undefined;
  readonly #areAllExact: boolean;

  /** `onRequest`: devices that compute only where they are asked for by name. */
  constructor(
    devices: readonly Device[],
    costs = new CostTable(),
    onRequest: readonly Device[] = [],
    placements?: Placements,
  ) {
    this.#placements = placements;
    this.devices = devices;
    this.automatic = devices.filter((device) => !onRequest.includes(device));
    this.#areAllExact = devices.every(({ exact }) => exact);
    this.composing = new Set(devices.filter(composes));
    this.costs = costs;
    this.#away = devices.find((device) => device.memory !== undefined)?.memory;
    for (const device of devices) device.memory?.reportTo?.((task, elapsedNs) => costs.learn(device, task, elapsedNs));
  }

  /**
   * The device for a task; `forced` restricts it to one name where that device can do it. `now`: it must answer within
   * this call.
   */
  place(task: Task, forced?: string, mode: Promptness = 'free'): Device {
    if (forced !== undefined) return this.#forced(task, forced, mode);
    if (task.numerics === 'exact' || mode === 'now') return this.#cheapest(task, mode);
    const key = costClass(task) * 2 + (this.#away !== undefined && isAway(task) ? 1 : 0);
    const settled = this.#settled.get(key) ?? this.#recalled(key, task);
    if (settled !== undefined && answer(settled, task, mode) === true) return settled;
    const chosen = this.#cheapest(task, mode);
    // Where the settled one cannot just now (a GPU that was lost), it will be the choice again.
    if (settled === undefined && this.costs.knows(chosen, task) && this.#mayDiffer(chosen, task)) {
      this.#settled.set(key, chosen);
      this.#placements?.chosen(this.#nameOf(task), chosen.name);
    }
    return chosen;
  }

  /** The device that an earlier run has chosen, which is the choice of this one. */
  #recalled(key: number, task: Task): Device | undefined {
    if (this.#placements === undefined || this.#areAllExact) return undefined;
    const name = this.#placements.recall(this.#nameOf(task));
    const device = name === undefined ? undefined : this.automatic.find((candidate) => candidate.name === name);
    if (device !== undefined) this.#settled.set(key, device);
    return device;
  }

  #nameOf(task: Task): string {
    return `${className(task)}${isAway(task) ? ' away' : ''}`;
  }

  /** Whether another choice may give other bits. */
  #mayDiffer(chosen: Device, task: Task): boolean {
    return !chosen.exact || this.devices.some((device) => !device.exact && answer(device, task, 'free') === true);
  }

  /** Until a device that was lost is open again, or given up; undefined where none is on its way. */
  get returning(): Promise<void> | undefined {
    return this.devices.find(({ memory }) => memory?.loss?.returning !== undefined)?.memory?.loss?.returning;
  }

  /** Has a device compute only what is asked of it by name, or what no other can: its results were wrong. */
  exclude(device: Device): void {
    this.automatic = this.automatic.filter((each) => each !== device);
    this.#settled = new ClassTable<Device>();
  }

  /** Why a device that was asked for by name does not compute a task; undefined where it does. */
  refusal(task: Task, forced: string, mode: Promptness): string | undefined {
    const device = this.devices.find(({ name }) => name === forced);
    const said = device === undefined || answer(device, task, mode);
    return said === true ? undefined : `not on ${forced}: ${said}`;
  }

  #cheapest(task: Task, mode: Promptness): Device {
    let best: Device | undefined;
    let bestNs = Infinity;
    for (const device of this.automatic) {
      if (answer(device, task, mode) !== true) continue;
      const ns = this.costs.expectNs(device, task) + this.#transferNs(device, task);
      if (ns < bestNs) [best, bestNs] = [device, ns];
    }
    best ??= this.devices.find((device) => answer(device, task, mode) === true);
    if (best !== undefined) return best;
    const reasons = this.devices.map((device) => `${device.name}: ${answer(device, task, mode)}`).join('; ');
    throw new UnavailableError(
      `${task.row.name}: no device computes it on ${task.type.dtype} in class ${task.numerics} (${reasons}); add ` +
        '"js" to the devices option, it computes everything.',
      { op: task.row.name, dtype: task.type.dtype, numerics: task.numerics },
    );
  }

  #transferNs(device: Device, task: Task): number {
    if (device.memory !== undefined) return device.memory.transferNs(task);
    if (this.#away === undefined) return 0;
    let ns = 0;
    for (const { block, type } of task.operands) if (block?.isLocal === false) ns += this.#away.readNs(type.sizeBytes);
    return ns;
  }

  #forced(task: Task, name: string, mode: Promptness): Device {
    const device = this.devices.find((candidate) => candidate.name === name);
    if (device === undefined) {
      throw new UnavailableError(
        `There is no device "${name}"; found: ${this.devices.map((candidate) => candidate.name).join(', ')}. ` +
          'sheet.devices() says what others need.',
        { device: name },
      );
    }
    return answer(device, task, mode) === true ? device : this.#cheapest(task, mode);
  }

  close(): void {
    for (const device of this.devices) device.close();
  }
}
