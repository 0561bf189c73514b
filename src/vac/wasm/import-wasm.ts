// WebAssembly modules as programs: what C, Rust, Zig or AssemblyScript compile to becomes a guest at load. The first
// version of WebAssembly, with sign extension, saturating conversions, bulk memory and several results.
import type { VacType } from '../isa/row.ts';
import { ByteReader, ByteWriter } from '../program/bytes.ts';
import type {
  DataSegment,
  ElementSegment,
  Limits,
  VacSignature,
  VacExport,
  VacFunction,
  VacGlobal,
  VacProgram,
} from '../program/program.ts';
import { translateCode } from './translate-code.ts';

/** What a module is given for what it imports. Functions that it imports become syscalls `module.name`. */
export interface WasmImports {
  /** Imported globals by `module.name`. */
  readonly globals?: Readonly<Record<string, number | bigint>>;
}

const MAX_LOCALS = 50_000;
const TYPE_BYTES: readonly (VacType | undefined)[] = ['f64', 'f32', 'i64', 'i32'];

/** Whether bytes begin as a module does. */
export const isWasm = (bytes: Uint8Array): boolean => bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73;

/** The program of a module. Throws FormatError for one that is damaged, or uses what this release does not know. */
export function importWasm(bytes: Uint8Array, imports: WasmImports = {}): VacProgram {
  const from = new ByteReader(bytes, 'This WebAssembly module');
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    if (from.u8() !== byte) from.fail('it does not begin as one of version 1');
  const module = new ModuleReader(imports);
  let last = 0;
  while (!from.isAtEnd) {
    const id = from.u8();
    const section = new ByteReader(from.take(from.u32()), `Section ${id} of this WebAssembly module`);
    if (id === 0) {
      section.text();
      continue;
    }
    const place = ORDER.indexOf(id);
    if (place <= last - 1) from.fail(`section ${id} is out of order`);
    last = place + 1;
    (module.sections[id] ?? from.fail(`section ${id} is not known`))(section);
    if (!section.isAtEnd) section.fail('there is more than its items');
  }
  return module.finish(from);
}

/** Ids of sections in the order in which they come: data are counted before code. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/** What was read of a module so far. */
class ModuleReader {
  readonly types: VacSignature[] = [];
  /** Types of imported functions, which become syscalls. */
  readonly imported: { readonly name: string; readonly type: number }[] = [];
  dataCount: number | undefined;
  readonly #declared: number[] = [];
  readonly #globals: VacGlobal[] = [];
  readonly #bodies: { readonly locals: VacType[]; readonly code: ByteReader }[] = [];
  readonly #elements: ElementSegment[] = [];
  readonly #data: DataSegment[] = [];
  readonly #exports: VacExport[] = [];
  readonly #trampolines = new Map<number, number>();
  readonly #given: WasmImports;
  #memory: Limits | undefined;
  #table: Limits | undefined;
  #start: number | undefined;

  constructor(given: WasmImports) {
    this.#given = given;
  }

  readonly sections: Readonly<Record<number, (from: ByteReader) => void>> = {
    1: (from) => void from.list(() => this.#type(from)),
    2: (from) => void from.list(() => this.#import(from)),
    3: (from) => void from.list(() => this.#declared.push(this.#index(from, 'type', this.types.length))),
    4: (from) => void from.list(() => this.#readTable(from)),
    5: (from) => void from.list(() => this.#readMemory(from)),
    6: (from) => void from.list(() => this.#global(from)),
    7: (from) => void from.list(() => this.#export(from)),
    8: (from) => void (this.#start = this.function(from.u32())),
    9: (from) => void from.list(() => this.#element(from)),
    10: (from) => void from.list(() => this.#body(from)),
    11: (from) => void from.list(() => this.#datum(from)),
    12: (from) => void (this.dataCount = from.u32()),
  };

  /** The number that a function has here: imported ones get a function of their own once they are referred to. */
  function(index: number): number {
    if (index >= this.imported.length) return index - this.imported.length;
    const known = this.#trampolines.get(index) ?? this.#trampolines.size;
    this.#trampolines.set(index, known);
    return this.#declared.length + known;
  }

  finish(from: ByteReader): VacProgram {
    if (this.#bodies.length !== this.#declared.length) from.fail('functions and their code differ in number');
    if (this.dataCount !== undefined && this.dataCount !== this.#data.length)
      from.fail('data and their count differ in number');
    const functions = this.#declared.map((type, at): VacFunction => {
      const { locals, code } = this.#bodies[at]!;
      return { type, locals, code: translateCode(code, this) };
    });
    for (const index of this.#trampolines.keys()) functions.push(this.#trampoline(index));
    const [memory, table, start] = [this.#memory, this.#table, this.#start];
    return {
      types: this.types,
      syscalls: this.imported,
      functions,
      globals: this.#globals,
      elements: this.#elements,
      data: this.#data,
      exports: this.#exports,
      ...(memory && { memory }),
      ...(table && { table }),
      ...(start !== undefined && { start }),
    };
  }

  /** The number of a type: of a block it may be none or one value, which gets a type of its own. */
  blockType(from: ByteReader): number {
    const type = Number(from.signed(33));
    if (type >= 0) return type < this.types.length ? type : from.fail(`there is no type ${type}`);
    const results = type === -64 ? [] : [TYPE_BYTES[type + 4] ?? from.fail('a type that is not known')];
    const known = this.types.findIndex((one) => one.params.length === 0 && one.results.join() === results.join());
    return known >= 0 ? known : this.types.push({ params: [], results }) - 1;
  }

  #trampoline(index: number): VacFunction {
    const { type } = this.imported[index]!;
    const code = new ByteWriter();
    for (const at of this.types[type]!.params.keys()) code.u8(0x20).u32(at);
    return { type, locals: [], code: code.u8(0xf0).u32(index).u8(0x0b).finish() };
  }

  #index(from: ByteReader, what: string, count: number): number {
    const index = from.u32();
    return index < count ? index : from.fail(`there is no ${what} ${index}`);
  }

  #valueType(from: ByteReader): VacType {
    return TYPE_BYTES[from.u8() - 0x7c] ?? from.fail('a type that is not known');
  }

  #type(from: ByteReader): void {
    if (from.u8() !== 0x60) from.fail('a type that is not known');
    const params = from.list(() => this.#valueType(from));
    this.types.push({ params, results: from.list(() => this.#valueType(from)) });
  }

  #import(from: ByteReader): void {
    const name = `${from.text()}.${from.text()}`;
    const kind = from.u8();
    if (kind === 0) this.imported.push({ name, type: this.#index(from, 'type', this.types.length) });
    else if (kind === 1) this.#readTable(from);
    else if (kind === 2) this.#readMemory(from);
    else if (kind === 3) this.#importGlobal(from, name);
    else from.fail(`an import of kind ${kind}`);
  }

  #importGlobal(from: ByteReader, name: string): void {
    const type = this.#valueType(from);
    const value = this.#given.globals?.[name];
    if (value === undefined) from.fail(`the global "${name}" is imported and was not given`);
    this.#globals.push({ type, mutable: from.u8() === 1, initial: bitsOfValue(type, value) });
  }

  #limits(from: ByteReader): Limits {
    const flags = from.u8();
    if (flags > 1) from.fail('limits that are not known');
    const minimum = from.u32();
    return flags === 1 ? { minimum, maximum: from.u32() } : { minimum };
  }

  #readTable(from: ByteReader): void {
    if (from.u8() !== 0x70 || this.#table !== undefined) from.fail('more than one table of functions');
    this.#table = this.#limits(from);
  }

  #readMemory(from: ByteReader): void {
    if (this.#memory !== undefined) from.fail('more than one memory');
    this.#memory = this.#limits(from);
  }

  #global(from: ByteReader): void {
    const type = this.#valueType(from);
    const mutable = from.u8() === 1;
    this.#globals.push({ type, mutable, initial: this.#constant(from, type) });
  }

  /** A constant expression, as bits. */
  #constant(from: ByteReader, type: VacType): bigint {
    const code = from.u8();
    const types = { 0x41: 'i32', 0x42: 'i64', 0x43: 'f32', 0x44: 'f64' } as const;
    let bits: bigint;
    let found: VacType | undefined = types[code as keyof typeof types];
    if (code === 0x41) bits = from.signed(32);
    else if (code === 0x42) bits = from.signed(64);
    else if (code === 0x43 || code === 0x44) bits = littleEndian(from.take(code === 0x43 ? 4 : 8));
    else if (code === 0x23) {
      const global = this.#globals[this.#index(from, 'global', this.#globals.length)]!;
      if (global.mutable) from.fail('a constant of a global that changes');
      found = global.type;
      bits = global.initial;
    } else return from.fail('an expression that is not constant');
    if (from.u8() !== 0x0b || found !== type) from.fail(`a constant that is no ${type}`);
    return bits;
  }

  #export(from: ByteReader): void {
    const name = from.text();
    const kind = (['function', 'table', 'memory', 'global'] as const)[from.u8()] ?? from.fail('an export of no kind');
    const index = from.u32();
    this.#exports.push({ name, kind, index: kind === 'function' ? this.function(index) : index });
  }

  /** Flags: 1 passive or declarative, 2 with a table or declarative, 4 with expressions instead of numbers. */
  #element(from: ByteReader): void {
    const flags = from.u32();
    if (flags > 7) from.fail(`elements of kind ${flags}`);
    if ((flags & 3) === 2 && from.u32() !== 0) from.fail('more than one table');
    const offset = flags & 1 ? undefined : Number(BigInt.asUintN(32, this.#constant(from, 'i32')));
    if (flags & 3 && from.u8() !== (flags & 4 ? 0x70 : 0)) from.fail('elements that are no functions');
    const functions = from.list(() => (flags & 4 ? this.#reference(from) : this.function(from.u32())));
    // Declarative elements can be referred to and never copied.
    this.#elements.push(
      offset === undefined ? { functions: (flags & 3) === 3 ? [] : functions } : { offset, functions },
    );
  }

  #reference(from: ByteReader): number | undefined {
    const code = from.u8();
    const index = code === 0xd2 ? this.function(from.u32()) : undefined;
    if (code !== 0xd2 && (code !== 0xd0 || from.u8() !== 0x70)) from.fail('an element that is no function');
    if (from.u8() !== 0x0b) from.fail('an element that is no function');
    return index;
  }

  #body(from: ByteReader): void {
    const code = new ByteReader(from.take(from.u32()), 'The code of a function of this WebAssembly module');
    const locals: VacType[] = [];
    code.list(() => {
      const count = code.u32();
      const type = this.#valueType(code);
      if (locals.length + count > MAX_LOCALS) code.fail(`more than ${MAX_LOCALS} locals`);
      for (let at = 0; at < count; at += 1) locals.push(type);
    });
    this.#bodies.push({ locals, code });
  }

  #datum(from: ByteReader): void {
    const flags = from.u32();
    if (flags > 2) from.fail(`data of kind ${flags}`);
    if (flags === 2 && from.u32() !== 0) from.fail('more than one memory');
    if (flags === 1) this.#data.push({ bytes: from.take(from.u32()) });
    else {
      const offset = Number(BigInt.asUintN(32, this.#constant(from, 'i32')));
      this.#data.push({ offset, bytes: from.take(from.u32()) });
    }
  }
}

const littleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);

function bitsOfValue(type: VacType, value: number | bigint): bigint {
  if (type === 'i32' || type === 'i64') return BigInt(value);
  const bytes = type === 'f32' ? new Float32Array([Number(value)]) : new Float64Array([Number(value)]);
  return littleEndian(new Uint8Array(bytes.buffer));
}
