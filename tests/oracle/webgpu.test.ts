// Every op against stored answers of NumPy on WebGPU: a part of the calls, of the dtypes a GPU has, without subnormals,
// within the row's bound.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SymbolicSheet } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { leftToCpu, uncovered } from '../gpu/coverage.ts';
import { openGpuAndJs } from '../gpu/gpu-and-js.ts';
import { compare } from './compare.ts';
import { type OperandSpec, type OracleCase, type OracleOp, readAnswers } from './stored.ts';
import { extent } from '../run/extent.ts';

const CALLS_PER_OP = extent(2, 12);
const LEAST_CASES = extent(300, 1200);
const ON_CPU = leftToCpu(uncovered(OPS.values()));

/** A GPU has no 64-bit numbers, and may take subnormal elements for zero. */
const isForGpu = (spec: OperandSpec): boolean =>
  !Array.isArray(spec) || (!spec[0].includes('64') && !['edge', 'sweep', 'sweep2', 'bits'].includes(spec[2] as string));
const isChosen = ({ operands, answer }: OracleCase): boolean =>
  answer !== undefined &&
  operands.every(isForGpu) &&
  !answer.dtype.includes('64') &&
  !operands.some((spec) => 'v' in spec && spec.v === 1e-45);

/** An ordinary call, as a GPU should compute where it has the row at all. */
const isOrdinary = ({ answer }: OracleCase): boolean => answer?.shape.length === 1 && answer.array.length > 4;

/** An ordinary call, and calls from the whole list, by even steps. */
function chosen({ op, inputs, cases }: OracleOp): OracleOp {
  const fitting = cases.filter(isChosen);
  const step = Math.max(1, fitting.length / CALLS_PER_OP);
  const ordinary = fitting.find(isOrdinary);
  const even = fitting.filter((each, i) => each === ordinary || Math.floor(i / step) !== Math.floor((i - 1) / step));
  return { op, inputs, cases: even };
}

describe('webgpu', () => {
  let sheet: SymbolicSheet;
  let gpu: Parameters<typeof compare>[0];
  let [compared, leftToGpu, computedThere] = [0, 0, 0];

  beforeAll(async () => {
    ({ sheet, gpu } = await openGpuAndJs());
  });
  afterAll(() => sheet.close());

  it.each(readAnswers().map((op) => [op.op, chosen(op)] as const))('%s gives what NumPy gives', async (name, op) => {
    const result = await compare(gpu, op, 'gpu');
    compared += result.compared;
    if (!ON_CPU.has(name)) leftToGpu += result.compared;
    computedThere += result.onGpu;
    expect(
      result.failures.length === 0
        ? ''
        : `${result.failures.length} of ${result.compared}\n${result.failures.slice(0, 8).join('\n')}`,
    ).toBe('');
    if (OPS.get(name)?.kernel.skeleton !== 'alias')
      expect(result.onGpu > 0, `${name} is computed on the GPU`).toBe(!ON_CPU.has(name));
  });

  it(`compared at least ${LEAST_CASES} cases, most of them computed there`, () => {
    expect(compared).toBeGreaterThanOrEqual(LEAST_CASES);
    expect(computedThere).toBeGreaterThan(leftToGpu * 0.8);
  });
});
