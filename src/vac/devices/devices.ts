// The devices that come with a machine: a console, a clock of virtual time, seeded random numbers, storage with a
// quota, and a bus. All but what a console reads follows from the program and its seed.
import { Trapping } from '../isa/row.ts';
import { ByteReader, ByteWriter } from '../program/bytes.ts';
import type { VacDevice } from './device.ts';

const nothing = new Uint8Array(0);

/** Lines out, bytes in. `console.write(address, size)`; `console.read(address, most) → size`, which waits for bytes. */
export class ConsoleDevice implements VacDevice {
  readonly name = 'console';
  readonly version = 1;
  readonly inputs = ['read'];
  readonly #limitBytes: number;
  #output = nothing as Uint8Array;
  #input = nothing as Uint8Array;

  /** At most so many bytes are written; then the device refuses. */
  constructor(limitBytes = 1 << 20) {
    this.#limitBytes = limitBytes;
  }

  readonly calls: VacDevice['calls'] = {
    write: ([address, size], memory) => {
      const bytes = memory.read(address!, size!);
      if (this.#output.length + bytes.length > this.#limitBytes) throw new Trapping('refused by a device');
      this.#output = joined(this.#output, bytes);
      return [];
    },
    read: ([address, most], memory) => {
      if (this.#input.length === 0) return undefined;
      const bytes = this.#input.subarray(0, Number(most) >>> 0);
      memory.write(address!, bytes);
      this.#input = this.#input.subarray(bytes.length);
      return [bytes.length];
    },
  };

  /** What was written so far. */
  get text(): string {
    return new TextDecoder().decode(this.#output);
  }

  /** Gives it bytes to read. */
  type(text: string): void {
    this.#input = joined(this.#input, new TextEncoder().encode(text));
  }

  save(): Uint8Array {
    return this.#output.slice();
  }

  load(bytes: Uint8Array): void {
    this.#output = bytes.slice();
  }
}

/** Virtual time: `clock.now() → i64` nanoseconds, which pass with ticks alone. */
export class ClockDevice implements VacDevice {
  readonly name = 'clock';
  readonly version = 1;
  readonly #startNs: bigint;

  constructor(startNs = 0n) {
    this.#startNs = startNs;
  }

  readonly calls: VacDevice['calls'] = {
    now: (_, __, ticks) => [BigInt.asIntN(64, this.#startNs + ticks)],
  };

  save(): Uint8Array {
    return nothing;
  }

  load(): void {}
}

const WEYL = 0x9e3779b97f4a7c15n;

/** `random.next() → i64`: SplitMix64 of a seed. */
export class RandomDevice implements VacDevice {
  readonly name = 'random';
  readonly version = 1;
  #state: bigint;

  constructor(seed = 0n) {
    this.#state = BigInt.asUintN(64, seed);
  }

  readonly calls: VacDevice['calls'] = {
    next: () => {
      this.#state = BigInt.asUintN(64, this.#state + WEYL);
      let bits = this.#state;
      bits = BigInt.asUintN(64, (bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n);
      bits = BigInt.asUintN(64, (bits ^ (bits >> 27n)) * 0x94d049bb133111ebn);
      return [BigInt.asIntN(64, bits ^ (bits >> 31n))];
    },
  };

  save(): Uint8Array {
    return new ByteWriter().signed(BigInt.asIntN(64, this.#state)).finish();
  }

  load(bytes: Uint8Array): void {
    this.#state = BigInt.asUintN(64, new ByteReader(bytes, 'The state of a random device').signed(64));
  }
}

/**
 * Bytes by names, within a quota: `storage.put(name, size, address, size) → i32`, 1 where there is room;
 * `storage.get(name, size, address, most) → i32`, how many bytes there are, or −1.
 */
export class StorageDevice implements VacDevice {
  readonly name = 'storage';
  readonly version = 1;
  readonly #quotaBytes: number;
  #files = new Map<string, Uint8Array>();

  constructor(quotaBytes = 1 << 20) {
    this.#quotaBytes = quotaBytes;
  }

  readonly calls: VacDevice['calls'] = {
    put: ([name, nameSize, address, size], memory) => {
      const key = nameOf(memory.read(name!, nameSize!));
      const bytes = memory.read(address!, size!);
      const used = this.#usedBytes() - (this.#files.get(key)?.length ?? -key.length);
      if (used + bytes.length > this.#quotaBytes) return [0];
      this.#files.set(key, bytes);
      return [1];
    },
    get: ([name, nameSize, address, most], memory) => {
      const bytes = this.#files.get(nameOf(memory.read(name!, nameSize!)));
      if (bytes === undefined) return [-1];
      memory.write(address!, bytes.subarray(0, Number(most) >>> 0));
      return [bytes.length];
    },
  };

  #usedBytes(): number {
    return [...this.#files].reduce((sum, [name, bytes]) => sum + name.length + bytes.length, 0);
  }

  /** In the order of names, for equal contents have equal bytes. */
  save(): Uint8Array {
    const names = [...this.#files.keys()].sort();
    const to = new ByteWriter();
    return to.list(names, (name) => to.text(name).sized(this.#files.get(name)!)).finish();
  }

  load(bytes: Uint8Array): void {
    const from = new ByteReader(bytes, 'The state of a storage device');
    this.#files = new Map(from.list(() => [from.text(), from.take(from.u32()).slice()]));
  }
}

/** Every byte stands for itself, so that any name is one text. */
const nameOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** A message between machines of a schedule. */
export interface BusMessage {
  readonly from: number;
  readonly to: number;
  /** Ticks of the sender. */
  readonly tick: bigint;
  readonly bytes: Uint8Array;
}

/**
 * `bus.self() → i32`; `bus.send(to, address, size)`; `bus.receive(address, most) → i64`, the sender in the high half
 * and the size in the low one, which waits for a message. What is sent arrives at the end of an epoch.
 */
export class BusDevice implements VacDevice {
  readonly name = 'bus';
  readonly version = 1;
  readonly self: number;
  #sent: BusMessage[] = [];
  #arrived: BusMessage[] = [];

  constructor(self: number) {
    this.self = self;
  }

  readonly calls: VacDevice['calls'] = {
    self: () => [this.self],
    send: ([to, address, size], memory, tick) => {
      this.#sent.push({ from: this.self, to: Number(to) >>> 0, tick, bytes: memory.read(address!, size!) });
      return [];
    },
    receive: ([address, most], memory) => {
      const message = this.#arrived[0];
      if (message === undefined) return undefined;
      const bytes = message.bytes.subarray(0, Number(most) >>> 0);
      memory.write(address!, bytes);
      this.#arrived.shift();
      return [(BigInt(message.from) << 32n) | BigInt(bytes.length)];
    },
  };

  /** Takes what was sent since the last time, in the order in which it was. */
  takeSent(): BusMessage[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  deliver(message: BusMessage): void {
    this.#arrived.push(message);
  }

  get hasMessages(): boolean {
    return this.#arrived.length > 0;
  }

  save(): Uint8Array {
    const to = new ByteWriter();
    const write = ({ from, to: target, tick, bytes }: BusMessage): void =>
      void to.u32(from).u32(target).signed(tick).sized(bytes);
    return to.list(this.#sent, write).list(this.#arrived, write).finish();
  }

  load(bytes: Uint8Array): void {
    const from = new ByteReader(bytes, 'The state of a bus');
    const read = (): BusMessage => ({
      from: from.u32(),
      to: from.u32(),
      tick: from.signed(64),
      bytes: from.take(from.u32()).slice(),
    });
    this.#sent = from.list(read);
    this.#arrived = from.list(read);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
