// A program of the virtual computer, as plain records: what is verified, named by its digest, and run.
import type { VacType } from '../isa/row.ts';

/** What a function, a block or a syscall takes and gives. */
export interface VacSignature {
  readonly params: readonly VacType[];
  readonly results: readonly VacType[];
}

/** A request to a device by the name that it answers to. */
export interface SyscallDeclaration {
  readonly name: string;
  readonly type: number;
}

/** A function: its type, its locals beyond the parameters, and its code. */
export interface VacFunction {
  readonly type: number;
  readonly locals: readonly VacType[];
  readonly code: Uint8Array;
}

/** A global variable and the bits that it begins with. */
export interface VacGlobal {
  readonly type: VacType;
  readonly mutable: boolean;
  readonly initial: bigint;
}

/** How many there are at first, and at most. */
export interface Limits {
  readonly minimum: number;
  readonly maximum?: number;
}

/** Functions for the table; without an offset they wait for `table.init`. `undefined` leaves a place empty. */
export interface ElementSegment {
  readonly offset?: number;
  readonly functions: readonly (number | undefined)[];
}

/** Bytes for memory; without an offset they wait for `memory.init`. */
export interface DataSegment {
  readonly offset?: number;
  readonly bytes: Uint8Array;
}

/** What can be called or read from outside, by name. */
export interface VacExport {
  readonly name: string;
  readonly kind: 'function' | 'global' | 'memory' | 'table';
  readonly index: number;
}

/** Pages of memory are 64 KiB; a table has functions. */
export interface VacProgram {
  readonly types: readonly VacSignature[];
  readonly syscalls: readonly SyscallDeclaration[];
  readonly functions: readonly VacFunction[];
  readonly globals: readonly VacGlobal[];
  readonly memory?: Limits;
  readonly table?: Limits;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  readonly exports: readonly VacExport[];
  /** A function without parameters that runs before all else. */
  readonly start?: number;
}
