// Every way to compute a float32 matrix product on a GPU, best guess first. Which one is best on a device is measured by whoever runs them.
//
// The guess follows published figures for WGSL kernels: 8×8 a thread reaches 70 % of the FMA peak of an M2, 4×4 about half of that, and with
// fewer workgroups than the GPU has room for the rest idles, so small results want small tiles, or K cut into parts.
import { planDirect, planSmall } from './contract-direct.ts';
import { isFusable } from './contract-epilogue.ts';
import { planGemv } from './contract-gemv.ts';
import { batchRuns, type ContractPrecision, type ContractProblem, type ContractVariant, elementsOf } from './contract-problem.ts';
import { type ContractLimits, MATRIX_TILES, matrixFits, planMatrix } from './contract-matrix.ts';
import { planSplit, planTiled, splitOf, tileFits, TILES, tileThreads } from './contract-tiled.ts';
import type { Plan } from './launch.ts';

/** Threads that keep a data-centre GPU busy when each has as many independent sums as these kernels: 256 for each of 128 multiprocessors. */
const BUSY_THREADS = 32768;
/** Products a part of K has at least: the second pass costs as much as some dozens of them. */
const MIN_PART = 128;
const MAX_PARTS = 32;
/** Above this many outputs nobody would share K among the threads of a workgroup. */
const FEW_OUTPUTS = 262144;
/** Speed of a tile once the GPU is busy, over the best there is; of 4×4 a thread from memory; and of threads that share K. */
const TILED = { 128: 1, 64: 0.9, 32: 0.5 } as const;
const DIRECT = 0.3;
const SHARED_K = 0.15;
/** What the second pass and the detour through memory leave of a tile's speed. */
const SPLIT = 0.85;

interface Candidate {
  readonly name: string;
  /** Guessed speed; 0 where the variant is not legal. */
  readonly score: number;
  readonly plan: () => Plan;
  readonly unproven?: boolean;
}

/** The variants that are legal for a problem on a device, best guess first and unproven ones last; none where its epilogue is not fusable or a buffer too large. */
export function contractVariants(problem: ContractProblem, limits: ContractLimits, precision: ContractPrecision = 'f32'): readonly ContractVariant[] {
  if (problem.epilogue !== undefined && !isFusable(problem.epilogue)) return [];
  if (elementsOf(problem).some((elements) => elements * 4 > limits.maxStorageBufferBindingSize)) return [];
  const tiled = ([128, 64, 32] as const).flatMap((side) => tiledCandidates(side, problem, limits, precision));
  const legal = [...plainCandidates(problem, limits), ...tiled, ...matrixCandidates(problem, limits, precision)].filter(({ score }) => score > 0);
  return legal.sort((a, b) => Number(a.unproven ?? false) - Number(b.unproven ?? false) || b.score - a.score).map(({ name, plan, unproven = false }) => ({
    name, unproven,
    get plan() {
      return plan();
    },
  }));
}

/** The share of a busy GPU that so many threads are. */
const filled = (threads: number): number => Math.min(1, threads / BUSY_THREADS);

function plainCandidates(problem: ContractProblem, limits: ContractLimits): Candidate[] {
  const { m, n, k, offsetsA: { length: batch } } = problem;
  const outputs = m * n * batch;
  const few = outputs <= FEW_OUTPUTS ? 1 : 0;
  return [
    { name: 'gemv', score: (m === 1 || n === 1) && limits.maxComputeInvocationsPerWorkgroup >= 256 ? 2 : 0, plan: () => planGemv(problem) },
    { name: 'small', score: few * SHARED_K * filled(outputs * 4) * Math.min(1, k / 256), plan: () => planSmall(problem) },
    { name: 'direct', score: DIRECT * filled(outputs / 16), plan: () => planDirect(problem) },
  ];
}

function tiledCandidates(side: keyof typeof TILES, problem: ContractProblem, limits: ContractLimits, precision: ContractPrecision): Candidate[] {
  const { m, n, k, offsetsA: { length: batch } } = problem;
  const [tile, bytes] = [TILES[side], limits.maxComputeWorkgroupStorageSize];
  const workgroups = Math.ceil(m / side) * Math.ceil(n / side) * batch;
  const threads = tileThreads(tile);
  const speed = (parts: number): number => TILED[side] * filled(workgroups * threads * parts) * ((m * n * batch) / (workgroups * side * side));
  const legal = (staged: ContractPrecision): boolean => threads <= limits.maxComputeInvocationsPerWorkgroup && tileFits(tile, staged, bytes);
  // A GPU that is busy anyway gains nothing by parts.
  const split = splitOf(problem, Math.min(MAX_PARTS, Math.ceil(k / MIN_PART), Math.ceil(BUSY_THREADS / (workgroups * threads))), tile.depth);
  const splits = legal('f32') && split.parts > 1 && split.parts * batch <= 65535 && batchRuns(problem).length === 1 && split.slab * split.parts * 4 <= limits.maxStorageBufferBindingSize;
  const half = precision === 'f16' && limits.features.has('shader-f16') && legal('f16');
  return [
    { name: `tiled-${side}`, score: legal('f32') ? speed(1) : 0, plan: () => planTiled(tile, problem, 'f32', bytes) },
    { name: `split-${side}`, score: splits && side !== 128 ? SPLIT * speed(split.parts) : 0, plan: () => planSplit(tile, problem, split, bytes) },
    // Half the traffic of workgroup memory; the multiplications are those of float32.
    { name: `half-${side}`, unproven: true, score: half ? 1.1 * speed(1) : 0, plan: () => planTiled(tile, problem, 'f16', bytes) },
  ];
}

/** The largest unit of each component that fits: those of float32 compute any product, those of half precision what is asked for in it. */
function matrixCandidates(problem: ContractProblem, limits: ContractLimits, precision: ContractPrecision): Candidate[] {
  const { m, n, offsetsA: { length: batch } } = problem;
  const components = precision === 'f16' ? (['f16', 'f32'] as const) : (['f32'] as const);
  return components.flatMap((component) => ([128, 64] as const).flatMap((side): Candidate[] => {
    const unit = limits.matrixUnits?.find((one) => one.component === component && matrixFits(MATRIX_TILES[side], one, problem, limits));
    if (unit === undefined) return [];
    const name = `matrix-${side}-${component}-${unit.m}x${unit.n}x${unit.k}`;
    return [{ name, unproven: true, score: filled(Math.ceil(m / side) * Math.ceil(n / side) * batch * 256) * (side / 128), plan: () => planMatrix(MATRIX_TILES[side], unit, problem) }];
  }));
}
