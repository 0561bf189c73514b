// Many machines as one: in an epoch each runs for its quantum by itself, and at its end messages are delivered, ordered
// by who sent them. Ticks alone decide, so that the order in which machines run changes nothing.
import { AttributeError } from '../../kit.ts';
import type { BusDevice, BusMessage } from '../devices/devices.ts';
import type { VacRuntime } from './runtime.ts';

/** A machine of a schedule. */
export interface ScheduledMachine {
  readonly runtime: VacRuntime;
  readonly bus?: BusDevice;
  /** Ticks in all; a machine that used them up is not run any more. */
  readonly quota?: bigint;
}

/** What an epoch did. */
export interface EpochReport {
  readonly epoch: number;
  readonly ticks: bigint;
  readonly messages: number;
  /** Machines that can go on in the next one. */
  readonly runnable: number;
}

/** Of messages of one sender the order stays. */
const sort = (messages: BusMessage[]): void => void messages.sort((a, b) => Number(a.tick - b.tick) || a.from - b.from);

/** Machines that are run in epochs. */
export class VacSchedule {
  readonly #machines: readonly ScheduledMachine[];
  readonly #quantum: bigint;
  #epoch = 0;

  /** Each machine that can go on gets the quantum in every epoch: none waits for another. */
  constructor(machines: readonly ScheduledMachine[], quantum: bigint | number = 10_000) {
    for (const [at, { bus }] of machines.entries())
      if (bus !== undefined && bus.self !== at)
        throw new AttributeError(`Machine ${at} has the bus of ${bus.self}; give it one of its own number.`, { at });
    this.#machines = machines;
    this.#quantum = BigInt(quantum);
  }

  /** Runs one epoch. `order` is that in which machines run; nothing depends on it. */
  epoch(order: readonly number[] = [...this.#machines.keys()]): EpochReport {
    this.#epoch += 1;
    let ticks = 0n;
    for (const at of order) ticks += this.#runOne(this.#machines[at]!);
    const messages = this.#deliver();
    const runnable = this.#machines.filter((machine) => this.#isRunnable(machine)).length;
    return { epoch: this.#epoch, ticks, messages, runnable };
  }

  /** Runs epochs until no machine can go on, or so many. */
  run(epochs = 1_000_000): EpochReport {
    let report = this.epoch();
    while (report.runnable > 0 && report.epoch < epochs) report = this.epoch();
    return report;
  }

  #runOne(machine: ScheduledMachine): bigint {
    if (!this.#canRun(machine)) return 0n;
    const before = machine.runtime.ticks;
    const left = machine.quota === undefined ? this.#quantum : machine.quota - before;
    machine.runtime.step(left < this.#quantum ? left : this.#quantum);
    return machine.runtime.ticks - before;
  }

  #canRun({ runtime, quota }: ScheduledMachine): boolean {
    if (quota !== undefined && runtime.ticks >= quota) return false;
    return runtime.status === 'running' || runtime.status === 'waiting';
  }

  /** Whether a machine has something to go on with. */
  #isRunnable(machine: ScheduledMachine): boolean {
    if (!this.#canRun(machine)) return false;
    return machine.runtime.status === 'running' || machine.bus?.hasMessages === true;
  }

  /** By the tick of the sender, by its number, then in the order of sending. What is for nobody is lost. */
  #deliver(): number {
    const sent = this.#machines.flatMap(({ bus }) => bus?.takeSent() ?? []);
    sort(sent);
    for (const message of sent) this.#machines[message.to]?.bus?.deliver(message);
    return sent.length;
  }
}
