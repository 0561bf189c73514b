// A machine: a program, its state, and what is outside of it. It runs by ticks, and stops at the one it was told.
import { AttributeError, LimitError, SheetError } from '../../kit.ts';
import { Trapping, type TrapName, type VacType, type VacValue } from '../isa/row.ts';
import type { LinkedProgram } from '../program/link.ts';
import { linkProgram } from '../program/link.ts';
import type { VacSignature, VacProgram } from '../program/program.ts';
import { initialise } from './bulk.ts';
import { CONTROL_WORDS, DEFAULT_LIMITS, stateLayout, type VacLimits } from './layout.ts';
import { type Outside, referenceStep, type StopReason } from './reference.ts';
import { derivedBytes, RegisterRunner } from '../register/runner.ts';
import { MachineState, type VacStatus } from './state.ts';

/** Answers a syscall with its results; undefined has the machine wait until it is run again. */
export type SyscallHandler = (args: readonly VacValue[], state: MachineState) => readonly VacValue[] | undefined;

/** How a machine is made. */
export interface MachineOptions {
  readonly limits?: Partial<VacLimits>;
  /** Who answers a syscall, by its name. */
  readonly syscalls?: Readonly<Record<string, SyscallHandler>>;
  readonly onEvent?: (tag: number, value: bigint) => void;
  /** What runs it; both give the same states. `register` is the default and the faster one. */
  readonly form?: 'register' | 'reference';
}

/** A machine trapped. `details.trap` says why, `pc` where, `ticks` when. */
export class VacTrap extends SheetError {
  constructor(trap: TrapName, pc: number, ticks: bigint) {
    super('TRAP', `The machine trapped at step ${pc}, tick ${ticks}: ${trap}.`, { trap, pc, ticks });
    this.name = 'VacTrap';
  }
}

/** A machine. */
export class VacMachine {
  readonly linked: LinkedProgram;
  readonly state: MachineState;
  readonly #outside: Outside;
  readonly #runner: RegisterRunner | undefined;

  /** Throws FormatError for a program that does not verify, and VacTrap where its segments do not fit. */
  constructor(program: VacProgram | LinkedProgram, options: MachineOptions = {}) {
    this.linked = 'steps' in program ? program : linkProgram(program);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const pages = this.linked.program.memory?.minimum ?? 0;
    if (pages > limits.memoryPages)
      throw new LimitError(
        `The program begins with ${pages} pages of memory and may have ${limits.memoryPages}; raise \`memoryPages\`.`,
        { pages, limit: limits.memoryPages },
      );
    const derived = options.form === 'reference' ? 0 : derivedBytes(this.linked, limits.depth);
    this.state = new MachineState(this.linked, stateLayout(this.linked.program, limits), derived, pages);
    this.state.setControl('memoryPages', pages);
    this.#outside = outsideOf(options);
    this.#runner = options.form === 'reference' ? undefined : new RegisterRunner(this.state);
    try {
      initialise(this.state);
    } catch (error) {
      if (error instanceof Trapping) throw new VacTrap(error.trap, 0, 0n);
      throw error;
    }
  }

  get status(): VacStatus {
    return this.state.status;
  }

  get ticks(): bigint {
    return this.state.ticks;
  }

  get trap(): TrapName {
    return this.state.trap;
  }

  /** Begins a call of an exported function. A machine that trapped can be looked at, and not called. */
  start(name: string, args: readonly VacValue[] = []): this {
    const found = this.linked.program.exports.find((one) => one.name === name && one.kind === 'function');
    if (found === undefined) {
      const known = this.linked.program.exports.filter(({ kind }) => kind === 'function').map((one) => one.name);
      throw new AttributeError(`The program exports no function "${name}"; it has ${known.join(', ') || 'none'}.`, {
        name,
      });
    }
    return this.startFunction(found.index, args);
  }

  /** The same by the number of the function. */
  startFunction(index: number, args: readonly VacValue[] = []): this {
    const { state } = this;
    if (state.status !== 'ready' && state.status !== 'halted')
      throw new AttributeError(`The machine is ${state.status}; make another, or run this one to its end.`, {
        status: state.status,
      });
    const { signature, localSlots, frameSlots } = this.linked.functions[index]!;
    if (frameSlots > state.layout.limits.stackSlots)
      throw new LimitError(`A frame of ${frameSlots} slots does not fit the stack; raise \`stackSlots\`.`, {
        frameSlots,
      });
    checkArguments(signature, args);
    for (const word of ['frame', 'depth'] as const) state.setControl(word, 0);
    state.setControl('entry', index);
    state.setControl('pc', this.linked.entries[index]!);
    for (const [at, type] of signature.params.entries()) state.write(type, state.slot(at), args[at]!);
    state.i64.fill(0n, state.slot(signature.params.length), state.slot(localSlots));
    state.status = 'running';
    return this;
  }

  /** Runs for at most so many ticks. */
  run(ticks: bigint | number = 2n ** 63n): StopReason {
    const { state } = this;
    const until = state.ticks + BigInt(ticks);
    if (this.#runner !== undefined) return this.#runner.run(until, this.#outside);
    while (state.status === 'running' || state.status === 'waiting') {
      if (state.ticks >= until) return 'ticks';
      const stop = referenceStep(state, this.#outside);
      if (stop !== undefined) return stop;
    }
    return state.status === 'trapped' ? 'trapped' : 'halted';
  }

  /** What the call gave. Throws VacTrap where the machine trapped instead. */
  results(): VacValue[] {
    const { state } = this;
    if (state.status === 'trapped') throw new VacTrap(state.trap, state.control('pc'), state.ticks);
    if (state.status !== 'halted')
      throw new AttributeError(`The machine is ${state.status} and has no results yet; run it to its end.`, {
        status: state.status,
      });
    const types: readonly VacType[] = this.linked.functions[state.control('entry')]!.signature.results;
    return types.map((type, at) => state.read(type, state.slot(at)));
  }

  /** Calls an exported function to its end. */
  call(name: string, ...args: readonly VacValue[]): VacValue[] {
    this.start(name, args).run();
    return this.results();
  }

  /** A copy of its state, without what is not in use: equal machines have equal bytes. */
  snapshot(): Uint8Array {
    this.state.tidy();
    const { base, memoryBase, memoryBytes } = this.state;
    return this.state.bytes.slice(base, memoryBase + memoryBytes);
  }

  /** Goes on from a snapshot of the same program under the same limits. */
  restore(snapshot: Uint8Array): this {
    const { state } = this;
    const pages = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(4 * CONTROL_WORDS.memoryPages, true);
    const has = state.control('memoryPages');
    if (pages > has) state.grow(pages - has);
    state.bytes.fill(0, state.base);
    state.bytes.set(snapshot, state.base);
    this.#runner?.follow(0);
    return this;
  }
}

function outsideOf({ syscalls = {}, onEvent }: MachineOptions): Outside {
  return {
    syscall: (name, args, state) => {
      const handler = Object.hasOwn(syscalls, name) ? syscalls[name] : undefined;
      if (handler === undefined) throw new Trapping('refused by a device');
      return handler(args, state);
    },
    event: (tag, value) => onEvent?.(tag, value),
  };
}

function checkArguments({ params }: VacSignature, args: readonly VacValue[]): void {
  if (args.length !== params.length)
    throw new AttributeError(`The function takes ${params.length} arguments and was given ${args.length}.`, {
      expected: params.length,
      given: args.length,
    });
  for (const [at, type] of params.entries())
    if ((typeof args[at] === 'bigint') !== (type === 'i64'))
      throw new AttributeError(
        `Argument ${at} is ${type}: give it a ${type === 'i64' ? 'bigint' : 'number'}, not ${String(args[at])}.`,
        { at, type },
      );
}
