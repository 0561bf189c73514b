// The text of a map kernel: how each operand is read, the function applied to four elements, how they are written.
import type { ElementFunction } from '../../scalar/algebra.ts';
import { type Converted, elementAt, entering, leaving, recast, unpacked } from '../text/conversion.ts';
import { declareElements, elementCode } from './element.ts';
import { LINEAR_BUILTINS, LINEAR_WORKGROUP, type Shader, WORKGROUP_SIZE } from '../launch.ts';
import { MAP } from '../shaders.gen.ts';
import { type GpuDType, packVector, perWord, vectorType } from '../text/storage.ts';
import { fillTemplate } from '../text/template.ts';

/**
 * How an operand lies against the result: `dense` in the same order, `single` one element for all; along the innermost
 * axis `vector` four neighbours of one aligned vector, `repeat` one element, `elements` any four.
 */
export type Access = 'dense' | 'single' | 'vector' | 'repeat' | 'elements';

/** One specialisation of a map kernel. Extents and strides are parameters; only what is here is in its text. */
export interface MapShaderForm {
  readonly domain: GpuDType;
  readonly operands: readonly { readonly dtype: GpuDType; readonly access: Access }[];
  readonly out: GpuDType;
  /** Dimensions of the loop nest. */
  readonly rank: number;
  /** Whether four neighbours of the result always lie in one row. */
  readonly sharedRow: boolean;
  /** `recast`: floats wrap in integers as casts do. */
  readonly store: 'map' | 'recast';
}

const LANES = [0, 1, 2, 3] as const;
const COMPONENTS = ['x', 'y', 'z', 'w'] as const;

/** Whether an operand needs `place`. */
export const isPlaced = (access: Access): boolean => access !== 'dense' && access !== 'single';

/**
 * Fields of `params`: the 0 of `rounded` (shaders/scalar/float.wgsl), extents of all axes but the outermost, then per
 * placed operand its offset and the strides its text uses.
 */
function mapParams({ operands, rank }: MapShaderForm): string[] {
  const extents = Array.from({ length: rank - 1 }, (_, axis) => `n${axis + 1}: u32`);
  const strides = operands.flatMap(({ access }, k) =>
    isPlaced(access) ? [`o${k}: u32`, ...Array.from({ length: rank }, (_, axis) => `s${k}_${axis}: u32`)] : [],
  );
  return strides.length === 0
    ? ['zero: u32', 'vectors: u32']
    : ['zero: u32', 'vectors: u32', 'last: u32', ...extents, ...strides];
}

/** The kernel of a form; undefined where the function has no WGSL form. */
export function mapShader(fn: ElementFunction, form: MapShaderForm): Shader | undefined {
  const code = elementCode(fn, form.domain);
  if (code === undefined) return undefined;
  const uses: string[] = [];
  const take = ({ text, uses: more }: Converted): string => (uses.push(...more), text);
  const body = [
    ...readings(form),
    ...LANES.map((lane) => {
      const args = form.operands.map((_, k) =>
        take(entering(form.operands[k]!.dtype, elementOf(form, k, lane), form.domain)),
      );
      return `let r${lane} = apply(${args.join(', ')});`;
    }),
  ];
  const results = LANES.map((lane) => take(resultOf(fn, form, `r${lane}`)));
  const stored = packVector(form.out, results as [string, string, string, string]);
  return {
    name: fn.name,
    bindings: [...form.operands.map(() => 'read' as const), 'write'],
    params: mapParams(form),
    code: fillTemplate(MAP, {
      bindings: declareBuffers(form),
      functions: declareElements([code], uses),
      place: placeFunction(form),
      threads: WORKGROUP_SIZE,
      builtins: LINEAR_BUILTINS,
      workgroup: LINEAR_WORKGROUP,
      body: [...body, `y[vector] = ${stored};`].join('\n  '),
    }),
  };
}

function resultOf(fn: ElementFunction, { domain, out, store }: MapShaderForm, value: string): Converted {
  return store === 'recast' ? recast(domain, value, out) : leaving(fn.returns === 'mask' ? 'mask' : domain, value, out);
}

const readsVectors = (access: Access): boolean => access === 'dense' || access === 'vector';

function declareBuffers({ operands, out }: MapShaderForm): string {
  const inputs = operands.map(
    ({ dtype, access }, k) =>
      `@group(0) @binding(${k}) var<storage, read> x${k}: array<${readsVectors(access) ? vectorType(dtype) : 'u32'}>;`,
  );
  return [
    ...inputs,
    `@group(0) @binding(${operands.length}) var<storage, read_write> y: array<${vectorType(out)}>;`,
  ].join('\n');
}

/** Where the placed operands have the element of a flat index. */
function placeFunction({ operands, rank }: MapShaderForm): string {
  const placed = operands.flatMap(({ access }, k) => (isPlaced(access) ? [k] : []));
  if (placed.length === 0) return '';
  const axes = Array.from({ length: rank - 1 }, (_, i) => rank - 1 - i);
  const split = axes.flatMap((axis) => [`let c${axis} = rest % params.n${axis};`, `rest = rest / params.n${axis};`]);
  const addresses = placed.map((k) =>
    [`params.o${k}`, `rest * params.s${k}_0`, ...axes.map((axis) => `c${axis} * params.s${k}_${axis}`)].join(' + '),
  );
  return [
    `struct Place { ${placed.map((k) => `x${k}: u32`).join(', ')} }`,
    'fn place(index: u32) -> Place {',
    ...['var rest = index;', ...split, `return Place(${addresses.join(', ')});`].map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

/** Statements that read what the four elements share. */
function readings(form: MapShaderForm): string[] {
  const { operands, sharedRow } = form;
  const places = !operands.some(({ access }) => isPlaced(access))
    ? []
    : sharedRow
      ? ['let at0 = place(4u * vector);']
      : LANES.map((lane) => `let at${lane} = place(min(4u * vector + ${lane}u, params.last));`);
  const vectors = operands.flatMap(({ dtype, access }, k) => {
    if (access === 'dense') return [`let w${k} = x${k}[vector];`];
    if (access === 'vector') return [`let w${k} = x${k}[at0.x${k} >> 2u];`];
    if (access === 'single') return [`let w${k} = ${elementAt(dtype, `x${k}`, '0u')};`];
    return access === 'repeat' ? [`let w${k} = ${elementAt(dtype, `x${k}`, `at0.x${k}`)};`] : [];
  });
  return [...places, ...vectors];
}

/** The element of an operand for one of the four. */
function elementOf({ operands, rank, sharedRow }: MapShaderForm, k: number, lane: 0 | 1 | 2 | 3): string {
  const { dtype, access } = operands[k]!;
  if (readsVectors(access)) return inVector(dtype, `w${k}`, lane);
  if (access !== 'elements') return `w${k}`;
  return elementAt(dtype, `x${k}`, sharedRow ? `at0.x${k} + ${lane}u * params.s${k}_${rank - 1}` : `at${lane}.x${k}`);
}

/** One of the four elements of a vector of `vectorType`. */
function inVector(dtype: GpuDType, vector: string, lane: 0 | 1 | 2 | 3): string {
  const count = perWord(dtype);
  if (count === 1) return `${vector}.${COMPONENTS[lane]}`;
  return unpacked(
    dtype,
    count === 4 ? vector : `${vector}.${COMPONENTS[lane >> 1]}`,
    `${(lane % count) * (32 / count)}u`,
  );
}
