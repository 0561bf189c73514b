// The instruction set: every opcode by the specification's vectors and beside V8; programs as text; exact ticks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VacType, VacValue } from '../../src/vac/isa/row.ts';
import { ISA_ROWS, rowNamed } from '../../src/vac/isa/rows.ts';
import {
  assemble,
  decodeVacProgram,
  disassemble,
  encodeVacProgram,
  importWasm,
  VacMachine,
  type VacProgram,
} from '../../src/vac.ts';
import { moduleOfRow, opcodeVectors } from './vectors.ts';

const FIB = `
; the n-th Fibonacci number
func fib n:i32 -> i32
  local.get n
  i32.const 2
  i32.lt_s
  if -> i32
    local.get n
  else
    local.get n
    i32.const 1
    i32.sub
    call fib
    local.get n
    i32.const 2
    i32.sub
    call fib
    i32.add
  end
end
export fib`;

const SMALL = { limits: { stackSlots: 16, depth: 1 } };

const isNaNBits = (type: VacType, bits: bigint): boolean =>
  type === 'f32' ? (bits & 0x7fffffffn) > 0x7f800000n : (bits & (2n ** 63n - 1n)) > 0x7ff0000000000000n;
const width = (type: VacType): 32 | 64 => (type === 'i32' || type === 'f32' ? 32 : 64);

/** Runs a function on bits and gives bits, or the trap. */
function onBits(machine: VacMachine, types: readonly VacType[], operands: readonly bigint[]): bigint | string {
  const { state } = machine;
  machine.start(
    'f',
    types.map((type) => (type === 'i64' ? 0n : 0)),
  );
  for (const [at, bits] of operands.entries())
    state.write(
      types[at]!,
      state.slot(at),
      width(types[at]!) === 32 ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits),
      true,
    );
  machine.run();
  if (machine.status === 'trapped') {
    // A machine that trapped is not called again; the next of many operands is.
    machine.state.status = 'halted';
    return machine.trap;
  }
  const result = machine.linked.functions[0]!.signature.results[0]!;
  return BigInt.asUintN(width(result), BigInt(state.read(result, state.slot(0), true)));
}

describe('every opcode', () => {
  it('computes what the specification asserts', () => {
    const wrong: string[] = [];
    const machines = new Map<string, VacMachine>();
    const seen = new Set<string>();
    for (const { name, operands, expected } of opcodeVectors()) {
      const row = rowNamed(name)!;
      seen.add(name);
      const known = machines.get(name) ?? new VacMachine(importWasm(moduleOfRow(row)), SMALL);
      const found = onBits(known, row.params!, operands);
      machines.set(name, known);
      const isRight =
        expected === 'nan'
          ? found === (row.results![0] === 'f32' ? 0x7fc00000n : 0x7ff8000000000000n)
          : found === expected;
      if (!isRight) wrong.push(`${name} ${operands.join()}: ${String(found)}, not ${String(expected)}`);
    }
    expect(wrong).toEqual([]);
    expect(ISA_ROWS.filter(({ kind, name }) => kind === 'numeric' && !seen.has(name))).toEqual([]);
  });

  it('computes what V8 does, of any bits', () => {
    const special = [0n, 1n, 2n ** 31n, 2n ** 63n, 0x7f800000n, 0x7ff0000000000000n, 0x80000000n, 2n ** 64n - 1n];
    const bits = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(...special));
    for (const row of ISA_ROWS.filter(({ kind }) => kind === 'numeric')) {
      const module = new WebAssembly.Module(moduleOfRow(row));
      const f = new WebAssembly.Instance(module).exports['f'] as (...args: VacValue[]) => VacValue;
      const program = importWasm(moduleOfRow(row));
      const machine = new VacMachine(program, SMALL);
      const holds = fc.property(bits, bits, (a, b) => {
        const operands = [a, b].slice(0, row.params!.length);
        const types = row.params!;
        const found = onBits(machine, types, operands);
        let expected: bigint | undefined;
        try {
          expected = toBits(row.results![0]!, f(...operands.map((operand, at) => fromBits(types[at]!, operand))));
        } catch {
          expected = undefined;
        }
        const hasNaN = types.some(
          (type, at) => type.startsWith('f') && isNaNBits(type, BigInt.asUintN(width(type), operands[at]!)),
        );
        // A NaN loses its payload on its way through JavaScript.
        if (row.asBits && (hasNaN || isNaNBits(row.results![0]!, BigInt(expected ?? 0n)))) return;
        expect(typeof found === 'string' ? undefined : found, `${row.name} ${operands.join()}`).toBe(expected);
      });
      fc.assert(holds, { numRuns: 12, seed: row.code });
    }
  });
});

const scratch = new DataView(new ArrayBuffer(8));

function fromBits(type: VacType, bits: bigint): VacValue {
  scratch.setBigUint64(0, BigInt.asUintN(64, bits), true);
  if (type === 'i32') return scratch.getInt32(0, true);
  if (type === 'i64') return scratch.getBigInt64(0, true);
  return type === 'f32' ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}

function toBits(type: VacType, value: VacValue): bigint {
  if (type === 'i32' || type === 'i64') return BigInt.asUintN(width(type), BigInt(value));
  if (Number.isNaN(value)) return type === 'f32' ? 0x7fc00000n : 0x7ff8000000000000n;
  if (type === 'f32') scratch.setFloat32(0, Number(value), true);
  else scratch.setFloat64(0, Number(value), true);
  return type === 'f32' ? BigInt(scratch.getUint32(0, true)) : scratch.getBigUint64(0, true);
}

describe('a program', () => {
  const same = (a: VacProgram, b: VacProgram): void => expect(encodeVacProgram(b)).toEqual(encodeVacProgram(a));

  it('is the same after a way through text and through bytes', () => {
    const program = assemble(
      `
      syscall "console.write" i32 i32 -> i32
      memory 1 2
      table 2
      global i64 mut -5
      global f32 nan:0x200000
      func other x:f64 -> f64 i32
        locals i64 n:i32
        block i32
          drop
          loop
            local.get n
            br_if 1
          end
          f64.const -0.1
          drop
        end
        local.get x
        i32.const 16
        i32.load8_u 3
        local.get n
        call_indirect -> i32
        i32.add
      end
      func f
        f64.const inf
        call other
        drop
        drop
      end
      elements 1 f
      data 4 "ab\\00c"
      data passive "z"
      export f "run"
      export memory`.replace('block i32', 'i32.const 1\n block i32'),
    );
    same(program, assemble(disassemble(program)));
    same(program, decodeVacProgram(encodeVacProgram(program)));
  });

  it('takes one tick an instruction, and stops at any', () => {
    const ticks = (n: number): bigint => (n < 2 ? 7n : 14n + ticks(n - 1) + ticks(n - 2));
    const machine = new VacMachine(assemble(FIB));
    expect(machine.call('fib', 9)).toEqual([34]);
    expect(machine.ticks).toBe(ticks(9));
    const end = machine.snapshot();
    for (const quantum of [1, 2, 97]) {
      const other = new VacMachine(assemble(FIB)).start('fib', [9]);
      let rounds = 0n;
      for (; other.run(quantum) === 'ticks'; rounds += 1n) expect(other.ticks).toBe(BigInt(quantum) * (rounds + 1n));
      expect(other.snapshot()).toEqual(end);
    }
  });

  it('goes on in another machine from where it was', () => {
    const end = new VacMachine(assemble(FIB)).start('fib', [9]);
    end.run();
    const one = new VacMachine(assemble(FIB)).start('fib', [9]);
    for (let at = 0; at < 10; at += 1) {
      one.run(61);
      const other = new VacMachine(assemble(FIB)).restore(one.snapshot());
      other.run();
      expect(other.results()).toEqual([34]);
      expect(other.snapshot()).toEqual(end.snapshot());
    }
  });

  it('traps at a step, and says where and why', () => {
    const machine = new VacMachine(
      assemble('func f i32 -> i32\n i32.const 1\n local.get 0\n i32.div_s\nend\nexport f'),
    );
    expect(() => machine.call('f', 0)).toThrow('trapped at step 2, tick 3: integer divide by zero');
    expect(() => machine.call('f', 1)).toThrow('The machine is trapped');
    const deep = new VacMachine(assemble('func f\n call f\nend\nexport f'), { limits: { depth: 5 } });
    expect(() => deep.call('f')).toThrow('tick 6: call stack exhausted');
    const memory = assemble('memory 1\nfunc f i32 -> i64\n local.get 0\n i64.load 8\nend\nexport f');
    expect(new VacMachine(memory).call('f', 65_520)).toEqual([0n]);
    expect(() => new VacMachine(memory).call('f', 65_521)).toThrow('out of bounds memory access');
    expect(() => new VacMachine(memory).call('f', -1)).toThrow('out of bounds memory access');
  });

  it('is refused where it is none, with the place', () => {
    const refused = (code: string, why: string): void =>
      expect(() => new VacMachine(assemble(`func f -> i32\n${code}\nend\nexport f`))).toThrow(why);
    refused('i64.const 1', 'end takes i32 and finds i64 at byte 3');
    refused('i32.const 1\ni32.add', 'i32.add finds the stack empty');
    refused('i32.const 1\ni32.const 1', 'leaves more than its results');
    refused('i32.const 1\nbr 7', 'there is no label 7');
    refused('local.get 0', 'there is no local 0');
    refused('i32.const 0\ni32.load', 'without memory');
    refused('i32.const 1\nif -> i32\ni32.const 1\nend', 'an `if` without `else`');
    expect(() => assemble('func f\n i32.ad\nend')).toThrow('Line 2 of the program: there is no instruction "i32.ad"');
    const bytes = encodeVacProgram(assemble(FIB));
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decodeVacProgram(bytes.subarray(0, length))).toThrow(/cannot be read/);
  });

  it('asks devices, waits for them, and tells events', () => {
    const program = assemble(`
      syscall "host.ask" i32 -> i64
      func f -> i64
        i32.const 7
        syscall "host.ask"
        i64.const 40
        i64.add
        i64.const 3
        event 9
        yield
      end
      export f`);
    const events: unknown[] = [];
    let answer: bigint[] | undefined;
    const machine = new VacMachine(program, {
      syscalls: { 'host.ask': (args) => (expect(args).toEqual([7]), answer) },
      onEvent: (...event) => events.push(event),
    }).start('f');
    expect([machine.run(), machine.status, machine.ticks]).toEqual(['waiting', 'waiting', 1n]);
    answer = [2n];
    expect([machine.run(), machine.ticks]).toEqual(['yielded', 7n]);
    expect([machine.run(), machine.results(), events]).toEqual(['halted', [42n], [[9, 3n]]]);
    expect(() => new VacMachine(program).call('f')).toThrow('refused by a device');
  });
});
