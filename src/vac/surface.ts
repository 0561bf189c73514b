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
export { VacRuntime, diffCheckpoints } from './runtime/runtime.ts';
export type { RuntimeOptions, SavedDevice, VacCheckpoint, VacEvent } from './runtime/runtime.ts';
export { decodeJournal, encodeJournal } from './runtime/journal.ts';
export type { JournalEntry } from './runtime/journal.ts';
export { VacSchedule } from './runtime/schedule.ts';
export type { EpochReport, ScheduledMachine } from './runtime/schedule.ts';
export { PageStore } from './snapshot/pages.ts';
export type { PageId } from './snapshot/pages.ts';
export { BusDevice, ClockDevice, ConsoleDevice, RandomDevice, StorageDevice } from './devices/devices.ts';
export type { BusMessage } from './devices/devices.ts';
export type { DeviceCall, GuestMemory, VacDevice } from './devices/device.ts';
export { packVac, unpackVac } from './image/image.ts';
export type { PackedVac, PackVacOptions, SignImage, UnpackedVac } from './image/image.ts';
