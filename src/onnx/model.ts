// Models, graphs, nodes and functions of ONNX (onnx.proto3), read from bytes.
import { FormatError } from '../kit.ts';
import { elementTypeOf, type ExternalData, type OnnxTensor, readTensor, decodeTensor } from './protobuf.ts';
import {
  type WireFields,
  floatsOf,
  integerOf,
  integersOf,
  messagesOf,
  readFields,
  stretchesOf,
  textOf,
  textsOf,
} from './wire.ts';

/** In the body of a function: the attribute of the call that gives the value. */
export interface AttributeReference {
  readonly reference: string;
}

export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | OnnxTensor
  | OnnxGraph
  | AttributeReference;

/** One operator call with the names of what goes in and out. */
export interface OnnxNode {
  readonly name: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Something that goes in or comes out; lengths of axes have names where a call says them, or are not known. */
export interface OnnxPort {
  readonly name: string;
  readonly elementType: string;
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** Nodes in order, of a model or of an attribute such as the branch of an If. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

export const isGraph = (value: OnnxAttribute): value is OnnxGraph => typeof value === 'object' && 'nodes' in value;

/** An operator that a model defines by nodes. Its attributes have a default, or none. */
export interface OnnxFunction {
  readonly domain: string;
  readonly name: string;
  readonly graph: OnnxGraph;
  readonly defaults: Readonly<Record<string, OnnxAttribute>>;
  readonly opsets: OpsetVersions;
}

/** Versions of operator sets by their domain; ONNX's own is ''. */
export type OpsetVersions = Readonly<Record<string, number>>;

/** A model: its graph, and what the operators of it mean. */
export interface OnnxModel extends OnnxGraph {
  readonly opset: number;
  readonly opsets: OpsetVersions;
  readonly functions: readonly OnnxFunction[];
  /** False where a sequence or an optional goes in or out. */
  readonly tensorsOnly: boolean;
}

/** Where reading is: files beside the model, and how many graphs this one lies in. */
interface Place {
  readonly external: ExternalData;
  readonly depth: number;
}

/** Graphs in graphs in files that are no damage are a few. */
const DEEPEST = 100;

const domainOf = (name: string): string => (name === 'ai.onnx' ? '' : name);

function readAttribute(fields: WireFields, place: Place): [string, OnnxAttribute] {
  const name = textOf(fields, 1);
  const reference = textOf(fields, 21);
  if (reference !== '') return [name, { reference }];
  const [tensor, graph] = [messagesOf(fields, 5)[0], messagesOf(fields, 6)[0]];
  if (tensor !== undefined) return [name, decodeTensor(tensor, place.external)];
  if (graph !== undefined) return [name, readGraph(graph, { ...place, depth: place.depth + 1 })];
  const type = integerOf(fields, 20);
  if (type === 7 || fields.has(8)) return [name, integersOf(fields, 8).map(Number)];
  if (type === 6 || fields.has(7)) return [name, [...floatsOf(fields, 7)]];
  if (type === 8 || fields.has(9)) return [name, textsOf(fields, 9)];
  if (fields.has(2)) return [name, floatsOf(fields, 2).at(-1)!];
  if (type === 1) return [name, 0];
  return [name, type === 3 || fields.has(4) ? textOf(fields, 4) : integerOf(fields, 3)];
}

const readAttributes = (list: readonly WireFields[], place: Place): Record<string, OnnxAttribute> =>
  Object.fromEntries(list.map((attribute) => readAttribute(attribute, place)));

const readNode = (node: WireFields, place: Place): OnnxNode => ({
  name: textOf(node, 3),
  domain: domainOf(textOf(node, 7)),
  operator: textOf(node, 4),
  inputs: textsOf(node, 1),
  outputs: textsOf(node, 2),
  attributes: readAttributes(messagesOf(node, 5), place),
});

/** A length below 0 is one that some exporters write where they know none. */
function readLength(axis: WireFields): number | string | undefined {
  if (!axis.has(1)) return axis.has(2) ? textOf(axis, 2) : undefined;
  const length = integerOf(axis, 1);
  return length < 0 ? undefined : length;
}

function readPort(port: WireFields): OnnxPort {
  const type = messagesOf(port, 2).flatMap((value) => messagesOf(value, 1))[0];
  const shape = type === undefined ? undefined : messagesOf(type, 2)[0];
  return {
    name: textOf(port, 1),
    elementType: type === undefined ? 'undefined' : elementTypeOf(integerOf(type, 1)),
    shape: shape && messagesOf(shape, 1).map(readLength),
  };
}

function readGraph(graph: WireFields, place: Place): OnnxGraph {
  if (place.depth > DEEPEST)
    throw new FormatError(`loadOnnx: graphs lie in each other more than ${DEEPEST} deep; export the model again.`, {
      depth: place.depth,
    });
  return {
    nodes: messagesOf(graph, 1).map((node) => readNode(node, place)),
    initialisers: stretchesOf(graph, 5).map((tensor) => readTensor(tensor, place.external)),
    inputs: messagesOf(graph, 11).map(readPort),
    outputs: messagesOf(graph, 12).map(readPort),
  };
}

const readOpsets = (entries: readonly WireFields[]): OpsetVersions =>
  Object.fromEntries(entries.map((entry) => [domainOf(textOf(entry, 1)), integerOf(entry, 2)]));

const untyped = (name: string): OnnxPort => ({ name, elementType: 'undefined', shape: undefined });

const readFunction = (fields: WireFields, place: Place): OnnxFunction => ({
  domain: domainOf(textOf(fields, 10)),
  name: textOf(fields, 1),
  graph: {
    nodes: messagesOf(fields, 7).map((node) => readNode(node, place)),
    initialisers: [],
    inputs: textsOf(fields, 4).map(untyped),
    outputs: textsOf(fields, 5).map(untyped),
  },
  defaults: readAttributes(messagesOf(fields, 11), place),
  opsets: readOpsets(messagesOf(fields, 9)),
});

/** Reads a ModelProto. */
export function readModel(bytes: Uint8Array, external: ExternalData = {}): OnnxModel {
  const model = readFields(bytes);
  const [graph] = messagesOf(model, 7);
  if (graph === undefined)
    throw new FormatError('loadOnnx: these bytes have no graph; give those of a .onnx file, whole.', {});
  const types = [...messagesOf(graph, 11), ...messagesOf(graph, 12)].flatMap((value) => messagesOf(value, 2));
  const opsets = readOpsets(messagesOf(model, 8));
  const place = { external, depth: 0 };
  return {
    ...readGraph(graph, place),
    opset: opsets[''] ?? 0,
    opsets,
    functions: messagesOf(model, 25).map((fields) => readFunction(fields, place)),
    tensorsOnly: types.every((type) => type.has(1)),
  };
}
