// Interned tensor types: one object per (dtype, shape), so that equality is identity and a type has a small number.
import { LimitError } from '../errors.ts';
import { DTYPES, type DType } from './dtype.ts';
import { formatShape, type Shape, sizeOf } from './shape.ts';

/** dtype and shape of a tensor, with what follows from them. Compare by identity. */
export interface TensorType {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  readonly sizeBytes: number;
}

const byKey = new Map<string, WeakRef<TensorType>>();
let nextId = 1;

/** The one type object for a dtype and shape. The shape is copied and frozen. */
export function tensorType(dtype: DType, shape: Shape): TensorType {
  const key = `${dtype}:${shape.join(',')}`;
  const known = byKey.get(key)?.deref();
  if (known !== undefined) return known;
  const size = sizeOf(shape);
  const type: TensorType = Object.freeze({
    id: nextId++,
    dtype,
    shape: Object.freeze([...shape]),
    size,
    sizeBytes: size * DTYPES[dtype].itemBytes,
  });
  byKey.set(key, new WeakRef(type));
  if (byKey.size > sweepAt) sweep();
  return type;
}

let sweepAt = 4096;

/** Forgets types nobody holds, so that a loop over ever new shapes stays flat. */
function sweep(): void {
  for (const [key, reference] of byKey) if (reference.deref() === undefined) byKey.delete(key);
  sweepAt = Math.max(4096, byKey.size * 2);
}

/** Bytes that every engine has arrays for, as far as there is memory; those found by asking are added. */
let holdableBytes = 2 ** 31;

/** Refuses a result whose elements no single array of this engine can hold, before anything is computed for it. */
export function checkHoldable({ dtype, shape, sizeBytes }: TensorType, owner: string): void {
  if (sizeBytes <= holdableBytes) return;
  try {
    // Address space is asked for, no memory. Engines without resizable buffers leave the option out and answer nothing.
    Reflect.construct(ArrayBuffer, [0, { maxByteLength: sizeBytes }]);
  } catch {
    throw new LimitError(
      `${owner}: ${dtype} of shape ${formatShape(shape)} takes ${sizeBytes} bytes, more than one array can hold ` +
        'here; split it into smaller tensors, or take a narrower dtype.',
      { dtype, shape, sizeBytes },
    );
  }
  holdableBytes = sizeBytes;
}

/** `float32 [2×3]`, for people. */
export const formatType = (type: TensorType): string =>
  `${type.dtype} ${type.shape.length === 0 ? 'scalar' : `[${type.shape.join('×')}]`}`;
