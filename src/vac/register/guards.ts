// Where arithmetic would trap: a condition before it, so that the host's engine never does. Which trap it is, the row
// says.
import { f32, f64, i32, i64 } from '../../../kernels/wasm/code/assembler.ts';
import type { Expr } from '../../../kernels/wasm/code/assembler.ts';
import type { VacRow, VacType } from '../isa/row.ts';

type Read = () => Expr<VacType>;

/** The condition under which a row traps; none for one that never does. */
export function guardOf(row: VacRow, a: Read, b: Read): Expr<'i32'> | undefined {
  if (row.traps.length === 0) return undefined;
  if (/\.(div|rem)/.test(row.name)) return row.params![0] === 'i32' ? divides32(row, a, b) : divides64(row, a, b);
  return truncates(row, a);
}

function divides32(row: VacRow, a: Read, b: Read): Expr<'i32'> {
  const isZero = i32.eqz(b() as Expr<'i32'>);
  if (!row.name.endsWith('div_s')) return isZero;
  const overflows = i32.and(i32.eq(a() as Expr<'i32'>, -2147483648), i32.eq(b() as Expr<'i32'>, -1));
  return i32.or(isZero, overflows);
}

function divides64(row: VacRow, a: Read, b: Read): Expr<'i32'> {
  const isZero = i64.eqz(b() as Expr<'i64'>);
  if (!row.name.endsWith('div_s')) return isZero;
  const overflows = i32.and(i64.eq(a() as Expr<'i64'>, -(2n ** 63n)), i64.eq(b() as Expr<'i64'>, -1n));
  return i32.or(isZero, overflows);
}

/** Outside of what the integer holds, or NaN: within is `low < a` (or `low ≤ a`) and `a < high`. */
function truncates(row: VacRow, a: Read): Expr<'i32'> {
  const isUnsigned = row.name.endsWith('_u');
  const bits = row.results![0] === 'i32' ? 32 : 64;
  const high = 2 ** (isUnsigned ? bits : bits - 1);
  const of32 = row.params![0] === 'f32';
  // Below −2³¹ an f64 has fractions that are cut to it.
  const isExclusive = isUnsigned || (bits === 32 && !of32);
  const low = isUnsigned ? -1 : isExclusive ? -(2 ** 31) - 1 : -high;
  if (of32) {
    const value = (): Expr<'f32'> => a() as Expr<'f32'>;
    const above = isExclusive ? f32.gt(value(), low) : f32.ge(value(), low);
    return i32.eqz(i32.and(above, f32.lt(value(), high)));
  }
  const value = (): Expr<'f64'> => a() as Expr<'f64'>;
  const above = isExclusive ? f64.gt(value(), low) : f64.ge(value(), low);
  return i32.eqz(i32.and(above, f64.lt(value(), high)));
}
