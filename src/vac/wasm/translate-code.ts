// The code of a WebAssembly function in the encoding of the virtual computer: the same instructions, one by one.
import type { VacRow } from '../isa/row.ts';
import { ISA_ROWS } from '../isa/rows.ts';
import { type ByteReader, ByteWriter } from '../program/bytes.ts';

/** What the translation asks of the module. */
interface ModuleNames {
  readonly imported: readonly unknown[];
  /** How many segments of data it said before its code that there are. */
  readonly dataCount: number | undefined;
  blockType(from: ByteReader): number;
}

const PREFIXED = 0xfc;
const CALL = 0x10;
const SYSCALL = 0xf0;
const TYPED_SELECT = 0x1c;

const byWasm = (prefix: readonly number[]): readonly (VacRow | undefined)[] =>
  Array.from({ length: 256 }, (_, code) => ISA_ROWS.find(({ wasm }) => wasm.join() === [...prefix, code].join()));
const PLAIN = byWasm([]);
const WITH_PREFIX = byWasm([PREFIXED]);

/** Code from where the reader is to its end. */
export function translateCode(from: ByteReader, module: ModuleNames): Uint8Array {
  const to = new ByteWriter();
  while (!from.isAtEnd) {
    const code = from.u8();
    if (code === CALL) {
      const index = from.u32();
      const imported = module.imported.length;
      to.u8(index < imported ? SYSCALL : CALL).u32(index < imported ? index : index - imported);
      continue;
    }
    if (code === TYPED_SELECT) {
      from.list(() => from.u8());
      to.u8(0x1b);
      continue;
    }
    const row = code === PREFIXED ? WITH_PREFIX[from.u32()] : PLAIN[code];
    if (row === undefined) from.fail(`the instruction 0x${code.toString(16)} is not known`);
    if (/^(memory\.init|data\.drop)$/.test(row.name) && module.dataCount === undefined)
      from.fail(`${row.name} in a module that does not say how many segments there are`);
    to.u8(row.code);
    immediates(row, from, to, module);
  }
  return to.finish();
}

function immediates(row: VacRow, from: ByteReader, to: ByteWriter, module: ModuleNames): void {
  for (const kind of row.immediates)
    if (kind === 'block') to.u32(module.blockType(from));
    else if (kind === 'i32' || kind === 'i64') to.signed(from.signed(kind === 'i32' ? 32 : 64));
    else if (kind === 'f32' || kind === 'f64') to.raw(from.take(kind === 'f32' ? 4 : 8));
    else if (kind === 'labels')
      to.list(
        from.list(() => from.u32()),
        (label) => to.u32(label),
      ).u32(from.u32());
    else {
      if (kind === 'offset') alignment(row, from);
      to.u32(from.u32());
    }
  for (let at = INDICES[row.name] ?? 0; at > 0; at -= 1)
    if (from.u8() !== 0) from.fail(`${row.name} of another memory or table`);
}

/** How many numbers of memories and tables follow; there is one of each, and its number is not kept. */
const INDICES: Readonly<Record<string, number>> = {
  call_indirect: 1,
  'memory.size': 1,
  'memory.grow': 1,
  'memory.init': 1,
  'memory.copy': 2,
  'memory.fill': 1,
  'table.init': 1,
  'table.copy': 2,
};

function alignment(row: VacRow, from: ByteReader): void {
  if (2 ** from.u32() > row.sizeBytes!) from.fail(`${row.name} that is aligned beyond its size`);
}
