// Random programs that verify and end: arithmetic of all types, locals, blocks with values, loops, memory and calls.
import fc from 'fast-check';
import type { VacType } from '../../src/vac/isa/row.ts';
import { ISA_ROWS } from '../../src/vac/isa/rows.ts';

const TYPES = ['i32', 'i64', 'f32', 'f64'] as const;
const LOCALS: readonly VacType[] = ['i32', 'i32', 'i64', 'f32', 'f64', 'i64'];
const NUMERIC = ISA_ROWS.filter(({ kind, traps }) => kind === 'numeric' && traps.length === 0);
const TRAPPING = ISA_ROWS.filter(({ kind, traps }) => kind === 'numeric' && traps.length > 0);

/** Draws numbers below a limit. */
type Draw = (limit: number) => number;

const CONSTANTS: Readonly<Record<VacType, readonly string[]>> = {
  i32: ['0', '1', '-1', '2147483647', '-2147483648', '77'],
  i64: ['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '4294967296', '2147483648'],
  f32: ['0', '-0', '1.5', 'inf', 'nan:0x200001', '-1e30'],
  f64: ['0', '-0', '0.1', '-inf', 'nan:0x4000000000001', '1e300', '3000000000.7'],
};

/** Writes code as text. `lines` grows by it. */
class ProgramWriter {
  readonly lines: string[] = [];
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** Code that leaves one value of a type. */
  value(type: VacType, depth: number): void {
    const pick = this.#draw(depth <= 0 ? 2 : 9);
    const locals = LOCALS.flatMap((local, at) => (local === type ? [at] : []));
    if (pick === 0) this.#write(`${type}.const ${this.#of(CONSTANTS[type])}`);
    else if (pick === 1) this.#write(`local.get ${this.#of(locals)}`);
    else if (pick === 2) {
      this.value(type, depth - 1);
      this.#write(`local.tee ${this.#of(locals)}`);
    } else if (pick === 3) this.#conditional(type, depth);
    else if (pick === 4) this.#select(type, depth);
    else if (pick === 5) {
      this.value('i32', depth - 1);
      this.#write('i32.const 1023', 'i32.and', `${type}.load ${this.#draw(40)}`);
    } else if (pick === 6) {
      this.#write(`block -> ${type}`);
      this.value(type, depth - 1);
      this.value('i32', depth - 1);
      this.#write('br_if 0', 'drop');
      this.statement(depth - 1);
      this.value(type, depth - 1);
      this.#write('end');
    } else this.#arithmetic(type, depth);
  }

  /** Code that leaves the stack as it was. */
  statement(depth: number): void {
    const pick = this.#draw(6);
    const local = this.#draw(LOCALS.length);
    if (pick === 0) {
      this.value(LOCALS[local]!, depth);
      this.#write(`local.set ${local}`);
    } else if (pick === 1) {
      const type = this.#of(TYPES);
      this.value('i32', depth - 1);
      this.#write('i32.const 1023', 'i32.and');
      this.value(type, depth - 1);
      this.#write(`${type}.store ${this.#draw(40)}`);
    } else if (pick === 2) {
      this.value('i64', depth - 1);
      this.#write('global.set 0');
    } else if (pick === 3 && depth > 0) this.#loop(depth);
    else if (pick === 4 && depth > 0) this.#table(depth);
    else {
      this.value('f64', depth - 1);
      this.#write('i32.const 3', 'call other', 'drop');
    }
  }

  #write(...lines: string[]): void {
    this.lines.push(...lines);
  }

  #of<T>(list: readonly T[]): T {
    return list[this.#draw(list.length)]!;
  }

  #arithmetic(type: VacType, depth: number): void {
    const from = this.#draw(12) === 0 ? TRAPPING : NUMERIC;
    const row = this.#of(from.filter(({ results }) => results![0] === type));
    if (row === undefined) return this.value(type, 0);
    for (const param of row.params!) this.value(param, depth - 1);
    this.#write(row.name);
  }

  #conditional(type: VacType, depth: number): void {
    this.value(type, depth - 1);
    this.value('i32', depth - 1);
    this.#write(`if ${type} -> ${type}`);
    this.statement(depth - 1);
    this.#write('else', 'drop');
    this.value(type, depth - 1);
    this.#write('end');
  }

  #select(type: VacType, depth: number): void {
    this.value(type, depth - 1);
    this.value(type, depth - 1);
    this.value('i32', depth - 1);
    this.#write('select');
  }

  /** A loop that local 6 counts down; within another one it ends with that. */
  #loop(depth: number): void {
    this.#write('i32.const 3', 'local.set 6', 'loop');
    this.statement(depth - 1);
    this.#write('local.get 6', 'i32.const 1', 'i32.sub', 'local.tee 6', 'i32.const 0', 'i32.gt_s', 'br_if 0', 'end');
  }

  #table(depth: number): void {
    this.#write('block', 'block', 'block');
    this.value('i32', depth - 1);
    this.#write('i32.const 3', 'i32.and', 'br_table 0 1 2', 'end');
    this.statement(depth - 1);
    this.#write('br 1', 'end');
    this.statement(depth - 1);
    this.#write('end');
  }
}

/** The text of a program with a function `f` of no arguments that gives a value of each type. */
export const randomProgram: fc.Arbitrary<string> = fc.infiniteStream(fc.nat(1_000_000)).map((stream) => {
  const writer = new ProgramWriter((limit) => (stream.next().value as number) % limit);
  for (let at = 0; at < 4; at += 1) writer.statement(3);
  for (const type of TYPES) writer.value(type, 3);
  return `
    memory 1 2
    global i64 mut 5
    func f -> i32 i64 f32 f64
      locals ${LOCALS.join(' ')} i32
      ${writer.lines.join('\n')}
    end
    func other x:f64 n:i32 -> f64
      locals f64
      local.get x
      local.get n
      i32.eqz
      br_if 0
      local.get n
      i32.const 1
      i32.sub
      call other
      local.get 2
      f64.add
    end
    export f`;
});
