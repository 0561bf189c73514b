// The interpreter of the register form as a WebAssembly module: one loop, one `br_table` over all operations. It counts
// ticks by blocks, and comes back where the ticks do not suffice for a block, where a step may trap, and where a step
// is left to the reference interpreter.
import { f32, f64, i32, i64 } from '../../../kernels/wasm/code/assembler.ts';
import {
  block,
  br,
  brIf,
  brTable,
  type Expr,
  label,
  type Local,
  loop,
  ModuleBuilder,
  select,
  sequence,
  set,
  type Statement,
  when,
  whileTrue,
} from '../../../kernels/wasm/code/assembler.ts';
import { expression } from '../../../kernels/wasm/code/expression.ts';
import type { VacRow, VacType } from '../isa/row.ts';
import { guardOf } from './guards.ts';
import { type Operation, OPERATIONS } from './operations.ts';

/** Words of 32 bits at the beginning of memory, through which host and interpreter hand over. */
export const EXCHANGE = {
  word: 0,
  frame: 1,
  fuel: 2,
  returns: 3,
  memoryBytes: 4,
  memoryBase: 6,
  globals: 7,
  stack: 8,
  stackEnd: 9,
  returnsStart: 10,
  returnsEnd: 11,
  derivedReturns: 12,
} as const;

/** Why it came back. */
export const CAME_BACK = { fuel: 0, leaves: 1, halted: 2 } as const;

const WORD_BYTES = 16;

/** Locals and labels that handlers use. */
interface Registers {
  readonly pc: Local<'i32'>;
  readonly frame: Local<'i32'>;
  readonly fuel: Local<'i32'>;
  readonly returns: Local<'i32'>;
  readonly memoryBytes: Local<'i64'>;
  readonly memoryBase: Local<'i32'>;
  readonly address: Local<'i64'>;
  readonly place: Local<'i32'>;
  readonly end: Local<'i32'>;
  readonly f32: Local<'f32'>;
  readonly f64: Local<'f64'>;
  readonly code: Local<'i32'>;
  readonly next: ReturnType<typeof label>;
  readonly enter: ReturnType<typeof label>;
  readonly leave: ReturnType<typeof label>;
}

const exchanged = (name: keyof typeof EXCHANGE): Expr<'i32'> => i32.load(0, 4 * EXCHANGE[name]);

/** Fields of the word that the counter is at, and the slots that they name. */
const field = (r: Registers, at: 1 | 2 | 3): Expr<'i32'> => i32.load(r.pc, 4 * at);
const slot = (r: Registers, at: 1 | 2 | 3): Expr<'i32'> => i32.add(r.frame, field(r, at));

/** Goes to the next word. */
const advance = (r: Registers): Statement => sequence(set(r.pc, i32.add(r.pc, WORD_BYTES)), br(r.next));

function readSlot(r: Registers, type: VacType, at: 1 | 2 | 3): Expr<VacType> {
  if (type === 'i32') return i32.load(slot(r, at));
  if (type === 'i64') return i64.load(slot(r, at));
  return type === 'f32' ? f32.load(slot(r, at)) : f64.load(slot(r, at));
}

/** Writes a value whole: values of 32 bits have zeros above them. */
function writeSlot(r: Registers, value: Expr<VacType>): Statement {
  const at = slot(r, 1);
  if (value.type === 'i32') return i64.store(at, i64.extendU(value as Expr<'i32'>));
  if (value.type === 'i64') return i64.store(at, value as Expr<'i64'>);
  if (value.type === 'f64') return f64.store(at, value as Expr<'f64'>);
  return i64.store(at, i64.extendU(i32.reinterpret(value as Expr<'f32'>)));
}

/** A NaN that arithmetic gave is the canonical one. */
function canonical(r: Registers, row: VacRow, value: Expr<VacType>): Statement {
  const [result] = row.results!;
  const isMade = row.asBits !== true && (result === 'f32' || result === 'f64');
  if (!isMade) return writeSlot(r, value);
  if (result === 'f32') {
    const nan = f32.reinterpret(i32.constant(0x7fc00000));
    return sequence(set(r.f32, value as Expr<'f32'>), writeSlot(r, select(r.f32, nan, f32.eq(r.f32, r.f32))));
  }
  const nan = f64.reinterpret(i64.constant(0x7ff8000000000000n));
  return sequence(set(r.f64, value as Expr<'f64'>), writeSlot(r, select(r.f64, nan, f64.eq(r.f64, r.f64))));
}

function valueOf(r: Registers, row: VacRow, immediate: boolean): Expr<VacType> {
  const [first, second] = row.params!;
  const a = readSlot(r, first!, 2);
  const operands = [a.code];
  if (second !== undefined) operands.push((immediate ? immediateOf(r, second) : readSlot(r, second, 3)).code);
  return expression(row.results![0]!, operands, row.wasm);
}

const immediateOf = (r: Registers, type: VacType): Expr<VacType> =>
  type === 'i64' ? i64.load32S(r.pc, 12) : i32.load(r.pc, 12);

function handler(r: Registers, { form, row, name }: Operation): Statement {
  if (form === 'control') return CONTROL_HANDLERS[name]!(r);
  const of = row!;
  if (form === 'load') return sequence(address(r, of.sizeBytes!), writeSlot(r, loaded(r, of)), advance(r));
  if (form === 'store') return sequence(address(r, of.sizeBytes!), stored(r, of), advance(r));
  if (form === 'branch' || form === 'branchImmediate')
    return branchWhere(r, valueOf(r, of, form === 'branchImmediate') as Expr<'i32'>);
  const guard = guardOf(
    of,
    () => readSlot(r, of.params![0]!, 2),
    () => readSlot(r, of.params![1]!, 3),
  );
  const guarded = guard === undefined ? [] : [brIf(r.leave, guard)];
  return sequence(...guarded, canonical(r, of, valueOf(r, of, form === 'immediate')), advance(r));
}

const branchWhere = (r: Registers, holds: Expr<'i32'>): Statement =>
  sequence(set(r.pc, select(field(r, 1), i32.add(r.pc, WORD_BYTES), holds)), br(r.enter));

/** The address in the program's memory that a word names; leaves where that is outside. */
function address(r: Registers, sizeBytes: number): Statement {
  return sequence(
    set(r.address, i64.add(i64.load32U(slot(r, 2)), i64.load32U(r.pc, 12))),
    brIf(r.leave, i64.gtU(i64.add(r.address, BigInt(sizeBytes)), r.memoryBytes)),
    set(r.place, i32.add(r.memoryBase, i32.wrap(r.address))),
  );
}

const loaded = (r: Registers, row: VacRow): Expr<VacType> => expression(row.results![0]!, r.place.code, row.wasm, 0, 0);

const stored = (r: Registers, row: VacRow): Statement =>
  expression('void', r.place.code, readSlot(r, row.params![1]!, 1).code, row.wasm, 0, 0);

/** Returns to the caller, or halts where there is none. */
const returns = (r: Registers): Statement =>
  sequence(
    when(i32.eq(r.returns, exchanged('returnsStart')), set(r.code, CAME_BACK.halted), br(r.leave)),
    set(r.returns, i32.sub(r.returns, 8)),
    set(r.place, i32.add(r.returns, exchanged('derivedReturns'))),
    set(r.pc, i32.load(r.place)),
    set(r.frame, i32.load(r.place, 4)),
    br(r.enter),
  );

const move = (r: Registers): Statement => sequence(i64.store(slot(r, 1), i64.load(slot(r, 2))), advance(r));

const CONTROL_HANDLERS: Readonly<Record<string, (r: Registers) => Statement>> = {
  enter: (r) => sequence(set(r.pc, i32.add(r.pc, WORD_BYTES)), br(r.enter)),
  jump: (r) => sequence(set(r.pc, field(r, 1)), br(r.enter)),
  jumpIf: (r) => branchWhere(r, i32.load(slot(r, 2))),
  jumpUnless: (r) => branchWhere(r, i32.eqz(i32.load(slot(r, 2)))),
  jumpTable: (r) =>
    sequence(
      set(r.place, i32.load(slot(r, 1))),
      set(r.end, field(r, 3)),
      set(r.place, select(r.place, r.end, i32.ltU(r.place, r.end))),
      set(r.pc, i32.load(i32.add(field(r, 2), i32.shl(r.place, 2)))),
      br(r.enter),
    ),
  call,
  return0: returns,
  return1: (r) => sequence(i64.store(r.frame, i64.load(slot(r, 2))), returns(r)),
  returnMany: (r) =>
    sequence(
      set(r.place, r.frame),
      set(r.end, i32.add(r.frame, field(r, 3))),
      whileTrue(
        i32.ltU(r.place, r.end),
        i64.store(r.place, i64.load(i32.add(r.place, field(r, 2)))),
        set(r.place, i32.add(r.place, 8)),
      ),
      returns(r),
    ),
  step: (r) => br(r.leave),
  move,
  constant: (r) => sequence(i64.store(slot(r, 1), i64.load(r.pc, 8)), advance(r)),
  select: (r) => sequence(when(i32.eqz(i32.load(slot(r, 3))), i64.store(slot(r, 1), i64.load(slot(r, 2)))), advance(r)),
  getGlobal: (r) => sequence(i64.store(slot(r, 1), i64.load(i32.add(exchanged('globals'), field(r, 2)))), advance(r)),
  setGlobal: (r) => sequence(i64.store(i32.add(exchanged('globals'), field(r, 2)), i64.load(slot(r, 1))), advance(r)),
};

/** The word before the function says how much it takes. The return stack gets what the reference puts there. */
function call(r: Registers): Statement {
  return sequence(
    set(r.place, slot(r, 2)),
    set(r.end, i32.load(i32.sub(field(r, 1), WORD_BYTES), 4)),
    brIf(r.leave, i32.gtU(i32.add(r.place, r.end), exchanged('stackEnd'))),
    brIf(r.leave, i32.geU(r.returns, exchanged('returnsEnd'))),
    i32.store(r.returns, field(r, 3)),
    i32.store(r.returns, i32.shrU(i32.sub(r.frame, exchanged('stack')), 3), 4),
    set(r.end, i32.add(r.returns, exchanged('derivedReturns'))),
    i32.store(r.end, i32.add(r.pc, WORD_BYTES)),
    i32.store(r.end, r.frame, 4),
    set(r.returns, i32.add(r.returns, 8)),
    set(r.pc, field(r, 1)),
    set(r.frame, r.place),
    set(r.end, i32.add(r.frame, i32.load(i32.sub(r.pc, WORD_BYTES), 12))),
    set(r.place, i32.add(r.frame, i32.load(i32.sub(r.pc, WORD_BYTES), 8))),
    whileTrue(i32.ltU(r.place, r.end), i64.store(r.place, 0n), set(r.place, i32.add(r.place, 8))),
    br(r.enter),
  );
}

/** Each handler stands behind the block whose end its label is. */
function dispatch(r: Registers): Statement {
  const labels = OPERATIONS.map(({ name }) => label(name));
  let inner: Statement = brTable(i32.load16U(r.pc), labels.slice(0, -1), labels.at(-1)!);
  for (const [at, operation] of OPERATIONS.entries())
    inner = sequence(block(labels[at]!, inner), handler(r, operation));
  return inner;
}

/** The module; it imports `env.memory` and exports `run`, which gives a number of `CAME_BACK`. */
export function interpreterModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: 'private' });
  const run = module.function({ export: 'run', params: [], result: 'i32' });
  const [pc, frame, fuel, returnsAt, memoryBase, place, end, code] = run.locals('i32', 8);
  const [memoryBytes, address] = run.locals('i64', 2);
  const [next, enter, leave] = ['next', 'enter', 'leave'].map(label) as [never, never, never];
  const r: Registers = {
    pc,
    frame,
    fuel,
    returns: returnsAt,
    memoryBase,
    place,
    end,
    code,
    memoryBytes,
    address,
    f32: run.local('f32'),
    f64: run.local('f64'),
    next,
    enter,
    leave,
  };
  const stop = label('stop');
  run.body(
    set(pc, exchanged('word')),
    set(frame, exchanged('frame')),
    set(fuel, exchanged('fuel')),
    set(returnsAt, exchanged('returns')),
    set(memoryBase, exchanged('memoryBase')),
    set(memoryBytes, i64.load(0, 4 * EXCHANGE.memoryBytes)),
    block(
      stop,
      block(
        leave,
        loop(
          enter,
          set(fuel, i32.sub(fuel, i32.load16U(pc, 2))),
          when(i32.ltS(fuel, 0), set(fuel, i32.add(fuel, i32.load16U(pc, 2))), br(stop)),
          loop(next, dispatch(r)),
        ),
      ),
      when(i32.eqz(code), set(code, CAME_BACK.leaves)),
    ),
    i32.store(0, pc, 4 * EXCHANGE.word),
    i32.store(0, frame, 4 * EXCHANGE.frame),
    i32.store(0, fuel, 4 * EXCHANGE.fuel),
    i32.store(0, returnsAt, 4 * EXCHANGE.returns),
    code,
  );
  return module.encode();
}
