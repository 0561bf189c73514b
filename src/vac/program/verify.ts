// Verifies a program: its tables of functions, globals and exports, and the code of every function by the rule of each
// instruction.
import { FormatError } from '../../kit.ts';
import type { VacRow } from '../isa/row.ts';
import type { ByteReader } from './bytes.ts';
import type { VacSignature, VacExport, VacProgram } from './program.ts';
import { labelOf, type CodeRule, CodeVerifier, type VerifiedFunction } from './verifier.ts';

export type { Branch, VacStep, VerifiedFunction } from './verifier.ts';

/** Program and its functions, verified. */
export interface VerifiedProgram {
  readonly program: VacProgram;
  readonly functions: readonly VerifiedFunction[];
}

/** Most pages of memory, and places of a table. */
const MAX_MEMORY_PAGES = 65_536;
const MAX_TABLE_PLACES = 10_000_000;

/** The program with what its interpreters run. Throws FormatError that names the function and the byte. */
export function verifyProgram(program: VacProgram): VerifiedProgram {
  for (const type of program.syscalls) existing('type', type.type, program.types.length);
  checkLimits('memory', program.memory, MAX_MEMORY_PAGES);
  checkLimits('table', program.table, MAX_TABLE_PLACES);
  const count = program.functions.length;
  const names = new Set<string>();
  for (const { name, kind, index } of program.exports) {
    if (names.has(name)) refuse(`two exports are named "${name}"`);
    names.add(name);
    existing(kind, index, COUNTS[kind](program));
  }
  for (const { functions, offset } of program.elements) {
    if (offset !== undefined && program.table === undefined) refuse('elements without a table');
    for (const index of functions) if (index !== undefined) existing('function', index, count);
  }
  if (program.data.some(({ offset }) => offset !== undefined) && program.memory === undefined)
    refuse('data without memory');
  const functions = program.functions.map((one, index) =>
    new CodeVerifier(program, one, `Function ${index} of this program`, ruleOf).run(),
  );
  if (program.start !== undefined) {
    existing('function', program.start, count);
    const { params, results } = functions[program.start]!.signature;
    if (params.length + results.length > 0) refuse('its start function takes or gives values');
  }
  return { program, functions };
}

const COUNTS: Readonly<Record<VacExport['kind'], (program: VacProgram) => number>> = {
  function: (program) => program.functions.length,
  global: (program) => program.globals.length,
  memory: (program) => (program.memory === undefined ? 0 : 1),
  table: (program) => (program.table === undefined ? 0 : 1),
};

function checkLimits(what: string, limits: VacProgram['memory'], most: number): void {
  if (limits === undefined) return;
  const { minimum, maximum = most } = limits;
  if (minimum > maximum || maximum > most) refuse(`its ${what} of ${minimum} to ${maximum}; at most ${most}`);
}

function existing(what: string, index: number, count: number): void {
  if (index >= count) refuse(`there is no ${what} ${index}`);
}

function refuse(why: string): never {
  throw new FormatError(`This program is not valid: ${why}. Ask whoever made it for one that is.`, { why });
}

/** A row that says what it takes and gives. */
function byRow(v: CodeVerifier): void {
  const { row } = v;
  const height = v.height();
  const index = row.immediates.length > 0 ? v.index() : 0;
  v.popAll(row.params ?? []);
  v.emit(height, { index });
  v.push(...(row.results ?? []));
}

function called(v: CodeVerifier, index: number, signature: VacSignature, height: number): void {
  v.popAll(signature.params);
  v.emit(height, { index });
  v.push(...signature.results);
}

const constant =
  (read: (from: ByteReader) => bigint): CodeRule =>
  (v) => {
    v.emit(v.height(), { bits: read(v.from) });
    v.push(...v.row.results!);
  };

const bitsOf = (bytes: Uint8Array): bigint => bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);

const needsMemory = (v: CodeVerifier): void => {
  if (v.program.memory === undefined) v.from.fail(`${v.row.name} in a program without memory`);
};

const needsTable = (v: CodeVerifier): void => {
  if (v.program.table === undefined) v.from.fail(`${v.row.name} in a program without a table`);
};

const ofMemory: CodeRule = (v) => {
  needsMemory(v);
  byRow(v);
};

const segment =
  (list: 'data' | 'elements'): CodeRule =>
  (v) => {
    if (v.row.name === 'memory.init') needsMemory(v);
    if (v.row.name === 'table.init') needsTable(v);
    byRow(v);
    if (v.lastIndex >= v.program[list].length) v.from.fail(`there is no segment ${v.lastIndex}`);
  };

/** Rules by name, then by kind. */
const RULES: Readonly<Record<string, CodeRule>> = {
  unreachable: (v) => {
    v.emit(v.height());
    v.leave();
  },
  block: (v) => v.enter('block'),
  loop: (v) => v.enter('loop'),
  if: (v) => {
    const height = v.height();
    v.pop('i32');
    const otherwise = { target: 0, height: 0, arity: 0 };
    v.emit(height, { branches: [otherwise] });
    v.enter('if', otherwise);
  },
  else: (v) => v.otherwise(),
  end: (v) => v.end(),
  br: (v) => {
    const depth = v.index();
    const height = v.height();
    const branch = v.branch(depth);
    v.popAll(labelOf(v.control(depth)));
    v.emit(height, { branches: [branch] });
    v.leave();
  },
  br_if: (v) => {
    const depth = v.index();
    const height = v.height();
    v.pop('i32');
    const types = labelOf(v.control(depth));
    v.popAll(types);
    v.push(...types);
    v.emit(height, { branches: [v.branch(depth)] });
  },
  br_table: (v) => {
    const height = v.height();
    const depths = v.from.list(() => v.index());
    const last = v.index();
    v.pop('i32');
    const arity = labelOf(v.control(last)).length;
    for (const depth of depths) {
      const types = labelOf(v.control(depth));
      if (types.length !== arity) v.from.fail('labels of a `br_table` with different numbers of values');
      v.push(...v.popEach(types));
    }
    v.popAll(labelOf(v.control(last)));
    v.emit(height, { branches: [...depths, last].map((depth) => v.branch(depth)) });
    v.leave();
  },
  return: (v) => {
    const height = v.height();
    v.popAll(v.results);
    v.emit(height);
    v.leave();
  },
  call: (v) => {
    const height = v.height();
    const index = v.index();
    const callee = v.program.functions[index] ?? v.from.fail(`there is no function ${index}`);
    called(v, index, v.typeOf(callee.type), height);
  },
  call_indirect: (v) => {
    needsTable(v);
    const height = v.height();
    const index = v.index();
    v.pop('i32');
    called(v, index, v.typeOf(index), height);
  },
  syscall: (v) => {
    const height = v.height();
    const index = v.index();
    const call = v.program.syscalls[index] ?? v.from.fail(`there is no syscall ${index}`);
    called(v, index, v.typeOf(call.type), height);
  },
  drop: (v) => {
    const height = v.height();
    v.pop();
    v.emit(height);
  },
  select: (v) => {
    const height = v.height();
    v.pop('i32');
    const type = v.pop();
    v.emit(height);
    v.push(v.pop(type));
  },
  'local.get': (v) => {
    const type = v.local();
    v.emit(v.height(), { index: v.lastIndex });
    v.push(type);
  },
  'local.set': (v) => {
    const height = v.height();
    v.pop(v.local());
    v.emit(height, { index: v.lastIndex });
  },
  'local.tee': (v) => {
    const height = v.height();
    const type = v.local();
    v.pop(type);
    v.emit(height, { index: v.lastIndex });
    v.push(type);
  },
  'global.get': (v) => {
    const global = v.program.globals[v.index()] ?? v.from.fail(`there is no global ${v.lastIndex}`);
    v.emit(v.height(), { index: v.lastIndex });
    v.push(global.type);
  },
  'global.set': (v) => {
    const height = v.height();
    const global = v.program.globals[v.index()] ?? v.from.fail(`there is no global ${v.lastIndex}`);
    if (!global.mutable) v.from.fail(`global ${v.lastIndex} is constant`);
    v.pop(global.type);
    v.emit(height, { index: v.lastIndex });
  },
  'i32.const': constant((from) => BigInt.asUintN(32, from.signed(32))),
  'i64.const': constant((from) => BigInt.asUintN(64, from.signed(64))),
  'f32.const': constant((from) => bitsOf(from.take(4))),
  'f64.const': constant((from) => bitsOf(from.take(8))),
  load: ofMemory,
  store: ofMemory,
  'memory.size': ofMemory,
  'memory.grow': ofMemory,
  'memory.copy': ofMemory,
  'memory.fill': ofMemory,
  'memory.init': segment('data'),
  'data.drop': segment('data'),
  'table.init': segment('elements'),
  'elem.drop': segment('elements'),
  'table.copy': (v) => {
    needsTable(v);
    byRow(v);
  },
};

const ruleOf = (row: VacRow): CodeRule => RULES[row.name] ?? RULES[row.kind] ?? byRow;
