// Which kernel computes a product: the best guess at first, what was quickest on this adapter once its class of shapes comes again.
import type { ContractProblem, ContractVariant } from '../../../kernels/wgsl/contract-problem.ts';
import { contractVariants } from '../../../kernels/wgsl/contract.ts';
import type { Plan } from '../../../kernels/wgsl/launch.ts';
import type { Clock } from '../../env.ts';
import type { GpuSource } from './source.ts';
import type { Life } from './life.ts';
import { LifeTrials } from './trials.ts';
import { Tuner, type TunerMemory, TUNING_LIMITS } from './tuner.ts';

/** Choices by adapter, for all sheets of the process: a trial takes about a second. */
const remembered = new Map<string, Map<string, string>>();

function memoryOf(adapter: string): TunerMemory {
  let choices = remembered.get(adapter);
  if (choices === undefined) remembered.set(adapter, (choices = new Map()));
  const known = choices;
  return { get: (key) => known.get(key), set: (key, variant) => void known.set(key, variant) };
}

/** Plans of products on one adapter. */
export class Products {
  readonly #life: () => Life;
  readonly #tuner: Tuner | undefined;

  /** On a software adapter nothing is tried: it takes minutes, and the kernel without workgroup memory is the quickest. */
  constructor({ adapter, software }: Pick<GpuSource, 'adapter' | 'software'>, life: () => Life, clock: Clock, maxTrialBytes: number) {
    this.#life = life;
    this.#tuner = software ? undefined : new Tuner(memoryOf(adapter), new LifeTrials(life), clock, { ...TUNING_LIMITS, maxTrialBytes });
  }

  /** The plan of a problem; a promise while its variants are tried. Undefined: no variant is right on this device. */
  plan(problem: ContractProblem): Plan | undefined | Promise<Plan | undefined> {
    const { limits } = this.#life().planner;
    const bare = { ...problem, epilogue: undefined };
    const variants = contractVariants(bare, limits, problem.precision);
    if (variants.length === 0) return undefined;
    const choice = this.#tuner === undefined ? (variants.find(({ name }) => name === 'direct') ?? variants[0]) : this.#tuner.choose(bare, variants, problem.precision);
    const planOf = (chosen: ContractVariant | undefined): Plan | undefined => (chosen === undefined ? undefined : withEpilogue(problem, chosen, contractVariants(problem, limits, problem.precision)));
    return choice instanceof Promise ? choice.then(planOf) : planOf(choice);
  }
}

/** The variant of that name that ends in the problem's epilogue. */
const withEpilogue = ({ epilogue }: ContractProblem, chosen: ContractVariant, fused: readonly ContractVariant[]): Plan | undefined =>
  (epilogue === undefined ? chosen : (fused.find(({ name }) => name === chosen.name) ?? fused[0]))?.plan;
