// Elementwise rows composed of elementwise rows: one pass over the elements where there were two, with the same bits.
import { predicate, scalar, type Algebra, type ElementFunction, type Scalar } from '../../kernels/algebra.ts';
import { defineOp, type OpRow } from './define.ts';
import { broadcastShapes } from './infer.ts';
import { tensorType } from '../tensor/type.ts';

/** Operands and parts a composed row may have: more would not fit a GPU's bindings, or take long to compile. */
const MAX_OPERANDS = 6;
const MAX_PARTS = 12;

const composed = new Map<string, OpRow | undefined>();
const partsOf = new WeakMap<OpRow, number>();

/**
 * `outer` with its operand at a position replaced by `inner` of further operands, all float32; undefined where that would be
 * too large. What `inner` gives is rounded as if it had been stored. The same composition is the same row.
 */
export function composeRows(outer: OpRow, at: number, inner: OpRow): OpRow | undefined {
  const key = `${outer.number} ${at} ${inner.number}`;
  if (!composed.has(key)) composed.set(key, compose(outer, at, inner));
  return composed.get(key);
}

function compose(outer: OpRow, at: number, inner: OpRow): OpRow | undefined {
  const [f, g] = [elementOf(outer), elementOf(inner)];
  const parts = (partsOf.get(outer) ?? 1) + (partsOf.get(inner) ?? 1);
  if (f === undefined || g?.returns !== 'value' || f.arity + g.arity - 1 > MAX_OPERANDS || parts > MAX_PARTS) return undefined;
  const row: OpRow = defineOp({
    name: `${outer.name}∘${inner.name}`, doc: `${outer.doc} ${inner.doc}`, result: outer.result, separable: 'elements', bound: outer.bound + inner.bound,
    operands: [...outer.operands.slice(0, at), ...inner.operands, ...outer.operands.slice(at + 1)],
    infer: (operands) => ({ dtype: f.returns === 'mask' ? 'bool' : 'float32', shape: broadcastShapes(row, operands) }),
    kernel: { skeleton: 'map', element: composeFunctions(f, at, g) },
    flops: (operands, out, attrs) => outer.flops(operands, out, attrs) + inner.flops(operands, tensorType('float32', out.shape), attrs),
  });
  partsOf.set(row, parts);
  return row;
}

const elementOf = ({ kernel }: OpRow): ElementFunction | undefined => (kernel.skeleton === 'map' ? kernel.element : undefined);

function composeFunctions(f: ElementFunction, at: number, g: Scalar): ElementFunction {
  const name = `${f.name}(${g.name})`;
  const arity = f.arity + g.arity - 1;
  const arranged = <T, M>(m: Algebra<T, M>, x: readonly T[]): T[] => [...x.slice(0, at), m.single(apply(m, g, x.slice(at, at + g.arity))), ...x.slice(at + g.arity)];
  return f.returns === 'mask' ? predicate(name, arity, (m, ...x) => f.body(m, ...arranged(m, x))) : scalar(name, arity, (m, ...x) => apply(m, f, arranged(m, x)));
}

/** Through `call` where that takes so many arguments, so that devices with a built-in of that name use it. */
function apply<T, M>(m: Algebra<T, M>, f: Scalar, x: readonly T[]): T {
  const [a, b] = x as readonly [T, T];
  return f.arity === 1 ? m.call(f, a) : f.arity === 2 ? m.call(f, a, b) : f.body(m, ...x);
}
