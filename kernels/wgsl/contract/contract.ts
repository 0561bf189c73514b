// Every way to compute a float32 matrix product on a GPU, best guess first. Which one is best on a device is measured
// by whoever runs them.
//
// The guess follows published figures for WGSL kernels: 8×8 a thread reaches 70 % of the FMA peak of an M2, 4×4 about
// half of that, and with fewer workgroups than the GPU has room for the rest idles, so small results want small tiles,
// or K cut into parts.
import { planDirect, planSmall } from './direct.ts';
import { isFusable } from './epilogue.ts';
import { GEMV_DEPTH, gemvThreads, planGemv, planSplitGemv } from './gemv.ts';
import {
  batchRuns,
  type ContractPrecision,
  type ContractProblem,
  type ContractVariant,
  operandElements,
  type Split,
} from './problem.ts';
import { type ContractLimits, MATRIX_TILES, matrixFits, planMatrix } from './matrix.ts';
import { splitOf } from './split.ts';
import { planSplit, planTiled, tileFits, TILES, tileThreads } from './tiled.ts';
import type { Plan } from '../launch.ts';

/**
 * Threads that keep a data-centre GPU busy when each has as many independent sums as these kernels: 256 for each of 128
 * multiprocessors.
 */
const BUSY_THREADS = 32768;
/**
 * Products a part of K has at least: the second pass costs as much as some dozens of them. Of a line that threads
 * share, each has some.
 */
const MIN_PART = 128;
const MIN_SHARED_PART = 1024;
/** Enough for one workgroup to become as many as keep a large GPU busy. */
const MAX_PARTS = 512;
/** Above this many outputs nobody would share K among the threads of a workgroup. */
const FEW_OUTPUTS = 262144;
/**
 * Speed of a tile once the GPU is busy, over the best there is; of 4×4 a thread from memory; of threads that share K;
 * and of those that read a matrix once for a vector.
 */
const TILED = { 128: 1, 64: 0.9, 32: 0.5 } as const;
const DIRECT = 0.3;
const SHARED_K = 0.15;
const GEMV = 2;
/** What the second pass and the detour through memory leave of a tile's speed. */
const SPLIT = 0.85;

interface Candidate {
  readonly name: string;
  /** Guessed speed; 0 where the variant is not legal. */
  readonly score: number;
  readonly plan: () => Plan;
  readonly unproven?: boolean;
}

/**
 * The variants that are legal for a problem on a device, best guess first and unproven ones last; none where its
 * epilogue is not fusable or a buffer too large.
 */
export function contractVariants(
  problem: ContractProblem,
  limits: ContractLimits,
  precision: ContractPrecision = 'f32',
): readonly ContractVariant[] {
  if (problem.epilogue !== undefined && !isFusable(problem.epilogue)) return [];
  if (operandElements(problem).some((elements) => elements * 4 > limits.maxStorageBufferBindingSize)) return [];
  const tiled = ([128, 64, 32] as const).flatMap((side) => tiledCandidates(side, problem, limits, precision));
  const legal = [...plainCandidates(problem, limits), ...tiled, ...matrixCandidates(problem, limits, precision)].filter(
    ({ score }) => score > 0,
  );
  return legal
    .sort((a, b) => Number(a.unproven ?? false) - Number(b.unproven ?? false) || b.score - a.score)
    .map(({ name, plan, unproven = false }) => ({
      name,
      unproven,
      get plan() {
        return plan();
      },
    }));
}

/** The share of a busy GPU that so many threads are. */
const filled = (threads: number): number => Math.min(1, threads / BUSY_THREADS);

function plainCandidates(problem: ContractProblem, limits: ContractLimits): Candidate[] {
  const {
    m,
    n,
    k,
    offsetsA: { length: batch },
  } = problem;
  const outputs = m * n * batch;
  const few = outputs <= FEW_OUTPUTS ? 1 : 0;
  return [
    ...(m === 1 || n === 1 ? gemvCandidates(problem, limits) : []),
    {
      name: 'small',
      score: few * SHARED_K * filled(outputs * 4) * Math.min(1, k / 256),
      plan: () => planSmall(problem),
    },
    { name: 'direct', score: DIRECT * filled(outputs / 16), plan: () => planDirect(problem) },
  ];
}

function gemvCandidates(problem: ContractProblem, limits: ContractLimits): Candidate[] {
  if (limits.maxComputeInvocationsPerWorkgroup < 256) return [];
  const threads = gemvThreads(problem);
  const split = splitOf(problem, partsFor(problem.k, MIN_SHARED_PART, threads), GEMV_DEPTH);
  return [
    { name: 'gemv', score: GEMV * filled(threads), plan: () => planGemv(problem) },
    {
      name: 'split-gemv',
      score: isSplit(split, problem, limits) ? SPLIT * GEMV * filled(threads * split.parts) : 0,
      plan: () => planSplitGemv(problem, split),
    },
  ];
}

/** Parts of K for a kernel of so many threads; a GPU that is busy anyway gains nothing by them. */
const partsFor = (k: number, minPart: number, threads: number): number =>
  Math.min(MAX_PARTS, Math.ceil(k / minPart), Math.ceil(BUSY_THREADS / threads));

/** Whether there are parts, and room for them. */
const isSplit = ({ parts, slab }: Split, problem: ContractProblem, limits: ContractLimits): boolean =>
  parts > 1 &&
  parts * problem.offsetsA.length <= 65535 &&
  batchRuns(problem).length === 1 &&
  slab * parts * 4 <= limits.maxStorageBufferBindingSize;

function tiledCandidates(
  side: keyof typeof TILES,
  problem: ContractProblem,
  limits: ContractLimits,
  precision: ContractPrecision,
): Candidate[] {
  const {
    m,
    n,
    k,
    offsetsA: { length: batch },
  } = problem;
  const [tile, bytes] = [TILES[side], limits.maxComputeWorkgroupStorageSize];
  const workgroups = Math.ceil(m / side) * Math.ceil(n / side) * batch;
  const threads = tileThreads(tile);
  const speed = (parts: number): number =>
    TILED[side] * filled(workgroups * threads * parts) * ((m * n * batch) / (workgroups * side * side));
  const legal = (staged: ContractPrecision): boolean =>
    threads <= limits.maxComputeInvocationsPerWorkgroup && tileFits(tile, staged, bytes);
  const split = splitOf(problem, partsFor(k, MIN_PART, workgroups * threads), tile.depth);
  const splits = legal('f32') && isSplit(split, problem, limits);
  const half = precision === 'f16' && limits.features.has('shader-f16') && legal('f16');
  return [
    { name: `tiled-${side}`, score: legal('f32') ? speed(1) : 0, plan: () => planTiled(tile, problem, 'f32', bytes) },
    {
      name: `split-${side}`,
      score: splits && side !== 128 ? SPLIT * speed(split.parts) : 0,
      plan: () => planSplit(tile, problem, split, bytes),
    },
    // Half the traffic of workgroup memory; the multiplications are those of float32.
    {
      name: `half-${side}`,
      unproven: true,
      score: half ? 1.1 * speed(1) : 0,
      plan: () => planTiled(tile, problem, 'f16', bytes),
    },
  ];
}

/**
 * The largest unit of each component that fits: those of float32 compute any product, those of half precision what is
 * asked for in it.
 */
function matrixCandidates(problem: ContractProblem, limits: ContractLimits, precision: ContractPrecision): Candidate[] {
  const {
    m,
    n,
    offsetsA: { length: batch },
  } = problem;
  const components = precision === 'f16' ? (['f16', 'f32'] as const) : (['f32'] as const);
  return components.flatMap((component) =>
    ([128, 64] as const).flatMap((side): Candidate[] => {
      const unit = limits.matrixUnits?.find(
        (one) => one.component === component && matrixFits(MATRIX_TILES[side], one, problem, limits),
      );
      if (unit === undefined) return [];
      const name = `matrix-${side}-${component}-${unit.m}x${unit.n}x${unit.k}`;
      return [
        {
          name,
          unproven: true,
          score: filled(Math.ceil(m / side) * Math.ceil(n / side) * batch * 256) * (side / 128),
          plan: () => planMatrix(MATRIX_TILES[side], unit, problem),
        },
      ];
    }),
  );
}
