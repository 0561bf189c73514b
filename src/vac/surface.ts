// The virtual computer: what people import.
export { assemble } from './text/assemble.ts';
export { disassemble } from './text/disassemble.ts';
export { decodeVacProgram, encodeVacProgram } from './program/encoding.ts';
export { linkProgram } from './program/link.ts';
export type { LinkedProgram } from './program/link.ts';
export type { Branch, VacStep, VerifiedFunction } from './program/verify.ts';
export type {
  DataSegment,
  ElementSegment,
  Limits,
  VacSignature,
  SyscallDeclaration,
  VacExport,
  VacFunction,
  VacGlobal,
  VacProgram,
} from './program/program.ts';
export type { TrapName, VacRow, VacType, VacValue } from './isa/row.ts';
export { importWasm } from './wasm/import-wasm.ts';
export type { WasmImports } from './wasm/import-wasm.ts';
export { VacMachine, VacTrap } from './machine/machine.ts';
export type { MachineOptions, SyscallHandler } from './machine/machine.ts';
export type { VacLimits } from './machine/layout.ts';
export type { StopReason } from './machine/reference.ts';
export type { MachineState, VacStatus } from './machine/state.ts';
