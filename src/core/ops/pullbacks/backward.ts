// Reverse mode: from a result back to what it was computed from. The graph of calls is the tape: nothing is recorded
// for it, and the gradients are calls again.
import { AttributeError, LimitError } from '../../errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Called, Calls } from '../composite.ts';
import type { AttributeValues, OpRow } from '../define.ts';
import { reshaped } from '../parts.ts';
import { pullbackOf } from './index.ts';

/** A node of a graph of calls, as far as gradients see it. */
export interface GraphNode extends Called {
  readonly row: OpRow | undefined;
  readonly attributes: { readonly values: AttributeValues };
  readonly operands: readonly GraphNode[];
  /** Whether it has what it was made of; a chain without end is cut loose from its past. */
  readonly isComputable: boolean;
  /** Its number among the calls: operands have smaller ones. */
  readonly seq: number;
}

/** What a result changes by at a node. One that was selected is 0 at places whose partials may be anything. */
interface Adjoint {
  readonly value: GraphNode;
  readonly isSelection: boolean;
}

/**
 * The adjoints of inputs, where the result has `seed`; undefined for inputs that it does not depend on. A node that
 * `isForeign` stands for a result whose graph is another one.
 */
export function pulledBack(
  call: Calls<GraphNode>,
  result: GraphNode,
  seed: GraphNode,
  inputs: readonly GraphNode[],
  isForeign: (node: object) => boolean,
): readonly (GraphNode | undefined)[] {
  const order = dependents(result, new Set(inputs), isForeign);
  const onPath = new Set(order);
  const adjoints = new Map<GraphNode, Adjoint>([[result, { value: seed, isSelection: false }]]);
  for (const node of order) {
    const adjoint = adjoints.get(node);
    if (adjoint === undefined || !node.operands.some((operand) => onPath.has(operand))) continue;
    for (const [operand, own] of operandAdjoints(call, node, adjoint)) {
      if (!onPath.has(operand)) continue;
      const before = adjoints.get(operand);
      adjoints.set(operand, before === undefined ? own : joined(call, before, own));
    }
  }
  return inputs.map((input) => adjoints.get(input)?.value);
}

const joined = (call: Calls<GraphNode>, a: Adjoint, b: Adjoint): Adjoint => ({
  value: call('add', [a.value, b.value]),
  isSelection: a.isSelection || b.isSelection,
});

/** The nodes under a result, itself included, that depend on some of the inputs; each before its operands. */
function dependents(
  result: GraphNode,
  inputs: ReadonlySet<GraphNode>,
  isForeign: (node: object) => boolean,
): GraphNode[] {
  const depends = new Map<GraphNode, boolean>();
  // What was called before all inputs depends on none of them: the past of a long loop is not looked at.
  const oldest = Math.min(...Array.from(inputs, ({ seq }) => seq));
  const order: GraphNode[] = [];
  const stack = [result];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const before = stack.length;
    const operands = node.seq > oldest && isDifferentiable(node) ? node.operands : [];
    if (!depends.has(node)) for (const operand of operands) if (!depends.has(operand)) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (depends.has(node)) continue;
    if (node.seq > oldest) checkWhole(node, isForeign(node));
    depends.set(node, inputs.has(node) || operands.some((operand) => depends.get(operand)));
    if (depends.get(node) === true) order.push(node);
  }
  return order.reverse();
}

/** Integers and what is constant between its jumps have no gradients, so that nothing under them matters. */
const isDifferentiable = ({ row, type }: GraphNode): boolean =>
  isFloat(type.dtype) && row !== undefined && pullbackOf(row.name) !== 'constant';

/** What an operation came from may be gone: then a gradient of it would be silently incomplete. */
function checkWhole({ row, isComputable }: GraphNode, isForeign: boolean): void {
  if (row !== undefined && !isComputable)
    throw new LimitError(
      `gradient: a chain of more than 4096 calls was cut at ${row.name}, which is not known to depend on anything ` +
        'any more; differentiate it in parts, each from a variable(…) on.',
      { op: row.name },
    );
  if (isForeign)
    throw new AttributeError(
      'gradient: a result of another class was used on the way; compute all of it in one class, or ' +
        'make a constant of it: sheet.tensor(await x.data(), x.shape).',
      {},
    );
}

/** The adjoints of a node's operands, in the operands' own shapes and dtypes. */
function operandAdjoints(call: Calls<GraphNode>, node: GraphNode, adjoint: Adjoint): (readonly [GraphNode, Adjoint])[] {
  const name = node.row!.name;
  const pullback = pullbackOf(name);
  if (pullback === undefined || pullback === 'constant')
    throw new AttributeError(
      `gradient: ${name} has none that is known; leave it out of what is differentiated, or use x.stopGradient() for ` +
        'its operands.',
      { op: name },
    );
  const { operands } = node;
  const { value: g, isSelection } = adjoint;
  const guarded = (of: GraphNode, scaled: GraphNode): GraphNode =>
    isSelection ? call('where', [call('equal', [of, 0]), 0, scaled]) : scaled;
  const pulled = pullback.pull<GraphNode>({
    call,
    g,
    operands,
    result: node,
    attrs: node.attributes.values,
    times: (of, partial) => guarded(of, call('multiply', [of, partial])),
    over: (of, denominator) => guarded(of, call('divide', [of, denominator])),
  });
  return operands.flatMap((operand, i) => {
    const own = pulled[i];
    if (own === undefined || !isFloat(operand.type.dtype)) return [];
    const value = fitted(call, own, operand);
    return [[operand, { value, isSelection: isSelection || pullback.selects === true }] as const];
  });
}

/** An adjoint in the shape and dtype of its operand: summed where that was broadcast. */
function fitted(call: Calls<GraphNode>, adjoint: GraphNode, { type }: GraphNode): GraphNode {
  const { shape } = adjoint.type;
  const lead = shape.length - type.shape.length;
  const axes = shape.flatMap((n, axis) => (axis < lead || (type.shape[axis - lead] === 1 && n !== 1) ? [axis] : []));
  const summed = axes.length === 0 ? adjoint : call('sum', [adjoint], { axis: axes, keepdims: true });
  const shaped = reshaped(call, summed, type.shape);
  return shaped.type.dtype === type.dtype ? shaped : call('astype', [shaped], { dtype: type.dtype });
}

/** The adjoint that a derivative of one number begins with. */
export const seedOf = (call: Calls<GraphNode>, result: GraphNode): GraphNode => call('ones_like', [result]);

/** The derivative by what a result does not depend on. */
export const noneOf = (call: Calls<GraphNode>, input: GraphNode): GraphNode => call('zeros_like', [input]);

/** Derivatives of the elements of a result, each in the shape of the input, as one tensor. */
export const stackedOf = (call: Calls<GraphNode>, rows: readonly GraphNode[], shape: Shape): GraphNode =>
  reshaped(call, call('stack', rows, { axis: 0 }), shape);
