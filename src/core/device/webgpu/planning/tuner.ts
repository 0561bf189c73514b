// Chooses among variants of a kernel by measurement: each is checked against the first, then timed, once per class of
// shapes and device.
import {
  type ContractPrecision,
  type ContractProblem,
  type ContractVariant,
  operandElements,
  layoutKey,
  layoutOf,
  smallerProblem,
} from '../../../../../kernels/wgsl/contract/problem.ts';
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import { SheetError } from '../../../errors.ts';
import type { Clock } from '../../../env.ts';
import { Expected } from './expected.ts';
import type { Trial, TrialBuffers } from './trial.ts';

/** Where choices are kept: per adapter, one name of a variant for each class of shapes. */
export interface TunerMemory {
  get(key: string): string | undefined;
  set(key: string, variant: string): void;
  /** What another process chose on this adapter, perhaps with another driver. */
  noted?(key: string): string | undefined;
}

/** When and how much is tried. */
export interface TuningLimits {
  /** Products of fewer multiplications are not worth a trial. */
  readonly minProducts: number;
  /** Trials may hold so many bytes of operands and results; larger problems are tried on smaller ones of their kind. */
  readonly maxTrialBytes: number;
  /** So many of the best guesses are tried, and every unproven variant. */
  readonly candidates: number;
  /** Timed rounds of each candidate, after a run that compiles it. */
  readonly rounds: number;
  /** A round repeats a plan until it takes about so long: clocks of GPUs may tick every 0.1 ms only. */
  readonly roundNs: number;
}

/** 512³ products take a large GPU 10 µs; a trial costs some compilations, about a second. */
export const TUNING_LIMITS: TuningLimits = {
  minProducts: 2 ** 27,
  maxTrialBytes: 2 ** 30,
  candidates: 4,
  rounds: 5,
  roundNs: 2e6,
};

/** The class of shapes whose problems share a choice: extents by their power of two, and how vectors of them lie. */
export function shapeClass(problem: ContractProblem): string {
  const {
    m,
    n,
    k,
    transposeA,
    transposeB,
    offsetsA: { length: batch },
  } = problem;
  const [rows, columns, depth, batches] = [m, n, k, batch].map(bitsOf);
  const transposes = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;
  return `${rows}.${columns}.${depth}.${batches}.${transposes}.${layoutKey(layoutOf(problem))}`;
}

const bitsOf = (extent: number): number => Math.floor(Math.log2(extent));

/** The variants of a problem without an epilogue, of one precision, best guess first. */
export type VariantsOf = (problem: ContractProblem) => readonly ContractVariant[];

/** A choice made for a class stays: its results keep their bits. */
export class Tuner {
  readonly #memory: TunerMemory;
  readonly #buffers: TrialBuffers;
  readonly #clock: Clock;
  readonly #limits: TuningLimits;
  readonly #chosen = new Map<string, string>();
  readonly #trials = new Map<string, Promise<void>>();
  readonly #asked = new Set<string>();
  /** Names of variants that gave wrong results, by class. */
  readonly #wrong = new Map<string, Set<string>>();

  constructor(memory: TunerMemory, buffers: TrialBuffers, clock: Clock, limits: TuningLimits = TUNING_LIMITS) {
    this.#memory = memory;
    this.#buffers = buffers;
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * The variant to compute a problem with; the problem has no epilogue. Answers at once, except when the class is asked
   * for the second time and worth a trial. Undefined: none of them is right on this device.
   */
  choose(
    problem: ContractProblem,
    variantsOf: VariantsOf,
    precision: ContractPrecision = 'f32',
  ): ContractVariant | undefined | Promise<ContractVariant | undefined> {
    const variants = variantsOf(problem);
    const key = keyOf(problem, precision);
    const trial = this.#trials.get(key) ?? this.#begin(key, problem, variantsOf, precision);
    return trial === undefined ? this.#named(key, variants) : trial.then(() => this.#named(key, variants));
  }

  /** The variant that `choose` answers as long as nothing is tried. */
  known(
    problem: ContractProblem,
    variants: readonly ContractVariant[],
    precision: ContractPrecision = 'f32',
  ): ContractVariant | undefined {
    return this.#named(keyOf(problem, precision), variants);
  }

  /** Whether the answer for a problem stays what it is. */
  isSettled(problem: ContractProblem, precision: ContractPrecision = 'f32'): boolean {
    return !this.#isLarge(problem) || this.#nameOf(keyOf(problem, precision)) !== undefined;
  }

  /**
   * The variants that may be used untried: not one that nobody has checked, nor one that was wrong in a trial of this
   * class.
   */
  trusted(
    problem: ContractProblem,
    variants: readonly ContractVariant[],
    precision: ContractPrecision = 'f32',
  ): readonly ContractVariant[] {
    return this.#trusted(keyOf(problem, precision), variants);
  }

  #trusted(key: string, variants: readonly ContractVariant[]): readonly ContractVariant[] {
    const wrong = this.#wrong.get(key);
    return variants.filter(({ name, unproven }) => !unproven && wrong?.has(name) !== true);
  }

  /**
   * The variant that was chosen for a class; the best guess where none was yet, or where it is not legal for this
   * problem of the class.
   */
  #named(key: string, variants: readonly ContractVariant[]): ContractVariant | undefined {
    const chosen = this.#nameOf(key);
    return chosen === NONE
      ? undefined
      : (variants.find(({ name }) => name === chosen) ?? this.#trusted(key, variants)[0]);
  }

  /** What was chosen for a class, here or elsewhere; from now on it stays, whatever others choose. */
  #nameOf(key: string): string | undefined {
    const name = this.#chosen.get(key) ?? this.#memory.get(key);
    if (name !== undefined) this.#chosen.set(key, name);
    return name;
  }

  /**
   * Begins the trial of a class, where one is due: a problem that is too large for it is tried on a smaller one of its
   * kind.
   */
  #begin(
    key: string,
    problem: ContractProblem,
    variantsOf: VariantsOf,
    precision: ContractPrecision,
  ): Promise<void> | undefined {
    if (!this.#isLarge(problem) || this.#nameOf(key) !== undefined) return undefined;
    const noted = this.#asked.has(key)
      ? undefined
      : variantsOf(problem).find(({ name }) => name === this.#memory.noted?.(key));
    if (noted !== undefined) return this.#takeOver(key, problem, variantsOf, precision, noted);
    const tried = smallerProblem(problem, this.#limits.maxTrialBytes);
    const variants = this.#isLarge(tried) ? variantsOf(tried) : [];
    if (variants.length < 2 || !this.#isAskedAgain(key)) return undefined;
    const trial = this.#try(key, tried, variants, precision);
    this.#trials.set(key, trial);
    return trial;
  }

  /**
   * What another process chose is right here too where it is proven; else it is checked, and where it is wrong or
   * cannot be checked the class is tried when it comes again.
   */
  #takeOver(
    key: string,
    problem: ContractProblem,
    variantsOf: VariantsOf,
    precision: ContractPrecision,
    { name, unproven }: ContractVariant,
  ): Promise<void> | undefined {
    this.#asked.add(key);
    if (!unproven) return void this.#chosen.set(key, name);
    const smaller = smallerProblem(problem, this.#limits.maxTrialBytes);
    const checked = variantsOf(smaller).find((variant) => variant.name === name);
    if (checked === undefined) return undefined;
    const check = this.#check(smaller, checked, precision)
      .catch(() => false)
      .then((right) => {
        if (right) this.#chosen.set(key, name);
        this.#trials.delete(key);
      });
    this.#trials.set(key, check);
    return check;
  }

  async #check(problem: ContractProblem, { plan }: ContractVariant, precision: ContractPrecision): Promise<boolean> {
    const [a, b, c] = operandElements(problem);
    const expected = new Expected(problem, precision);
    const trial = await this.#buffers.open([a, b], c, expected.patterns);
    try {
      return await isRight(plan, trial, expected);
    } finally {
      trial.close();
    }
  }

  /** By what its class has at least, so that a class is tried as a whole or not at all. */
  #isLarge({ m, n, k, offsetsA: { length: batch } }: ContractProblem): boolean {
    return 2 ** [m, n, k, batch].reduce((bits, extent) => bits + bitsOf(extent), 0) >= this.#limits.minProducts;
  }

  #isAskedAgain(key: string): boolean {
    const again = this.#asked.has(key);
    this.#asked.add(key);
    return again;
  }

  /**
   * Chooses the fastest right variant; the best guess when the device could not try, `NONE` when it got all of them
   * wrong: neither is remembered elsewhere.
   */
  async #try(
    key: string,
    problem: ContractProblem,
    variants: readonly ContractVariant[],
    precision: ContractPrecision,
  ): Promise<void> {
    const candidates = variants.filter(({ unproven }, i) => unproven || i < this.#limits.candidates);
    let name: string | undefined;
    try {
      const [a, b, c] = operandElements(problem);
      const expected = new Expected(problem, precision);
      const trial = await this.#buffers.open([a, b], c, expected.patterns);
      try {
        name = (await this.#fastest(key, trial, candidates, expected)) ?? NONE;
        if (name !== NONE) this.#memory.set(key, name);
      } finally {
        trial.close();
      }
    } catch {
      // No room for a trial, or the device is lost: a guess stays, for another trial might lose it again.
    }
    this.#chosen.set(key, name ?? this.#trusted(key, variants)[0]?.name ?? NONE);
    this.#trials.delete(key);
  }

  /** Rounds alternate between the right candidates, so that a change of clock speed meets all of them. */
  async #fastest(
    key: string,
    trial: Trial,
    candidates: readonly ContractVariant[],
    expected: Expected,
  ): Promise<string | undefined> {
    const lanes: { readonly name: string; readonly plan: Plan; readonly times: number; bestNs: number }[] = [];
    const wrong = new Set<string>();
    this.#wrong.set(key, wrong);
    for (const { name, plan } of candidates) {
      if (!(await isRight(plan, trial, expected))) {
        wrong.add(name);
        continue;
      }
      const onceNs = await this.#time(trial, plan, 1);
      lanes.push({
        name,
        plan,
        times: Math.max(1, Math.min(200, Math.ceil(this.#limits.roundNs / Math.max(1, onceNs)))),
        bestNs: Infinity,
      });
    }
    for (let round = 0; round < this.#limits.rounds; round++) {
      for (const lane of lanes)
        lane.bestNs = Math.min(lane.bestNs, (await this.#time(trial, lane.plan, lane.times)) / lane.times);
    }
    return lanes.sort((a, b) => a.bestNs - b.bestNs)[0]?.name;
  }

  async #time(trial: Trial, plan: Plan, times: number): Promise<number> {
    const start = this.#clock();
    const measuredNs = await trial.run(plan, times);
    return measuredNs ?? this.#clock() - start;
  }
}

const keyOf = (problem: ContractProblem, precision: ContractPrecision): string =>
  `contract.v2 ${precision} ${shapeClass(problem)}`;

/**
 * Whether a plan gives what it must; not where its shader does not compile, or the GPU refuses to run it. A lost
 * device, or no room, say nothing about it.
 */
function isRight(plan: Plan, trial: Trial, expected: Expected): Promise<boolean> {
  return expected.isGivenBy(plan, trial).catch((error: unknown) => {
    if (error instanceof SheetError && error.code === 'KERNEL') return false;
    throw error;
  });
}

/** In place of a name: every variant was wrong. */
const NONE = '';
