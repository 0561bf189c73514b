// Inclusive scans on a GPU along the last axis: running sums, products and extremes over the accumulators of
// reductions.
import { declareLibrary } from '../text/functions.ts';
import {
  floatBits,
  type GpuLimits,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
} from '../launch.ts';
import { addPass, type PlanDraft, scratchOf } from '../reduce/reduce.ts';
import { elementReader } from '../reduce/elements.ts';
import { type Family, stagesOf } from '../reduce/families.ts';
import { reduceShape, type ReduceShape, workgroupThreads } from '../reduce/shape.ts';
import { SCAN, SCAN_CHUNKS, SCAN_WORKGROUP } from '../shaders.gen.ts';
import { type GpuDType, isPacked, bufferBytes } from '../text/storage.ts';
import { fillTemplate } from '../text/template.ts';

/** Element i of a row of the result is the reduction of elements 0 to i of a row of the operand, rounded once. */
export interface ScanProblem {
  readonly reduction: 'sum' | 'prod' | 'min' | 'max';
  readonly dtype: GpuDType;
  /** Row-major. */
  readonly shape: readonly number[];
  readonly out: GpuDType;
}

const EACH = 8; // elements of a thread: two vectors of 16 bytes

const FIELDS = ['rows: u32', 'count: u32', 'chunks: u32', 'zero: u32', 'reciprocalHigh: f32', 'reciprocalLow: f32'];

const shaders = new Map<string, Shader>();

/**
 * Plans a scan: one launch where a row fits a workgroup, else three. Undefined for dtypes the CPU has to do, packed
 * ones included.
 */
export function planScan({ reduction, dtype, shape, out }: ScanProblem, limits: GpuLimits): Plan | undefined {
  const axes = shape.length === 0 ? [] : [shape.length - 1];
  const rows = reduceShape({ shape }, axes);
  if (
    rows === undefined ||
    isPacked(out) ||
    bufferBytes(out, rows.results * rows.count) > limits.maxStorageBufferBindingSize
  )
    return undefined;
  const family = stagesOf(reduction, dtype, out, rows.count, 0)?.[0]?.family;
  if (family === undefined) return undefined;
  const threads = workgroupThreads(limits);
  const chunks = Math.ceil(rows.count / (threads * EACH));
  const draft: PlanDraft = { limits, operands: 1, launches: [], scratch: [] };
  const before = chunks === 1 ? [] : [addChunks(draft, rows, family, dtype, threads, chunks)];
  const shader = scanShader(family, dtype, threads, chunks > 1);
  draft.launches.push({
    shader,
    buffers: [0, ...before, 1],
    params: paramsOf(rows, chunks),
    workgroups: linearWorkgroups(rows.results * chunks),
  });
  return { launches: draft.launches, scratch: draft.scratch };
}

/** Adds the totals of chunks and their scan; the index of what comes before each. */
function addChunks(
  draft: PlanDraft,
  rows: ReduceShape,
  family: Family,
  dtype: GpuDType,
  threads: number,
  chunks: number,
): number {
  const [partials, before] = [1, 2].map(() => scratchOf(draft, rows.results * chunks * family.totalBytes)) as [
    number,
    number,
  ];
  const source = {
    of: 'elements',
    elements: { dtype, inputs: [{ dtype, single: false }] },
    vectorised: false,
    keptRank: 1,
    reducedRank: 1,
  } as const;
  const division = { threads, lanes: threads, along: 'lanes', chunks, chunkLength: threads * EACH } as const;
  const dense = {
    ...rows,
    kept: { shape: [rows.results], strides: [[rows.count]] },
    reduced: { shape: [rows.count], strides: [[1]] },
  };
  addPass(draft, { family, source, keeps: 'total', threads }, dense, division, [0, partials]);
  draft.launches.push({
    shader: chunksShader(family, threads),
    buffers: [partials, before],
    params: paramsOf(rows, chunks),
    workgroups: linearWorkgroups(rows.results),
  });
  return before;
}

const paramsOf = ({ results, count }: ReduceShape, chunks: number): Uint32Array =>
  Uint32Array.of(results, count, chunks, 0, floatBits(1), 0);

function shaderOf(
  name: string,
  bindings: Shader['bindings'],
  template: string,
  family: Family,
  threads: number,
  holes: Readonly<Record<string, string>>,
): Shader {
  let shader = shaders.get(name);
  if (shader !== undefined) return shader;
  const code = fillTemplate(template, {
    arithmetic: `${declareLibrary(family.uses)}\n${family.arithmetic}`,
    family: family.text,
    scanWorkgroup: fillTemplate(SCAN_WORKGROUP, { threads }),
    threads,
    each: EACH,
    builtins: LINEAR_BUILTINS,
    workgroup: LINEAR_WORKGROUP,
    ...holes,
  });
  shaders.set(name, (shader = { name, code, bindings, params: FIELDS }));
  return shader;
}

function scanShader(family: Family, dtype: GpuDType, threads: number, parted: boolean): Shader {
  const reader = elementReader({ dtype, inputs: [{ dtype, single: false }] }, false);
  const before = parted ? ['@group(0) @binding(1) var<storage, read> before: array<Total>;'] : [];
  const stored = `@group(0) @binding(${parted ? 2 : 1}) var<storage, read_write> stored: array<u32>;`;
  return shaderOf(
    `scan ${family.name}: ${dtype}, ${parted ? 'chunks' : 'rows'}, ${threads} threads`,
    parted ? ['read', 'read', 'write'] : ['read', 'write'],
    SCAN,
    family,
    threads,
    {
      bindings: [...reader.bindings, ...before, stored].join('\n'),
      elements: reader.functions,
      start: parted ? 'before[min(number, params.rows * params.chunks - 1u)]' : 'nothing()',
    },
  );
}

const chunksShader = (family: Family, threads: number): Shader =>
  shaderOf(`scan ${family.name}: chunks, ${threads} threads`, ['read', 'write'], SCAN_CHUNKS, family, threads, {});
