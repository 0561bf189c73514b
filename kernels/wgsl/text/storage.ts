// How elements lie in GPU buffers: 32-bit dtypes as they are, float16 two to a word, 8-bit ones four; 64-bit ones stay on the CPU.

/** Dtypes a GPU buffer can hold as elements of a kernel. */
export type GpuDType = 'float32' | 'float16' | 'int32' | 'uint32' | 'int8' | 'uint8' | 'bool';

/** WGSL type an element is computed in. */
export type Scalar32 = 'f32' | 'i32' | 'u32';

const COMPUTED: Record<GpuDType, Scalar32> = { float32: 'f32', float16: 'f32', int32: 'i32', uint32: 'u32', int8: 'i32', uint8: 'u32', bool: 'u32' };

/** Whether kernels can read and write a dtype on a GPU. */
export const isGpuDType = (dtype: string): dtype is GpuDType => Object.hasOwn(COMPUTED, dtype);

/** The WGSL type elements of a dtype are computed in. */
export const computedType = (dtype: GpuDType): Scalar32 => COMPUTED[dtype];

/** Elements of a word. */
export const perWord = (dtype: GpuDType): 1 | 2 | 4 => (dtype === 'float16' ? 2 : dtype === 'int8' || dtype === 'uint8' || dtype === 'bool' ? 4 : 1);

/** Whether elements share a word, so that a thread must write all of it. */
export const isPacked = (dtype: GpuDType): boolean => perWord(dtype) > 1;

/** Bytes of a buffer for so many elements: whole 16-byte vectors, so that a kernel may read and write the last one whole. */
export const storedBytes = (dtype: GpuDType, count: number): number => Math.max(16, Math.ceil((count * 4) / perWord(dtype) / 16) * 16);

/** Declares a storage buffer of words (32-bit elements, or packed ones): `array<f32>`, `array<u32>`. */
export const declareWords = (binding: number, name: string, dtype: GpuDType, access: 'read' | 'read_write'): string =>
  `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${isPacked(dtype) ? 'u32' : COMPUTED[dtype]}>;`;

/** Type of the words that hold four neighbours. */
export const vectorType = (dtype: GpuDType): string => ({ 1: 'vec4<u32>', 2: 'vec2<u32>', 4: 'u32' })[perWord(dtype)];

/** Expression of the words of four elements, given as the bits of each. */
export function packVector(dtype: GpuDType, elements: readonly [string, string, string, string]): string {
  if (!isPacked(dtype)) return `vec4<u32>(${elements.join(', ')})`;
  const [a, b, c, d] = elements;
  if (dtype === 'float16') return `vec2<u32>(${a} | ((${b}) << 16u), ${c} | ((${d}) << 16u))`;
  return elements.map((element, i) => `((u32(${element}) & 0xffu) << ${8 * i}u)`).join(' | ');
}
