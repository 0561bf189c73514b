// A machine with devices, checkpoints and a journal: it can be stopped at any tick, moved, replayed, and run back.
import { AttributeError, type Digest, FormatError, toHex } from '../../kit.ts';
import { guestMemory, type VacDevice } from '../devices/device.ts';
import type { VacValue } from '../isa/row.ts';
import { ISA_VERSION } from '../isa/rows.ts';
import type { VacLimits } from '../machine/layout.ts';
import { type SyscallHandler, VacMachine } from '../machine/machine.ts';
import type { StopReason } from '../machine/reference.ts';
import type { MachineState, VacStatus } from '../machine/state.ts';
import { encodeVacProgram } from '../program/encoding.ts';
import { type LinkedProgram, linkProgram } from '../program/link.ts';
import type { VacProgram } from '../program/program.ts';
import { type PageId, PageStore, rootOf } from '../snapshot/pages.ts';
import type { JournalEntry } from './journal.ts';

/** What a device kept at a checkpoint. */
export interface SavedDevice {
  readonly name: string;
  readonly version: number;
  readonly state: Uint8Array;
}

/** A machine at a tick: pages by their ids, devices, and one root over all of it. */
export interface VacCheckpoint {
  readonly ticks: bigint;
  readonly root: string;
  readonly isa: number;
  /** The digest of the program. */
  readonly code: string;
  readonly limits: VacLimits;
  readonly pages: readonly PageId[];
  readonly devices: readonly SavedDevice[];
  /** How many entries of the journal are before it. */
  readonly inputs: number;
}

/** How a runtime is made. */
export interface RuntimeOptions {
  /** Names pages: that of `symbolic-sheet/vac` where none is given. */
  readonly digest: Digest;
  readonly devices?: readonly VacDevice[];
  readonly limits?: Partial<VacLimits>;
  readonly onEvent?: (tag: number, value: bigint) => void;
  readonly form?: 'register' | 'reference';
  /** Where pages lie; several runtimes may share one. */
  readonly pages?: PageStore;
}

/** An instruction that was run, as a window of events shows it. */
export interface VacEvent {
  readonly tick: bigint;
  readonly pc: number;
  readonly name: string;
}

/** A machine in time. */
export class VacRuntime {
  readonly machine: VacMachine;
  readonly pages: PageStore;
  readonly code: string;
  readonly #devices: readonly VacDevice[];
  readonly #checkpoints: VacCheckpoint[] = [];
  #journal: JournalEntry[] = [];
  /** Entries that were used; those behind it are what a replay will be answered. */
  #used = 0;
  #written: { address: number; bytes: Uint8Array }[] = [];
  /** Pages of the last checkpoint, to compare with. */
  #last: readonly PageId[] = [];

  constructor(program: VacProgram | LinkedProgram, options: RuntimeOptions) {
    const linked = 'steps' in program ? program : linkProgram(program);
    this.#devices = options.devices ?? [];
    this.pages = options.pages ?? new PageStore(options.digest);
    this.code = toHex(options.digest.hash(encodeVacProgram(linked.program)));
    const { limits = {}, onEvent, form = 'register' } = options;
    const syscalls = Object.fromEntries(this.#devices.flatMap((device) => this.#callsOf(device)));
    this.machine = new VacMachine(linked, { limits, syscalls, form, ...(onEvent && { onEvent }) });
  }

  get ticks(): bigint {
    return this.machine.ticks;
  }

  get status(): VacStatus {
    return this.machine.status;
  }

  get journal(): readonly JournalEntry[] {
    return this.#journal;
  }

  get checkpoints(): readonly VacCheckpoint[] {
    return this.#checkpoints;
  }

  /** Begins a call of an exported function, and keeps where it began. */
  start(name: string, args: readonly VacValue[] = []): this {
    this.machine.start(name, args);
    this.checkpoint();
    return this;
  }

  /** Runs for so many ticks, one at least. */
  step(ticks: bigint | number = 1): StopReason {
    return this.machine.run(ticks);
  }

  /** Runs to the end, or for so many ticks, with a checkpoint every so many. */
  run(ticks: bigint | number = 2n ** 62n, checkpointEvery: bigint | number = 2n ** 62n): StopReason {
    const until = this.ticks + BigInt(ticks);
    for (;;) {
      const left = until - this.ticks;
      const part = left < BigInt(checkpointEvery) ? left : BigInt(checkpointEvery);
      const stop = this.machine.run(part);
      if (stop !== 'ticks' || this.ticks >= until) return stop;
      this.checkpoint();
    }
  }

  /** The state as it is now, kept. */
  checkpoint(): VacCheckpoint {
    const { state } = this.machine;
    state.tidy();
    const { base, memoryBase, memoryBytes, layout } = state;
    const pages = this.pages.take(state.bytes.subarray(base, memoryBase + memoryBytes), this.#last);
    this.#last = pages;
    const devices = this.#devices.map((device) => ({
      name: device.name,
      version: device.version,
      state: device.save(),
    }));
    const { limits } = layout;
    const content = { isa: ISA_VERSION, code: this.code, limits, pages, devices };
    const checkpoint = {
      ...content,
      ticks: this.ticks,
      root: stateRootOf(content, this.pages.digest),
      inputs: this.#used,
    };
    this.#checkpoints.push(checkpoint);
    return checkpoint;
  }

  /** The root of the state as it is. */
  root(): string {
    return this.checkpoint().root;
  }

  /** Goes on from a checkpoint of the same program, limits and devices. Throws FormatError for another. */
  load(checkpoint: VacCheckpoint): this {
    this.#check(checkpoint);
    const { state } = this.machine;
    const bytes = new Uint8Array(checkpoint.pages.length * 65_536);
    this.pages.put(checkpoint.pages, bytes);
    this.machine.restore(bytes);
    for (const [at, device] of this.#devices.entries()) device.load(checkpoint.devices[at]!.state);
    this.#last = checkpoint.pages;
    this.#used = Math.min(checkpoint.inputs, this.#journal.length);
    state.refresh();
    return this;
  }

  /** Has inputs answered from a journal, as they were when it was written. */
  replay(journal: readonly JournalEntry[]): this {
    this.#journal = [...journal];
    return this;
  }

  /** Goes to a tick, forward or back: from the nearest checkpoint before it. */
  seek(tick: bigint | number): this {
    const target = BigInt(tick);
    const from = this.#checkpoints
      .filter(({ ticks }) => ticks <= target)
      .sort(byTicks)
      .at(-1);
    if (from === undefined)
      throw new AttributeError(`There is no checkpoint at or before tick ${target}; begin with \`start\`.`, { tick });
    if (this.ticks > target || this.ticks < from.ticks) this.load(from);
    // A machine that yields goes on.
    while (this.ticks < target && this.machine.run(target - this.ticks) === 'yielded');
    return this;
  }

  /** Instructions from a tick to another, of rows that are asked for: they are run again, one by one. */
  events(from: bigint | number, to: bigint | number, wanted: (name: string) => boolean = () => true): VacEvent[] {
    this.seek(from);
    const events: VacEvent[] = [];
    const { state } = this.machine;
    while (this.ticks < BigInt(to) && (state.status === 'running' || state.status === 'waiting')) {
      const [tick, pc] = [this.ticks, state.control('pc')];
      const { name } = state.linked.steps[pc]!.row;
      if (wanted(name)) events.push({ tick, pc, name });
      if (this.machine.run(1) === 'waiting') break;
    }
    return events;
  }

  #callsOf(device: VacDevice): [string, SyscallHandler][] {
    return Object.entries(device.calls).map(([call, answer]) => {
      const name = `${device.name}.${call}`;
      const asked: SyscallHandler = (args, state) => {
        const memory = guestMemory(state, (address, bytes) => this.#written.push({ address, bytes: bytes.slice() }));
        return answer(args, memory, state.ticks);
      };
      return [name, device.inputs?.includes(call) === true ? this.#journaled(name, asked) : asked];
    });
  }

  /** An answer from outside is taken from the journal where that has it, and written to it where it is new. */
  #journaled(name: string, ask: SyscallHandler): SyscallHandler {
    return (args, state) => {
      const entry = this.#journal[this.#used];
      if (entry !== undefined) {
        if (entry.tick !== state.ticks || entry.name !== name)
          throw new FormatError(
            `The journal has ${entry.name} at tick ${entry.tick}, and the machine asks ${name} at ${state.ticks}: ` +
              'it is that of another run.',
            { tick: state.ticks, name },
          );
        this.#used += 1;
        return applied(entry, state);
      }
      this.#written = [];
      const results = ask(args, state);
      if (results === undefined) return undefined;
      this.#journal.push({ tick: state.ticks, name, results, writes: this.#written });
      this.#used = this.#journal.length;
      return results;
    };
  }

  #check({ code, isa, limits, devices, root, pages }: VacCheckpoint): void {
    const { layout } = this.machine.state;
    const own = layout.limits;
    const differs =
      code !== this.code
        ? 'program'
        : isa !== ISA_VERSION
          ? 'instruction set'
          : limits.stackSlots !== own.stackSlots || limits.depth !== own.depth || limits.memoryPages !== own.memoryPages
            ? 'limits'
            : devices.map(({ name, version }) => `${name}/${version}`).join() !==
                this.#devices.map(({ name, version }) => `${name}/${version}`).join()
              ? 'devices'
              : undefined;
    if (differs !== undefined)
      throw new FormatError(`This checkpoint is of a machine with other ${differs}; make one like it.`, { differs });
    if (stateRootOf({ code, isa, limits, devices, pages }, this.pages.digest) !== root)
      throw new FormatError('This checkpoint is not what its root says; take it from where it was written.', { root });
  }
}

const byTicks = (a: VacCheckpoint, b: VacCheckpoint): number => Number(a.ticks - b.ticks);

function applied({ results, writes }: JournalEntry, state: MachineState): readonly VacValue[] {
  const memory = guestMemory(state, () => {});
  for (const { address, bytes } of writes) memory.write(address, bytes);
  return results;
}

/** The root of a checkpoint: over its program, limits, pages and devices. */
export function stateRootOf(
  { code, isa, limits, pages, devices }: Omit<VacCheckpoint, 'ticks' | 'root' | 'inputs'>,
  digest: Digest,
): string {
  const saved = devices.map(({ name, version, state }) => [name, version, toHex(digest.hash(state))]);
  const sealed = ['vac-state', isa, code, limits.stackSlots, limits.depth, limits.memoryPages];
  return toHex(digest.hash(new TextEncoder().encode(JSON.stringify([...sealed, rootOf(pages, digest), saved]))));
}

/** Pages in which two checkpoints differ. */
export function diffCheckpoints(a: VacCheckpoint, b: VacCheckpoint): number[] {
  const length = Math.max(a.pages.length, b.pages.length);
  return Array.from({ length }, (_, at) => at).filter((at) => a.pages[at] !== b.pages[at]);
}
