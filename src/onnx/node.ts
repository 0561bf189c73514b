// One node of a graph as calls of a sheet: what its operator gives, by the names of its outputs.
import { FormatError, SheetError, UnknownOpError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { type NodeSetting, type OnnxOperator, OperatorContext, Unmapped, Unread } from './context.ts';
import type { OnnxNode } from './model.ts';

/** A node as messages name it. */
const nodeName = ({ name, operator, outputs }: OnnxNode): string => `${operator} "${name || outputs.join(', ')}"`;

/**
 * What an operator gives. Most of what an operator reads on the host, shapes and bounds, is known without computing:
 * it is called, and called again with what it asked for.
 */
export async function applied(
  operator: OnnxOperator,
  setting: NodeSetting,
  node: OnnxNode,
  inputs: readonly (Tensor | undefined)[],
): Promise<readonly Tensor[]> {
  const on = new OperatorContext(setting, node, inputs);
  for (let reads = 0; ; reads++) {
    try {
      const given = operator(on);
      // A tensor that is awaited is looked up by itself; it stays a part of what is asked for at the end.
      const result = given instanceof Promise ? await given : given;
      return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
    } catch (error) {
      if (!(error instanceof Unread) || reads > inputs.length) throw error;
      await on.read(error.place);
    }
  }
}

/** The outputs of a node by their names. Errors say which node they are of. */
export async function outputsOf(
  operator: OnnxOperator,
  setting: NodeSetting,
  node: OnnxNode,
  inputs: readonly (Tensor | undefined)[],
): Promise<readonly (readonly [string, Tensor])[]> {
  const results = await applied(operator, setting, node, inputs).catch((error: unknown) => {
    throw named(error, node);
  });
  const listed = results.length === node.outputs.length ? node.outputs : node.outputs.filter((name) => name !== '');
  if (results.length < listed.length)
    throw new FormatError(
      `runOnnx: ${nodeName(node)} gave ${results.length} of ${listed.length} outputs; give them all.`,
      { node: node.name, operator: node.operator },
    );
  return listed.flatMap((name, i) => (name === '' ? [] : [[name, results[i]!] as const]));
}

function named(error: unknown, node: OnnxNode): unknown {
  const details = { node: node.name, operator: node.operator };
  if (error instanceof Unmapped)
    return new UnknownOpError(
      `runOnnx: ${nodeName(node)} is not covered: ${error.message}; give an operator of your own by { operators }.`,
      details,
    );
  if (error instanceof SheetError) return error;
  return new FormatError(
    `runOnnx: ${nodeName(node)} cannot be called with what the model gives it (${String(error)}); see its attributes ` +
      'and inputs.',
    details,
  );
}
