// An elementwise function fused to a product: what is stored is fn(element of the product, one element of each further
// operand).
import type { ElementFunction } from '../../scalar/algebra.ts';
import { declareElements, elementCode } from '../map/element.ts';
import type { Shader } from '../launch.ts';

/**
 * How an operand of float32 meets an element of C: its own, one for each column or each row of every matrix, or one for
 * all.
 */
export type EpilogueAccess = 'element' | 'column' | 'row' | 'single';

/** A function of the product's element and of an element of each operand (after A and B), computed in float32. */
export interface ContractEpilogue {
  readonly fn: ElementFunction;
  readonly operands: readonly EpilogueAccess[];
}

const formed = new WeakMap<ElementFunction, boolean>();

/** Whether a product can end in it: a value for as many arguments, with a WGSL form. */
export function isFusable({ fn, operands }: ContractEpilogue): boolean {
  if (fn.returns !== 'value' || fn.arity !== operands.length + 1) return false;
  const known = formed.get(fn) ?? elementCode(fn, 'float32') !== undefined;
  formed.set(fn, known);
  return known;
}

const INDICES: Readonly<Record<EpilogueAccess, string>> = {
  element: 'index',
  column: 'index % params.n',
  row: 'index / params.n % params.m',
  single: '0u',
};

/**
 * Declares `finish(value, index)`: four neighbours of C from the element `index` on. Operands are bindings from
 * `binding` on.
 */
export function finishText(epilogue: ContractEpilogue | undefined, binding: number): string {
  if (epilogue === undefined) return 'fn finish(value: vec4<f32>, index: u32) -> vec4<f32> { return quiet(value); }';
  const code = elementCode(epilogue.fn, 'float32', 'applyTo');
  if (code === undefined) throw new RangeError(`${epilogue.fn.name} has no WGSL form: ask isFusable first`);
  const buffers = epilogue.operands.map(
    (_, i) => `@group(0) @binding(${binding + i}) var<storage, read> operand${i}: array<f32>;`,
  );
  // Of four neighbours the last may lie outside of C; what they become is not stored.
  const elements = epilogue.operands.map(
    (access, i) => `operand${i}[min(${INDICES[access]}, arrayLength(&operand${i}) - 1u)]`,
  );
  return [
    ...buffers,
    declareElements([code]),
    `fn finished(value: f32, index: u32) -> f32 { return applyTo(${['value', ...elements].join(', ')}); }`,
    'fn finish(value: vec4<f32>, index: u32) -> vec4<f32> {',
    '  return quiet(vec4<f32>(finished(value.x, index), finished(value.y, index + 1u), finished(value.z, index + ' +
      '2u), finished(value.w, index + 3u)));',
    '}',
  ].join('\n');
}

/** Bindings of a shader that writes C with an epilogue. */
export const bindingsOf = (operands: number, epilogue: ContractEpilogue | undefined): Shader['bindings'] => [
  ...Array.from({ length: operands }, () => 'read' as const),
  'write',
  ...(epilogue?.operands ?? []).map(() => 'read' as const),
];

/** Where C lies among [operands…, result, scratch…]: after A, B and the epilogue's. */
export const resultIndex = (epilogue: ContractEpilogue | undefined): number => 2 + (epilogue?.operands.length ?? 0);

/** Buffers of a launch that reads `operands` and writes C: C comes before the operands of the epilogue. */
export const buffersOf = (operands: readonly number[], epilogue: ContractEpilogue | undefined): number[] => [
  ...operands,
  resultIndex(epilogue),
  ...(epilogue?.operands ?? []).map((_, i) => 2 + i),
];

const plain = new Map<string, Shader>();
const fused = new WeakMap<ElementFunction, Map<string, Shader>>();

/** The shader of a key and an epilogue, made once: devices know shaders by identity. */
export function shaderFor(key: string, epilogue: ContractEpilogue | undefined, make: (name: string) => Shader): Shader {
  const shaders = epilogue === undefined ? plain : (fused.get(epilogue.fn) ?? new Map<string, Shader>());
  if (epilogue !== undefined) fused.set(epilogue.fn, shaders);
  const name =
    epilogue === undefined ? `contract ${key}` : `contract ${key} ${epilogue.fn.name} ${epilogue.operands.join(' ')}`;
  const shader = shaders.get(name) ?? make(name);
  shaders.set(name, shader);
  return shader;
}
