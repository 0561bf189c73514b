// Everything a native call takes on trust is checked here: BLAS writes where it is told, whatever lies there.
import { DTypeError, ShapeError } from '../../../core/errors.ts';
import type { BlasArray, BlasDType, GemmCall, SyrkCall, TrsmCall } from '../../../core/device/blas/types.ts';

/** @throws ShapeError, DTypeError when the call would read or write outside its arrays. */
export function checkGemm(call: GemmCall): void {
  const { dtype, m, n, k } = call;
  checkExtent('m', m);
  checkExtent('n', n);
  checkExtent('k', k);
  if (call.transposeA) checkMatrix('a', dtype, call.a, k, m, call.lda);
  else checkMatrix('a', dtype, call.a, m, k, call.lda);
  if (call.transposeB) checkMatrix('b', dtype, call.b, n, k, call.ldb);
  else checkMatrix('b', dtype, call.b, k, n, call.ldb);
  checkMatrix('c', dtype, call.c, m, n, call.ldc);
}

/** @throws ShapeError, DTypeError as `checkGemm`. */
export function checkSyrk(call: SyrkCall): void {
  const { dtype, n, k } = call;
  checkExtent('n', n);
  checkExtent('k', k);
  if (call.transposeA) checkMatrix('a', dtype, call.a, k, n, call.lda);
  else checkMatrix('a', dtype, call.a, n, k, call.lda);
  checkMatrix('c', dtype, call.c, n, n, call.ldc);
}

/** @throws ShapeError, DTypeError as `checkGemm`. */
export function checkTrsm(call: TrsmCall): void {
  checkExtent('m', call.m);
  checkExtent('n', call.n);
  const order = call.side === 'left' ? call.m : call.n;
  checkMatrix('a', call.dtype, call.a, order, order, call.lda);
  checkMatrix('b', call.dtype, call.b, call.m, call.n, call.ldb);
}

/** @throws ShapeError unless `value` is an integer from 0 to 2^31 - 1. */
export function checkExtent(name: string, value: number): void {
  if ((value | 0) === value && value >= 0) return;
  throw new ShapeError(`${name} is ${value}; pass an integer from 0 to 2147483647`, { [name]: value });
}

/**
 * @throws ShapeError, DTypeError unless `array` of that dtype holds rows x columns elements at row distance `leading`.
 */
export function checkMatrix(
  name: string,
  dtype: BlasDType,
  array: BlasArray,
  rows: number,
  columns: number,
  leading: number,
): void {
  if (!(array instanceof (dtype === 'float32' ? Float32Array : Float64Array))) throw dtypeError(name, dtype, array);
  if ((leading | 0) !== leading || leading < columns || leading < 1) {
    throw new ShapeError(
      `ld${name} is ${leading}; pass an integer of at least ${Math.max(1, columns)}, the stored row width of ${name}`,
      { operand: name, leading, columns },
    );
  }
  const needed = rows > 0 && columns > 0 ? (rows - 1) * leading + columns : 0;
  if (needed <= array.length) return;
  throw new ShapeError(
    `${name} has ${array.length} elements, ${rows} x ${columns} at row distance ${leading} needs ${needed}; pass ` +
      'a longer array',
    { operand: name, length: array.length, needed, rows, columns, leading },
  );
}

function dtypeError(name: string, dtype: BlasDType, array: unknown): DTypeError {
  const kind = Object.prototype.toString.call(array).slice(8, -1);
  return new DTypeError(
    `${name} is a ${kind}; pass a ${dtype === 'float32' ? 'Float32Array' : 'Float64Array'} for ${dtype}`,
    { operand: name, dtype, kind },
  );
}
