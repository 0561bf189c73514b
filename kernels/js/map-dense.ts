// The commonest maps in plain JavaScript: float operands of the shape of the result or of one element, without loop
// geometry.
import type { ElementFunction, PredicateBody, Scalar } from '../scalar/algebra.ts';
import { floatAlgebra } from '../scalar/js-algebra.ts';

type Floats = Float32Array | Float64Array;

interface DenseOperand {
  readonly array: ArrayLike<unknown>;
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/**
 * Does the map and returns true where it is of this form; returns false and does nothing where it is not. Bits are
 * those of `map`.
 */
export function mapDense(fn: ElementFunction, operands: readonly DenseOperand[], out: ArrayLike<unknown>): boolean {
  if (fn.arity > 2 || operands.length !== fn.arity || !isTarget(fn, out)) return false;
  for (const { array, strides, offset } of operands) {
    if (strides !== undefined || offset !== undefined || !isFloats(array)) return false;
    if (array.length !== out.length && array.length !== 1) return false;
  }
  const [x, y] = operands.map(({ array }) => array) as unknown as readonly [Floats, Floats];
  if (fn.returns === 'mask') maskLoop(fn.body, x, y, out as Uint8Array);
  else if (fn.arity === 1) unaryLoop(fn, x, out as Floats);
  else binaryLoop(fn, x, y, out as Floats);
  return true;
}

const isFloats = (array: unknown): array is Floats => array instanceof Float32Array || array instanceof Float64Array;
const isTarget = (fn: ElementFunction, out: unknown): boolean =>
  fn.returns === 'mask' ? out instanceof Uint8Array && fn.arity > 0 : isFloats(out);

function unaryLoop(fn: Scalar, x: Floats, out: Floats): void {
  const { body } = fn;
  const step = x.length === 1 ? 0 : 1;
  for (let i = 0, a = 0; i < out.length; i++, a += step) {
    const value = body(floatAlgebra, x[a]!);
    out[i] = value === value ? value : NaN;
  }
}

function binaryLoop(fn: Scalar, x: Floats, y: Floats, out: Floats): void {
  const { body } = fn;
  const stepX = x.length === 1 ? 0 : 1;
  const stepY = y.length === 1 ? 0 : 1;
  for (let i = 0, a = 0, b = 0; i < out.length; i++, a += stepX, b += stepY) {
    const value = body(floatAlgebra, x[a]!, y[b]!);
    out[i] = value === value ? value : NaN;
  }
}

function maskLoop(body: PredicateBody, x: Floats, y: Floats | undefined, out: Uint8Array): void {
  const stepX = x.length === 1 ? 0 : 1;
  const stepY = y === undefined || y.length === 1 ? 0 : 1;
  for (let i = 0, a = 0, b = 0; i < out.length; i++, a += stepX, b += stepY) {
    out[i] = (y === undefined ? body(floatAlgebra, x[a]!) : body(floatAlgebra, x[a]!, y[b]!)) ? 1 : 0;
  }
}
