// Text that brings elements from words of a buffer into the type a map computes in, and results back into words.
import { wrapText } from './algebra-integers.ts';
import { decodeFunction, encodeFunction } from './codec.ts';
import { computedType, elementBits, type GpuDType, isDecoded, isPacked, perWord } from './storage.ts';

/** Text and the library functions it calls. */
export interface Converted {
  readonly text: string;
  readonly uses: readonly string[];
}

const plain = (text: string): Converted => ({ text, uses: [] });
const hexadecimal = (bits: number): string => `0x${bits.toString(16)}u`;
const called = (name: string, text: string): Converted => ({ text: `${name}(${text})`, uses: [name] });

/** One of the elements of a packed word, as a u32 of its bits or a sign-extended i32; `shift` in bits. */
export function unpacked(dtype: GpuDType, word: string, shift: string): string {
  const bits = elementBits(dtype);
  if (computedType(dtype) === 'i32') return `(bitcast<i32>((${word}) << (${32 - bits}u - ${shift})) >> ${32 - bits}u)`;
  return `(((${word}) >> ${shift}) & ${hexadecimal(2 ** bits - 1)})`;
}

/** The bits of an element of a buffer of words. */
export function elementAt(dtype: GpuDType, name: string, index: string): string {
  const count = perWord(dtype);
  return count === 1
    ? `${name}[${index}]`
    : unpacked(dtype, `${name}[(${index}) >> ${Math.log2(count)}u]`, `(((${index}) & ${count - 1}u) * ${32 / count}u)`);
}

/**
 * A loaded element, 32 bits of a u32 or what `unpacked` gives, as a value of a domain; the stored bits of a coded one
 * in a domain of integers.
 */
export function entering(dtype: GpuDType, element: string, domain: GpuDType): Converted {
  if (domain === 'float32') return enteringFloat(dtype, element);
  const type = computedType(domain);
  const isSigned = computedType(dtype) === 'i32';
  const value = !isSigned && type === 'u32' ? element : `bitcast<${isSigned ? type : 'i32'}>(${element})`;
  return plain(isPacked(domain) && dtype !== domain ? wrapText(domain, value) : value);
}

function enteringFloat(dtype: GpuDType, element: string): Converted {
  if (dtype === 'float32') return plain(`bitcast<f32>(${element})`);
  if (isDecoded(dtype)) return called(decodeFunction(dtype), element);
  if (dtype === 'int32') return called('floatOfI32', `bitcast<i32>(${element})`);
  return dtype === 'uint32' ? called('floatOfU32', element) : plain(`f32(${element})`);
}

/**
 * A result of a domain (or a mask) as the bits of an element: floats saturate in integers, NaN is stored in one form.
 */
export function leaving(domain: GpuDType | 'mask', value: string, out: GpuDType): Converted {
  if (domain === 'mask') return plain(`select(0u, ${out === 'float32' ? '0x3f800000u' : '1u'}, ${value})`);
  if (domain !== 'float32') return plain(`bitcast<u32>(${value})`);
  if (out === 'float32') return called('canonical', value);
  if (isDecoded(out)) return called(encodeFunction(out), value);
  if (out === 'int32') return { text: `bitcast<u32>(saturatedI32(${value}))`, uses: ['saturatedI32'] };
  if (out === 'int8') return { text: `bitcast<u32>(clamp(saturatedI32(${value}), -128, 127))`, uses: ['saturatedI32'] };
  return {
    text: out === 'uint32' ? `saturatedU32(${value})` : `min(saturatedU32(${value}), 255u)`,
    uses: ['saturatedU32'],
  };
}

/**
 * As `leaving`, where the dtype itself is changed: floats wrap in integers, NaN becomes 0, and anything but 0 is true.
 */
export function recast(domain: GpuDType, value: string, out: GpuDType): Converted {
  if (out === domain) return plain(`bitcast<u32>(${value})`);
  if (out === 'bool')
    return plain(`select(0u, 1u, (bitcast<u32>(${value})${domain === 'float32' ? ' << 1u' : ''}) != 0u)`);
  if (domain === 'float32') return called(isDecoded(out) ? encodeFunction(out) : 'wrappedInteger', value);
  if (computedType(out) !== 'f32') return plain(`bitcast<u32>(${value})`);
  const name = computedType(domain) === 'i32' ? 'floatOfI32' : 'floatOfU32';
  // `planCast` has made sure that float32 rounds nothing that is not too large anyway.
  if (isDecoded(out)) return { text: `${encodeFunction(out)}(${name}(${value}))`, uses: [name, encodeFunction(out)] };
  return { text: `bitcast<u32>(${name}(${value}))`, uses: [name] };
}
