// The reduce skeleton on a GPU: one pass where results are many or short, two where they are few and long. No atomics:
// fixed order.
import {
  floatBits,
  type GpuLimits,
  type Launch,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
} from '../launch.ts';
import { type ReducedElements, mappedElements, type Prologue } from './elements.ts';
import { type GpuReduction, type Stage, stagesOf } from './families.ts';
import { type Pass, passShader, type PassSource } from './shader.ts';
import {
  divide,
  type Division,
  isVectorised,
  offsetValues,
  reduceShape,
  type ReduceShape,
  shapeOfPartials,
} from './shape.ts';
import { REDUCE_PACK } from '../shaders.gen.ts';
import { type GpuDType, isDecoded, isGpuDType, isPacked, bufferBytes } from '../text/storage.ts';
import { fillTemplate } from '../text/template.ts';

export type { Prologue } from './elements.ts';
export type { GpuReduction } from './families.ts';

/** A reduction of some axes of one operand, with no element repeated or left out. */
export interface ReduceProblem {
  readonly reduction: GpuReduction;
  /**
   * What is reduced: the plan's one operand, or the result of the prologue, which is row-major. Strides in elements,
   * none negative; row-major where left out.
   */
  readonly operand: {
    readonly dtype: GpuDType;
    readonly shape: readonly number[];
    readonly strides?: readonly number[];
  };
  readonly axes: readonly number[];
  readonly out: GpuDType;
  /** Degrees of freedom that a variance subtracts from the count. */
  readonly correction?: number;
  /** Computed element by element as it is read; its operands are the plan's. */
  readonly prologue?: Prologue;
}

/** A plan being written: launches, and scratch that comes after the operands and the result. */
export interface PlanDraft {
  readonly limits: GpuLimits;
  readonly operands: number;
  readonly launches: Launch[];
  readonly scratch: number[];
}

/**
 * Plans a reduction; undefined where the CPU has to do it: dtypes, too many separate axes, nothing left to divide by.
 */
export function planReduce(problem: ReduceProblem, limits: GpuLimits): Plan | undefined {
  const { reduction, operand, axes, out } = problem;
  const shape = reduceShape(operand, axes);
  // Coded elements are decoded before they are reduced.
  if (shape === undefined || !isGpuDType(operand.dtype) || isDecoded(operand.dtype)) return undefined;
  if (bufferBytes(operand.dtype, shape.results * shape.count) > limits.maxStorageBufferBindingSize) return undefined;
  const elements = elementsOf(problem, shape.results * shape.count);
  const stages = stagesOf(reduction, operand.dtype, out, shape.count, problem.correction ?? 0);
  if (elements === undefined || stages === undefined) return undefined;
  const draft: PlanDraft = { limits, operands: elements.inputs.length, launches: [], scratch: [] };
  const destination = isPacked(out) ? scratchOf(draft, Math.ceil(shape.results / 4) * 16) : draft.operands;
  addStages(draft, shape, elements, stages, destination);
  if (isPacked(out)) addPacking(draft, shape.results, destination);
  return { launches: draft.launches, scratch: draft.scratch };
}

const elementsOf = ({ operand: { dtype }, prologue }: ReduceProblem, count: number): ReducedElements | undefined =>
  prologue === undefined ? { dtype, inputs: [{ dtype, single: false }] } : mappedElements(prologue, dtype, count);

/**
 * Adds sweeps over the operands, each of which knows the centres that the one before it found; gives their
 * destinations.
 */
export function addStages(
  draft: PlanDraft,
  shape: ReduceShape,
  elements: ReducedElements,
  stages: readonly Stage[],
  destination?: number,
): readonly number[] {
  const destinations: number[] = [];
  for (const stage of stages) {
    const last = destinations.length === stages.length - 1;
    const to = last && destination !== undefined ? destination : scratchOf(draft, shape.results * 8);
    addStage(draft, shape, elements, stage, to, destinations.at(-1));
    destinations.push(to);
  }
  return destinations;
}

/** Index of a new scratch buffer among the buffers of a plan. */
export const scratchOf = (draft: PlanDraft, sizeBytes: number): number =>
  draft.operands + draft.scratch.push(sizeBytes);

function addStage(
  draft: PlanDraft,
  shape: ReduceShape,
  elements: ReducedElements,
  { family, keeps, divisor }: Stage,
  to: number,
  centres: number | undefined,
): void {
  const division = divide(shape, draft.limits);
  const source: PassSource = {
    of: 'elements',
    elements,
    vectorised: division.along === 'lanes' && isVectorised(shape),
    keptRank: shape.kept.shape.length,
    reducedRank: shape.reduced.shape.length,
  };
  const inputs = [...elements.inputs.keys()];
  const known = family.centred ? [centres as number] : [];
  if (division.chunks === 1)
    return addPass(
      draft,
      { family, source, keeps, threads: division.threads },
      shape,
      division,
      [...inputs, ...known, to],
      divisor,
    );
  const partials = scratchOf(draft, shape.results * division.chunks * family.totalBytes);
  addPass(
    draft,
    { family, source, keeps: 'total', threads: division.threads },
    shape,
    division,
    [...inputs, ...known, partials],
    divisor,
  );
  const rest = shapeOfPartials(shape.results, division.chunks);
  const last = { ...divide(rest, draft.limits), chunks: 1, chunkLength: division.chunks };
  addPass(
    draft,
    { family, source: { of: 'partials' }, keeps, threads: division.threads },
    rest,
    last,
    [partials, ...known, to],
    divisor,
  );
}

/** Adds one pass over buffers: what it reads, the centres if its family needs them, what it stores. */
export function addPass(
  draft: PlanDraft,
  pass: Pass,
  shape: ReduceShape,
  division: Division,
  buffers: readonly number[],
  divisor = 1,
): void {
  const workgroups = linearWorkgroups(Math.ceil((shape.results * division.chunks * division.lanes) / division.threads));
  draft.launches.push({ shader: passShader(pass), buffers, params: paramsOf(shape, division, divisor), workgroups });
}

function paramsOf(
  { kept, reduced, results, count }: ReduceShape,
  { threads, lanes, along, chunks, chunkLength }: Division,
  divisor: number,
): Uint32Array {
  const [laneStride, placeStride] = along === 'lanes' ? [1, lanes] : [threads / lanes, 1];
  const [high, low] = asPair(1 / divisor);
  return Uint32Array.from([
    results,
    count,
    chunks,
    chunkLength,
    lanes,
    laneStride,
    placeStride,
    0,
    floatBits(high),
    floatBits(low),
    ...offsetValues(kept),
    ...offsetValues(reduced),
  ]);
}

/** A number as the sum of two float32. */
const asPair = (x: number): [number, number] => [Math.fround(x), Math.fround(x - Math.fround(x))];

const PACK: Shader = {
  name: 'reduce-pack',
  code: fillTemplate(REDUCE_PACK, { builtins: LINEAR_BUILTINS, workgroup: LINEAR_WORKGROUP }),
  bindings: ['read', 'write'],
  params: ['packedWords: u32'],
};

function addPacking(draft: PlanDraft, results: number, words: number): void {
  const packedWords = Math.ceil(results / 4);
  draft.launches.push({
    shader: PACK,
    buffers: [words, draft.operands],
    params: Uint32Array.of(packedWords),
    workgroups: linearWorkgroups(Math.ceil(packedWords / 64)),
  });
}
