// A sheet as an executor: what replays a trace, runs a program, or computes for others.
import type { NumericsClass } from '../events.ts';
import { opNamed } from '../ops/index.ts';
import { parseDType } from '../tensor/dtype.ts';
import type { Executor } from '../executor.ts';
import type { Sheet } from './sheet.ts';
import type { Tensor } from '../handle/tensor.ts';

/** Runs calls on a sheet, each in the class it asks for. Closes the sheet at the end. */
export function sheetExecutor(sheet: Sheet): Executor<Tensor> {
  const view = (numerics: NumericsClass): Sheet => sheet.with({ class: numerics });
  const views = { tolerance: view('tolerance'), exact: view('exact') };
  return {
    root: (array, dtype, shape) => sheet.tensor(array, shape, { dtype: parseDType(dtype) }),
    call: (op, operands, attrs, numerics) =>
      views[numerics].restate(
        opNamed(op),
        operands.map((operand) => operand.call),
        attrs,
      ),
    typeOf: ({ call }) => call.type,
    read: (handle, use) => handle.borrow((array) => use(array)),
    close: () => sheet.close(),
  };
}
