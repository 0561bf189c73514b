// Strided copies on a GPU: permutations, slices, flips and broadcasts of elements of any size, moved as bits.
import { collapse, elementCount, rowMajorStrides, type LoopNest } from '../../strides.ts';
import { type GpuLimits, LINEAR_WORKGROUP, linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { IDENTITY, planNest } from '../map/map.ts';
import { TRANSPOSE } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** A strided view of a row-major tensor; strides and offset in elements. */
export interface StridedWindow {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Bytes of an element: a part of a word, one, or a pair of words. */
export type GatheredBytes = 1 | 2 | 4 | 8;

const MAX_WORDS = 2 ** 31;
/** Below this extent a tile is mostly edge. */
const TILE_WORTH = 16;
const TILE = 32;

/**
 * The window's elements in row-major order, bits unchanged; one operand. Undefined where the result does not fit the
 * limits.
 */
export function planGather(window: StridedWindow, itemBytes: GatheredBytes, limits: GpuLimits): Plan | undefined {
  const count = elementCount(window.shape);
  if (
    count === 0 ||
    count * Math.max(itemBytes / 4, 1) >= MAX_WORDS ||
    count * itemBytes > limits.maxStorageBufferBindingSize
  )
    return undefined;
  const { shape, strides, offset } = itemBytes === 8 ? pairsOf(window) : window;
  const nest = collapse({ shape, strides: [strides] });
  if (itemBytes === 4) {
    const along = tiledAxis(nest);
    if (along !== undefined) return planTranspose(nest, offset, along);
  }
  const dtype = itemBytes === 1 ? 'uint8' : itemBytes === 2 ? 'bits16' : 'uint32';
  return planNest(IDENTITY, { nest, offsets: [offset], dtypes: [dtype], domain: dtype, out: dtype, store: 'map' });
}

/** The same elements as pairs of words. */
const pairsOf = ({ shape, strides, offset }: StridedWindow): StridedWindow => ({
  shape: [...shape, 2],
  strides: [...strides.map((stride) => 2 * stride), 1],
  offset: 2 * offset,
});

/** The axis along which the source is contiguous, where that is not the innermost one and both are long. */
function tiledAxis({ shape, strides: [steps = []] }: LoopNest): number | undefined {
  const last = shape.length - 1;
  const along = steps.indexOf(1);
  const step = steps[last]!;
  const long = [along, last].every((axis) => (shape[axis] ?? 0) >= TILE_WORTH);
  return along >= 0 && along < last && step !== 0 && long ? along : undefined;
}

const transposes = new Map<number, Shader>();

/** The kernel for so many axes beside the two of the tile. */
function transposeShader(others: number): Shader {
  const known = transposes.get(others);
  if (known !== undefined) return known;
  const axes = Array.from({ length: others }, (_, i) => i);
  const batch = axes
    .flatMap((axis) => [
      ...(axis === others - 1
        ? [`let c${axis} = rest;`]
        : [`let c${axis} = rest % params.n${axis};`, `rest = rest / params.n${axis};`]),
      `source += c${axis} * params.s${axis};`,
      `goal += c${axis} * params.p${axis};`,
    ])
    .join('\n  ');
  const shader: Shader = {
    name: 'transpose',
    bindings: ['read', 'write'],
    code: fillTemplate(TRANSPOSE, { workgroup: LINEAR_WORKGROUP, batch }),
    params: [
      'tiles',
      'tilesAcross',
      'tilesAlong',
      'nAcross',
      'nAlong',
      'step',
      'pitch',
      'offset',
      ...axes.flatMap((axis) => [`n${axis}`, `s${axis}`, `p${axis}`]),
    ].map((name) => `${name}: u32`),
  };
  transposes.set(others, shader);
  return shader;
}

function planTranspose({ shape, strides: [steps = []] }: LoopNest, offset: number, along: number): Plan {
  const last = shape.length - 1;
  const pitches = rowMajorStrides(shape);
  const [nAcross, nAlong] = [shape[last]!, shape[along]!];
  const [tilesAcross, tilesAlong] = [Math.ceil(nAcross / TILE), Math.ceil(nAlong / TILE)];
  const others = shape
    .map((_, axis) => axis)
    .filter((axis) => axis !== along && axis !== last)
    .reverse();
  const tiles = others.reduce((product, axis) => product * shape[axis]!, tilesAcross * tilesAlong);
  const params = [
    tiles,
    tilesAcross,
    tilesAlong,
    nAcross,
    nAlong,
    steps[last]!,
    pitches[along]!,
    offset,
    ...others.flatMap((axis) => [shape[axis]!, steps[axis]!, pitches[axis]!]),
  ];
  return {
    launches: [
      {
        shader: transposeShader(others.length),
        buffers: [0, 1],
        params: Uint32Array.from(params, (x) => x >>> 0),
        workgroups: linearWorkgroups(tiles),
      },
    ],
    scratch: [],
  };
}
