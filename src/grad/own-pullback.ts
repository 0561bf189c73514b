// Gradients of a program's own ops: what defineOp made gets a pullback beside it.
import { addPullback, type OpHandle, type Pullback, pullbackOf } from '../kit.ts';
import { AttributeError } from '../surface.ts';

/**
 * Says how an op that `defineOp` made is differentiated: from the adjoint `g` of a result to those of the operands, in
 * their order, as calls; undefined for an operand without one. An adjoint may have the result's shape where the operand
 * was broadcast. Throws an AttributeError for an op that has a pullback.
 */
export function definePullback({ name }: OpHandle, pull: Pullback['pull']): void {
  if (pullbackOf(name) !== undefined)
    throw new AttributeError(`definePullback: ${name} has a pullback; define it once, beside the op.`, { op: name });
  addPullback(name, { pull });
}
