// Joining and taking on a GPU: runs of elements copied to, or from, places along an axis; bits unchanged.
import type { GatheredBytes } from './gather.ts';
import {
  type GpuLimits,
  type Launch,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
  WORKGROUP_SIZE,
} from '../launch.ts';
import { JOIN, JOIN_BYTES, TAKE } from '../shaders.gen.ts';
import { computedType, type GpuDType, isGpuDType } from '../text/storage.ts';
import { elementAt } from '../text/conversion.ts';
import { fillTemplate } from '../text/template.ts';

const LINEAR = { threads: WORKGROUP_SIZE, builtins: LINEAR_BUILTINS, workgroup: LINEAR_WORKGROUP };
const MAX_UNITS = 2 ** 31;

const joinShader = (name: string, unit: string): Shader => ({
  name,
  bindings: ['read', 'write'],
  params: ['count: u32', 'run: u32', 'pitch: u32', 'offset: u32'],
  code: fillTemplate(JOIN, { ...LINEAR, unit }),
});
const JOIN_WORDS = joinShader('join words', 'u32');
const JOIN_VECTORS = joinShader('join vectors', 'vec4<u32>');
const JOIN_SINGLE_BYTES: Shader = {
  name: 'join bytes',
  bindings: ['read', 'write'],
  params: ['rows: u32', 'words: u32', 'run: u32', 'pitch: u32', 'offset: u32'],
  code: fillTemplate(JOIN_BYTES, LINEAR),
};

/**
 * Operands joined run by run: `outer` times one run of every operand, in order (concatenation and stacking along an
 * axis). `runs[k]`: elements of a run of operand k. One launch an operand. Undefined where the result does not fit the
 * limits.
 */
export function planJoin(
  outer: number,
  runs: readonly number[],
  itemBytes: GatheredBytes,
  limits: GpuLimits,
): Plan | undefined {
  const pitch = runs.reduce((sum, run) => sum + run, 0);
  const sizeBytes = outer * pitch * itemBytes;
  if (sizeBytes === 0 || sizeBytes > limits.maxStorageBufferBindingSize || sizeBytes / 4 >= MAX_UNITS) return undefined;
  let offset = 0;
  const launches = runs.flatMap((run, k) => {
    const launch =
      run === 0
        ? []
        : [
            joinLaunch(
              [k, runs.length],
              outer,
              [run, pitch, offset].map((n) => n * itemBytes) as [number, number, number],
            ),
          ];
    offset += run;
    return launch;
  });
  return { launches, scratch: [] };
}

/** One operand's runs; run, pitch and offset in bytes. */
function joinLaunch(buffers: readonly number[], outer: number, bytes: readonly [number, number, number]): Launch {
  const width = [16, 4].find((size) => bytes.every((n) => n % size === 0));
  const [run, pitch, offset] = bytes.map((n) => n / (width ?? 1)) as [number, number, number];
  if (width !== undefined) {
    const params = Uint32Array.of(outer * run, run, pitch, offset);
    return {
      shader: width === 16 ? JOIN_VECTORS : JOIN_WORDS,
      buffers,
      params,
      workgroups: linearWorkgroups(Math.ceil((outer * run) / WORKGROUP_SIZE)),
    };
  }
  const words = Math.ceil((run + 3) / 4); // whatever byte of a word the run starts at
  return {
    shader: JOIN_SINGLE_BYTES,
    buffers,
    params: Uint32Array.of(outer, words, run, pitch, offset),
    workgroups: linearWorkgroups(Math.ceil((outer * words) / WORKGROUP_SIZE)),
  };
}

/** Slices of an axis: elements before, along and after it, and how many are taken. */
interface Taking {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly taken: number;
}

type Unit = 'vector' | 'word' | 'bytes';
const takes = new Map<string, Shader>();

/**
 * y[o, k, i] = x[o, indices[k], i]; operands x and the indices, a 32- or 8-bit integer dtype. Negative indices count
 * from the end; whoever calls has checked that all are inside the axis. Undefined where indices or sizes are not a
 * GPU's.
 */
export function planTake(
  { outer, length, inner, taken }: Taking,
  itemBytes: GatheredBytes,
  indexDType: string,
  limits: GpuLimits,
): Plan | undefined {
  const sizeBytes = outer * taken * inner * itemBytes;
  const integers = isGpuDType(indexDType) && computedType(indexDType) !== 'f32' && indexDType !== 'bool';
  if (
    !integers ||
    length === 0 ||
    sizeBytes === 0 ||
    sizeBytes > limits.maxStorageBufferBindingSize ||
    Math.max(sizeBytes, outer * length * inner * itemBytes) / 4 >= MAX_UNITS
  )
    return undefined;
  const slice = inner * itemBytes;
  const unit: Unit = slice % 16 === 0 ? 'vector' : slice % 4 === 0 ? 'word' : 'bytes';
  const width = { vector: 16, word: 4, bytes: 1 }[unit];
  const units = Math.ceil(sizeBytes / Math.max(width, 4));
  const params = Uint32Array.of(units, sizeBytes / width - 1, slice / width, length, taken);
  return {
    launches: [
      {
        shader: takeShader(unit, indexDType),
        buffers: [0, 1, 2],
        params,
        workgroups: linearWorkgroups(Math.ceil(units / WORKGROUP_SIZE)),
      },
    ],
    scratch: [],
  };
}

function takeShader(unit: Unit, dtype: GpuDType): Shader {
  const key = `${unit} ${dtype}`;
  const known = takes.get(key);
  if (known !== undefined) return known;
  const signed = dtype === 'int32' || dtype === 'int8';
  const index = elementAt(dtype, 'indices', 'k');
  const settled = signed
    ? 'u32(clamp(select(bitcast<i32>(given), bitcast<i32>(given) + i32(params.length), bitcast<i32>(given) < 0), ' +
      '0, i32(params.length) - 1))'
    : 'min(given, params.length - 1u)';
  const byte = (lane: number): string =>
    `let o${lane} = origin(min(4u * i + ${lane}u, params.last)); let b${lane} = (x[o${lane} >> 2u] >> ((o${lane} ` +
    '& 3u) * 8u)) & 0xffu;';
  const copy =
    unit === 'bytes'
      ? `${[0, 1, 2, 3].map(byte).join('\n  ')}\n  y[i] = b0 | (b1 << 8u) | (b2 << 16u) | (b3 << 24u);`
      : 'y[i] = x[origin(i)];';
  const shader: Shader = {
    name: `take ${key}`,
    bindings: ['read', 'read', 'write'],
    params: ['units: u32', 'last: u32', 'inner: u32', 'length: u32', 'taken: u32'],
    code: fillTemplate(TAKE, { ...LINEAR, unit: unit === 'vector' ? 'vec4<u32>' : 'u32', index, settled, copy }),
  };
  takes.set(key, shader);
  return shader;
}
