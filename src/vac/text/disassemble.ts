// The disassembler: text that the assembler reads again to the same program.
import type { VacType } from '../isa/row.ts';
import { rowOfCode } from '../isa/rows.ts';
import { ByteReader } from '../program/bytes.ts';
import type { Limits, VacSignature, VacProgram } from '../program/program.ts';
import { textOfBits } from './floats.ts';

/** A program as text. */
export function disassemble(program: VacProgram): string {
  const lines: string[] = [];
  for (const { name, type } of program.syscalls) lines.push(`syscall "${name}" ${signature(program.types[type]!)}`);
  for (const what of ['memory', 'table'] as const) {
    const limits = program[what];
    if (limits !== undefined) lines.push(limitsOf(what, limits));
  }
  for (const { type, mutable, initial } of program.globals)
    lines.push(`global ${type} ${mutable ? 'mut ' : ''}${textOfBits(type, initial)}`);
  for (const [index, one] of program.functions.entries()) {
    lines.push(`func f${index} ${signature(program.types[one.type]!)}`);
    if (one.locals.length > 0) lines.push(`  locals ${one.locals.join(' ')}`);
    lines.push(...codeLines(program, one.code));
  }
  for (const { offset = 'passive', functions } of program.elements)
    lines.push(`elements ${offset} ${functions.map((index) => `f${index}`).join(' ')}`);
  for (const { offset = 'passive', bytes } of program.data) lines.push(`data ${offset} "${escaped(bytes)}"`);
  for (const { name, kind, index } of program.exports)
    if (kind !== 'global') lines.push(`export ${kind === 'function' ? `f${index}` : kind} "${name}"`);
  if (program.start !== undefined) lines.push(`start f${program.start}`);
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const signature = ({ params, results }: VacSignature): string =>
  [...params, ...(results.length > 0 ? ['->', ...results] : [])].join(' ');

const limitsOf = (what: string, { minimum, maximum }: Limits): string =>
  `${what} ${minimum}${maximum === undefined ? '' : ` ${maximum}`}`;

const escaped = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

/** Lines of a function, indented by the depth of its blocks. */
function codeLines(program: VacProgram, code: Uint8Array): string[] {
  const from = new ByteReader(code, 'This code');
  const lines: string[] = [];
  let depth = 1;
  while (!from.isAtEnd) {
    const byte = from.u8();
    const row = rowOfCode(byte) ?? from.fail(`there is no opcode ${byte}`);
    if (row.name === 'end' || row.name === 'else') depth -= 1;
    const immediate = immediateText(program, from, row.immediates[0]);
    lines.push(`${'  '.repeat(depth)}${row.name}${immediate === '' ? '' : ` ${immediate}`}`);
    if (row.immediates[0] === 'block' || row.name === 'else') depth += 1;
  }
  return lines;
}

function immediateText(program: VacProgram, from: ByteReader, kind: string | undefined): string {
  if (kind === undefined) return '';
  if (kind === 'block' || kind === 'type') return signature(program.types[from.u32()]!);
  if (kind === 'labels') return [...from.list(() => from.u32()), from.u32()].join(' ');
  if (kind === 'function') return `f${from.u32()}`;
  if (kind === 'syscall') return `"${program.syscalls[from.u32()]!.name}"`;
  if (kind === 'i32' || kind === 'i64') return textOfBits(kind, from.signed(kind === 'i32' ? 32 : 64));
  if (kind === 'f32' || kind === 'f64') return textOfBits(kind, bitsOfBytes(kind, from));
  const index = from.u32();
  return kind === 'offset' && index === 0 ? '' : String(index);
}

function bitsOfBytes(type: VacType, from: ByteReader): bigint {
  const bytes = from.take(type === 'f32' ? 4 : 8);
  return bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}
