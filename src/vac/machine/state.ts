// The state of a machine in linear memory, and typed views of it. Nothing of a machine is elsewhere between two steps.
import { LimitError } from '../../kit.ts';
import { TRAPS, type TrapName, type VacType, type VacValue } from '../isa/row.ts';
import type { LinkedProgram } from '../program/link.ts';
import { CONTROL_WORDS, type StateLayout, VAC_PAGE_BYTES } from './layout.ts';

/** What a machine does: nothing was called; it can go on; it ended; it trapped; it waits for a device. */
const STATUSES = ['ready', 'running', 'halted', 'trapped', 'waiting'] as const;
export type VacStatus = (typeof STATUSES)[number];

const CANONICAL_F32 = 0x7fc00000;
const CANONICAL_F64 = 0x7ff8000000000000n;

/** Typed views of the memory that a machine lives in. They are taken anew when it grows. */
export class MachineState {
  readonly linked: LinkedProgram;
  readonly layout: StateLayout;
  readonly memory: WebAssembly.Memory;
  /** The address of the state; before it lies what is derived from the program. */
  readonly base: number;
  i32!: Int32Array;
  i64!: BigInt64Array;
  f32!: Float32Array;
  f64!: Float64Array;
  view!: DataView;
  bytes!: Uint8Array;
  /** Places of views. */
  readonly #control: number;
  readonly #stack: number;

  constructor(linked: LinkedProgram, layout: StateLayout, derivedBytes: number, pages: number) {
    this.linked = linked;
    this.layout = layout;
    this.base = Math.ceil(derivedBytes / VAC_PAGE_BYTES) * VAC_PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial: (this.base + layout.memory) / VAC_PAGE_BYTES + pages });
    this.#control = this.base / 4;
    this.#stack = (this.base + layout.stack) / 8;
    this.refresh();
  }

  /** Takes the views of a memory that has grown. */
  refresh(): void {
    const { buffer } = this.memory;
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  control(word: keyof typeof CONTROL_WORDS): number {
    return this.i32[this.#control + CONTROL_WORDS[word]]! >>> 0;
  }

  setControl(word: keyof typeof CONTROL_WORDS, value: number): void {
    this.i32[this.#control + CONTROL_WORDS[word]] = value;
  }

  get status(): VacStatus {
    return STATUSES[this.control('status')]!;
  }

  set status(status: VacStatus) {
    this.setControl('status', STATUSES.indexOf(status));
  }

  get trap(): TrapName {
    return TRAPS[this.control('trap')]!;
  }

  get ticks(): bigint {
    return BigInt.asUintN(64, this.i64[(this.#control + CONTROL_WORDS.ticks) / 2]!);
  }

  set ticks(ticks: bigint) {
    this.i64[(this.#control + CONTROL_WORDS.ticks) / 2] = ticks;
  }

  /** The address of the program's memory, and its bytes. */
  get memoryBase(): number {
    return this.base + this.layout.memory;
  }

  get memoryBytes(): number {
    return this.control('memoryPages') * VAC_PAGE_BYTES;
  }

  /** The place of a slot of the current frame, for the views of 8 bytes. */
  slot(index: number): number {
    return this.#stack + this.control('frame') + index;
  }

  /** The value of a place; floats as their bits where that is asked. */
  read(type: VacType, place: number, asBits = false): VacValue {
    if (type === 'i32' || (type === 'f32' && asBits)) return this.i32[2 * place]!;
    if (type === 'f32') return this.f32[2 * place]!;
    return type === 'i64' || asBits ? this.i64[place]! : this.f64[place]!;
  }

  /** Writes a place. A NaN that is given as a number is the canonical one; values of 32 bits have zeros above them. */
  write(type: VacType, place: number, value: VacValue, asBits = false): void {
    if (type === 'i64' || (type === 'f64' && asBits)) this.i64[place] = value as bigint;
    else if (type === 'f64') this.#writeF64(place, Number(value));
    else {
      this.i32[2 * place + 1] = 0;
      if (type === 'i32' || asBits) this.i32[2 * place] = Number(value);
      else if (Number.isNaN(value)) this.i32[2 * place] = CANONICAL_F32;
      else this.f32[2 * place] = Number(value);
    }
  }

  #writeF64(place: number, value: number): void {
    if (Number.isNaN(value)) this.i64[place] = CANONICAL_F64;
    else this.f64[place] = value;
  }

  /** Grows the program's memory: how many pages there were, or −1 beyond what it may have. */
  grow(pages: number): number {
    const had = this.control('memoryPages');
    const most = Math.min(this.linked.program.memory?.maximum ?? 65_536, this.layout.limits.memoryPages);
    if (had + pages > most) return -1;
    try {
      this.#reserve(had + pages);
    } catch (cause) {
      // A program may not notice how much its host has: failing here would be another run than elsewhere.
      throw new LimitError(
        `This host has no memory for ${had + pages} pages of a machine; lower \`memoryPages\` of its limits.`,
        { pages: had + pages, cause },
      );
    }
    this.setControl('memoryPages', had + pages);
    return had;
  }

  /** Has room for so many pages; a machine that went back to when it was smaller has it already. */
  #reserve(pages: number): void {
    const missing = (this.base + this.layout.memory) / VAC_PAGE_BYTES + pages - this.bytes.length / VAC_PAGE_BYTES;
    if (missing <= 0) return;
    this.memory.grow(missing);
    this.refresh();
  }

  /** The end of what is in use of the stack, in slots. */
  get stackTop(): number {
    const { steps, functions, functionAt } = this.linked;
    const pc = this.control('pc');
    const { status } = this;
    if (status === 'ready') return 0;
    if (status === 'halted') return functions[this.control('entry')]!.signature.results.length;
    const frame = this.control('frame');
    // A machine that trapped has no operands: which of them were written is the business of the form that ran.
    return frame + (status === 'trapped' ? functions[functionAt[pc]!]!.localSlots : steps[pc]!.height);
  }

  /** Clears what is not in use of both stacks, so that equal machines have equal pages. */
  tidy(): void {
    const { stack, returns, limits } = this.layout;
    this.bytes.fill(0, this.base + stack + 8 * this.stackTop, this.base + stack + 8 * limits.stackSlots);
    this.bytes.fill(0, this.base + returns + 8 * this.control('depth'), this.base + this.layout.memory);
  }
}
