// K in parts where whole products would leave a GPU idle: the parts go to scratch, and a second pass adds them, always
// in the same order.
import { bindingsOf, buffersOf, type ContractEpilogue, finishText, resultIndex, shaderFor } from './epilogue.ts';
import {
  type BatchRun,
  batchRuns,
  CONTRACT_PARAMS,
  contractParams,
  type ContractProblem,
  type Split,
} from './problem.ts';
import { type Launch, linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { CONTRACT_PARTS, CONTRACT_SUM } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** Threads that keep the second pass busy, and parts a thread of it adds at least before others share them. */
const SUM_THREADS = 8192;
const MIN_SUMMANDS = 4;

/** K in at most `parts` parts of whole steps of `depth`, as even as they come. */
export function splitOf({ m, n, k, offsetsA }: ContractProblem, parts: number, depth: number): Split {
  const chunk = Math.ceil(k / parts / depth) * depth;
  return { parts: Math.ceil(k / chunk), chunk, slab: Math.ceil((m * n * offsetsA.length) / 4) * 4 };
}

/**
 * A problem whose batches are one run: `partial` computes the parts of it without its epilogue, from A and B to C; they
 * go to scratch and are added.
 */
export function planParts(
  problem: ContractProblem,
  split: Split,
  partial: (plain: ContractProblem, run: BatchRun) => Launch,
): Plan {
  const run = batchRuns(problem)[0]!;
  const { epilogue } = problem;
  const scratch = resultIndex(epilogue) + 1;
  const parts = partial({ ...problem, epilogue: undefined }, run);
  const lanes = lanesFor(split);
  const sum: Launch = {
    shader: sumShader(epilogue),
    buffers: buffersOf([scratch], epilogue),
    params: Uint32Array.from([...contractParams(problem, run, split), lanes]),
    workgroups: linearWorkgroups(Math.ceil((split.slab * lanes) / 256)),
  };
  return {
    launches: [{ ...parts, buffers: parts.buffers.map((index) => (index < 2 ? index : scratch)) }, sum],
    scratch: [split.slab * 4 * split.parts],
  };
}

/** Threads that share the parts of four elements: a power of two. */
function lanesFor({ parts, slab }: Split): number {
  let lanes = 1;
  while (lanes < 64 && 2 * lanes * MIN_SUMMANDS <= parts && (lanes * slab) / 4 < SUM_THREADS) lanes *= 2;
  return lanes;
}

const sumShader = (epilogue: ContractEpilogue | undefined): Shader =>
  shaderFor('sum', epilogue, (name) => ({
    name,
    bindings: bindingsOf(1, epilogue),
    params: [...CONTRACT_PARAMS, 'lanes: u32'],
    code: fillTemplate(CONTRACT_SUM, {
      io: [
        CONTRACT_PARTS,
        '@group(0) @binding(1) var<storage, read_write> c: array<vec4<f32>>;',
        finishText(epilogue, 2),
      ].join('\n'),
    }),
  }));
