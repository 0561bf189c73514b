// Which kernel computes a product: the best guess at first, what was quickest on this adapter once its class of shapes
// comes again.
import type { ContractProblem, ContractVariant } from '../../../../../kernels/wgsl/contract/problem.ts';
import { contractVariants } from '../../../../../kernels/wgsl/contract/contract.ts';
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import type { Clock, Notes } from '../../../env.ts';
import type { DeviceContext } from '../device-context.ts';
import { firstUsable, type Usable } from './plan-task.ts';
import type { GpuSource } from '../source.ts';
import { DeviceTrials, type TrialRoom } from './trials.ts';
import { Tuner, type TunerMemory, TUNING_LIMITS, type VariantsOf } from './tuner.ts';

/** Choices by adapter, for all sheets of the process: a trial takes about a second. */
const remembered = new Map<string, Map<string, string>>();

/** As long as the process, and in its notes for the next. */
function memoryOf(adapter: string, notes: Notes | undefined): TunerMemory {
  let choices = remembered.get(adapter);
  if (choices === undefined) remembered.set(adapter, (choices = new Map()));
  const known = choices;
  const noteOf = (key: string): string => `gpu ${adapter} ${key}`;
  return {
    get: (key) => known.get(key),
    set(key, variant) {
      known.set(key, variant);
      notes?.set(noteOf(key), variant);
    },
    noted: (key) => notes?.get(noteOf(key)),
  };
}

/** Plans of products on one adapter. */
export class Products {
  readonly #tuner: Tuner | undefined;
  readonly #variantsOf: VariantsOf;
  /** Best plans of problems whose variant will stay. */
  readonly #settled = new WeakMap<ContractProblem, Plan>();

  /**
   * On a software adapter nothing is tried: it takes minutes, and the kernel without workgroup memory is the quickest.
   */
  constructor(
    { adapter, software }: Pick<GpuSource, 'adapter' | 'software'>,
    context: () => DeviceContext,
    clock: Clock,
    maxTrialBytes: number,
    room: TrialRoom,
    notes?: Notes,
  ) {
    this.#variantsOf = (problem) => contractVariants(problem, context().planner.limits, problem.precision);
    this.#tuner = software
      ? undefined
      : new Tuner(memoryOf(adapter, notes), new DeviceTrials(context, room), clock, {
          ...TUNING_LIMITS,
          maxTrialBytes,
        });
  }

  /**
   * The plan of a problem, the best usable one; a promise while its variants are tried. Undefined: none is usable, or
   * no variant is right on this device. A problem that is given again is planned once.
   */
  plan(problem: ContractProblem, usable: Usable): Plan | undefined | Promise<Plan | undefined> {
    if (this.#tuner === undefined || this.#settled.has(problem)) return this.known(problem, usable);
    const choice = this.#tuner.choose(bareOf(problem), this.#variantsOf, problem.precision);
    return choice instanceof Promise
      ? choice.then((chosen) => this.#planOf(problem, chosen, usable))
      : this.#planOf(problem, choice, usable);
  }

  /** As `plan`, from what is known, without a trial. */
  known(problem: ContractProblem, usable: Usable): Plan | undefined {
    const settled = this.#settled.get(problem);
    if (settled !== undefined && usable(settled)) return settled;
    const bare = bareOf(problem);
    const variants = this.#variantsOf(bare);
    const known =
      this.#tuner === undefined
        ? (variants.find(({ name }) => name === 'direct') ?? variants[0])
        : this.#tuner.known(bare, variants, problem.precision);
    return this.#planOf(problem, known, usable);
  }

  /**
   * The plan of the chosen variant with the problem's epilogue; of another one that may be used where that one cannot
   * just now, or is not there.
   */
  #planOf(problem: ContractProblem, chosen: ContractVariant | undefined, usable: Usable): Plan | undefined {
    if (chosen === undefined) return undefined;
    const variants = this.#variantsOf(problem);
    const trusted =
      this.#tuner?.trusted(problem, variants, problem.precision) ?? variants.filter(({ unproven }) => !unproven);
    const best = (variants.find(({ name }) => name === chosen.name) ?? trusted[0])?.plan;
    if (
      best !== undefined &&
      !this.#settled.has(problem) &&
      this.#tuner?.isSettled(problem, problem.precision) !== false
    )
      this.#settled.set(problem, best);
    return best !== undefined && usable(best) ? best : firstUsable(trusted, usable);
  }
}

const bareOf = (problem: ContractProblem): ContractProblem =>
  problem.epilogue === undefined ? problem : { ...problem, epilogue: undefined };
