// Chooses among variants of a kernel by measurement: each is checked against the first, then timed, once per class of shapes and device.
import { type ContractPrecision, type ContractProblem, type ContractVariant, elementsOf } from '../../../kernels/wgsl/contract-problem.ts';
import type { Plan } from '../../../kernels/wgsl/launch.ts';
import { DeviceLostError, LimitError } from '../../errors.ts';
import type { Clock } from '../../env.ts';

/** Where choices outlive a process: per adapter, one name of a variant for each class of shapes. */
export interface TunerMemory {
  get(key: string): string | undefined;
  set(key: string, variant: string): void;
}

/** Scratch buffers on the device, for trials. */
export interface TrialGround {
  /** Opens operands of so many float32 elements, filled with `pattern` repeated from the first element on, and a result. */
  open(operandElements: readonly number[], resultElements: number, pattern: Float32Array): Promise<Trial>;
}

/** Open scratch buffers. */
export interface Trial {
  /**
   * Computes a plan so many times in one submission; resolves when the device is done, with its own measure of the nanoseconds of all of them where
   * it has one (`timestamp-query`). Rejects when the plan is invalid.
   */
  run(plan: Plan, times: number): Promise<number | undefined>;
  /** Zeroes the result, so that nothing of another plan is left in it. */
  clear(): void;
  /** Elements of the result that the last plan wrote. */
  read(first: number, count: number): Promise<Float32Array>;
  close(): void;
}

/** When and how much is tried. */
export interface TuningLimits {
  /** Products of fewer multiplications are not worth a trial. */
  readonly minProducts: number;
  /** Trials may hold so many bytes of operands and results. */
  readonly maxTrialBytes: number;
  /** So many of the best guesses are tried, and every unproven variant. */
  readonly candidates: number;
  /** Timed rounds of each candidate, after a run that compiles it. */
  readonly rounds: number;
  /** A round repeats a plan until it takes about so long: clocks of GPUs may tick every 0.1 ms only. */
  readonly roundNs: number;
}

/** 512³ products take a large GPU 10 µs; a trial costs some compilations, about a second. */
export const TUNING_LIMITS: TuningLimits = { minProducts: 2 ** 27, maxTrialBytes: 2 ** 30, candidates: 4, rounds: 5, roundNs: 2e6 };

/** The class of shapes whose problems share a choice: extents by their power of two. */
export function shapeClass({ m, n, k, transposeA, transposeB, offsetsA: { length: batch } }: ContractProblem): string {
  const [rows, columns, depth, batches] = [m, n, k, batch].map((extent) => Math.floor(Math.log2(extent)));
  return `${rows}.${columns}.${depth}.${batches}.${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;
}

/** A choice made for a class stays: its results keep their bits. */
export class Tuner {
  readonly #memory: TunerMemory;
  readonly #ground: TrialGround;
  readonly #clock: Clock;
  readonly #limits: TuningLimits;
  readonly #chosen = new Map<string, string>();
  readonly #trials = new Map<string, Promise<string>>();
  readonly #asked = new Set<string>();
  /** Names of variants that gave wrong results, by class. */
  readonly #wrong = new Map<string, Set<string>>();

  constructor(memory: TunerMemory, ground: TrialGround, clock: Clock, limits: TuningLimits = TUNING_LIMITS) {
    this.#memory = memory;
    this.#ground = ground;
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * The variant to compute a problem with; `variants` are those of the problem without an epilogue, of one precision, best guess first.
   * Answers at once, except when the class is asked for the second time and worth a trial. Undefined: none of them is right on this device.
   */
  choose(problem: ContractProblem, variants: readonly ContractVariant[], precision: ContractPrecision = 'f32'): ContractVariant | undefined | Promise<ContractVariant | undefined> {
    const key = keyOf(problem, precision);
    const known = this.#chosen.get(key) ?? this.#memory.get(key);
    if (known !== undefined) return this.#keep(key, known, variants);
    const running = this.#trials.get(key);
    if (running !== undefined) return running.then((name) => named(variants, name));
    if (!this.#worthTrying(key, problem, variants)) return named(variants, undefined);
    const trial = this.#try(key, problem, variants, PATTERNS[precision]);
    this.#trials.set(key, trial);
    return trial.then((name) => named(variants, name));
  }

  /** The variant that `choose` answers as long as nothing is tried. */
  known(problem: ContractProblem, variants: readonly ContractVariant[], precision: ContractPrecision = 'f32'): ContractVariant | undefined {
    const key = keyOf(problem, precision);
    return named(variants, this.#chosen.get(key) ?? this.#memory.get(key));
  }

  /** Whether a variant was tried for the class of a problem, and was wrong. */
  isWrong(name: string, problem: ContractProblem, precision: ContractPrecision = 'f32'): boolean {
    return this.#wrong.get(keyOf(problem, precision))?.has(name) === true;
  }

  #keep(key: string, name: string, variants: readonly ContractVariant[]): ContractVariant | undefined {
    this.#chosen.set(key, name);
    return named(variants, name);
  }

  #worthTrying(key: string, problem: ContractProblem, variants: readonly ContractVariant[]): boolean {
    const { m, n, k, offsetsA: { length: batch } } = problem;
    if (variants.length < 2 || m * n * k * batch < this.#limits.minProducts || 4 * elementsOf(problem).reduce((sum, elements) => sum + elements) > this.#limits.maxTrialBytes) return false;
    const again = this.#asked.has(key);
    this.#asked.add(key);
    return again;
  }

  /** The name of the fastest right variant; of the first one when the device could not try, `NONE` when it got all of them wrong: neither is remembered elsewhere. */
  async #try(key: string, problem: ContractProblem, variants: readonly ContractVariant[], pattern: Float32Array): Promise<string> {
    const candidates = variants.filter(({ unproven }, i) => unproven || i < this.#limits.candidates);
    let name = (variants[0] as ContractVariant).name;
    try {
      const [a, b, c] = elementsOf(problem);
      const trial = await this.#ground.open([a, b], c, pattern);
      try {
        name = (await this.#fastest(key, trial, candidates, new Expected(problem, pattern))) ?? NONE;
        if (name !== NONE) this.#memory.set(key, name);
      } finally {
        trial.close();
      }
    } catch {
      // No room for a trial, or the device is lost: the guess stays.
    }
    this.#chosen.set(key, name);
    this.#trials.delete(key);
    return name;
  }

  /** Rounds alternate between the right candidates, so that a change of clock speed meets all of them. */
  async #fastest(key: string, trial: Trial, candidates: readonly ContractVariant[], expected: Expected): Promise<string | undefined> {
    const lanes: { readonly name: string; readonly plan: Plan; readonly times: number; bestNs: number }[] = [];
    const wrong = new Set<string>();
    this.#wrong.set(key, wrong);
    for (const { name, plan } of candidates) {
      if (!(await isRight(plan, trial, expected))) {
        wrong.add(name);
        continue;
      }
      const onceNs = await this.#time(trial, plan, 1);
      lanes.push({ name, plan, times: Math.max(1, Math.min(200, Math.ceil(this.#limits.roundNs / Math.max(1, onceNs)))), bestNs: Infinity });
    }
    for (let round = 0; round < this.#limits.rounds; round++) {
      for (const lane of lanes) lane.bestNs = Math.min(lane.bestNs, (await this.#time(trial, lane.plan, lane.times)) / lane.times);
    }
    return lanes.sort((a, b) => a.bestNs - b.bestNs)[0]?.name;
  }

  async #time(trial: Trial, plan: Plan, times: number): Promise<number> {
    const start = this.#clock();
    const measuredNs = await trial.run(plan, times);
    return measuredNs ?? this.#clock() - start;
  }
}

/** Whether a plan gives what it must; not where it does not compile, or the GPU refuses to run it. A lost device, or no room, say nothing about it. */
function isRight(plan: Plan, trial: Trial, expected: Expected): Promise<boolean> {
  return expected.isGivenBy(plan, trial).catch((error: unknown) => {
    if (error instanceof DeviceLostError || error instanceof LimitError) throw error;
    return false;
  });
}

const keyOf = (problem: ContractProblem, precision: ContractPrecision): string => `contract.v1 ${precision} ${shapeClass(problem)}`;

/** In place of a name: every variant was wrong. */
const NONE = '';

/** The variant of a name; the best guess where it is not legal for this problem of the class, but never one that nobody has checked. */
const named = (variants: readonly ContractVariant[], name: string | undefined): ContractVariant | undefined => (name === NONE ? undefined : (variants.find((variant) => variant.name === name) ?? variants[0]));

const patternOf = (element: (random: number) => number): Float32Array => Float32Array.from({ length: 65537 }, (_, i) => element(Math.imul(i + 1, 0x9e3779b1) >>> 12));

/**
 * Small integers, whose products and sums are exact at any order; a prime number of them, so that rows differ. In float32 some have twelve
 * significant bits, so that a device that secretly multiplies with fewer is found out.
 */
const PATTERNS: Readonly<Record<ContractPrecision, Float32Array>> = {
  f32: patternOf((random) => (random % 251 === 0 ? 2049 : (random % 9) - 4)),
  f16: patternOf((random) => (random % 9) - 4),
};

/** So many stretches of the result are compared, each of so many elements, of which so many are computed on the CPU. */
const WINDOWS = 16;
const WINDOW = 1024;
const SAMPLES = 8;

/** What a product of patterns must be, to the bit: sampled elements of it, and all elements that the first right plan gave in the windows. */
class Expected {
  readonly #problem: ContractProblem;
  readonly #pattern: Float32Array;
  #windows: readonly Float32Array[] | undefined;

  constructor(problem: ContractProblem, pattern: Float32Array) {
    this.#problem = problem;
    this.#pattern = pattern;
  }

  /** Computes a plan and compares. */
  async isGivenBy(plan: Plan, trial: Trial): Promise<boolean> {
    trial.clear();
    await trial.run(plan, 1);
    const [, , size] = elementsOf(this.#problem);
    const count = Math.min(WINDOW, size);
    const windows: Float32Array[] = [];
    for (let i = 0; i < WINDOWS; i++) {
      const first = Math.floor(((size - count) * i) / (WINDOWS - 1));
      windows.push(await trial.read(first, count));
      if (!this.#samplesAgree(windows[i] as Float32Array, first)) return false;
    }
    const known = (this.#windows ??= windows);
    return windows.every((window, i) => window.every((value, j) => value === known[i]?.[j]));
  }

  #samplesAgree(window: Float32Array, first: number): boolean {
    const step = Math.max(1, Math.floor(window.length / SAMPLES));
    for (let i = window.length - 1; i >= 0; i -= step) if (window[i] !== this.#element(first + i)) return false;
    return true;
  }

  #element(index: number): number {
    const { m, n, k, lda, ldb, transposeA, transposeB, offsetsA, offsetsB } = this.#problem;
    const [batch, row, column] = [Math.floor(index / (m * n)), Math.floor(index / n) % m, index % n];
    const element = (offset: number): number => this.#pattern[offset % this.#pattern.length] as number;
    let sum = 0;
    for (let i = 0; i < k; i++) {
      const a = (offsetsA[batch] as number) + (transposeA ? i * lda + row : row * lda + i);
      const b = (offsetsB[batch] as number) + (transposeB ? column * ldb + i : i * ldb + column);
      sum += element(a) * element(b);
    }
    return sum;
  }
}
