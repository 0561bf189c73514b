// Random numbers on a GPU: the counter-based generator of kernels/js/random.ts, element by element from (seed, index).
import { declareLibrary } from './text/functions.ts';
import {
  type GpuLimits,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
} from './launch.ts';
import { PHILOX, RANDOM, RANDOM_INTEGERS, RANDOM_NORMAL, RANDOM_UNIFORM } from './shaders.gen.ts';
import { fillTemplate } from './text/template.ts';

/**
 * What to draw: float32 of [0, 1) and int32 of [low, high) have the bits of the CPU, normal float32 are within a few
 * units in the last place.
 */
export type GpuDistribution =
  | { readonly distribution: 'uniform' | 'normal' }
  | { readonly distribution: 'integers'; readonly low: number; readonly high: number };

const TEXTS = { uniform: RANDOM_UNIFORM, integers: RANDOM_INTEGERS, normal: RANDOM_NORMAL } as const;
const LIBRARY = {
  uniform: [],
  integers: [],
  normal: ['squareRoot', 'logOf', 'splitForLog', 'angleOf', 'cosineNear0', 'sineNear0'],
} as const;

const shaders = new Map<string, Shader>();

/**
 * Plans the first `count` elements of a seed (64 bits); the plan has no operands. Undefined where the result is too
 * large.
 */
export function planRandom(draw: GpuDistribution, seed: bigint, count: number, limits: GpuLimits): Plan | undefined {
  if (count * 4 > limits.maxStorageBufferBindingSize || count >= 2 ** 31) return undefined;
  const vectors = Math.ceil(count / 4);
  const [low, range] = draw.distribution === 'integers' ? [draw.low, draw.high - draw.low] : [0, 0];
  const params = Uint32Array.of(
    0,
    Number(BigInt.asUintN(32, seed)),
    Number(BigInt.asUintN(32, seed >> 32n)),
    vectors,
    low,
    range,
  );
  return {
    launches: [
      {
        shader: randomShader(draw.distribution),
        buffers: [0],
        params,
        workgroups: linearWorkgroups(Math.ceil(vectors / 64)),
      },
    ],
    scratch: [],
  };
}

function randomShader(distribution: GpuDistribution['distribution']): Shader {
  let shader = shaders.get(distribution);
  if (shader === undefined) shaders.set(distribution, (shader = makeShader(distribution)));
  return shader;
}

const makeShader = (distribution: GpuDistribution['distribution']): Shader => ({
  name: `random ${distribution}`,
  bindings: ['write'],
  params: ['zero: u32', 'keyLow: u32', 'keyHigh: u32', 'vectors: u32', 'low: u32', 'range: u32'],
  code: fillTemplate(RANDOM, {
    philox: `${declareLibrary(['multiplyWide', ...LIBRARY[distribution]])}\n${PHILOX}`,
    distribution: TEXTS[distribution],
    builtins: LINEAR_BUILTINS,
    workgroup: LINEAR_WORKGROUP,
  }),
});
