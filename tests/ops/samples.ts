// Calls to try on every row through a sheet, from the samples that the conformance suites draw.
import { decodeAll, encodeAll } from '../../kernels/codecs/codec.ts';
import { FLOAT16 } from '../../kernels/codecs/codecs.ts';
import { SheetError, type SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { type DType, DTYPE_NAMES } from '../../src/core/tensor/dtype.ts';
import { drawFrom as randomFrom } from '../../src/testing/random.ts';
import {
  type SampleCall,
  drawAttributes,
  drawOperands,
  MAX_RESULT,
  type SampleTensor,
} from '../../src/testing/samples.ts';

export {
  type SampleCall as Call,
  COMPUTED_DTYPES,
  describeCall,
  drawAttributes,
  pick,
  sample,
  type SampleTensor as Sample,
} from '../../src/testing/samples.ts';
export { randomFrom };

/** float32 operands as float16. */
export function halved({ dtype, shape, array }: SampleTensor): SampleTensor {
  if (dtype !== 'float32') return { dtype, shape, array };
  const halves = new Uint16Array(array.length);
  encodeAll(FLOAT16, array as Float32Array, halves);
  return { dtype: 'float16', shape, array: halves };
}

/** float16 operands as float32. */
export function asSingles({ dtype, shape, array }: SampleTensor): SampleTensor {
  if (dtype !== 'float16') return { dtype, shape, array };
  const singles = new Float32Array(array.length);
  decodeAll(FLOAT16, array as Uint16Array, singles);
  return { dtype: 'float32', shape, array: singles };
}

/** What tests need of a sheet or of a view of one. */
export type Entrance = Pick<SymbolicSheet, 'execute' | 'tensor'>;

/** The operands of a call as tensors of a sheet. */
export const enter = (sheet: Entrance, { operands }: SampleCall): Tensor[] =>
  operands.map(({ array, shape, dtype }) => sheet.tensor(array, shape, { dtype }));

/** The pending result of a call; throws what the call throws. */
export function perform(sheet: Entrance, { row, attrs }: SampleCall, tensors: readonly Tensor[]): Tensor {
  const args: readonly unknown[] = row.variadic ? [tensors, attrs] : [...tensors, attrs];
  return (sheet.execute as (name: string, ...args: readonly unknown[]) => Tensor)(row.name, ...args);
}

/** Up to `count` calls of a row, with a first operand of a dtype, that the row takes. */
export function callsOf(sheet: SymbolicSheet, row: OpRow, dtype: DType, count: number): SampleCall[] {
  // A first operand that has to be bool is drawn so, whatever dtype is asked for.
  const kind = row.operands[0]?.kind ?? 'any';
  if (!row.source && kind !== 'bool' && !kindTakes(kind, dtype)) return [];
  const random = randomFrom(row.name.length * 7919 + row.name.charCodeAt(0) * 131 + DTYPE_NAMES.indexOf(dtype));
  const calls: SampleCall[] = [];
  for (let attempt = 0; attempt < count * 60 && calls.length < count; attempt++) {
    const operands = drawOperands(row, dtype, random);
    const call = { row, operands, attrs: drawAttributes(row, operands[0]?.shape ?? [], random) };
    try {
      if (perform(sheet, call, enter(sheet, call)).size <= MAX_RESULT) calls.push(call);
    } catch (error) {
      if (!(error instanceof SheetError)) throw error;
    }
  }
  return calls;
}
