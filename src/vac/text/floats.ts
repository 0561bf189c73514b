// Constants as text, to the bit: what is written is read again.
import type { VacType } from '../isa/row.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of a constant. Throws what BigInt throws for a text that is no number. */
export function bitsOfText(type: VacType, text: string): bigint {
  if (type === 'i32' || type === 'i64') return BigInt.asUintN(type === 'i32' ? 32 : 64, integerOf(text));
  const [, sign, payload] = /^(-?)nan(?::(0x[0-9a-f]+))?$/i.exec(text) ?? [];
  const width = type === 'f32' ? 32n : 64n;
  if (sign === undefined) return bitsOfNumber(type, numberOf(text));
  const quiet = type === 'f32' ? 0x400000n : 0x8000000000000n;
  const exponent = type === 'f32' ? 0x7f800000n : 0x7ff0000000000000n;
  return exponent | BigInt(payload ?? quiet) | (sign === '-' ? 1n << (width - 1n) : 0n);
}

const integerOf = (text: string): bigint => (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text));

function numberOf(text: string): number {
  if (/^[+-]?inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw new RangeError(text);
  return value;
}

function bitsOfNumber(type: 'f32' | 'f64', value: number): bigint {
  if (type === 'f32') {
    scratch.setFloat32(0, value);
    return BigInt(scratch.getUint32(0));
  }
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

/** A constant as text. */
export function textOfBits(type: VacType, bits: bigint): string {
  if (type === 'i32' || type === 'i64') return String(BigInt.asIntN(type === 'i32' ? 32 : 64, bits));
  const width = type === 'f32' ? 32n : 64n;
  const mantissa = type === 'f32' ? 23n : 52n;
  const sign = (bits >> (width - 1n)) & 1n ? '-' : '';
  if (type === 'f32') scratch.setUint32(0, Number(BigInt.asUintN(32, bits)));
  else scratch.setBigUint64(0, bits);
  const value = type === 'f32' ? scratch.getFloat32(0) : scratch.getFloat64(0);
  if (Number.isNaN(value)) return `${sign}nan:0x${(bits & ((1n << mantissa) - 1n)).toString(16)}`;
  if (!Number.isFinite(value)) return `${sign}inf`;
  return Object.is(value, -0) ? '-0' : String(value);
}
