// Products from registers alone: 4×4 of C a thread; and with few outputs and a long K, 4×4 of C a workgroup whose
// threads share K.
import { bindingsOf, buffersOf, shaderFor } from './epilogue.ts';
import { accumulatorsText, directBlockText, ioText, written } from './text.ts';
import {
  batchRuns,
  CONTRACT_PARAMS,
  type ContractLayout,
  contractParams,
  type ContractProblem,
  layoutKey,
  layoutOf,
  wholeK,
} from './problem.ts';
import { linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { CONTRACT_DIRECT, CONTRACT_SMALL } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

interface Blocks {
  readonly name: string;
  readonly template: string;
  /** Rows and columns of C a workgroup computes. */
  readonly side: number;
}

const DIRECT: Blocks = { name: 'direct', template: CONTRACT_DIRECT, side: 32 };
const SMALL: Blocks = { name: 'small', template: CONTRACT_SMALL, side: 4 };

/** A thread computes 4×4 of C without workgroup memory. */
export const planDirect = (problem: ContractProblem): Plan => planBlocks(DIRECT, problem);

/** A workgroup computes 4×4 of C, its threads K: for few outputs. */
export const planSmall = (problem: ContractProblem): Plan => planBlocks(SMALL, problem);

function planBlocks(blocks: Blocks, problem: ContractProblem): Plan {
  const shader = shaderOf(blocks, layoutOf(problem));
  const workgroups = linearWorkgroups(Math.ceil(problem.m / blocks.side) * Math.ceil(problem.n / blocks.side));
  const launches = batchRuns(problem).map((run) => ({
    shader,
    buffers: buffersOf([0, 1], problem.epilogue),
    params: Uint32Array.from(contractParams(problem, run, wholeK(problem))),
    workgroups: [workgroups[0], workgroups[1], run.count] as const,
  }));
  return { launches, scratch: [] };
}

function shaderOf({ name: kind, template }: Blocks, layout: ContractLayout): Shader {
  return shaderFor(`${kind} ${layoutKey(layout)}`, layout.epilogue, (name) => ({
    name,
    bindings: bindingsOf(2, layout.epilogue),
    params: CONTRACT_PARAMS,
    code: fillTemplate(template, {
      io: ioText(layout),
      accumulators: accumulatorsText(4, 1),
      multiply: directBlockText(layout),
      store: written(4, (row) => `store(baseC, row + ${row}u, column, c${row}_0);`),
      share: written(4, (row) => `sums[thread + ${row * 64}u] = c${row}_0;`),
    }),
  }));
}
