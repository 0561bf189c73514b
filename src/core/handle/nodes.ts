// Handles and the nodes behind them, for what works on graphs: gradients, formulas, other systems.
import type { Call } from '../engine/call.ts';
import type { Calls } from '../ops/composite.ts';
import type { AttributeValues } from '../ops/define.ts';
import { calledOp } from '../ops/index.ts';
import { PendingTensor, type Tensor } from './tensor.ts';

/** The node that a tensor stands for. */
export const nodeOf = (tensor: Tensor): Call => tensor.call;

/** A tensor of a node, in the sheet and the class of another one. */
export const tensorOf = (beside: Tensor, node: Call): PendingTensor => new PendingTensor(beside.owner, node);

/** Has a tensor begin anew where its past is long: what is called on it is not cut in its middle. */
export const shorten = (tensor: Tensor): void => tensor.owner.shorten(tensor.call);

/** Calls on nodes, made in the sheet and the class of a tensor. */
export function callsOf(beside: Tensor): Calls<Call> {
  const { owner } = beside;
  const handles = (op: string, operands: readonly unknown[], attributes: AttributeValues = {}): unknown => {
    const called = calledOp(op);
    return owner.call(called, undefined, [...(called.variadic ? [operands] : operands), attributes]);
  };
  return Object.assign(
    (op: string, operands: readonly unknown[], attributes?: AttributeValues): Call =>
      (handles(op, operands, attributes) as Tensor).call,
    {
      all: (op: string, operands: readonly Call[], attributes?: AttributeValues) =>
        nodesOf(handles(op, operands, attributes)),
      read: async (call: Call) => Number(await tensorOf(beside, call).item()),
    },
  );
}

/** Several handles as their nodes. */
function nodesOf(handles: unknown): Call | readonly Call[] | Readonly<Record<string, Call>> {
  if (handles instanceof PendingTensor) return handles.call;
  if (Array.isArray(handles)) return (handles as readonly Tensor[]).map(nodeOf);
  return Object.fromEntries(
    Object.entries(handles as Record<string, Tensor>).map(([name, each]) => [name, nodeOf(each)]),
  );
}
