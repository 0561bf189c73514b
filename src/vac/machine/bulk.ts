// Steps on whole runs of memory and of the table: they check all of a run before they write any of it.
import { trapWith } from '../isa/row.ts';
import type { VacStep } from '../program/verify.ts';
import type { MachineState } from './state.ts';

/** Runs a step of memory. */
export function bulkStep(state: MachineState, step: VacStep): undefined {
  const { row, height, index } = step;
  if (row.name === 'memory.size') state.write('i32', state.slot(height), state.control('memoryPages'));
  else if (row.name === 'memory.grow') {
    const place = state.slot(height - 1);
    const pages = state.grow(state.i32[2 * place]! >>> 0);
    state.write('i32', place, pages);
  } else if (row.name === 'data.drop') state.bytes[droppedData(state, index)] = 1;
  else if (row.name === 'elem.drop') state.bytes[droppedElements(state, index)] = 1;
  else {
    const at = 2 * state.slot(height - 3);
    const [to, from, count] = [0, 2, 4].map((offset) => state.i32[at + offset]! >>> 0);
    MOVES[row.name]!(state, to!, from!, count!, index);
  }
  return undefined;
}

const droppedData = (state: MachineState, segment: number): number => state.base + state.layout.dropped + segment;
const droppedElements = (state: MachineState, segment: number): number =>
  droppedData(state, state.linked.program.data.length + segment);

function within(end: number, length: number): void {
  if (end > length) trapWith('out of bounds memory access');
}

function withinTable(end: number, length: number): void {
  if (end > length) trapWith('out of bounds table access');
}

type Move = (state: MachineState, to: number, from: number, count: number, segment: number) => void;

const MOVES: Readonly<Record<string, Move>> = {
  'memory.copy': (state, to, from, count) => {
    within(Math.max(to, from) + count, state.memoryBytes);
    const base = state.memoryBase;
    state.bytes.copyWithin(base + to, base + from, base + from + count);
  },
  'memory.fill': (state, to, value, count) => {
    within(to + count, state.memoryBytes);
    state.bytes.fill(value, state.memoryBase + to, state.memoryBase + to + count);
  },
  'memory.init': (state, to, from, count, segment) => initialiseMemory(state, segment, to, from, count),
  'table.init': (state, to, from, count, segment) => initialiseTable(state, segment, to, from, count),
  'table.copy': (state, to, from, count) => {
    withinTable(Math.max(to, from) + count, state.linked.program.table!.minimum);
    const base = (state.base + state.layout.table) / 4;
    state.i32.copyWithin(base + to, base + from, base + from + count);
  },
};

function initialiseMemory(state: MachineState, segment: number, to: number, from: number, count: number): void {
  const { bytes } = state.linked.program.data[segment]!;
  within(from + count, state.bytes[droppedData(state, segment)] ? 0 : bytes.length);
  within(to + count, state.memoryBytes);
  state.bytes.set(bytes.subarray(from, from + count), state.memoryBase + to);
}

function initialiseTable(state: MachineState, segment: number, to: number, from: number, count: number): void {
  const { functions } = state.linked.program.elements[segment]!;
  withinTable(from + count, state.bytes[droppedElements(state, segment)] ? 0 : functions.length);
  withinTable(to + count, state.linked.program.table!.minimum);
  const base = (state.base + state.layout.table) / 4 + to;
  for (let at = 0; at < count; at += 1) state.i32[base + at] = (functions[from + at] ?? -1) + 1;
}

/** Has the memory and the table of a new machine begin as its program says. Active segments are dropped once used. */
export function initialise(state: MachineState): void {
  const { program } = state.linked;
  for (const [index, { type, initial }] of program.globals.entries()) {
    const place = (state.base + state.layout.globals) / 8 + index;
    state.i64[place] = BigInt.asIntN(64, type === 'i32' || type === 'f32' ? BigInt.asUintN(32, initial) : initial);
  }
  for (const [segment, { offset, functions }] of program.elements.entries())
    if (offset !== undefined) {
      initialiseTable(state, segment, offset, 0, functions.length);
      state.bytes[droppedElements(state, segment)] = 1;
    }
  for (const [segment, { offset, bytes }] of program.data.entries())
    if (offset !== undefined) {
      initialiseMemory(state, segment, offset, 0, bytes.length);
      state.bytes[droppedData(state, segment)] = 1;
    }
}
