// What the nodes of a model need, found before any of them runs: their operators, the graphs and functions they call.
import { DTypeError, FormatError, LimitError, UnknownOpError } from '../kit.ts';
import type { OnnxOperator } from './context.ts';
import { isGraph } from './model.ts';
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxPort, OpsetVersions } from './model.ts';
import { OPERATORS } from './operators.ts';
import { isKnownType } from './protobuf.ts';

/** A node, and what gives it: an operator, or the nodes of a function of the model. */
export interface SettledNode {
  readonly node: OnnxNode;
  readonly opset: number;
  readonly operator: OnnxOperator | undefined;
  readonly called: SettledGraph | undefined;
  /** The graphs among its attributes. */
  readonly bodies: Readonly<Record<string, SettledGraph>>;
}

/** A graph whose nodes are settled. */
export interface SettledGraph {
  readonly graph: OnnxGraph;
  readonly steps: readonly SettledNode[];
}

/** A node that nothing gives. */
interface MissingOperator {
  readonly operator: string;
  readonly domain: string;
  readonly opset: number;
  readonly node: string;
}

/** What is looked for while nodes are settled, and what was missed. */
interface Search {
  readonly own: Readonly<Record<string, OnnxOperator>>;
  readonly functions: ReadonlyMap<string, OnnxFunction>;
  readonly operators: MissingOperator[];
  readonly dtypes: Set<string>;
  readonly names: Set<string>;
  steps: number;
}

/** Where a graph stands: versions of its operators, names around it, functions it is in. */
interface Surroundings {
  readonly opsets: OpsetVersions;
  readonly known: ReadonlySet<string>;
  readonly calls: readonly string[];
}

/** Nodes of functions that call functions count once for each call. */
const MOST_STEPS = 1_000_000;

const qualified = (domain: string, name: string): string => (domain === '' ? name : `${domain}.${name}`);

/** Element types, of what is stored or declared, that are not here. Outputs and inner graphs may declare none. */
function foreignTypes({ inputs, outputs, initialisers, nodes }: OnnxGraph, isWhole: boolean): string[] {
  const attributes = nodes.flatMap((node) => Object.values(node.attributes));
  const stored = attributes.filter((value) => typeof value === 'object' && 'elementType' in value);
  const isDeclared = ({ elementType }: OnnxPort): boolean => elementType !== 'undefined';
  const declared = [...inputs.filter((port) => isWhole || isDeclared(port)), ...outputs.filter(isDeclared)];
  return [...declared, ...initialisers, ...(stored as readonly { readonly elementType: string }[])]
    .map(({ elementType }) => elementType)
    .filter((type) => !isKnownType(type));
}

/** The nodes of a function with the attributes of a call in place of what they refer to. */
function bodyOf({ graph, defaults }: OnnxFunction, given: OnnxNode['attributes']): OnnxGraph {
  const values = { ...defaults, ...given };
  const settle = (attribute: OnnxAttribute): OnnxAttribute | undefined => {
    if (typeof attribute !== 'object') return attribute;
    if ('reference' in attribute)
      return Object.hasOwn(values, attribute.reference) ? values[attribute.reference] : undefined;
    return isGraph(attribute) ? settled(attribute) : attribute;
  };
  const settled = (inner: OnnxGraph): OnnxGraph => ({
    ...inner,
    nodes: inner.nodes.map((node) => ({
      ...node,
      attributes: Object.fromEntries(
        Object.entries(node.attributes).flatMap(([name, attribute]) => {
          const value = settle(attribute);
          return value === undefined ? [] : [[name, value] as const];
        }),
      ),
    })),
  });
  return settled(graph);
}

function stepOf(search: Search, node: OnnxNode, around: Surroundings): SettledNode {
  if (++search.steps > MOST_STEPS)
    throw new LimitError(`onnxProgram: the model has more than ${MOST_STEPS} nodes; call fewer functions in it.`, {
      steps: MOST_STEPS,
    });
  const name = qualified(node.domain, node.operator);
  const opset = around.opsets[node.domain] ?? 0;
  const own = Object.hasOwn(search.own, name) ? search.own[name] : undefined;
  const called = own === undefined ? search.functions.get(name) : undefined;
  const library = node.domain === '' && Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  const operator = own ?? (called === undefined ? library : undefined);
  if (operator === undefined && called === undefined)
    search.operators.push({ operator: name, domain: node.domain, opset, node: node.name || node.outputs.join(', ') });
  const bodies = Object.entries(node.attributes).flatMap(([key, value]) =>
    isGraph(value) ? [[key, stepsOf(search, value, around)] as const] : [],
  );
  const inner = called && functionSteps(search, called, node, around);
  return { node, opset, operator, called: inner, bodies: Object.fromEntries(bodies) };
}

function functionSteps(
  search: Search,
  called: OnnxFunction,
  node: OnnxNode,
  { calls, opsets }: Surroundings,
): SettledGraph {
  const name = qualified(called.domain, called.name);
  if (calls.includes(name))
    throw new FormatError(`onnxProgram: function ${name} calls itself (${[...calls, name].join(' → ')}).`, { name });
  return stepsOf(search, bodyOf(called, node.attributes), {
    opsets: { ...opsets, ...called.opsets },
    known: new Set(),
    calls: [...calls, name],
  });
}

function stepsOf(search: Search, graph: OnnxGraph, around: Surroundings, isWhole = false): SettledGraph {
  for (const type of foreignTypes(graph, isWhole)) search.dtypes.add(type);
  const known = new Set(['', ...around.known, ...[...graph.inputs, ...graph.initialisers].map(({ name }) => name)]);
  const steps: SettledNode[] = [];
  for (const node of graph.nodes) {
    for (const name of node.inputs) if (!known.has(name)) search.names.add(name);
    steps.push(stepOf(search, node, { ...around, known }));
    for (const name of node.outputs) known.add(name);
  }
  for (const { name } of graph.outputs) if (name === '' || !known.has(name)) search.names.add(name);
  return { graph, steps };
}

/** All that a model needs and is not there, said at once. */
export function settle(model: OnnxModel, own: Readonly<Record<string, OnnxOperator>>): SettledGraph {
  const functions = new Map(model.functions.map((entry) => [qualified(entry.domain, entry.name), entry]));
  const search: Search = { own, functions, operators: [], dtypes: new Set(), names: new Set(), steps: 0 };
  const settled = stepsOf(search, model, { opsets: model.opsets, known: new Set(), calls: [] }, true);
  const [operators, dtypes, names] = [
    firstOfEach(search.operators),
    [...search.dtypes].sort(),
    [...search.names].sort(),
  ];
  const described = operators.map(
    ({ operator, domain, opset, node }) => `${operator} (${domain || 'ai.onnx'} opset ${opset}, node "${node}")`,
  );
  const parts = [
    ...(operators.length > 0 ? [`operators ${described.join(', ')} (give them by { operators })`] : []),
    ...(dtypes.length > 0 ? [`element types ${dtypes.join(', ')} (export the model in others)`] : []),
    ...(names.length > 0 ? [`values "${names.join('", "')}" that nothing gives (export the model again)`] : []),
  ];
  if (parts.length === 0) return settled;
  const Kind = operators.length > 0 ? UnknownOpError : dtypes.length > 0 ? DTypeError : FormatError;
  throw new Kind(`onnxProgram: the model needs what is not here: ${parts.join('; ')}.`, { operators, dtypes, names });
}

/** One node for each operator, in the order of their names. */
function firstOfEach(missing: readonly MissingOperator[]): MissingOperator[] {
  const first = new Map(missing.toReversed().map((entry) => [entry.operator, entry]));
  return [...first.values()].sort((a, b) => (a.operator < b.operator ? -1 : 1));
}
