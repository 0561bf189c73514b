// The functions of elements that rows apply, for systems that put bodies together.
import type { ElementFunction } from '../../../kernels/scalar/algebra.ts';
import { findOp } from './index.ts';

/** What an elementwise op applies to the elements of its operands; undefined for other ops. */
export function elementFunctionOf(op: string): ElementFunction | undefined {
  const kernel = findOp(op)?.kernel;
  return kernel?.skeleton === 'map' ? kernel.element : undefined;
}
