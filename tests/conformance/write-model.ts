// Writes ONNX models and tensors for a runtime or a suite that is asked what the node gives.

/** A value of an attribute: integers where all numbers are whole, unless they are told to be floats. */
export type Given =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly graph: WrittenGraph }
  | { readonly reference: string; readonly type: number };

/** A graph as it is written: of a model, or the value of an attribute. */
export interface WrittenGraph {
  readonly nodes: readonly WrittenNode[];
  readonly weights?: readonly Weight[];
  readonly inputs?: readonly Port[];
  readonly outputs: readonly Port[];
}

/** An operator that a model defines by nodes. */
export interface WrittenFunction {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly string[];
  readonly defaults?: Readonly<Record<string, Given>>;
  readonly nodes: readonly WrittenNode[];
}

const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};
const number = (field: number, value: number | bigint): number[] => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, content: Iterable<number>): number[] => {
  const list = [...content];
  return [...varint((field << 3) | 2), ...varint(list.length), ...list];
};
const text = (field: number, value: string): number[] => bytes(field, new TextEncoder().encode(value));
const single = (field: number, value: number): number[] => [
  ...varint((field << 3) | 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

const TYPES: readonly string[] = [
  '',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
];

function attribute([name, value]: readonly [string, Given]): number[] {
  if (typeof value === 'object' && 'graph' in value)
    return [...text(1, name), ...bytes(6, graphOf(value.graph)), ...number(20, 5)];
  if (typeof value === 'object' && 'reference' in value)
    return [...text(1, name), ...text(21, value.reference), ...number(20, value.type)];
  const list = Array.isArray(value) ? (value as readonly (number | string)[]) : [value as number | string];
  const head = text(1, name);
  if (typeof value === 'object' && 'float' in value) return [...head, ...single(2, value.float), ...number(20, 1)];
  if (typeof value === 'string') return [...head, ...text(4, value), ...number(20, 3)];
  if (typeof list[0] === 'string') return [...head, ...list.flatMap((s) => text(9, s as string)), ...number(20, 8)];
  if (list.some((n) => !Number.isInteger(n)))
    return Array.isArray(value)
      ? [...head, ...list.flatMap((n) => single(7, n as number)), ...number(20, 6)]
      : [...head, ...single(2, value as number), ...number(20, 1)];
  return Array.isArray(value)
    ? [...head, ...list.flatMap((n) => number(8, n as number)), ...number(20, 7)]
    : [...head, ...number(3, value as number), ...number(20, 2)];
}

/** Something that goes in or out. */
export interface Port {
  readonly name: string;
  readonly dtype: string;
  readonly shape?: readonly number[];
}

const port = ({ name, dtype, shape }: Port): number[] => {
  const dims = (shape ?? []).flatMap((n) => bytes(1, number(1, n)));
  const tensor = [...number(1, TYPES.indexOf(dtype)), ...(shape === undefined ? [] : bytes(2, dims))];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
};

/** One operator call of a graph. */
export interface WrittenNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Given>>;
  readonly domain?: string;
}

const nodeOf = ({ operator, inputs, outputs, attributes = {}, domain = '' }: WrittenNode): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, operator),
  ...Object.entries(attributes).flatMap((entry) => bytes(5, attribute(entry))),
  ...(domain === '' ? [] : text(7, domain)),
];

/** A weight of a graph: floats, or whole numbers as int64. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[] | BigInt64Array;
}

const weightOf = ({ name, shape, values }: Weight): number[] => [
  ...(values instanceof BigInt64Array
    ? [...shape.flatMap((n) => number(1, n)), ...number(2, 7), ...bytes(9, new Uint8Array(values.buffer))]
    : writeFloats(shape, values)),
  ...text(8, name),
];

const graphOf = ({ nodes, weights = [], inputs = [], outputs }: WrittenGraph): number[] => [
  ...nodes.flatMap((node) => bytes(1, nodeOf(node))),
  ...text(2, 'g'),
  ...weights.flatMap((weight) => bytes(5, weightOf(weight))),
  ...inputs.flatMap((p) => bytes(11, port(p))),
  ...outputs.flatMap((p) => bytes(12, port(p))),
];

const opsetOf = (domain: string, version: number): number[] => bytes(8, [...text(1, domain), ...number(2, version)]);

const functionOf = (written: WrittenFunction, opset: number): number[] => [
  ...text(1, written.name),
  ...written.inputs.flatMap((name) => text(4, name)),
  ...written.outputs.flatMap((name) => text(5, name)),
  ...(written.attributes ?? []).flatMap((name) => text(6, name)),
  ...Object.entries(written.defaults ?? {}).flatMap((entry) => bytes(11, attribute(entry))),
  ...written.nodes.flatMap((node) => bytes(7, nodeOf(node))),
  ...['', ...new Set([written.domain, ...written.nodes.map(({ domain = '' }) => domain)])]
    .filter((domain, place) => domain !== '' || place === 0)
    .flatMap((domain) => bytes(9, [...text(1, domain), ...number(2, domain === '' ? opset : 1)])),
  ...text(10, written.domain),
];

/** A ModelProto of a graph, and of functions of the domain 'own'. */
export const writeWhole = (graph: WrittenGraph, functions: readonly WrittenFunction[] = [], opset = 22): Uint8Array =>
  Uint8Array.from([
    ...number(1, 9),
    ...bytes(7, graphOf(graph)),
    ...opsetOf('', opset),
    ...(functions.length === 0 ? [] : opsetOf('own', 1)),
    ...functions.flatMap((written) => bytes(25, functionOf(written, opset))),
  ]);

/** A ModelProto of several nodes in order. */
export const writeGraph = (
  nodes: readonly WrittenNode[],
  weights: readonly Weight[],
  inputs: readonly Port[],
  outputs: readonly Port[],
  opset = 22,
): Uint8Array => writeWhole({ nodes, weights, inputs, outputs }, [], opset);

/** A ModelProto with one node; inputs and outputs without a name are left out. */
export function writeModel(
  operator: string,
  opset: number,
  inputs: readonly Port[],
  outputs: readonly Port[],
  attributes: Readonly<Record<string, Given>>,
): Uint8Array {
  const names = (ports: readonly Port[]): string[] => ports.map(({ name }) => name);
  const named = (ports: readonly Port[]): readonly Port[] => ports.filter(({ name }) => name !== '');
  const node = { operator, inputs: names(inputs), outputs: names(outputs), attributes };
  return writeGraph([node], [], named(inputs), named(outputs), opset);
}

/** A TensorProto of float32. */
export const writeFloats = (shape: readonly number[], values: readonly number[]): Uint8Array =>
  Uint8Array.from([
    ...shape.flatMap((n) => number(1, n)),
    ...number(2, TYPES.indexOf('float32')),
    ...bytes(9, new Uint8Array(Float32Array.from(values).buffer)),
  ]);
