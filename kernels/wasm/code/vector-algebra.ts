// The algebra on WebAssembly vectors: a body spells out SIMD instructions, one local per value; constants are set once,
// before the loops.
import type { Algebra, Scalar } from '../../scalar/algebra.ts';
import {
  call,
  choose,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64x2,
  set,
  v128,
  when,
  type Expr,
  type FunctionBuilder,
  type FunctionReference,
  type Local,
  type ModuleBuilder,
  type Statement,
  type Type,
  type ValueType,
} from './assembler.ts';

/** Lanes a body is computed in. */
export type LaneType = 'f32x4' | 'f64x2' | 'i32x4';
export type Vector = Expr<'v128'>;
type AnyFunction = FunctionBuilder<readonly ValueType[], Type>;

/**
 * Emits a body as vector code: `prologue` goes before the loops, `drain()` gives the statements since the last drain.
 */
export class VectorAlgebra implements Algebra<Vector, Vector> {
  readonly prologue: Statement[] = [];
  readonly #module: ModuleBuilder;
  readonly #function: AnyFunction;
  readonly #lanes: LaneType;
  readonly #constants = new Map<string, Local<'v128'>>();
  readonly #tables = new Map<readonly number[], FunctionReference<'f64'>>();
  #code: Statement[] = [];
  #rareDepth = 0;

  constructor(module: ModuleBuilder, fn: AnyFunction, lanes: LaneType) {
    this.#module = module;
    this.#function = fn;
    this.#lanes = lanes;
  }

  /** The statements emitted since the last call. */
  drain(): Statement[] {
    const code = this.#code;
    this.#code = [];
    return code;
  }

  /** Emits code that names a value. */
  keep(value: Vector): Vector {
    const local = this.#function.local('v128');
    this.#code.push(set(local, value));
    return local;
  }

  /** Emits a statement as it is. */
  emit(statement: Statement): void {
    this.#code.push(statement);
  }

  /** Whether a mask is on in any lane; a mask move and a test are shorter on x86 than v128.any_true. */
  anyLane(mask: Vector): Expr<'i32'> {
    return this.#lanes === 'f64x2' ? i64x2.bitmask(mask) : i32x4.bitmask(mask);
  }

  /** A constant of sixteen bytes. */
  bits(bytes: Uint8Array): Vector {
    const literal = v128.constant([...bytes]);
    if (this.#rareDepth > 0) return literal; // code that seldom runs should not lengthen every call
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.#function.local('v128');
    this.prologue.push(set(local, literal));
    this.#constants.set(key, local);
    return local;
  }

  constant(value: number): Vector {
    if (this.#lanes === 'f32x4') return this.bits(vectorBytes(new Float32Array(4).fill(value)));
    if (this.#lanes === 'f64x2') return this.bits(vectorBytes(new Float64Array(2).fill(value)));
    return this.bits(vectorBytes(new Int32Array(4).fill(value)));
  }

  add(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].add(a, b));
  }
  sub(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].sub(a, b));
  }
  mul(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].mul(a, b));
  }
  div(a: Vector, b: Vector): Vector {
    return this.keep(this.#float().div(a, b));
  }
  neg(a: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].neg(a));
  }
  abs(a: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].abs(a));
  }
  sqrt(a: Vector): Vector {
    return this.keep(this.#float().sqrt(a));
  }
  floor(a: Vector): Vector {
    return this.#lanes === 'i32x4' ? a : this.keep(this.#float().floor(a));
  }
  ceil(a: Vector): Vector {
    return this.#lanes === 'i32x4' ? a : this.keep(this.#float().ceil(a));
  }
  trunc(a: Vector): Vector {
    return this.#lanes === 'i32x4' ? a : this.keep(this.#float().trunc(a));
  }
  nearest(a: Vector): Vector {
    return this.#lanes === 'i32x4' ? a : this.keep(this.#float().nearest(a));
  }
  min(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].min(a, b));
  }
  max(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].max(a, b));
  }
  lt(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].lt(a, b));
  }
  le(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].le(a, b));
  }
  gt(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].gt(a, b));
  }
  ge(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].ge(a, b));
  }
  eq(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].eq(a, b));
  }
  ne(a: Vector, b: Vector): Vector {
    return this.keep(INSTRUCTIONS[this.#lanes].ne(a, b));
  }
  and(a: Vector, b: Vector): Vector {
    return this.keep(v128.and(a, b));
  }
  or(a: Vector, b: Vector): Vector {
    return this.keep(v128.or(a, b));
  }
  not(a: Vector): Vector {
    return this.keep(v128.not(a));
  }
  select(mask: Vector, a: Vector, b: Vector): Vector {
    return this.keep(v128.bitselect(a, b, mask));
  }

  copySign(a: Vector, sign: Vector): Vector {
    const magnitude =
      this.#lanes === 'f32x4'
        ? vectorBytes(new Uint32Array(4).fill(0x7fffffff))
        : vectorBytes(new BigUint64Array(2).fill(0x7fffffffffffffffn));
    return this.keep(v128.bitselect(a, sign, this.bits(magnitude)));
  }

  // 2^52 + 1023 + k holds k + 1023 in its low bits: shifted into the exponent field that is 2^k.
  powerOfTwo(k: Vector): Vector {
    return this.keep(i64x2.shl(f64x2.add(k, this.constant(2 ** 52 + 1023)), 52));
  }

  // The exponent field or-ed into 2^52 is 2^52 + field.
  exponent(x: Vector): Vector {
    const field = v128.or(i64x2.shrU(x, 52), this.constant(2 ** 52));
    return this.keep(f64x2.sub(field, this.constant(2 ** 52 + 1023)));
  }

  mantissa(x: Vector): Vector {
    const significand = this.bits(vectorBytes(new BigUint64Array(2).fill(0x000fffffffffffffn)));
    return this.keep(v128.or(v128.and(x, significand), this.constant(1)));
  }

  highHalf(x: Vector): Vector {
    return this.keep(v128.and(x, this.bits(vectorBytes(new BigUint64Array(2).fill(0xfffffffff8000000n)))));
  }

  lookup(table: readonly number[], index: Vector): Vector {
    const entry = this.#table(table);
    const whole = this.keep(i32x4.truncSatF64x2SZero(index));
    const first = f64x2.splat(call(entry, i32x4.extract(whole, 0)));
    return this.keep(f64x2.replace(first, 1, call(entry, i32x4.extract(whole, 1))));
  }

  rare(mask: Vector, usual: readonly Vector[], otherwise: () => readonly Vector[]): readonly Vector[] {
    const results = usual.map((value) => this.keep(value) as Local<'v128'>);
    const before = this.drain();
    this.#rareDepth++;
    const other = otherwise();
    this.#rareDepth--;
    const inside = this.drain();
    const merge = results.map((result, i) => set(result, v128.bitselect(other[i]!, result, mask)));
    this.#code = [...before, when(this.anyLane(mask), ...inside, ...merge)];
    return results;
  }

  single(a: Vector): Vector {
    const rounded = this.#lanes === 'f32x4' ? a : this.keep(f64x2.promoteLowF32x4(f32x4.demoteF64x2Zero(a)));
    return this.select(this.eq(rounded, rounded), rounded, this.constant(NaN));
  }

  call(scalar: Scalar, a: Vector, b?: Vector): Vector {
    return b === undefined ? scalar.body(this, a) : scalar.body(this, a, b);
  }

  bitAnd(): never {
    return this.#refuse();
  }
  bitOr(): never {
    return this.#refuse();
  }
  bitXor(): never {
    return this.#refuse();
  }
  bitNot(): never {
    return this.#refuse();
  }
  shiftLeft(): never {
    return this.#refuse();
  }
  shiftRight(): never {
    return this.#refuse();
  }
  floorDivide(): never {
    return this.#refuse();
  }
  remainder(): never {
    return this.#refuse();
  }

  #refuse(): never {
    throw new TypeError('this operation has no vector form: ask profileOf(fn).vector before emitting');
  }

  #float(): typeof f64x2 | typeof f32x4 {
    if (this.#lanes === 'i32x4') return this.#refuse();
    return this.#lanes === 'f32x4' ? f32x4 : f64x2;
  }

  // A table is a function of its index, a tree of comparisons: no data in memory, so any thread can run it.
  #table(table: readonly number[]): FunctionReference<'f64'> {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const fn = this.#module.function({ params: ['i32'], result: 'f64' });
    fn.body(tree(fn.params[0], table, 0, table.length));
    this.#tables.set(table, fn.reference);
    return fn.reference;
  }
}

const INSTRUCTIONS = {
  f32x4,
  f64x2,
  i32x4: { ...i32x4, min: i32x4.minS, max: i32x4.maxS, lt: i32x4.ltS, le: i32x4.leS, gt: i32x4.gtS, ge: i32x4.geS },
} as const;

function tree(index: Expr<'i32'>, table: readonly number[], start: number, end: number): Expr<'f64'> {
  if (end - start === 1) return f64.constant(table[start]!);
  const middle = (start + end) >>> 1;
  return choose(i32.ltS(index, middle), tree(index, table, start, middle), tree(index, table, middle, end));
}

/** The sixteen bytes of a four- or two-lane array. */
export function vectorBytes(
  lanes: Float32Array | Float64Array | Int32Array | Uint32Array | BigUint64Array,
): Uint8Array {
  return new Uint8Array(lanes.buffer, lanes.byteOffset, 16);
}
