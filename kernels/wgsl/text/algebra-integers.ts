// The algebra of integers as WGSL text.
import type { Algebra, Scalar } from '../../scalar/algebra.ts';
import { type FunctionText, missing } from './function-text.ts';
import { computedType, elementBits, type GpuDType, type Scalar32 } from './storage.ts';

/** Integers of 32 or 8 bits, wrapped after every operation. */
export class IntegerText implements Algebra<string, string> {
  readonly #text: FunctionText;
  readonly #dtype: GpuDType;
  readonly #type: Scalar32;

  constructor(text: FunctionText, dtype: GpuDType) {
    this.#text = text;
    this.#dtype = dtype;
    this.#type = computedType(dtype);
  }

  constant(value: number): string {
    const wrapped = wrapNumber(this.#dtype, value);
    if (this.#type === 'u32') return `${wrapped}u`;
    return wrapped === -2147483648 ? 'bitcast<i32>(0x80000000u)' : wrapped < 0 ? `(${wrapped}i)` : `${wrapped}i`;
  }

  add(a: string, b: string): string {
    return this.#wrapped(`${a} + ${b}`);
  }
  sub(a: string, b: string): string {
    return this.#wrapped(`${a} - ${b}`);
  }
  mul(a: string, b: string): string {
    return this.#wrapped(`${a} * ${b}`);
  }
  div(a: string, b: string): string {
    return this.floorDivide(a, b);
  }
  neg(a: string): string {
    return this.#wrapped(this.#type === 'u32' ? `0u - ${a}` : `-${a}`);
  }
  abs(a: string): string {
    return this.#type === 'u32' ? a : this.#wrapped(`abs(${a})`);
  }
  copySign(a: string, sign: string): string {
    const magnitude = this.abs(a);
    return this.#type === 'u32' ? magnitude : this.select(this.lt(sign, '0i'), this.neg(magnitude), magnitude);
  }
  floor(a: string): string {
    return a;
  }
  ceil(a: string): string {
    return a;
  }
  trunc(a: string): string {
    return a;
  }
  nearest(a: string): string {
    return a;
  }
  min(a: string, b: string): string {
    return this.#value(`min(${a}, ${b})`);
  }
  max(a: string, b: string): string {
    return this.#value(`max(${a}, ${b})`);
  }

  lt(a: string, b: string): string {
    return this.#mask(`${a} < ${b}`);
  }
  le(a: string, b: string): string {
    return this.#mask(`${a} <= ${b}`);
  }
  gt(a: string, b: string): string {
    return this.#mask(`${a} > ${b}`);
  }
  ge(a: string, b: string): string {
    return this.#mask(`${a} >= ${b}`);
  }
  eq(a: string, b: string): string {
    return this.#mask(`${a} == ${b}`);
  }
  ne(a: string, b: string): string {
    return this.#mask(`${a} != ${b}`);
  }
  and(a: string, b: string): string {
    return this.#mask(`${a} && ${b}`);
  }
  or(a: string, b: string): string {
    return this.#mask(`${a} || ${b}`);
  }
  not(a: string): string {
    return this.#mask(`!${a}`);
  }
  select(mask: string, a: string, b: string): string {
    return this.#value(`select(${b}, ${a}, ${mask})`);
  }

  floorDivide(a: string, b: string): string {
    return this.#wrapped(this.#text.call(`floorDivide${this.#suffix}`, a, b));
  }
  remainder(a: string, b: string): string {
    return this.#wrapped(this.#text.call(`remainder${this.#suffix}`, a, b));
  }
  bitAnd(a: string, b: string): string {
    return this.#value(`${a} & ${b}`);
  }
  bitOr(a: string, b: string): string {
    return this.#value(`${a} | ${b}`);
  }
  bitXor(a: string, b: string): string {
    return this.#value(`${a} ^ ${b}`);
  }
  bitNot(a: string): string {
    return this.#wrapped(`~${a}`);
  }
  shiftLeft(a: string, count: string): string {
    return this.#wrapped(`select(${this.constant(0)}, ${a} << (u32(${count}) & 31u), ${this.#inWidth(count)})`);
  }
  shiftRight(a: string, count: string): string {
    const gone = this.#type === 'u32' ? '0u' : `${a} >> 31u`;
    return this.#value(`select(${gone}, ${a} >> (u32(${count}) & 31u), ${this.#inWidth(count)})`);
  }

  rare(mask: string, usual: readonly string[], otherwise: () => readonly string[]): string[] {
    return this.#text.branch(this.#type, mask, usual, otherwise);
  }

  call(scalar: Scalar, a: string, b?: string): string {
    return b === undefined ? scalar.body<string, string>(this, a) : scalar.body<string, string>(this, a, b);
  }

  sqrt(): never {
    return missing();
  }
  single(): never {
    return missing();
  }
  powerOfTwo(): never {
    return missing();
  }
  exponent(): never {
    return missing();
  }
  mantissa(): never {
    return missing();
  }
  highHalf(): never {
    return missing();
  }
  lookup(): never {
    return missing();
  }

  get #suffix(): string {
    return this.#type.toUpperCase();
  }

  /** Whether a shift count is inside the dtype's width; as unsigned, negative counts are large. */
  #inWidth(count: string): string {
    return `u32(${count}) < ${elementBits(this.#dtype)}u`;
  }

  #wrapped(value: string): string {
    return this.#value(wrapText(this.#dtype, value));
  }

  #value(value: string): string {
    return this.#text.keep(this.#type, value);
  }

  #mask(value: string): string {
    return this.#text.keep('bool', value);
  }
}

/** An i32 or u32 expression wrapped to the width of an integer dtype. */
export function wrapText(dtype: GpuDType, value: string): string {
  const unused = 32 - elementBits(dtype);
  if (unused === 0) return value;
  if (computedType(dtype) === 'i32') return `(((${value}) << ${unused}u) >> ${unused}u)`;
  return `((${value}) & 0x${(2 ** (32 - unused) - 1).toString(16)}u)`;
}

/** A constant as an integer of a dtype. */
function wrapNumber(dtype: GpuDType, value: number): number {
  const unused = 32 - elementBits(dtype);
  return computedType(dtype) === 'i32' ? (value << unused) >> unused : (value << unused) >>> unused;
}
