// Expressions of WebAssembly code: a typed tree of bytes, flattened once when a function is encoded.

/** Value types of WebAssembly; `void` is the type of a statement. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type Type = ValueType | 'void';

/** A branch target; two labels are the same only by object identity. */
export interface Label {
  readonly name: string;
}

/**
 * Code is bytes, nested; `enter`/`leave` mark where a label is in scope, `branch` is a depth known only when flattened.
 */
export type Code = readonly CodeItem[];
type CodeItem = number | Code | { readonly enter: Label } | { readonly leave: Label } | { readonly branch: Label };

/** Code that leaves one value of type `T` on the stack (nothing for `void`). */
export interface Expr<T extends Type> {
  readonly type: T;
  readonly code: Code;
}

/** A statement: code that leaves the stack as it was. */
export type Statement = Expr<'void'>;

/** A local variable; used as an expression it reads the variable. */
export interface Local<T extends ValueType = ValueType> extends Expr<T> {
  readonly index: number;
}

/** What an instruction takes: an expression, or a plain number (bigint for i64) for a constant. */
export type Operand<T extends ValueType> = Expr<T> | (T extends 'i64' ? bigint : T extends 'v128' ? never : number);

/** An expression of `type` made of nested code. */
export function expression<T extends Type>(type: T, ...code: readonly CodeItem[]): Expr<T> {
  return { type, code };
}

/** The code of an operand: its own, or that of the constant instruction for a plain number. */
export function operandCode<T extends ValueType>(type: T, operand: Operand<T>): Code {
  if (typeof operand === 'number' || typeof operand === 'bigint') return constantCode(type, operand);
  if (operand.type !== type) throw new TypeError(`operand is ${operand.type}, expected ${type}`);
  return operand.code;
}

/** The constant instruction of a scalar type; an i32 may be given signed or as an address up to 2^32 − 1. */
export function constantCode(type: ValueType, value: number | bigint): Code {
  if (type === 'i32') return [0x41, ...signedLeb(BigInt(Number(value) | 0))];
  if (type === 'i64') return [0x42, ...signedLeb(BigInt.asIntN(64, BigInt(value)))];
  if (type === 'f32') return [0x43, ...new Uint8Array(new Float32Array([Number(value)]).buffer)];
  if (type === 'f64') return [0x44, ...new Uint8Array(new Float64Array([Number(value)]).buffer)];
  throw new TypeError(`no scalar constant of type ${type}; splat one, or use v128.constant`);
}

/** Unsigned LEB128 of a u32. */
export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of an i64. */
export function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Bytes of nested code, branch depths resolved against the labels in scope. */
export function flatten(code: Code): number[] {
  const out: number[] = [];
  const scope: Label[] = [];
  flattenInto(code, out, scope);
  return out;
}

function flattenInto(code: Code, out: number[], scope: Label[]): void {
  for (const item of code) {
    if (typeof item === 'number') out.push(item);
    else if (isCode(item)) flattenInto(item, out, scope);
    else if ('enter' in item) scope.push(item.enter);
    else if ('leave' in item) scope.pop();
    else out.push(...unsignedLeb(branchDepth(item.branch, scope)));
  }
}

const isCode = (item: CodeItem): item is Code => Array.isArray(item);

function branchDepth(label: Label, scope: readonly Label[]): number {
  const index = scope.lastIndexOf(label);
  if (index < 0) throw new RangeError(`branch to label "${label.name}" from outside its block`);
  return scope.length - 1 - index;
}
