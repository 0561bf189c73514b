// Gradients of programs on tensors, for people: of results, and of functions.
import {
  type Calls,
  callsOf,
  type GraphNode,
  isFloat,
  isReentered,
  nodeOf,
  noneOf,
  pulledBack,
  seedOf,
  shorten,
  stackedOf,
  tensorOf,
} from '../kit.ts';
import { AttributeError, DTypeError, type PendingTensor, ShapeError, SourceError, Tensor } from '../surface.ts';
import { leavesOf, type Like, type Parameters, rebuilt } from './tree.ts';

/** A function of tensors; it is called once, and its calls are differentiated. */
type Differentiable<P extends Parameters, A extends readonly unknown[]> = (parameters: P, ...rest: A) => Tensor;

/**
 * A tensor to differentiate by: `x` itself where it was made from elements, and a mark on it where it is a result, so
 * that what is computed from it can be told from what it was computed from.
 */
export function variable(x: Tensor): Tensor {
  if (nodeOf(x).row === undefined || isMark(x)) return x;
  shorten(x);
  return x.identity();
}

const isMark = (x: Tensor): boolean => nodeOf(x).row?.name === 'identity';

/**
 * The gradients of a result by some tensors, in their shapes: of one number, or of any result with the `seed` its
 * elements are weighted by. What the result does not depend on has zeros. The tensors must be made from elements or by
 * `variable`.
 */
export function gradients<P extends Parameters>(
  result: Tensor,
  by: P,
  { seed }: { readonly seed?: Tensor } = {},
): Like<P, PendingTensor> {
  const leaves = leavesOf(by, 'gradients');
  const unmarked = leaves.findIndex((x) => nodeOf(x).row !== undefined && !isMark(x));
  if (unmarked !== -1)
    throw new AttributeError(
      `gradients: tensor ${unmarked} is a result; write const h = variable(x) where it is made, and use h from ` +
        'then on.',
      { index: unmarked },
    );
  return rebuilt(by, gradientsOf('gradients', result, leaves, seed)) as Like<P, PendingTensor>;
}

function gradientsOf(owner: string, result: Tensor, by: readonly Tensor[], seed: Tensor | undefined): PendingTensor[] {
  if (!(result instanceof Tensor))
    throw new SourceError(`${owner}: the function gave ${typeof result}; return one tensor, the result.`, {});
  checkFloat(owner, [result, ...by]);
  if (seed === undefined && result.size !== 1)
    throw new ShapeError(
      `${owner}: the result has shape [${result.shape.join(', ')}], and a gradient is of one number; sum it, ` +
        'or give a seed of its shape (vjp), or ask for the jacobian.',
      { shape: result.shape },
    );
  if (seed !== undefined && seed.shape.join() !== result.shape.join())
    throw new ShapeError(
      `${owner}: the seed has shape [${seed.shape.join(', ')}]; give the shape of the result, ` +
        `[${result.shape.join(', ')}].`,
      { shape: seed.shape },
    );
  const call = callsOf(result) as unknown as Calls<GraphNode>;
  const start = seed === undefined ? seedOf(call, nodeOf(result)) : nodeOf(seed);
  const nodes = by.map(nodeOf);
  const found = pulledBack(call, nodeOf(result), start, nodes, isReentered);
  return found.map((node, i) => tensorOf(result, (node ?? noneOf(call, nodes[i]!)) as never));
}

function checkFloat(owner: string, tensors: readonly Tensor[]): void {
  const other = tensors.find(({ dtype }) => !isFloat(dtype));
  if (other !== undefined)
    throw new DTypeError(`${owner}: ${other.dtype} has no gradient; use x.astype('float32').`, { dtype: other.dtype });
}

/** A function on variables of its own, and the gradient of what it gives. */
function evaluated(f: unknown, parameters: Parameters, rest: readonly unknown[]): { value: Tensor; gradient: unknown } {
  const leaves = leavesOf(parameters, 'grad').map(variable);
  const value = (f as (...args: unknown[]) => Tensor)(rebuilt(parameters, leaves), ...rest);
  return { value, gradient: rebuilt(parameters, gradientsOf('grad', value, leaves, undefined)) };
}

/** The function of the same arguments that gives the value and the gradient by the first one. */
export const valueAndGrad =
  <P extends Parameters, A extends readonly unknown[]>(
    f: Differentiable<P, A>,
  ): ((parameters: P, ...rest: A) => { readonly value: Tensor; readonly gradient: Like<P, PendingTensor> }) =>
  (parameters, ...rest) =>
    evaluated(f, parameters, rest) as never;

/** The function of the same arguments that gives the gradient by the first one: a tensor, or a structure of them. */
export const grad =
  <P extends Parameters, A extends readonly unknown[]>(
    f: Differentiable<P, A>,
  ): ((parameters: P, ...rest: A) => Like<P, PendingTensor>) =>
  (parameters, ...rest) =>
    evaluated(f, parameters, rest).gradient as never;

/** The value at x, and what takes a seed of its shape to seed · Jacobian. */
export function vjp<P extends Parameters>(
  f: (parameters: P) => Tensor,
  x: P,
): { readonly value: Tensor; readonly pull: (seed: Tensor) => Like<P, PendingTensor> } {
  const leaves = leavesOf(x, 'vjp').map(variable);
  const value = f(rebuilt(x, leaves) as P);
  const pull = (seed: Tensor): Like<P, PendingTensor> =>
    rebuilt(x, gradientsOf('vjp', value, leaves, seed)) as Like<P, PendingTensor>;
  return { value, pull };
}

/**
 * The value at x, and Jacobian · tangent. The pullback is linear in its seed, so that its own pullback is the Jacobian:
 * reverse mode twice (Townsend 2017).
 */
export function jvp(f: (x: Tensor) => Tensor, x: Tensor, tangent: Tensor): { value: Tensor; tangent: PendingTensor } {
  const at = variable(x);
  const value = f(at);
  const seed = variable(value.zerosLike().identity());
  const [pulled] = gradientsOf('jvp', value, [at], seed);
  const [pushed] = gradientsOf('jvp', pulled!, [seed], tangent);
  return { value, tangent: pushed! };
}

/** The Jacobian at x: the shape of the result, then that of x. One pullback for each element of the result. */
export function jacobian(f: (x: Tensor) => Tensor): (x: Tensor) => PendingTensor {
  return (x) => {
    const at = variable(x);
    const value = f(at);
    if (value.size === 0) throw new ShapeError('jacobian: the result has no elements; give one with some.', {});
    const flat = value.reshape([value.size]);
    const rows = Array.from(
      { length: value.size },
      (_, i) => gradientsOf('jacobian', flat.slice([i], [i + 1]), [at], undefined)[0]!,
    );
    const call = callsOf(value) as unknown as Calls<GraphNode>;
    return tensorOf(value, stackedOf(call, rows.map(nodeOf), [...value.shape, ...x.shape]) as never);
  };
}

/** The matrix of second derivatives of a function that gives one number: the shape of x twice. */
export const hessian = (f: (x: Tensor) => Tensor): ((x: Tensor) => PendingTensor) => jacobian(grad(f));

/** Hessian · vector, without the Hessian: the gradient of gradient · vector. */
export function hessianVectorProduct(f: (x: Tensor) => Tensor, x: Tensor, vector: Tensor): PendingTensor {
  const at = variable(x);
  const [gradient] = gradientsOf('hessianVectorProduct', f(at), [at], undefined);
  return gradientsOf('hessianVectorProduct', gradient!, [at], vector)[0]!;
}
