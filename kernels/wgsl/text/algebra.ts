// The algebra of float32 as WGSL text. Moves, signs and comparisons work on bits, because compilers may take floats to
// be neither NaN nor infinite and may lose the sign of a zero.
import type { Algebra, Scalar } from '../../scalar/algebra.ts';
import { type FunctionText, missing } from './function-text.ts';
import { libraryFunctionOf } from './functions.ts';

/** A float as a body sees it: text of the number and text of its 32 bits. */
interface FloatTerm {
  readonly value: string;
  readonly bits: string;
}

const SIGN = '0x80000000u';
const MAGNITUDE = '0x7fffffffu';
const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** A float32 value or argument of this name. */
export const floatNamed = (name: string): FloatTerm => ({ value: name, bits: `bitcast<u32>(${name})` });

/** Float32 arithmetic. Bodies that are written in pieces of float64 have no form here but by name (functions.ts). */
export class FloatText implements Algebra<FloatTerm, string> {
  readonly #text: FunctionText;

  constructor(text: FunctionText) {
    this.#text = text;
  }

  /** Literals where WGSL has them: infinities, NaN, −0 and subnormals are bits, which no compiler evaluates. */
  constant(value: number): FloatTerm {
    scratch[0] = value;
    const [single, bits] = [scratch[0], `0x${scratchBits[0]!.toString(16)}u`];
    if (Object.is(single, 0) || (Math.abs(single) >= 2 ** -126 && Math.abs(single) < Infinity))
      return { value: single < 0 ? `(${single}f)` : `${single}f`, bits };
    return this.#bits(bits);
  }

  add(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#float(`${a.value} + ${b.value}`);
  }
  sub(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#float(`${a.value} - ${b.value}`);
  }
  mul(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#float(`${a.value} * ${b.value}`);
  }
  div(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#called('divide', a, b);
  }
  sqrt(a: FloatTerm): FloatTerm {
    return this.#called('squareRoot', a);
  }
  neg(a: FloatTerm): FloatTerm {
    return this.#bits(`${a.bits} ^ ${SIGN}`);
  }
  abs(a: FloatTerm): FloatTerm {
    return this.#bits(`${a.bits} & ${MAGNITUDE}`);
  }
  copySign(a: FloatTerm, sign: FloatTerm): FloatTerm {
    return this.#bits(`(${a.bits} & ${MAGNITUDE}) | (${sign.bits} & ${SIGN})`);
  }

  floor(a: FloatTerm): FloatTerm {
    return this.copySign(this.#float(`floor(${a.value})`), a);
  }
  ceil(a: FloatTerm): FloatTerm {
    return this.copySign(this.#float(`ceil(${a.value})`), a);
  }
  trunc(a: FloatTerm): FloatTerm {
    return this.copySign(this.#float(`trunc(${a.value})`), a);
  }
  nearest(a: FloatTerm): FloatTerm {
    return this.copySign(this.#float(`round(${a.value})`), a);
  }
  min(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#bits(this.#text.call('minimumBits', a.bits, b.bits));
  }
  max(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#bits(this.#text.call('maximumBits', a.bits, b.bits));
  }

  lt(a: FloatTerm, b: FloatTerm): string {
    return this.#mask(this.#text.call('less', a.bits, b.bits));
  }
  le(a: FloatTerm, b: FloatTerm): string {
    return this.#mask(this.#text.call('lessEqual', a.bits, b.bits));
  }
  gt(a: FloatTerm, b: FloatTerm): string {
    return this.lt(b, a);
  }
  ge(a: FloatTerm, b: FloatTerm): string {
    return this.le(b, a);
  }
  eq(a: FloatTerm, b: FloatTerm): string {
    return this.#mask(this.#text.call('equal', a.bits, b.bits));
  }
  ne(a: FloatTerm, b: FloatTerm): string {
    return this.not(this.eq(a, b));
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
  select(mask: string, a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#bits(`select(${b.bits}, ${a.bits}, ${mask})`);
  }

  floorDivide(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#called('floorDivide', a, b);
  }
  remainder(a: FloatTerm, b: FloatTerm): FloatTerm {
    return this.#called('remainder', a, b);
  }

  rare(mask: string, usual: readonly FloatTerm[], otherwise: () => readonly FloatTerm[]): FloatTerm[] {
    const names = this.#text.branch(
      'u32',
      mask,
      usual.map(({ bits }) => bits),
      () => otherwise().map(({ bits }) => bits),
    );
    return names.map((name) => ({ value: `bitcast<f32>(${name})`, bits: name }));
  }

  /** What is in registers has been rounded to float32, but a compiler may still undo it: (x + y) - x may become y. */
  single(a: FloatTerm): FloatTerm {
    return this.#called('rounded', a);
  }

  call(scalar: Scalar, a: FloatTerm, b?: FloatTerm): FloatTerm {
    const args = b === undefined ? [a] : [a, b];
    const form = libraryFunctionOf(scalar);
    return form === undefined ? scalar.body<FloatTerm, string>(this, ...args) : this.#called(form, ...args);
  }

  bitAnd(): never {
    return missing();
  }
  bitOr(): never {
    return missing();
  }
  bitXor(): never {
    return missing();
  }
  bitNot(): never {
    return missing();
  }
  shiftLeft(): never {
    return missing();
  }
  shiftRight(): never {
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

  #called(name: string, ...args: readonly FloatTerm[]): FloatTerm {
    return this.#float(this.#text.call(name, ...args.map(({ value }) => value)));
  }

  #float(value: string): FloatTerm {
    return floatNamed(this.#text.keep('f32', value));
  }

  #bits(bits: string): FloatTerm {
    const name = this.#text.keep('u32', bits);
    return { value: `bitcast<f32>(${name})`, bits: name };
  }

  #mask(value: string): string {
    return this.#text.keep('bool', value);
  }
}
