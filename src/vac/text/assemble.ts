// The assembler: a program as text, one declaration or instruction a line. docs/guides/vac.md shows one.
import { FormatError } from '../../kit.ts';
import type { Immediate, VacRow, VacType } from '../isa/row.ts';
import { rowNamed } from '../isa/rows.ts';
import { ByteWriter } from '../program/bytes.ts';
import { TYPES } from '../program/encoding.ts';
import type {
  DataSegment,
  ElementSegment,
  Limits,
  VacSignature,
  SyscallDeclaration,
  VacExport,
  VacFunction,
  VacGlobal,
  VacProgram,
} from '../program/program.ts';
import { bitsOfText } from './floats.ts';

interface Line {
  readonly number: number;
  readonly words: readonly string[];
}

/** The program of a text. Throws FormatError with the line. */
export function assemble(text: string): VacProgram {
  const assembler = new Assembler();
  const lines = linesOf(text);
  for (const line of lines) assembler.declare(line);
  for (const line of lines) assembler.write(line);
  return assembler.finish();
}

/** Words of every line; a text in quotes is one, and `;` begins a remark. */
function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((line, at) => {
    const words = [...line.matchAll(/"(?:[^"\\]|\\.)*"|;.*|[^\s";]+/g)].map(([word]) => word);
    const kept = words.filter((word) => !word.startsWith(';'));
    return kept.length === 0 ? [] : [{ number: at + 1, words: kept }];
  });
}

interface OpenFunction {
  readonly type: number;
  readonly names: (string | undefined)[];
  readonly locals: VacType[];
  readonly code: ByteWriter;
  depth: number;
}

/** What a text has said so far. The first pass knows all names, the second writes the code. */
class Assembler {
  readonly #types: VacSignature[] = [];
  readonly #syscalls: SyscallDeclaration[] = [];
  readonly #functions: VacFunction[] = [];
  readonly #names: string[] = [];
  readonly #globals: VacGlobal[] = [];
  readonly #elements: ElementSegment[] = [];
  readonly #data: DataSegment[] = [];
  readonly #exports: VacExport[] = [];
  #memory: Limits | undefined;
  #table: Limits | undefined;
  #start: number | undefined;
  #open: OpenFunction | undefined;
  #line: Line = { number: 0, words: [] };

  /** Names of functions and syscalls, which may be used before they are written. */
  declare({ words }: Line): void {
    if (words[0] === 'func') this.#names.push(words[1] ?? '');
    if (words[0] === 'syscall')
      this.#syscalls.push({ name: unquoted(words[1] ?? ''), type: this.#type(signatureOf(words.slice(2))) });
  }

  write(line: Line): void {
    this.#line = line;
    const [word = '', ...rest] = line.words;
    if (this.#open !== undefined) this.#instruction(this.#open, word, rest);
    else (DECLARATIONS[word] ?? this.#fail(`"${word}" is no declaration`))(rest, this);
  }

  finish(): VacProgram {
    if (this.#open !== undefined) this.#fail('the last function has no `end`');
    const [memory, table, start] = [this.#memory, this.#table, this.#start];
    return {
      types: this.#types,
      syscalls: this.#syscalls,
      functions: this.#functions,
      globals: this.#globals,
      elements: this.#elements,
      data: this.#data,
      exports: this.#exports,
      ...(memory && { memory }),
      ...(table && { table }),
      ...(start !== undefined && { start }),
    };
  }

  limits(what: 'memory' | 'table', [minimum, maximum]: readonly string[]): void {
    const limits = { minimum: this.#number(minimum), ...(maximum !== undefined && { maximum: this.#number(maximum) }) };
    if (what === 'memory') this.#memory = limits;
    else this.#table = limits;
  }

  global(words: readonly string[]): void {
    const type = this.#typeNamed(words[0]);
    const initial = this.#constant(type, words.at(-1) ?? '');
    this.#globals.push({ type, mutable: words[1] === 'mut', initial });
  }

  function([, ...words]: readonly string[]): void {
    const arrow = words.indexOf('->');
    const params = (arrow < 0 ? words : words.slice(0, arrow)).map((word) => word.split(':'));
    const results = arrow < 0 ? [] : words.slice(arrow + 1).map((word) => this.#typeNamed(word));
    const type = this.#type({ params: params.map((parts) => this.#typeNamed(parts.at(-1))), results });
    const names = params.map((parts) => (parts.length > 1 ? parts[0] : undefined));
    this.#open = { type, names, locals: [], code: new ByteWriter(), depth: 0 };
  }

  export(words: readonly string[]): void {
    const [what = '', name = words[0] ?? ''] = words;
    const kind = what === 'memory' || what === 'table' ? what : 'function';
    this.#exports.push({ name: unquoted(name), kind, index: kind === 'function' ? this.#functionNamed(what) : 0 });
  }

  elements([offset, ...names]: readonly string[]): void {
    const functions = names.map((name) => this.#functionNamed(name));
    this.#elements.push(offset === 'passive' ? { functions } : { offset: this.#number(offset), functions });
  }

  data([offset, text = '']: readonly string[]): void {
    const bytes = bytesOfText(unquoted(text));
    this.#data.push(offset === 'passive' ? { bytes } : { offset: this.#number(offset), bytes });
  }

  start([name = '']: readonly string[]): void {
    this.#start = this.#functionNamed(name);
  }

  #instruction(open: OpenFunction, word: string, words: readonly string[]): void {
    if (word === 'locals') {
      for (const part of words) {
        const parts = part.split(':');
        open.names.push(parts.length > 1 ? parts[0] : undefined);
        open.locals.push(this.#typeNamed(parts.at(-1)));
      }
      return;
    }
    const row = rowNamed(word) ?? this.#fail(`there is no instruction "${word}"`);
    open.code.u8(row.code);
    this.#immediates(open, row, words);
    if (row.immediates[0] === 'block') open.depth += 1;
    if (row.name !== 'end') return;
    open.depth -= 1;
    if (open.depth >= 0) return;
    this.#functions.push({ type: open.type, locals: open.locals, code: open.code.finish() });
    this.#open = undefined;
  }

  #immediates({ code, names }: OpenFunction, row: VacRow, words: readonly string[]): void {
    const [immediate] = row.immediates;
    const [word] = words;
    if (immediate === undefined) {
      if (word !== undefined) this.#fail(`${row.name} takes no "${word}"`);
    } else if (immediate === 'block' || immediate === 'type') code.u32(this.#type(signatureOf(words)));
    else if (immediate === 'labels') {
      code.u32(words.length - 1);
      for (const label of words) code.u32(this.#number(label));
    } else if (immediate === 'function') code.u32(this.#functionNamed(word ?? ''));
    else if (immediate === 'syscall') code.u32(this.#syscallNamed(word ?? ''));
    else if (immediate === 'local') code.u32(names.includes(word) ? names.indexOf(word) : this.#number(word));
    else if (immediate === 'i32' || immediate === 'i64' || immediate === 'f32' || immediate === 'f64')
      this.#write(code, immediate, this.#constant(immediate, word ?? ''));
    else code.u32(immediate === 'offset' && word === undefined ? 0 : this.#number(word));
  }

  #write(code: ByteWriter, type: Immediate, bits: bigint): void {
    if (type === 'i32' || type === 'i64') code.signed(BigInt.asIntN(type === 'i32' ? 32 : 64, bits));
    else for (let at = 0n; at < (type === 'f32' ? 32n : 64n); at += 8n) code.u8(Number((bits >> at) & 0xffn));
  }

  #constant(type: VacType, word: string): bigint {
    try {
      return bitsOfText(type, word);
    } catch {
      return this.#fail(`"${word}" is no ${type}`);
    }
  }

  #type(signature: VacSignature): number {
    const text = ({ params, results }: VacSignature): string => `${params.join()}>${results.join()}`;
    const known = this.#types.findIndex((type) => text(type) === text(signature));
    return known >= 0 ? known : this.#types.push(signature) - 1;
  }

  #typeNamed(word: string | undefined): VacType {
    return (
      TYPES.find((type) => type === word) ?? this.#fail(`"${word ?? ''}" is no type; there are ${TYPES.join(', ')}`)
    );
  }

  #functionNamed(name: string): number {
    const index = this.#names.indexOf(name);
    return index >= 0 ? index : this.#fail(`there is no function "${name}"`);
  }

  #syscallNamed(word: string): number {
    const index = this.#syscalls.findIndex(({ name }) => name === unquoted(word));
    return index >= 0 ? index : this.#fail(`there is no syscall ${word}`);
  }

  #number(word: string | undefined): number {
    const value = Number(word);
    return Number.isInteger(value) && value >= 0 ? value : this.#fail(`"${word ?? ''}" is no number`);
  }

  #fail(why: string): never {
    const { number } = this.#line;
    throw new FormatError(`Line ${number} of the program: ${why}. See docs/vac-isa.md.`, { line: number, why });
  }
}

const DECLARATIONS: Readonly<Record<string, (words: readonly string[], to: Assembler) => void>> = {
  syscall: () => {},
  memory: (words, to) => to.limits('memory', words),
  table: (words, to) => to.limits('table', words),
  global: (words, to) => to.global(words),
  func: (words, to) => to.function(words),
  export: (words, to) => to.export(words),
  elements: (words, to) => to.elements(words),
  data: (words, to) => to.data(words),
  start: (words, to) => to.start(words),
};

/** `i32 i32 -> i64`. */
function signatureOf(words: readonly string[]): VacSignature {
  const arrow = words.indexOf('->');
  const typed = (part: readonly string[]): VacType[] =>
    part.map((word) => {
      const type = TYPES.find((known) => known === word);
      if (type === undefined) throw new FormatError(`"${word}" is no type; there are ${TYPES.join(', ')}.`, { word });
      return type;
    });
  return arrow < 0
    ? { params: typed(words), results: [] }
    : { params: typed(words.slice(0, arrow)), results: typed(words.slice(arrow + 1)) };
}

const unquoted = (word: string): string => (word.startsWith('"') ? word.slice(1, -1) : word);

/** Bytes of a text in which `\\hh` is a byte, as in WebAssembly's. */
function bytesOfText(text: string): Uint8Array {
  const to = new ByteWriter();
  for (const [part, hex] of text.matchAll(/\\([0-9a-f]{2})|[^\\]+/gi))
    if (hex === undefined) to.raw(new TextEncoder().encode(part));
    else to.u8(Number.parseInt(hex, 16));
  return to.finish();
}
