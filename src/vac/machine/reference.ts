// The reference interpreter: the specification of what a step does. It is written to be read, and it is what runs the
// steps that the faster forms leave to it.
import { Trapping, TRAPS, type TrapName, trapWith, type VacType, type VacValue } from '../isa/row.ts';
import type { Branch, VacStep } from '../program/verify.ts';
import type { MachineState } from './state.ts';
import { bulkStep } from './bulk.ts';

/** Why a run came back: its ticks were used up, it ended, it trapped, it waits, or it gave up the rest. */
export type StopReason = 'ticks' | 'halted' | 'trapped' | 'waiting' | 'yielded';

/** What is outside of a machine. */
export interface Outside {
  /** Answers a syscall; undefined where there is no answer yet, and the machine waits. */
  syscall(name: string, args: readonly VacValue[], state: MachineState): readonly VacValue[] | undefined;
  /** Takes an event. */
  event(tag: number, value: bigint): void;
}

/** Runs one step. Nothing where the machine goes on. */
export function referenceStep(state: MachineState, outside: Outside): StopReason | undefined {
  const pc = state.control('pc');
  const step = state.linked.steps[pc]!;
  try {
    // A step that has no other place to go to goes to the next.
    const stop = (KINDS[step.row.name] ?? KINDS[step.row.kind]!)(state, step, outside);
    if (stop === 'waiting') {
      state.status = 'waiting';
      return stop;
    }
    state.status = stop === 'halted' ? stop : 'running';
    state.ticks += 1n;
    if (stop === undefined || stop === 'yielded') state.setControl('pc', pc + 1);
    return stop === 'jumped' ? undefined : stop;
  } catch (error) {
    if (!(error instanceof Trapping)) throw error;
    return trapped(state, error.trap);
  }
}

/** The machine traps at the step where it is. */
function trapped(state: MachineState, trap: TrapName): 'trapped' {
  state.ticks += 1n;
  state.status = 'trapped';
  state.setControl('trap', TRAPS.indexOf(trap));
  return 'trapped';
}

type Done = StopReason | 'jumped' | undefined;
type Run = (state: MachineState, step: VacStep, outside: Outside) => Done;

function jump(state: MachineState, { target, height, arity }: Branch, top: number): 'jumped' {
  if (arity > 0 && height !== top - arity)
    state.i64.copyWithin(state.slot(height), state.slot(top - arity), state.slot(top));
  state.setControl('pc', target);
  return 'jumped';
}

/** Calls a function whose arguments are on top of the stack, which has so many slots. */
function enter(state: MachineState, index: number, height: number): 'jumped' {
  const { functions, entries } = state.linked;
  const callee = functions[index]!;
  const { params } = callee.signature;
  const frame = state.control('frame') + height - params.length;
  const depth = state.control('depth');
  const { limits, returns } = state.layout;
  if (frame + callee.frameSlots > limits.stackSlots || depth >= limits.depth) trapWith('call stack exhausted');
  const entry = (state.base + returns) / 4 + 2 * depth;
  state.i32[entry] = state.control('pc') + 1;
  state.i32[entry + 1] = state.control('frame');
  state.setControl('depth', depth + 1);
  state.setControl('frame', frame);
  state.i64.fill(0n, state.slot(params.length), state.slot(callee.localSlots));
  state.setControl('pc', entries[index]!);
  return 'jumped';
}

/** Returns from a function: its results go to where its arguments were. */
function leave(state: MachineState, step: VacStep): Done {
  const { functions, functionAt } = state.linked;
  const arity = functions[functionAt[state.control('pc')]!]!.signature.results.length;
  state.i64.copyWithin(state.slot(0), state.slot(step.height - arity), state.slot(step.height));
  const depth = state.control('depth');
  if (depth === 0) {
    state.setControl('pc', 0);
    return 'halted';
  }
  const entry = (state.base + state.layout.returns) / 4 + 2 * (depth - 1);
  state.setControl('depth', depth - 1);
  state.setControl('pc', state.i32[entry]!);
  state.setControl('frame', state.i32[entry + 1]!);
  return 'jumped';
}

function callIndirect(state: MachineState, { index, height }: VacStep): Done {
  const { program, functions } = state.linked;
  const place = state.i32[2 * state.slot(height - 1)]! >>> 0;
  if (place >= program.table!.minimum) trapWith('undefined element');
  const found = state.i32[(state.base + state.layout.table) / 4 + place]!;
  if (found === 0) trapWith('uninitialized element');
  if (!sameSignature(functions[found - 1]!.signature, program.types[index]!)) trapWith('indirect call type mismatch');
  return enter(state, found - 1, height - 1);
}

type Typed = { readonly params: readonly VacType[]; readonly results: readonly VacType[] };

const sameSignature = (a: Typed, b: Typed): boolean =>
  a.params.join() === b.params.join() && a.results.join() === b.results.join();

function syscall(state: MachineState, { index, height }: VacStep, outside: Outside): Done {
  const { name, type } = state.linked.program.syscalls[index]!;
  const { params, results } = state.linked.program.types[type]!;
  const base = height - params.length;
  const args = params.map((param, at) => state.read(param, state.slot(base + at)));
  const answer = outside.syscall(name, args, state);
  if (answer === undefined) return 'waiting';
  // A program may declare a syscall with other results than the device gives.
  const fits = results.every((result, at) => typeof answer[at] === (result === 'i64' ? 'bigint' : 'number'));
  if (!fits || answer.length !== results.length) trapWith('refused by a device');
  for (const [at, result] of results.entries()) state.write(result, state.slot(base + at), answer[at]!);
  return undefined;
}

/** Where in linear memory so many bytes are; traps where the program has none. */
function addressed(state: MachineState, step: VacStep, height: number, sizeBytes: number): number {
  const at = (state.i32[2 * state.slot(height)]! >>> 0) + step.index;
  if (at + sizeBytes > state.memoryBytes) trapWith('out of bounds memory access');
  return state.memoryBase + at;
}

/** Rows by name, then by kind. */
const KINDS: Readonly<Record<string, Run>> = {
  numeric: (state, { row, height }) => {
    const params = row.params!;
    const base = state.slot(height - params.length);
    const a = state.read(params[0]!, base, row.asBits);
    const b = params.length > 1 ? state.read(params[1]!, base + 1, row.asBits) : 0;
    state.write(row.results![0]!, base, row.evaluate!(a, b), row.asBits);
    return undefined;
  },
  load: (state, step) => {
    const { row, height } = step;
    const at = addressed(state, step, height - 1, row.sizeBytes!);
    const place = state.slot(height - 1);
    const low =
      row.sizeBytes === 8 ? state.view.getBigInt64(at, true) : narrow(state.view, at, row.sizeBytes!, row.signed!);
    if (typeof low === 'number') {
      state.i32[2 * place] = low;
      state.i32[2 * place + 1] = row.results![0] === 'i64' && row.signed! && low < 0 ? -1 : 0;
    } else state.i64[place] = low;
    return undefined;
  },
  store: (state, step) => {
    const { row, height } = step;
    const at = addressed(state, step, height - 2, row.sizeBytes!);
    const place = state.slot(height - 1);
    if (row.sizeBytes === 8) state.view.setBigInt64(at, state.i64[place]!, true);
    else if (row.sizeBytes === 4) state.view.setInt32(at, state.i32[2 * place]!, true);
    else if (row.sizeBytes === 2) state.view.setInt16(at, state.i32[2 * place]!, true);
    else state.view.setInt8(at, state.i32[2 * place]!);
    return undefined;
  },
  variable: (state, { height, bits }) => {
    state.i64[state.slot(height)] = BigInt.asIntN(64, bits);
    return undefined;
  },
  memory: bulkStep,
  nop: () => undefined,
  unreachable: () => trapWith('unreachable'),
  if: (state, { height, branches }) =>
    state.i32[2 * state.slot(height - 1)] === 0 ? jump(state, branches[0]!, 0) : undefined,
  else: (state, { height, branches }) => jump(state, branches[0]!, height),
  br: (state, { height, branches }) => jump(state, branches[0]!, height),
  br_if: (state, { height, branches }) =>
    state.i32[2 * state.slot(height - 1)] === 0 ? undefined : jump(state, branches[0]!, height - 1),
  br_table: (state, { height, branches }) => {
    const wanted = state.i32[2 * state.slot(height - 1)]! >>> 0;
    return jump(state, branches[Math.min(wanted, branches.length - 1)]!, height - 1);
  },
  return: leave,
  end: leave,
  call: (state, { index, height }) => enter(state, index, height),
  call_indirect: callIndirect,
  syscall,
  event: (state, { index, height }, outside) => {
    state.setControl('events', state.control('events') + 1);
    outside.event(index, state.i64[state.slot(height - 1)]!);
    return undefined;
  },
  yield: () => 'yielded',
  drop: () => undefined,
  select: (state, { height }) => {
    if (state.i32[2 * state.slot(height - 1)] === 0)
      state.i64[state.slot(height - 3)] = state.i64[state.slot(height - 2)]!;
    return undefined;
  },
  'local.get': (state, { index, height }) => {
    state.i64[state.slot(height)] = state.i64[state.slot(index)]!;
    return undefined;
  },
  'local.set': (state, { index, height }) => {
    state.i64[state.slot(index)] = state.i64[state.slot(height - 1)]!;
    return undefined;
  },
  'local.tee': (state, { index, height }) => {
    state.i64[state.slot(index)] = state.i64[state.slot(height - 1)]!;
    return undefined;
  },
  'global.get': (state, { index, height }) => {
    state.i64[state.slot(height)] = state.i64[(state.base + state.layout.globals) / 8 + index]!;
    return undefined;
  },
  'global.set': (state, { index, height }) => {
    state.i64[(state.base + state.layout.globals) / 8 + index] = state.i64[state.slot(height - 1)]!;
    return undefined;
  },
};

function narrow(view: DataView, at: number, sizeBytes: number, signed: boolean): number {
  if (sizeBytes === 4) return view.getInt32(at, true);
  if (sizeBytes === 2) return signed ? view.getInt16(at, true) : view.getUint16(at, true);
  return signed ? view.getInt8(at) : view.getUint8(at);
}
