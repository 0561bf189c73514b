// The assembler: what it encodes is what WebAssembly runs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantiate } from '../../kernels/wasm/code/abi.ts';
import {
  block,
  br,
  brIf,
  call,
  choose,
  countUp,
  drop,
  f32,
  f32x4,
  f64,
  f64x2,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  i8x16,
  label,
  loop,
  ModuleBuilder,
  repeatWhile,
  returnNow,
  select,
  sequence,
  set,
  tee,
  v128,
  when,
  whenElse,
  whileTrue,
} from '../../kernels/wasm/code/assembler.ts';
import type { Expr, Operand, ValueType } from '../../kernels/wasm/code/assembler.ts';
import { signedLeb, unsignedLeb } from '../../kernels/wasm/code/expression.ts';

type Args = Operand<ValueType>[];
type Instruction = (...args: Args) => Expr<ValueType | 'void'>;

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

function evaluate<T extends 'i32' | 'f32' | 'f64'>(
  build: (a: Expr<'f64'>, b: Expr<'f64'>) => Expr<T>,
  type: T,
): (a: number, b: number) => number {
  const module = new ModuleBuilder({ memory: 'shared' });
  const f = module.function({ export: 'f', params: ['f64', 'f64'], result: type });
  f.body(build(f.params[0], f.params[1]));
  return instantiate(module.encode(), memory).f as unknown as (a: number, b: number) => number;
}

describe('LEB128', () => {
  it('reads back as the number it was written from', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = signedLeb(value);
        const bits = bytes.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n);
        return BigInt.asIntN(7 * bytes.length, bits) === value;
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (value) => unsignedLeb(value).reduce((sum, byte, i) => sum + (byte & 0x7f) * 2 ** (7 * i), 0) === value,
      ),
      { seed: 2 },
    );
  });
});

describe('the instruction table', () => {
  // Arguments per instruction are found by trying: each entry rejects operands of a wrong type, and the engine
  // validates the rest.
  const tables = { i32, i64, f32, f64, v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 } as const;
  const samples: Record<ValueType, Expr<ValueType>> = {
    i32: i32.constant(8),
    i64: i64.constant(3n),
    f32: f32.constant(1.5),
    f64: f64.constant(2.5),
    v128: i32x4.splat(7),
  };
  const lists: Args[] = Object.values(samples).flatMap((a) => [
    [a],
    ...Object.values(samples).flatMap((b) => [[a, b]]),
  ]);

  function forms(name: string, op: Instruction): Expr<ValueType | 'void'>[] {
    const [i, v] = [samples.i32, samples.v128];
    if (name === 'constant') return [];
    if (name === 'shuffle')
      return [op(v, v, Array.from({ length: 16 }, (_, k) => 31 - k) as unknown as Operand<ValueType>)];
    if (name === 'bitselect') return [op(v, v, v)];
    if (/^extract(?!end|S$|U$)/.test(name) || /^extract[SU]?$/.test(name)) return [op(v, 1)];
    if (/Lane$/.test(name)) return [op(i, v, 1)];
    if (name === 'replace') return Object.values(samples).flatMap((value) => tryForm(op, [v, 1, value]));
    return lists.flatMap((args) => tryForm(op, args));
  }

  function tryForm(op: Instruction, args: Args): Expr<ValueType | 'void'>[] {
    try {
      return [op(...args)];
    } catch (error) {
      if (error instanceof TypeError) return [];
      throw error;
    }
  }

  function validates(code: Expr<ValueType | 'void'>): boolean {
    const module = new ModuleBuilder({ memory: 'shared' });
    module.function({ params: [] }).body(code.type === 'void' ? (code as Expr<'void'>) : drop(code as Expr<ValueType>));
    return WebAssembly.validate(module.encode());
  }

  for (const [prefix, table] of Object.entries(tables)) {
    it(`of ${prefix} holds only instructions the engine accepts with the stated types`, () => {
      for (const [name, op] of Object.entries(table)) {
        const known = forms(name, op as unknown as Instruction);
        if (name !== 'constant') expect(known.some(validates), `${prefix}.${name}`).toBe(true);
      }
    });
  }

  it('computes what JavaScript computes', () => {
    const cases: readonly [(a: Expr<'f64'>, b: Expr<'f64'>) => Expr<'f64'>, (a: number, b: number) => number][] = [
      [f64.add, (a, b) => a + b],
      [f64.sub, (a, b) => a - b],
      [f64.mul, (a, b) => a * b],
      [f64.div, (a, b) => a / b],
      [f64.min, Math.min],
      [f64.max, Math.max],
      [(a) => f64.floor(a), (a) => Math.floor(a)],
      [(a) => f64.ceil(a), (a) => Math.ceil(a)],
      [(a) => f64.trunc(a), (a) => Math.trunc(a)],
      [(a) => f64.sqrt(a), (a) => Math.sqrt(a)],
      [(a) => f64.abs(a), (a) => Math.abs(a)],
      [(a) => f64.neg(a), (a) => -a],
      [(a) => f64.promote(f32.demote(a)), (a) => Math.fround(a)],
      [(a, b) => f64x2.extract(f64x2.sub(f64x2.splat(a), f64x2.splat(b)), 1), (a, b) => a - b],
      [(a, b) => f64x2.extract(f64x2.replace(f64x2.splat(a), 1, b), 0), (a) => a],
      [
        (a, b) => f64.promote(f32x4.extract(f32x4.mul(f32x4.splat(f32.demote(a)), f32x4.splat(f32.demote(b))), 2)),
        (a, b) => Math.fround(Math.fround(a) * Math.fround(b)),
      ],
      [(a) => f64x2.extract(f64x2.promoteLowF32x4(f32x4.demoteF64x2Zero(f64x2.splat(a))), 1), (a) => Math.fround(a)],
      [(a, b) => select(a, b, f64.lt(a, b)), (a, b) => (a < b ? a : b)],
      [(a, b) => choose(f64.ge(a, b), a, b), (a, b) => (a >= b ? a : b)],
      [
        (a, b) => f64.convertI32S(i32.add(i32.truncSatF64S(a), i32.truncSatF64S(b))),
        (a, b) => (saturate(a) + saturate(b)) | 0,
      ],
      [(a) => f64.reinterpret(i64.reinterpret(a)), (a) => a],
    ];
    for (const [build, expected] of cases) {
      const f = evaluate(build, 'f64');
      fc.assert(
        fc.property(fc.double(), fc.double(), (a, b) => Object.is(f(a, b), expected(a, b))),
        { seed: 3 },
      );
    }
  });
});

function saturate(x: number): number {
  return Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));
}

describe('control flow', () => {
  function sumKernel(...styles: ('countUp' | 'whileTrue' | 'repeat' | 'loop')[]) {
    const module = new ModuleBuilder({ memory: 'shared' });
    for (const style of styles) {
      const f = module.function({ export: style, params: ['i32', 'i32'], result: 'i32' });
      const [start, end] = f.params;
      const total = f.local('i32');
      const step = [set(total, i32.add(total, start))];
      const next = set(start, i32.add(start, 1));
      const [exit, top] = [label('exit'), label('top')];
      if (style === 'countUp') f.body(countUp(start, end, 1, ...step));
      if (style === 'whileTrue') f.body(whileTrue(i32.ltS(start, end), ...step, next));
      if (style === 'repeat')
        f.body(when(i32.ltS(start, end), repeatWhile(i32.ltS(tee(start, i32.add(start, 1)), end), ...step)));
      if (style === 'loop') f.body(block(exit, loop(top, brIf(exit, i32.geS(start, end)), ...step, next, br(top))));
      f.body(total);
    }
    return instantiate(module.encode(), memory) as unknown as Record<string, (start: number, end: number) => number>;
  }

  it('gives the same sum by every kind of loop, the empty range included', () => {
    const sums = sumKernel('countUp', 'whileTrue', 'loop');
    for (const [start, end] of [
      [0, 0],
      [5, 3],
      [0, 1],
      [3, 10],
      [-4, 4],
    ] as const) {
      const expected = end > start ? ((end - start) * (start + end - 1)) / 2 : 0;
      for (const sum of Object.values(sums)) expect(sum(start, end)).toBe(expected);
    }
  });

  it('takes one branch of an if, leaves a function early, and refuses a branch out of scope', () => {
    const module = new ModuleBuilder({ memory: 'shared' });
    const f = module.function({ export: 'f', params: ['i32', 'i32', 'i32'] });
    const [address, value] = f.params;
    f.body(
      i32.store(address, 1),
      when(i32.eqz(value), returnNow()),
      whenElse(i32.gtS(value, 10), [i32.store(address, 2)], [sequence(i32.store(address, 3))]),
    );
    const kernel = instantiate(module.encode(), memory).f!;
    const words = new Int32Array(memory.buffer);
    expect(
      [0, 11, 5].map((input) => {
        kernel(256, input, 0);
        return words[64];
      }),
    ).toEqual([1, 2, 3]);
    const broken = new ModuleBuilder({ memory: 'shared' });
    broken.function({ params: [] }).body(br(label('nowhere')));
    expect(() => broken.encode()).toThrow(RangeError);
  });
});

describe('modules', () => {
  it('call imports and internal functions by the right index, also when the import is declared after the call', () => {
    const module = new ModuleBuilder({ memory: 'shared' });
    const square = module.function({ params: ['f64'], result: 'f64' });
    square.body(f64.mul(square.params[0], square.params[0]));
    const f = module.function({ export: 'f', params: ['i32', 'i32', 'i32'] });
    const half = module.importFunction('outer', 'half', ['f64'], 'f64');
    f.body(f64.store(f.params[0], call(half, call(square, f64.convertI32S(f.params[1])))));
    instantiate(module.encode(), memory, { outer: { half: (x) => (x ?? 0) / 2 } }).f!(512, 6, 0);
    expect(new Float64Array(memory.buffer)[64]).toBe(18);
  });

  it('load and store at addresses above 2^31', () => {
    const high = new WebAssembly.Memory({ initial: 40000, maximum: 65536, shared: true });
    const module = new ModuleBuilder({ memory: 'shared' });
    const f = module.function({ export: 'f', params: ['i32', 'i32', 'i32'] });
    f.body(v128.store(f.params[0], f32x4.splat(2.5), 16));
    const address = 2 ** 31 + 4096;
    instantiate(module.encode(), high).f!(address, 0, 0);
    expect([...new Float32Array(high.buffer, address + 16, 4)]).toEqual([2.5, 2.5, 2.5, 2.5]);
  });

  it('run on a private memory too', () => {
    const own = new WebAssembly.Memory({ initial: 1 });
    const module = new ModuleBuilder({ memory: 'private' });
    const f = module.function({ export: 'f', params: ['i32', 'i32', 'i32'] });
    f.body(i32.store(f.params[0], -7));
    instantiate(module.encode(), own).f!(128, 0, 0);
    expect(new Int32Array(own.buffer)[32]).toBe(-7);
  });
});
