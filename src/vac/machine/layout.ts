// Where the state of a machine lies. All of it is in one linear memory, so that a copy of its pages is a checkpoint:
// a page of control, the stack, the return stack, and the memory of the program. docs/format/vac.md.
import type { VacProgram } from '../program/program.ts';

/** Bytes of a page, of memory and of what is hashed. */
export const VAC_PAGE_BYTES = 65_536;

/** Words of 32 bits at the beginning of the state. Ticks have two. */
export const CONTROL_WORDS = {
  status: 0,
  pc: 1,
  frame: 2,
  depth: 3,
  ticks: 4,
  trap: 6,
  memoryPages: 7,
  entry: 8,
  events: 9,
} as const;

const CONTROL_BYTES = 64;

/** What a machine may use; part of its identity, for a program can see where they end. */
export interface VacLimits {
  /** Slots of 8 bytes for locals and operands. */
  readonly stackSlots: number;
  /** Calls within calls. */
  readonly depth: number;
  /** Pages of memory, whatever the program declares. */
  readonly memoryPages: number;
}

export const DEFAULT_LIMITS: VacLimits = { stackSlots: 32_768, depth: 8_192, memoryPages: 16_384 };

/** Addresses in bytes from the beginning of the state. */
export interface StateLayout {
  readonly limits: VacLimits;
  readonly globals: number;
  readonly table: number;
  /** A byte for each segment of data and of elements: 1 where it was dropped. */
  readonly dropped: number;
  readonly stack: number;
  readonly returns: number;
  readonly memory: number;
}

const paged = (sizeBytes: number): number => Math.ceil(sizeBytes / VAC_PAGE_BYTES) * VAC_PAGE_BYTES;

/** The layout of a program under limits. */
export function stateLayout(program: VacProgram, limits: VacLimits): StateLayout {
  const globals = CONTROL_BYTES;
  const table = globals + 8 * program.globals.length;
  const dropped = table + 4 * (program.table?.minimum ?? 0);
  const stack = paged(dropped + program.data.length + program.elements.length);
  const returns = stack + paged(8 * limits.stackSlots);
  return { limits, globals, table, dropped, stack, returns, memory: returns + paged(8 * limits.depth) };
}
