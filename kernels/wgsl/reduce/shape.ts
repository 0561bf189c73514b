// The geometry of a reduction on a GPU: kept and reduced dimensions, who does what, and what a shader is told of it.
import { collapse, elementCount, rowMajorStrides, type LoopNest } from '../../strides.ts';
import type { GpuLimits } from '../launch.ts';

/** A reduction as two loop nests over one operand. */
export interface ReduceShape {
  readonly kept: LoopNest;
  readonly reduced: LoopNest;
  /** Results, and elements of each. */
  readonly results: number;
  readonly count: number;
}

/** How a dispatch divides a reduction among threads; lanes and places are powers of two. */
export interface Division {
  /** Threads of a workgroup = lanes of a result × results (places) at a time. */
  readonly threads: number;
  readonly lanes: number;
  /** Whether neighbouring threads are lanes of one result, else places. */
  readonly along: 'lanes' | 'places';
  /** Parts of every result that are reduced apart, of so many elements but for the last. */
  readonly chunks: number;
  readonly chunkLength: number;
}

const MOST_DIMENSIONS = 4;
const LEAST_WORKGROUPS = 512; // fewer leave a large GPU idle
const WANTED_WORKGROUPS = 1024;
const ELEMENTS_PER_LANE = 16; // fewer are not worth a second pass

/** The shape of a reduction of `axes`; undefined where it has too many separate dimensions or elements. */
export function reduceShape(
  operand: { readonly shape: readonly number[]; readonly strides?: readonly number[] },
  axes: readonly number[],
): ReduceShape | undefined {
  const { shape } = operand;
  const strides = operand.strides ?? rowMajorStrides(shape);
  const nest = (wanted: boolean): LoopNest => {
    const dims = shape.map((_, d) => d).filter((d) => axes.includes(d) === wanted);
    return collapse({ shape: dims.map((d) => shape[d]!), strides: [dims.map((d) => strides[d]!)] });
  };
  const [kept, reduced] = [nest(false), nest(true)];
  const [results, count] = [elementCount(kept.shape), elementCount(reduced.shape)];
  const representable = results > 0 && count > 0 && results * count < 2 ** 31;
  return representable && kept.shape.length <= MOST_DIMENSIONS && reduced.shape.length <= MOST_DIMENSIONS
    ? { kept, reduced, results, count }
    : undefined;
}

/**
 * Whether four neighbouring elements of a result lie in one aligned vector, but for a rest after the last whole one.
 */
export function isVectorised({ kept, reduced, results, count }: ReduceShape): boolean {
  const aligned = (nest: LoopNest, from: number): boolean =>
    nest.strides[0]!.slice(0, from).every((stride) => stride % 4 === 0);
  const last = reduced.shape.length - 1;
  if (strideAt(reduced, last) !== 1 || count < 4) return false;
  return (
    (last === 0 || (reduced.shape[last]! % 4 === 0 && aligned(reduced, last))) &&
    (results === 1 || aligned(kept, kept.shape.length))
  );
}

/** Threads of a workgroup that joins totals: 256 where the device has so many. */
export const workgroupThreads = (limits: GpuLimits): number =>
  2 ** Math.floor(Math.log2(Math.min(256, limits.maxComputeInvocationsPerWorkgroup)));

/** Chooses a division: contiguous loads first, then enough workgroups for the whole GPU. */
export function divide(shape: ReduceShape, limits: GpuLimits): Division {
  const threads = workgroupThreads(limits);
  const { kept, reduced, results, count } = shape;
  const [step, acrossStep] = [strideAt(reduced, reduced.shape.length - 1), strideAt(kept, kept.shape.length - 1)];
  const along = count > 1 && step !== 0 && (acrossStep === 0 || step < acrossStep) ? 'lanes' : 'places';
  const places = Math.min(threads / 4, powerOfTwoFrom(kept.shape.at(-1)!));
  const lanes =
    along === 'lanes'
      ? Math.min(threads, powerOfTwoFrom(count / 4))
      : Math.min(threads / places, powerOfTwoFrom(count));
  return { threads, lanes, along, ...chunksOf(count, lanes, Math.ceil((results * lanes) / threads)) };
}

function chunksOf(count: number, lanes: number, workgroups: number): { chunks: number; chunkLength: number } {
  const possible = Math.floor(count / (lanes * ELEMENTS_PER_LANE));
  if (workgroups >= LEAST_WORKGROUPS || possible < 2) return { chunks: 1, chunkLength: count };
  const wanted = Math.min(possible, Math.ceil(WANTED_WORKGROUPS / workgroups));
  const chunkLength = Math.ceil(count / wanted / (4 * lanes)) * 4 * lanes;
  return { chunks: Math.ceil(count / chunkLength), chunkLength };
}

/** The reduction of partial totals, `results` of every chunk one after the other. */
export const shapeOfPartials = (results: number, chunks: number): ReduceShape => ({
  kept: { shape: [results], strides: [[1]] },
  reduced: { shape: [chunks], strides: [[results]] },
  results,
  count: chunks,
});

/**
 * WGSL of the offset of an index into a nest whose strides and extents are parameters of these names; outermost first.
 */
export function offsetExpression(rank: number, name: string, index: string): string {
  const terms: string[] = [];
  let rest = index;
  for (let d = rank - 1; d >= 0; d--) {
    terms.push(`${d === 0 ? rest : `(${rest} % params.${name}Extent${d})`} * params.${name}Stride${d}`);
    rest = `(${rest} / params.${name}Extent${d})`;
  }
  return terms.join(' + ');
}

/** Parameter fields that `offsetExpression` reads. */
export const offsetFields = (rank: number, name: string): string[] =>
  Array.from({ length: rank }, (_, d) => [
    `${name}Stride${d}: u32`,
    ...(d === 0 ? [] : [`${name}Extent${d}: u32`]),
  ]).flat();

/** Their values. */
export const offsetValues = (nest: LoopNest): number[] =>
  nest.shape.flatMap((extent, d) => (d === 0 ? [strideAt(nest, d)] : [strideAt(nest, d), extent]));

const strideAt = (nest: LoopNest, d: number): number => nest.strides[0]![d]!;
const powerOfTwoFrom = (x: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, x)));
