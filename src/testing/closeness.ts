// How far a result is from the reference: in bits for devices of class exact, in units of the dtype's epsilon for the
// others.
import type { Task } from '../core/device/device.ts';
import { isFloat, type TypedArray } from '../core/tensor/dtype.ts';

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 };
const LEAST_NORMAL = { float32: 2 ** -126, float64: 2 ** -1022 };

type Numbers = ArrayLike<number | bigint>;

const floatName = ({ type: { dtype } }: Task): keyof typeof EPSILON => (dtype === 'float64' ? 'float64' : 'float32');

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Whether two arrays have the same bits. */
export function isSameBits(a: TypedArray, b: TypedArray): boolean {
  const [x, y] = [bytesOf(a), bytesOf(b)];
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/** Whether a number is below the normal ones of its dtype, which some hardware takes for zero. */
export const isSubnormal = (x: number | bigint, least = LEAST_NORMAL.float32): boolean =>
  typeof x === 'number' && x !== 0 && Math.abs(x) < least;

/**
 * The largest error of a result: of every element against itself, of products, linear systems and compositions, whose
 * terms may cancel, against the largest element. Infinite where a special value or an integer differs. A result below
 * the normal numbers may be zero.
 */
export function errorIn(task: Task, got: TypedArray, wanted: TypedArray): number {
  if (got.length !== wanted.length) return Infinity;
  const {
    kernel: { skeleton },
    parts,
  } = task.row;
  const largest =
    ['contract', 'linalg', 'steps'].includes(skeleton) || parts !== undefined ? largestOf(wanted as Numbers) : 0;
  let worst = 0;
  for (let i = 0; i < got.length; i++)
    worst = Math.max(worst, errorOf(task, (got as Numbers)[i] ?? 0, (wanted as Numbers)[i] ?? 0, largest));
  return worst;
}

/** The error of one element. */
function errorOf(task: Task, got: number | bigint, wanted: number | bigint, largest: number): number {
  if (Object.is(got, wanted) || (Number.isNaN(got) && Number.isNaN(wanted))) return 0;
  if (typeof got === 'bigint' || typeof wanted === 'bigint' || !isFloat(task.type.dtype)) return Infinity;
  const name = floatName(task);
  if (Math.abs(got - wanted) <= LEAST_NORMAL[name] && isSubnormal(wanted, LEAST_NORMAL[name])) return 0;
  const unit = Math.max(largest, Math.abs(wanted), LEAST_NORMAL[name]);
  const error = Math.abs(got - wanted) / unit / EPSILON[name];
  return Number.isNaN(error) ? Infinity : error;
}

function largestOf(array: Numbers): number {
  let largest = 0;
  for (let i = 0; i < array.length; i++) {
    const size = Math.abs(Number(array[i]));
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  return largest;
}
