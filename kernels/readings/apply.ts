// Applies element functions in a reading: by its rule for a function where it has one, else by the body.
import type { Algebra, ElementFunction, Scalar } from '../scalar/algebra.ts';

/** The value of a scalar, through `call` where that takes so many operands. */
export function valueIn<T, M>(m: Algebra<T, M>, f: Scalar, x: readonly T[]): T {
  const [a, b] = x as readonly [T, T];
  return f.arity === 1 ? m.call(f, a) : f.arity === 2 ? m.call(f, a, b) : f.body(m, ...x);
}

/** What an element function gives in a reading: a mask of predicates is the selection of 1 or 0. */
export function readIn<T, M>(m: Algebra<T, M>, f: ElementFunction, x: readonly T[]): T {
  return f.returns === 'value' ? valueIn(m, f, x) : m.select(f.body(m, ...x), m.constant(1), m.constant(0));
}

/** The body of a scalar, where a reading has no rule for it. */
export const bodyIn = <T, M>(m: Algebra<T, M>, f: Scalar, a: T, b?: T): T =>
  b === undefined ? f.body(m, a) : f.body(m, a, b);
