// Every row on a GPU, generated: within the row's bound of the JavaScript reference, special values included, or on the CPU with a reason.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOST_ON_CPU } from './along-axes.ts';
import { GPU_DTYPES, uncovered } from './coverage.ts';
import { SheetError, type SymbolicSheet } from '../../src/index.ts';
import { boundOf, type OpRow } from '../../src/core/ops/define.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { OPS } from '../../src/core/ops/index.ts';
import type { DType, TypedArray } from '../../src/core/tensor/dtype.ts';
import { type Call, callsOf, describeCall, enter, type Entrance, perform } from '../ops/samples.ts';
import { openGpuAndJs } from './gpu-and-js.ts';

/** How a call is planned is the same for every dtype, and kernels of integers are held dtype by dtype in map, reduce, scan and gather: the first dtype of a row, float32 where it takes it, has the more calls. */
const CALLS_PER_DTYPE = 2;
const FIRST_CALLS = 6;
const EPSILON = 2 ** -23;
const LEAST_NORMAL = 2 ** -126;
const UNCOVERED = uncovered(OPS.values());
/** Rows the GPU leaves to the CPU, whatever the dtype. */
const ON_CPU = new Set(UNCOVERED.filter(({ dtypes }) => dtypes.includes('float32')).map(({ row }) => row.name));

const dtypesOf = (row: OpRow): readonly DType[] => (row.source ? ['float32'] : GPU_DTYPES.filter((dtype) => kindTakes(row.operands[0]?.kind ?? 'any', dtype)));
const isSubnormal = (x: number | bigint): boolean => typeof x === 'number' && x !== 0 && Math.abs(x) < LEAST_NORMAL;

/** The same call as a GPU sees it that takes subnormal operands for zero. */
const flushed = (call: Call): Call => ({
  ...call,
  operands: call.operands.map((operand) => (operand.dtype === 'float32' ? { ...operand, array: (operand.array as Float32Array).map((x) => (isSubnormal(x) ? 0 * x : x)) } : operand)),
});

type Elements = ArrayLike<number | bigint>;

async function outcomeOf(sheet: Entrance, call: Call): Promise<{ readonly elements: Elements; readonly reason: string } | { readonly code: string }> {
  try {
    const result = perform(sheet, call, enter(sheet, call));
    return { elements: (await result.data()) as TypedArray, reason: result.explain().ops.at(-1)?.reason ?? '' };
  } catch (error) {
    if (error instanceof SheetError && error.code !== 'KERNEL') return { code: error.code };
    throw error;
  }
}

/** Units of epsilon between an element and the wanted one; of the largest element, for products. */
function errorOf(row: OpRow, got: number | bigint, wanted: number | bigint, largest: number): number {
  if (Object.is(got, wanted) || (Number.isNaN(got) && Number.isNaN(wanted))) return 0;
  if (typeof got === 'bigint' || typeof wanted === 'bigint') return Infinity;
  // Where the reference has a subnormal result, a GPU may have zero.
  if (Math.abs(got - wanted) <= LEAST_NORMAL && isSubnormal(wanted)) return 0;
  if (Math.abs(got - wanted) <= (LOST_ON_CPU[row.name] ?? 0)) return 0;
  const unit = Math.max(row.kernel.skeleton === 'contract' ? largest : Math.abs(wanted), LEAST_NORMAL);
  const error = Math.abs(got - wanted) / unit / EPSILON;
  return Number.isNaN(error) ? Infinity : error;
}

/** Elements that are wrong whether subnormal operands are zero or not. */
function wrongOf({ row, attrs }: Call, got: Elements, wanted: readonly Elements[]): unknown[] {
  const largest = Array.from(wanted[0] as Elements, (x) => Math.abs(Number(x))).filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0);
  return Array.from(got, (x, i) => ({ i, got: x, wanted: wanted.map((each) => each[i] as number | bigint) }))
    .filter(({ got: x, wanted: values }) => values.every((value) => errorOf(row, x, value, largest) > boundOf(row, attrs as never))).slice(0, 3);
}

describe('every row', () => {
  let sheet: SymbolicSheet;
  let gpu: Entrance;
  let js: Entrance;

  beforeAll(async () => {
    ({ sheet, gpu, js } = await openGpuAndJs());
  });
  afterAll(() => sheet.close());

  /** Whether the GPU computed it. */
  async function check(call: Call): Promise<boolean> {
    const name = describeCall(call);
    const subnormal = call.operands.some(({ dtype, array }) => dtype === 'float32' && Array.from(array as Iterable<number>).some(isSubnormal));
    const [got, ...wanted] = await Promise.all([outcomeOf(gpu, call), outcomeOf(js, call), ...(subnormal ? [outcomeOf(js, flushed(call))] : [])]);
    if ('code' in got) {
      expect(wanted[0], name).toEqual(got);
      return false;
    }
    expect(wrongOf(call, got.elements, wanted.map((outcome) => ('code' in outcome ? [] : outcome.elements))), name).toEqual([]);
    return !got.reason.includes('not on webgpu');
  }

  it.each([...OPS.values()].map((row) => [row.name, row] as const))('%s gives the values of the reference', async (_name, row) => {
    let onGpu = 0;
    for (const [i, dtype] of dtypesOf(row).entries()) {
      const calls = callsOf(sheet, row, dtype, row.source ? 3 * FIRST_CALLS : i === 0 ? FIRST_CALLS : CALLS_PER_DTYPE);
      onGpu += (await Promise.all(calls.map(check))).filter(Boolean).length;
    }
    // An alias shares its operand's elements, wherever they are.
    if (row.kernel.skeleton !== 'alias') expect(onGpu > 0, `${row.name} is computed on the GPU`).toBe(!ON_CPU.has(row.name));
  });

  it('that has no kernel is on the list, and no other', () => {
    expect(UNCOVERED.map(({ row, dtypes }) => `${row.name}: ${dtypes.join()}`)).toEqual([
      'matmul: int32,uint32,uint8,int8', 'outer: int32,uint32,uint8,int8', 'cholesky: float32', 'solve: float32', 'solve_triangular: float32', 'linspace: float32', 'random_permutation: float32',
    ]);
  });

  it('says why an op that was sent to the GPU was not computed there', async () => {
    const view = sheet.with({ device: 'webgpu' });
    const reasonOf = async (tensor: ReturnType<typeof view.add>): Promise<string> => {
      await tensor.data();
      return tensor.explain().ops.at(-1)?.reason ?? '';
    };
    expect(await reasonOf(view.add(Float64Array.of(1, 2), 1))).toContain('not on webgpu: it does not compute float64');
    expect(await reasonOf(view.linspace(0, 1, 5))).toContain('not on webgpu: it has no kernel');
    expect(await reasonOf(view.take(Float32Array.of(1, 2, 3), view.argmax(Float32Array.of(1, 2, 3), { axis: 0 })))).toContain('no kernel');
    expect(await reasonOf(sheet.with({ device: 'webgpu', class: 'exact' }).add(Float32Array.of(1, 2), 1))).toContain('class exact');
    expect(await reasonOf(view.add(Float32Array.of(1, 2), 1))).not.toContain('not on webgpu');
  });
});
