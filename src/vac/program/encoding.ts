// The one encoding of a program: what its digest is taken of, and what a package carries. docs/format/vac.md.
import { FormatError } from '../../kit.ts';
import { ISA_VERSION } from '../isa/rows.ts';
import type { VacType } from '../isa/row.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Limits, VacExport, VacProgram } from './program.ts';

const MAGIC = [0x56, 0x41, 0x43, 0x50];
export const TYPES: readonly VacType[] = ['i32', 'i64', 'f32', 'f64'];
const EXPORT_KINDS = ['function', 'table', 'memory', 'global'] as const;

/** The bytes of a program. */
export function encodeVacProgram(program: VacProgram): Uint8Array {
  const to = new ByteWriter();
  for (const byte of MAGIC) to.u8(byte);
  const type = (of: VacType): void => void to.u8(TYPES.indexOf(of));
  const optional = (value: number | undefined): void => void to.u32(value === undefined ? 0 : value + 1);
  const limits = (of: Limits | undefined): void => {
    to.u8(of === undefined ? 0 : 1);
    if (of !== undefined) optional(to.u32(of.minimum) && of.maximum);
  };
  to.u32(ISA_VERSION)
    .list(program.types, ({ params, results }) => to.list(params, type).list(results, type))
    .list(program.syscalls, (call) => to.text(call.name).u32(call.type))
    .list(program.functions, (one) => to.u32(one.type).list(one.locals, type).sized(one.code))
    .list(program.globals, (one) => {
      type(one.type);
      to.u8(Number(one.mutable)).signed(BigInt.asIntN(64, one.initial));
    });
  limits(program.memory);
  limits(program.table);
  to.list(program.elements, (one) => {
    optional(one.offset);
    to.list(one.functions, optional);
  }).list(program.data, (one) => {
    optional(one.offset);
    to.sized(one.bytes);
  });
  to.list(program.exports, (one) => to.text(one.name).u8(EXPORT_KINDS.indexOf(one.kind)).u32(one.index));
  optional(program.start);
  return to.finish();
}

/** The program of these bytes. Throws FormatError. */
export function decodeVacProgram(bytes: Uint8Array): VacProgram {
  const from = new ByteReader(bytes, 'This program');
  if (MAGIC.some((byte) => from.u8() !== byte)) from.fail('it does not begin as one');
  const version = from.u32();
  if (version !== ISA_VERSION)
    throw new FormatError(
      `This program is of instruction set ${version}, and this release runs ${ISA_VERSION}; ` +
        'take the one that wrote it.',
      { version },
    );
  const program = readBody(from);
  if (!from.isAtEnd) from.fail('there is more than a program');
  return program;
}

function readBody(from: ByteReader): VacProgram {
  const type = (): VacType => TYPES[from.u8()] ?? from.fail('no type');
  const optional = (): number | undefined => {
    const value = from.u32();
    return value === 0 ? undefined : value - 1;
  };
  const limits = (): Limits | undefined => {
    if (from.u8() === 0) return undefined;
    const minimum = from.u32();
    return { minimum, ...given('maximum', optional()) };
  };
  const types = from.list(() => ({ params: from.list(type), results: from.list(type) }));
  const syscalls = from.list(() => ({ name: from.text(), type: from.u32() }));
  const functions = from.list(() => ({ type: from.u32(), locals: from.list(type), code: from.take(from.u32()) }));
  const globals = from.list(() => ({ type: type(), mutable: from.u8() === 1, initial: from.signed(64) }));
  const [memory, table] = [limits(), limits()];
  const elements = from.list(() => ({ ...given('offset', optional()), functions: from.list(optional) }));
  const data = from.list(() => ({ ...given('offset', optional()), bytes: from.take(from.u32()) }));
  const exports = from.list((): VacExport => {
    const name = from.text();
    return { name, kind: EXPORT_KINDS[from.u8()] ?? from.fail('an export of no kind'), index: from.u32() };
  });
  const rest = { ...given('memory', memory), ...given('table', table), ...given('start', optional()) };
  return { types, syscalls, functions, globals, elements, data, exports, ...rest };
}

/** A field where there is a value. */
const given = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };
