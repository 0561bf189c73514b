// What a device of a machine is. A program reaches it by syscalls `name.call`, and sees nothing of the host but what
// devices answer: a machine that has no device for a name traps.
import { Trapping, type VacValue } from '../isa/row.ts';
import type { MachineState } from '../machine/state.ts';

/** The memory of the program, as a device may use it: runs of bytes, checked. */
export interface GuestMemory {
  read(address: VacValue, sizeBytes: VacValue): Uint8Array;
  write(address: VacValue, bytes: Uint8Array): void;
}

/** One call. Undefined has the machine wait; it asks again when it is run again. */
export type DeviceCall = (
  args: readonly VacValue[],
  memory: GuestMemory,
  ticks: bigint,
) => readonly VacValue[] | undefined;

/** A device. What it keeps is part of every checkpoint. */
export interface VacDevice {
  readonly name: string;
  /** Of what its calls do; a checkpoint of another version is refused. */
  readonly version: number;
  readonly calls: Readonly<Record<string, DeviceCall>>;
  /** Calls whose answers come from outside: they are written to the journal, and a replay takes them from there. */
  readonly inputs?: readonly string[];
  save(): Uint8Array;
  load(bytes: Uint8Array): void;
}

/** The memory of a machine for one call. What is written is told, for the journal. */
export function guestMemory(state: MachineState, wrote: (address: number, bytes: Uint8Array) => void): GuestMemory {
  const place = (address: VacValue, sizeBytes: number): number => {
    const at = Number(address) >>> 0;
    if (at + sizeBytes > state.memoryBytes) throw new Trapping('out of bounds memory access');
    return state.memoryBase + at;
  };
  return {
    read: (address, sizeBytes) => {
      const length = Number(sizeBytes) >>> 0;
      const at = place(address, length);
      return state.bytes.slice(at, at + length);
    },
    write: (address, bytes) => {
      state.bytes.set(bytes, place(address, bytes.length));
      wrote(Number(address) >>> 0, bytes);
    },
  };
}
