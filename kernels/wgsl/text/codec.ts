// Codecs as WGSL: the functions that decode and encode elements of a dtype, made from the layout of its codec.
import { CODECS } from '../../codecs/codecs.ts';
import type { FloatLayout } from '../../codecs/codec.ts';
import { constantsOf, type FloatConstants } from '../../codecs/small-float.ts';
import { SMALL_FLOAT } from '../shaders.gen.ts';
import { fillTemplate } from './template.ts';

/** The library function that gives the number of a stored element of a dtype. */
export const decodeFunction = (dtype: string): string => `decode_${dtype}`;
/** The library function that gives the stored element nearest to a float32. */
export const encodeFunction = (dtype: string): string => `encode_${dtype}`;

/**
 * The layout of a dtype that is stored in another form than it is computed in; undefined for others, and for those
 * without one.
 */
export const codecLayout = (dtype: string): FloatLayout | undefined => CODECS.get(dtype)?.layout;

/** Bits that a layout is stored in. */
export const storedBits = ({ exponentBits, fractionBits }: FloatLayout): 8 | 16 =>
  exponentBits + fractionBits < 8 ? 8 : 16;

/** Whether every integer is a float32 exactly, or is too large for the layout anyway, so that none is rounded twice. */
export const roundsIntegersOnce = (layout: FloatLayout): boolean => constantsOf(layout).largest <= 2 ** 24;

/** The declarations that a name of a codec's function needs; undefined for other names. */
export function declareCodec(name: string): string | undefined {
  const dtype = /^(?:decode|encode)_(\w+)$/.exec(name)?.[1];
  const layout = dtype === undefined ? undefined : codecLayout(dtype);
  if (dtype === undefined || layout === undefined) return undefined;
  return fillTemplate(SMALL_FLOAT, { name: dtype, ...holesOf(layout, constantsOf(layout), dtype) });
}

type Holes = Readonly<Record<string, string | number>>;

function holesOf(layout: FloatLayout, constants: FloatConstants, dtype: string): Holes {
  const { magnitudeBits, shift, bias, infinity, firstNormalWord, overflowWord } = constants;
  // Multiples of the least number below the least normal one, which are not small in float32 unless it has the same
  // exponents.
  const least = 2 ** (1 - bias - layout.fractionBits);
  const isNarrow = firstNormalWord > 0;
  const small = `bitcast<u32>(f32(magnitude) * ${least})`;
  const finite = isNarrow ? `select(normal, ${small}, magnitude < ${2 ** layout.fractionBits}u)` : 'normal';
  const encoded = `encodeSmall_${dtype}(magnitude)`;
  const rounded = isNarrow ? `select(normal, ${encoded}, magnitude < ${firstNormalWord}u)` : 'normal';
  return {
    ...constants,
    infinity: infinity ?? 0,
    signBit: 2 ** magnitudeBits,
    magnitudeMask: 2 ** magnitudeBits - 1,
    signShift: 31 - magnitudeBits,
    tie: 2 ** (shift - 1) - 1,
    lastSmall: 128 - bias + shift,
    number: infinity === undefined ? finite : `select(${finite}, 0x7f800000u, magnitude == ${infinity}u)`,
    rounded: infinity === undefined ? rounded : `select(${rounded}, ${infinity}u, magnitude >= ${overflowWord}u)`,
  };
}
