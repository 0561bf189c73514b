// How an instruction becomes a function: its opcode, what it takes and what it gives.
import { constantCode, expression, operandCode, unsignedLeb } from './expression.ts';
import type { Expr, Operand, Statement, ValueType } from './expression.ts';

export type Opcode = readonly number[];
type Unary<A extends ValueType, R extends ValueType> = (a: Operand<A>) => Expr<R>;
type Binary<A extends ValueType, B extends ValueType, R extends ValueType> = (a: Operand<A>, b: Operand<B>) => Expr<R>;

export function unary<A extends ValueType, R extends ValueType>(opcode: Opcode, a: A, result: R): Unary<A, R> {
  return (x) => expression(result, operandCode(a, x), opcode);
}

export function binary<A extends ValueType, B extends ValueType, R extends ValueType>(
  opcode: Opcode,
  a: A,
  b: B,
  result: R,
): Binary<A, B, R> {
  return (x, y) => expression(result, operandCode(a, x), operandCode(b, y), opcode);
}

export function load<R extends ValueType>(opcode: Opcode, alignment: number, result: R) {
  return (address: Operand<'i32'>, offsetBytes = 0): Expr<R> =>
    expression(result, operandCode('i32', address), opcode, [alignment], unsignedLeb(offsetBytes));
}

export function store<V extends ValueType>(opcode: Opcode, alignment: number, type: V) {
  return (address: Operand<'i32'>, value: Operand<V>, offsetBytes = 0): Statement =>
    expression(
      'void',
      operandCode('i32', address),
      operandCode(type, value),
      opcode,
      [alignment],
      unsignedLeb(offsetBytes),
    );
}

export function constant<T extends ValueType>(type: T) {
  return (value: Extract<Operand<T>, number | bigint>): Expr<T> => expression(type, constantCode(type, value));
}
