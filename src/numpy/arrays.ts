// Values as tensors, with the dtypes that NumPy would give them: numbers of JavaScript are float64.
import { type DType, type Sheet, Tensor } from '../surface.ts';
import { resultType } from './promotion.ts';

/** What is in nested lists. */
interface Leaves {
  tensors: number;
  numbers: number;
  bigints: number;
  booleans: number;
  others: number;
}

/**
 * A value as a tensor: tensors, typed arrays and other libraries' tensors keep their dtype; numbers are float64,
 * bigints int64, booleans bool. Lists of tensors are stacked.
 */
export function arrayOf(sheet: Sheet, value: unknown, dtype?: DType): Tensor {
  if (value instanceof Tensor) return dtype === undefined || value.dtype === dtype ? value : value.astype(dtype);
  const leaves: Leaves = { tensors: 0, numbers: 0, bigints: 0, booleans: 0, others: 0 };
  if (!countLeaves(value, leaves)) return cast(sheet.tensor(value), dtype);
  if (leaves.tensors > 0) return cast(stacked(sheet, value as readonly unknown[]), dtype);
  const own = leaves.numbers > 0 ? 'float64' : leaves.bigints > 0 ? 'int64' : leaves.booleans > 0 ? 'bool' : undefined;
  if (leaves.others > 0) return cast(sheet.tensor(value), dtype);
  const exact = dtype !== undefined && canHold(dtype, leaves) ? dtype : (own ?? 'float64');
  return cast(sheet.tensor(value, { dtype: exact }), dtype);
}

/** Integers beyond 2⁵³ are not to be read as float64 on their way. */
const canHold = (dtype: DType, { numbers }: Leaves): boolean => numbers === 0 && /^u?int64$/.test(dtype);

const cast = (tensor: Tensor, dtype: DType | undefined): Tensor =>
  dtype === undefined || tensor.dtype === dtype ? tensor : tensor.astype(dtype);

/** Counts what is in lists; false for what is no list or plain value: it knows its dtype itself. */
function countLeaves(value: unknown, leaves: Leaves): boolean {
  if (Array.isArray(value)) {
    for (const each of value) if (!countLeaves(each, leaves)) leaves.others++;
    return true;
  }
  if (value instanceof Tensor) leaves.tensors++;
  else if (typeof value === 'number') leaves.numbers++;
  else if (typeof value === 'bigint') leaves.bigints++;
  else if (typeof value === 'boolean') leaves.booleans++;
  else return false;
  return true;
}

/** Lists of tensors, as one tensor of their common dtype. */
function stacked(sheet: Sheet, list: readonly unknown[]): Tensor {
  const parts = list.map((each) => arrayOf(sheet, each));
  const dtype = resultType(parts);
  return sheet.stack(parts.map((part) => cast(part, dtype)));
}
