// How elements lie in GPU buffers: 32-bit dtypes as they are, narrower ones several to a word; 64-bit ones stay on the
// CPU.
import { codecLayout, storedBits } from './codec.ts';

/** Dtypes that are computed as they are stored, and bits of two bytes that are only moved. */
type PlainGpuDType = 'float32' | 'int32' | 'uint32' | 'int8' | 'uint8' | 'bool' | 'bits16';

/** Dtypes a GPU buffer can hold as elements of a kernel: plain ones, and those whose codec has a layout. */
export type GpuDType = PlainGpuDType | (string & { readonly coded?: never });

/** WGSL type an element is computed in. */
export type Scalar32 = 'f32' | 'i32' | 'u32';

interface Form {
  readonly computed: Scalar32;
  readonly bits: 8 | 16 | 32;
  /** Decoded as it is read, encoded as it is written. */
  readonly coded: boolean;
}

const plain = (computed: Scalar32, bits: Form['bits']): Form => ({ computed, bits, coded: false });

const PLAIN: Readonly<Record<PlainGpuDType, Form>> = {
  float32: plain('f32', 32),
  int32: plain('i32', 32),
  uint32: plain('u32', 32),
  int8: plain('i32', 8),
  uint8: plain('u32', 8),
  bool: plain('u32', 8),
  bits16: plain('u32', 16),
};

function formIfAny(dtype: string): Form | undefined {
  const layout = codecLayout(dtype);
  if (layout !== undefined) return { computed: 'f32', bits: storedBits(layout), coded: true };
  return Object.hasOwn(PLAIN, dtype) ? PLAIN[dtype as PlainGpuDType] : undefined;
}

function formOf(dtype: GpuDType): Form {
  const form = formIfAny(dtype);
  if (form === undefined) throw new RangeError(`no GPU buffer holds ${dtype}`);
  return form;
}

/** Whether kernels can read and write a dtype on a GPU. */
export const isGpuDType = (dtype: string): dtype is GpuDType => formIfAny(dtype) !== undefined;

/** The WGSL type elements of a dtype are computed in. */
export const computedType = (dtype: GpuDType): Scalar32 => formOf(dtype).computed;

/** Whether elements of a dtype are decoded as they are read, and encoded as they are written. */
export const isDecoded = (dtype: GpuDType): boolean => formIfAny(dtype)?.coded === true;

/** Bits of an element in a buffer. */
export const elementBits = (dtype: GpuDType): 8 | 16 | 32 => formOf(dtype).bits;

/** Elements of a word; of dtypes that are only asked about, one. */
export const perWord = (dtype: GpuDType): 1 | 2 | 4 => (32 / (formIfAny(dtype)?.bits ?? 32)) as 1 | 2 | 4;

/** Whether elements share a word, so that a thread must write all of it. */
export const isPacked = (dtype: GpuDType): boolean => perWord(dtype) > 1;

/**
 * Bytes of a buffer for so many elements: whole 16-byte vectors, so that a kernel may read and write the last one
 * whole.
 */
export const bufferBytes = (dtype: GpuDType, count: number): number =>
  Math.max(16, Math.ceil((count * 4) / perWord(dtype) / 16) * 16);

/** Declares a storage buffer of words (32-bit elements, or packed ones): `array<f32>`, `array<u32>`. */
export const declareWords = (binding: number, name: string, dtype: GpuDType, access: 'read' | 'read_write'): string =>
  `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${wordType(dtype)}>;`;

const wordType = (dtype: GpuDType): Scalar32 => (isPacked(dtype) ? 'u32' : computedType(dtype));

/** Type of the words that hold four neighbours. */
export const vectorType = (dtype: GpuDType): string => ({ 1: 'vec4<u32>', 2: 'vec2<u32>', 4: 'u32' })[perWord(dtype)];

/** Expression of the words of four elements, given as the bits of each. */
export function packVector(dtype: GpuDType, elements: readonly [string, string, string, string]): string {
  if (!isPacked(dtype)) return `vec4<u32>(${elements.join(', ')})`;
  const [a, b, c, d] = elements;
  if (perWord(dtype) === 2) return `vec2<u32>(${a} | ((${b}) << 16u), ${c} | ((${d}) << 16u))`;
  return elements.map((element, i) => `((u32(${element}) & 0xffu) << ${8 * i}u)`).join(' | ');
}
