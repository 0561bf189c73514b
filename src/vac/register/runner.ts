// Runs a machine by the register form: it writes the words into the memory of the machine, enters the interpreter where
// a block begins, and leaves to the reference interpreter what is between.
import { UnavailableError } from '../../kit.ts';
import type { LinkedProgram } from '../program/link.ts';
import type { Outside, StopReason } from '../machine/reference.ts';
import { referenceStep } from '../machine/reference.ts';
import type { MachineState } from '../machine/state.ts';
import { CAME_BACK, EXCHANGE, interpreterModule } from './interpreter.ts';
import { controlNumber, OPERATIONS } from './operations.ts';
import { type RegisterForm, registerFormOf } from './translate.ts';

/** V8 replaces baseline code at calls alone: an entry runs for about a millisecond at most. */
const QUANTUM = 1 << 20;
const EXCHANGE_BYTES = 64;
const WORD_BYTES = 16;

const forms = new WeakMap<LinkedProgram, RegisterForm>();
let compiled: WebAssembly.Module | undefined;

function formOf(linked: LinkedProgram): RegisterForm {
  const form = forms.get(linked) ?? registerFormOf(linked);
  forms.set(linked, form);
  return form;
}

/** Bytes before the state of a machine: what is derived from its program. */
export function derivedBytes(linked: LinkedProgram, depth: number): number {
  const { words, tables } = formOf(linked);
  return EXCHANGE_BYTES + 8 * depth + WORD_BYTES * words.length + 4 * tables.length;
}

/** Whether the destination of a word is a place in the code. */
const GOES: readonly boolean[] = OPERATIONS.map(
  ({ form, name }) => /^branch/.test(form) || /^(jump|jumpIf|jumpUnless|call)$/.test(name),
);

/** The register form of one machine. */
export class RegisterRunner {
  readonly #state: MachineState;
  readonly #form: RegisterForm;
  readonly #run: () => number;
  /** Addresses. */
  readonly #returns: number;
  readonly #derivedReturns = EXCHANGE_BYTES;
  readonly #code: number;

  constructor(state: MachineState) {
    this.#state = state;
    this.#form = formOf(state.linked);
    const { limits, returns } = state.layout;
    this.#returns = state.base + returns;
    this.#code = EXCHANGE_BYTES + 8 * limits.depth;
    compiled ??= new WebAssembly.Module(interpreterModule());
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: state.memory } });
    this.#run = exports['run'] as () => number;
    this.#write();
  }

  /** Has the places that calls return to follow the return stack, from a depth on. */
  follow(from: number): void {
    const { i32 } = this.#state;
    const stack = this.#state.base + this.#state.layout.stack;
    for (let at = from; at < this.#state.control('depth'); at += 1) {
      const [entry, derived] = [(this.#returns + 8 * at) / 4, (this.#derivedReturns + 8 * at) / 4];
      i32[derived] = this.#address(this.#form.blockAt[i32[entry]!]!);
      i32[derived + 1] = stack + 8 * i32[entry + 1]!;
    }
  }

  /** Runs until a tick. */
  run(until: bigint, outside: Outside): StopReason {
    const state = this.#state;
    while (state.status === 'running' || state.status === 'waiting') {
      const { ticks } = state;
      if (ticks >= until) return 'ticks';
      const fuel = Number(until - ticks < QUANTUM ? until - ticks : QUANTUM);
      // What a quantum has left suffices for no block: the rest is for the next one, but for the last.
      if (!this.#enter(fuel) || state.ticks === ticks) {
        const stop = this.#step(outside);
        if (stop !== undefined) return stop;
      }
    }
    return state.status === 'halted' ? 'halted' : 'trapped';
  }

  #step(outside: Outside): StopReason | undefined {
    const depth = this.#state.control('depth');
    const stop = referenceStep(this.#state, outside);
    if (this.#state.control('depth') > depth) this.follow(depth);
    return stop;
  }

  /** Enters the interpreter where a block begins; false where none does, or where a step is left to the reference. */
  #enter(fuel: number): boolean {
    const state = this.#state;
    const word = this.#form.blockAt[state.control('pc')]!;
    if (word < 0) return false;
    if (this.#form.words[word]!.operation === controlNumber('step')) return false;
    const { i32 } = state;
    const { limits, globals, stack } = state.layout;
    const depth = state.control('depth');
    i32[EXCHANGE.word] = this.#address(word);
    i32[EXCHANGE.frame] = state.base + stack + 8 * state.control('frame');
    i32[EXCHANGE.fuel] = fuel;
    i32[EXCHANGE.returns] = this.#returns + 8 * depth;
    state.i64[EXCHANGE.memoryBytes / 2] = BigInt(state.memoryBytes);
    i32[EXCHANGE.memoryBase] = state.memoryBase;
    i32[EXCHANGE.globals] = state.base + globals;
    i32[EXCHANGE.stack] = state.base + stack;
    i32[EXCHANGE.stackEnd] = state.base + stack + 8 * limits.stackSlots;
    i32[EXCHANGE.returnsStart] = this.#returns;
    i32[EXCHANGE.returnsEnd] = this.#returns + 8 * limits.depth;
    i32[EXCHANGE.derivedReturns] = this.#derivedReturns - this.#returns;
    this.#leave(this.#run(), fuel);
    return true;
  }

  /** Takes over what the interpreter left, in the one form that a stopped machine has. */
  #leave(why: number, fuel: number): void {
    const state = this.#state;
    const { i32 } = state;
    const word = (i32[EXCHANGE.word]! - this.#code) / WORD_BYTES;
    let spent = fuel - i32[EXCHANGE.fuel]!;
    state.setControl('frame', (i32[EXCHANGE.frame]! - state.base - state.layout.stack) / 8);
    state.setControl('depth', (i32[EXCHANGE.returns]! - this.#returns) / 8);
    state.status = why === CAME_BACK.halted ? 'halted' : 'running';
    if (why === CAME_BACK.halted) state.setControl('pc', 0);
    else {
      const leaving = why === CAME_BACK.leaves ? this.#form.leavings.get(word) : undefined;
      if (leaving !== undefined) spent -= this.#settle(leaving);
      else state.setControl('pc', this.#blockBegin(word));
    }
    state.ticks += BigInt(spent);
  }

  #blockBegin(word: number): number {
    const pc = this.#form.stepAt.get(word);
    if (pc === undefined)
      throw new UnavailableError(`The register form stopped within a block, at word ${word}.`, { word });
    return pc;
  }

  /** Brings the operands of a step that traps to their places: ticks of its block that were not used. */
  #settle({ pc, before, cost, height, operands }: NonNullable<ReturnType<RegisterForm['leavings']['get']>>): number {
    const state = this.#state;
    state.setControl('pc', pc);
    const values = operands.map((place) => state.i64[state.slot(place / 8)]!);
    for (const [at, value] of values.entries()) state.i64[state.slot(height - values.length + at)] = value;
    return cost - before;
  }

  #address(word: number): number {
    return this.#code + WORD_BYTES * word;
  }

  #write(): void {
    const { words, tables } = this.#form;
    const { view } = this.#state;
    const tablesAt = this.#address(words.length);
    const jumpTable = controlNumber('jumpTable');
    for (const [at, { operation, cost, d, a, b }] of words.entries()) {
      const to = this.#address(at);
      view.setUint16(to, operation, true);
      view.setUint16(to + 2, cost, true);
      view.setUint32(to + 4, GOES[operation]! ? this.#address(d) : d, true);
      view.setUint32(to + 8, operation === jumpTable ? tablesAt + 4 * a : a, true);
      view.setUint32(to + 12, b, true);
    }
    for (const [at, word] of tables.entries()) view.setUint32(tablesAt + 4 * at, this.#address(word), true);
  }
}
