// Evaluates an expression as it is written, op by op on the JavaScript device, without a sheet.
import { JsDevice } from '../../src/core/device/js/device.ts';
import type { Call } from '../../src/core/engine/call.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { allocate, type TypedArray } from '../../src/core/tensor/dtype.ts';

const js = new JsDevice();

function valueOf(e: Call): Value {
  if (e.value !== undefined) return e.value;
  const result = valueOfArray(e.type, allocate(e.type.dtype, e.type.size));
  js.runNow(
    {
      row: e.row as OpRow,
      attrs: e.attributes.values,
      operands: e.operands.map(valueOf),
      type: e.type,
      numerics: 'exact',
    },
    result.block,
  );
  return result;
}

/** Elements of an expression, its laws left unapplied. */
export const evaluate = (e: Call): TypedArray => valueOf(e).array;
