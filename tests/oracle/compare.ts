// Runs the stored calls of an op on a device and tells where it is not what NumPy answered.
import { SheetError, type Tensor } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { numbersOf, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { onCpu, onGpu, wrongElements } from './bounds.ts';
import { baseShape, elementsOf, seedOf } from './inputs.ts';
import { ask, describeCase, type Entrance, type OracleCase, type OracleOp } from './stored.ts';

/** What came of an op's calls on a device. */
export interface Comparison {
  readonly failures: readonly string[];
  readonly compared: number;
  /** Calls that a GPU computed itself. */
  readonly onGpu: number;
}

const AT_ONCE = 200;

/** Asks all cases of an op, many at once, and collects the failures. */
export async function compare(sheet: Entrance, { op, cases }: OracleOp, device: 'cpu' | 'gpu'): Promise<Comparison> {
  const row = OPS.get(op)!;
  const failures: string[] = [];
  let computedThere = 0;
  for (let from = 0; from < cases.length; from += AT_ONCE) {
    const outcomes = await Promise.all(
      cases.slice(from, from + AT_ONCE).map(async (each) => {
        const [wrong, there] = await differenceOf(sheet, row, each, device);
        if (there) computedThere++;
        return wrong === undefined ? [] : [`${describeCase(op, each)}: ${wrong}`];
      }),
    );
    failures.push(...outcomes.flat());
  }
  return { failures, compared: cases.length, onGpu: computedThere };
}

/** What is wrong with the answer of one call, if anything, and whether a GPU computed it. */
async function differenceOf(
  sheet: Entrance,
  row: OpRow,
  each: OracleCase,
  device: 'cpu' | 'gpu',
): Promise<readonly [wrong: string | undefined, there: boolean]> {
  let result: Tensor, array: TypedArray;
  try {
    result = ask(sheet, row.name, each);
    array = (await result.data()) as TypedArray;
  } catch (error) {
    if (!(error instanceof SheetError) || error.code === 'KERNEL') return [`threw ${String(error)}`, false];
    return [
      each.answer === undefined
        ? undefined
        : `is refused (${error.message}), NumPy has ${each.answer.dtype}[${each.answer.shape.join()}] ` +
          `${each.answer.array.slice(0, 3).join()}`,
      false,
    ];
  }
  const there =
    device === 'gpu' &&
    result.explain().ops.every(({ op, reason }) => op !== row.name || !reason.includes('not on webgpu'));
  return [disagreement(row, each, result, array, device), there];
}

function disagreement(
  row: OpRow,
  each: OracleCase,
  { dtype, shape }: Tensor,
  array: TypedArray,
  device: 'cpu' | 'gpu',
): string | undefined {
  const { answer } = each;
  if (answer === undefined) return `gives ${dtype}[${shape.join()}] ${array.slice(0, 3).join()}, NumPy raises`;
  if (dtype !== answer.dtype || shape.join() !== answer.shape.join())
    return `is ${dtype}[${shape.join()}], NumPy has ${answer.dtype}[${answer.shape.join()}]`;
  const within = device === 'gpu' ? onGpu(row, dtype, each.attrs) : onCpu(row, dtype);
  const wrong = wrongElements(array, answer.array, dtype, within, argumentsOf(row.name, each));
  return wrong.length === 0 ? undefined : wrong.join('; ');
}

/** The operand's element behind each element of the result, of ops with one operand that is not a view. */
function argumentsOf(op: string, { place, operands: [x, ...rest] }: OracleCase): (i: number) => number {
  if (!Array.isArray(x) || rest.length > 0) return () => NaN;
  const [dtype, shape, fill, view] = x;
  let elements: ArrayLike<number | bigint> | undefined;
  const read = (): ArrayLike<number | bigint> =>
    (elements ??= numbersOf(elementsOf(dtype, baseShape(shape, view ?? ''), fill, seedOf(op, place, 0)), dtype));
  return (i) => (view === undefined ? Number(read()[i]) : NaN);
}
