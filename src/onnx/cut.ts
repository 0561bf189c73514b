// A model as far as some of its values: a backbone without its head.
import { AttributeError, nearest } from '../kit.ts';
import { isGraph, type OnnxModel, type OnnxNode, type OnnxPort } from './model.ts';

/** Names that a node reads, those that graphs among its attributes take from around them included. */
function namesRead(node: OnnxNode): string[] {
  const names: string[] = [];
  const waiting = [node];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    names.push(...at.inputs);
    for (const graph of Object.values(at.attributes).filter(isGraph)) {
      names.push(...graph.outputs.map(({ name }) => name));
      waiting.push(...graph.nodes);
    }
  }
  return names;
}

/** The value of that name, an error that says which names are near where there is none. */
function portOf(model: OnnxModel, given: ReadonlySet<string>, name: string): OnnxPort {
  const port = [...model.outputs, ...model.inputs].find((entry) => entry.name === name);
  if (port !== undefined) return port;
  if (given.has(name)) return { name, elementType: 'undefined', shape: undefined };
  const near = nearest(name, [...given]);
  const hint = near === undefined ? 'give names of what its nodes give.' : `did you mean "${near}"?`;
  throw new AttributeError(`onnxProgram: the model has no value "${name}"; ${hint}`, { name });
}

/** The model whose outputs are those values. Nodes, weights and inputs that they do not need are gone. */
export function cutModel(model: OnnxModel, outputs: readonly string[]): OnnxModel {
  const given = new Set([
    ...model.initialisers.map(({ name }) => name),
    ...model.nodes.flatMap((node) => node.outputs),
  ]);
  const ports = outputs.map((name) => portOf(model, given, name));
  const needed = new Set(outputs);
  const nodes = model.nodes.toReversed().filter((node) => {
    const isNeeded = node.outputs.some((name) => needed.has(name));
    if (isNeeded) for (const name of namesRead(node)) needed.add(name);
    return isNeeded;
  });
  const kept = <T extends { readonly name: string }>(of: readonly T[]): T[] =>
    of.filter(({ name }) => needed.has(name));
  return {
    ...model,
    nodes: nodes.toReversed(),
    initialisers: kept(model.initialisers),
    inputs: kept(model.inputs),
    outputs: ports,
  };
}
