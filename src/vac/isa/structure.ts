// Rows that are verified and run by a rule of their own: control, variables, memory, and what reaches outside.
import type { Immediate, VacRow, RowKind, TrapName, VacType } from './row.ts';

interface Rest extends Partial<VacRow> {
  readonly immediates?: readonly Immediate[];
}

function row(kind: RowKind, name: string, code: number, summary: string, rest: Rest = {}): VacRow {
  return {
    name,
    code,
    kind,
    immediates: [],
    params: undefined,
    results: undefined,
    ticks: 1,
    traps: [],
    wasm: code < 0xd0 ? [code] : [],
    summary,
    ...rest,
  };
}

const takes = (...params: VacType[]): Rest => ({ params, results: [] });

const CONTROL_WORDS: readonly VacRow[] = [
  row('control', 'unreachable', 0x00, 'traps', { traps: ['unreachable'] }),
  row('control', 'nop', 0x01, 'takes one tick', takes()),
  row('control', 'block', 0x02, 'a label at its end', { immediates: ['block'], ticks: 0 }),
  row('control', 'loop', 0x03, 'a label at its beginning', { immediates: ['block'], ticks: 0 }),
  row('control', 'if', 0x04, 'goes on where the condition is not 0, and after `else` or at `end` otherwise', {
    immediates: ['block'],
  }),
  row('control', 'else', 0x05, 'goes to the `end` of its `if`'),
  row('control', 'end', 0x0b, 'ends a block; that of a function returns and takes one tick', { ticks: 0 }),
  row('control', 'br', 0x0c, 'goes to a label', { immediates: ['depth'] }),
  row('control', 'br_if', 0x0d, 'goes to a label where the condition is not 0', { immediates: ['depth'] }),
  row('control', 'br_table', 0x0e, 'goes to the label of this number, or to the last', { immediates: ['labels'] }),
  row('control', 'return', 0x0f, 'returns'),
  row('control', 'call', 0x10, 'calls a function', { immediates: ['function'], traps: ['call stack exhausted'] }),
  row('control', 'call_indirect', 0x11, 'calls the function of a place of the table', {
    immediates: ['type'],
    traps: ['undefined element', 'uninitialized element', 'indirect call type mismatch', 'call stack exhausted'],
  }),
];

const VARIABLES: readonly VacRow[] = [
  row('variable', 'drop', 0x1a, 'forgets a value'),
  row('variable', 'select', 0x1b, 'the first of two values where the condition is not 0, the second otherwise'),
  row('variable', 'local.get', 0x20, 'reads a local', { immediates: ['local'] }),
  row('variable', 'local.set', 0x21, 'writes a local', { immediates: ['local'] }),
  row('variable', 'local.tee', 0x22, 'writes a local and keeps the value', { immediates: ['local'] }),
  row('variable', 'global.get', 0x23, 'reads a global', { immediates: ['global'] }),
  row('variable', 'global.set', 0x24, 'writes a global', { immediates: ['global'] }),
  ...(['i32', 'i64', 'f32', 'f64'] as const).map((type, at) =>
    row('variable', `${type}.const`, 0x41 + at, 'a constant', { immediates: [type], params: [], results: [type] }),
  ),
];

const OUTSIDE: readonly TrapName[] = ['out of bounds memory access'];

/** Type, code, bytes, and for narrow ones how they extend. */
const LOADS = [
  ['i32', 0x28, 4, ''],
  ['i64', 0x29, 8, ''],
  ['f32', 0x2a, 4, ''],
  ['f64', 0x2b, 8, ''],
  ['i32', 0x2c, 1, '8_s'],
  ['i32', 0x2d, 1, '8_u'],
  ['i32', 0x2e, 2, '16_s'],
  ['i32', 0x2f, 2, '16_u'],
  ['i64', 0x30, 1, '8_s'],
  ['i64', 0x31, 1, '8_u'],
  ['i64', 0x32, 2, '16_s'],
  ['i64', 0x33, 2, '16_u'],
  ['i64', 0x34, 4, '32_s'],
  ['i64', 0x35, 4, '32_u'],
] as const;

const STORES = [
  ['i32', 0x36, 4, ''],
  ['i64', 0x37, 8, ''],
  ['f32', 0x38, 4, ''],
  ['f64', 0x39, 8, ''],
  ['i32', 0x3a, 1, '8'],
  ['i32', 0x3b, 2, '16'],
  ['i64', 0x3c, 1, '8'],
  ['i64', 0x3d, 2, '16'],
  ['i64', 0x3e, 4, '32'],
] as const;

const plural = (sizeBytes: number): string => (sizeBytes === 1 ? '1 byte' : `${sizeBytes} bytes`);

const MEMORY: readonly VacRow[] = [
  ...LOADS.map(([type, code, sizeBytes, narrow]) =>
    row('load', `${type}.load${narrow}`, code, `${plural(sizeBytes)} of memory`, {
      immediates: ['offset'],
      params: ['i32'],
      results: [type],
      traps: OUTSIDE,
      sizeBytes,
      signed: narrow.endsWith('s'),
    }),
  ),
  ...STORES.map(([type, code, sizeBytes, narrow]) =>
    row('store', `${type}.store${narrow}`, code, `${plural(sizeBytes)} to memory`, {
      immediates: ['offset'],
      params: ['i32', type],
      results: [],
      traps: OUTSIDE,
      sizeBytes,
    }),
  ),
  row('memory', 'memory.size', 0x3f, 'pages of 64 KiB', { params: [], results: ['i32'] }),
  row('memory', 'memory.grow', 0x40, 'grows by so many pages: how many there were, or −1', {
    params: ['i32'],
    results: ['i32'],
  }),
  ...(
    [
      ['memory.init', 8, 'copies from a segment of data', ['segment'], OUTSIDE],
      ['data.drop', 9, 'empties a segment of data', ['segment'], []],
      ['memory.copy', 10, 'copies within memory', [], OUTSIDE],
      ['memory.fill', 11, 'fills memory with a byte', [], OUTSIDE],
      ['table.init', 12, 'copies from a segment of functions', ['segment'], ['out of bounds table access']],
      ['elem.drop', 13, 'empties a segment of functions', ['segment'], []],
      ['table.copy', 14, 'copies within the table', [], ['out of bounds table access']],
    ] as const
  ).map(([name, code, summary, immediates, traps]) =>
    row('memory', name, 0xd0 + code, summary, {
      ...(name.endsWith('drop') ? takes() : takes('i32', 'i32', 'i32')),
      immediates,
      traps,
      wasm: [0xfc, code],
    }),
  ),
];

const SYSTEM: readonly VacRow[] = [
  row('system', 'syscall', 0xf0, 'asks a device; the arguments and results are those of its type', {
    immediates: ['syscall'],
    traps: ['refused by a device'],
  }),
  row('system', 'event', 0xf1, 'writes the value under a tag to the events of the machine', {
    immediates: ['tag'],
    ...takes('i64'),
  }),
  row('system', 'yield', 0xf2, 'gives up the rest of the quantum', takes()),
];

/** Everything that is no arithmetic. */
export const STRUCTURE_ROWS: readonly VacRow[] = [...CONTROL_WORDS, ...VARIABLES, ...MEMORY, ...SYSTEM];
