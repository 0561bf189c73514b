// Softmax and its logarithm on a GPU: one launch of a workgroup for some rows, or reductions and a map where rows are
// few and long.
import { declareLibrary } from '../text/functions.ts';
import {
  type GpuLimits,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
} from '../launch.ts';
import { addStages, type PlanDraft } from './reduce.ts';
import { EXPONENTIALS, exponentials, maximum } from './families.ts';
import { divide, isVectorised, reduceShape, type ReduceShape } from './shape.ts';
import { ROWS, ROWS_APPLY, ROWS_TRANSFORM } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** Transforms of whole rows a GPU can do, of float32. */
export type GpuRowTransform = 'softmax' | 'log_softmax';

const LONG_CHUNKS = 8; // rows that a reduction would part so often are not left to one workgroup

const shaders = new Map<string, Shader>();

/**
 * Plans a transform of the rows along an axis of a row-major float32 operand; undefined where it has too many elements.
 */
export function planRows(
  transform: GpuRowTransform,
  shape: readonly number[],
  axis: number,
  limits: GpuLimits,
): Plan | undefined {
  const geometry = reduceShape({ shape }, [axis]);
  if (geometry === undefined || geometry.results * geometry.count * 4 > limits.maxStorageBufferBindingSize)
    return undefined;
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const division = divide(geometry, limits);
  if (division.chunks >= LONG_CHUNKS) return planLong(transform, geometry, inner, limits);
  const { threads, lanes, along } = division;
  const width = isVectorised(geometry) && geometry.count % 4 === 0 ? 4 : 1;
  const [laneStride, placeStride] = along === 'lanes' ? [1, lanes] : [threads / lanes, 1];
  const params = Uint32Array.of(geometry.results, geometry.count / width, inner, lanes, laneStride, placeStride, 0);
  const workgroups = linearWorkgroups(Math.ceil((geometry.results * lanes) / threads));
  return {
    launches: [{ shader: rowsShader(transform, width, threads), buffers: [0, 1], params, workgroups }],
    scratch: [],
  };
}

function planLong(transform: GpuRowTransform, geometry: ReduceShape, inner: number, limits: GpuLimits): Plan {
  const draft: PlanDraft = { limits, operands: 1, launches: [], scratch: [] };
  const [maxima, terms] = addStages(
    draft,
    geometry,
    { dtype: 'float32', inputs: [{ dtype: 'float32', single: false }] },
    [
      { family: maximum(), keeps: 'centre', divisor: 1 },
      { family: exponentials(transform === 'log_softmax'), keeps: 'centre', divisor: 1 },
    ],
  ) as [number, number];
  const elements = geometry.results * geometry.count;
  const apply = {
    shader: applyShader(transform),
    buffers: [0, maxima, terms, 1],
    params: Uint32Array.of(elements, geometry.count, inner, 0),
  };
  draft.launches.push({ ...apply, workgroups: linearWorkgroups(Math.ceil(elements / 256)) });
  return { launches: draft.launches, scratch: draft.scratch };
}

function shaderOf(name: string, make: (name: string) => Shader): Shader {
  let shader = shaders.get(name);
  if (shader === undefined) shaders.set(name, (shader = make(name)));
  return shader;
}

/** WGSL that rows are transformed with. */
const holesOf = (transform: GpuRowTransform): Record<string, string> => ({
  arithmetic: `${declareLibrary(EXPONENTIALS.uses)}\n${EXPONENTIALS.arithmetic}`,
  transform: fillTemplate(ROWS_TRANSFORM, { logarithmic: String(transform === 'log_softmax') }),
  builtins: LINEAR_BUILTINS,
  workgroup: LINEAR_WORKGROUP,
});

function rowsShader(transform: GpuRowTransform, width: 1 | 4, threads: number): Shader {
  const parts = width === 4 ? ['v.x', 'v.y', 'v.z', 'v.w'] : ['v'];
  const each = (statement: (part: string) => string): string => parts.map(statement).join('\n');
  const results = parts.map((part) => `transformed(${part}, row, term)`).join(', ');
  return shaderOf(`rows ${transform}, ${width} wide, ${threads} threads`, (name) => ({
    name,
    bindings: ['read', 'write'],
    params: ['rows: u32', 'count: u32', 'inner: u32', 'lanes: u32', 'laneStride: u32', 'placeStride: u32', 'zero: u32'],
    code: fillTemplate(ROWS, {
      ...holesOf(transform),
      maximum: maximum().text,
      threads,
      read: width === 4 ? 'vec4<f32>' : 'f32',
      written: width === 4 ? 'vec4<u32>' : 'u32',
      rank: each((part) => `rank = max(rank, rankOf(${part}));`),
      sum: each((part) => `sum = addFloat(sum, shiftedExponential(${part}, shift));`),
      result: width === 4 ? `vec4<u32>(${results})` : results,
    }),
  }));
}

const applyShader = (transform: GpuRowTransform): Shader =>
  shaderOf(`rows ${transform}, apply`, (name) => ({
    name,
    bindings: ['read', 'read', 'read', 'write'],
    params: ['elements: u32', 'count: u32', 'inner: u32', 'zero: u32'],
    code: fillTemplate(ROWS_APPLY, holesOf(transform)),
  }));
