// ONNX graphs over a sheet: loading a model, keeping its weights, and running its nodes in order.
import { AttributeError, DTypeError, FormatError, ShapeError, UnknownOpError } from '../kit.ts';
import { type DType, type Sheet, Tensor } from '../surface.ts';
import type { OnnxOperator } from './context.ts';
import { outputsOf } from './node.ts';
import { OPERATORS } from './operators.ts';
import {
  type ExternalData,
  dtypeOfElements,
  isKnownType,
  type OnnxModel,
  type OnnxNode,
  type OnnxPort,
  readModel,
} from './protobuf.ts';

/** Operators of the program's own, or in place of ONNX's, by name: `domain.Name`, or `Name` in ONNX's domain. */
export interface OnnxOptions {
  readonly operators?: Readonly<Record<string, OnnxOperator>>;
}

/** A model on a sheet. */
export interface OnnxProgram {
  /** What has to be given: inputs without a value in the model. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** The outputs by name; their elements are computed when they are read. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

/** A node, and what gives it. */
interface Step {
  readonly node: OnnxNode;
  readonly operator: OnnxOperator;
}

/**
 * The model of the bytes of a .onnx file. `external` has the bytes of the files that its tensors lie in, where they lie
 * in others.
 */
export function loadOnnx(bytes: Uint8Array, { external }: { readonly external?: ExternalData } = {}): OnnxModel {
  if (!(bytes instanceof Uint8Array))
    throw new AttributeError('loadOnnx: give the bytes of a .onnx file as Uint8Array.', { kind: typeof bytes });
  return readModel(bytes, external);
}

const qualified = ({ domain, operator }: OnnxNode): string => (domain === '' ? operator : `${domain}.${operator}`);

function operatorOf(node: OnnxNode, own: Readonly<Record<string, OnnxOperator>>): OnnxOperator | undefined {
  const name = qualified(node);
  if (Object.hasOwn(own, name)) return own[name];
  return node.domain === '' && Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
}

/** Element types that a model has and the library has not. */
function foreignTypes({ inputs, outputs, initialisers, nodes }: OnnxModel): string[] {
  const attributes = nodes.flatMap((node) => Object.values(node.attributes));
  const stored = attributes.filter((value) => typeof value === 'object' && 'elementType' in value);
  return [...inputs, ...outputs, ...initialisers, ...(stored as readonly { readonly elementType: string }[])]
    .map(({ elementType }) => elementType)
    .filter((type) => !isKnownType(type));
}

/** Names that nodes and outputs use before anything gives them. */
function unboundNames({ nodes, inputs, initialisers, outputs }: OnnxModel): string[] {
  const known = new Set(['', ...[...inputs, ...initialisers].map(({ name }) => name)]);
  const unbound: string[] = [];
  for (const node of nodes) {
    unbound.push(...node.inputs.filter((name) => !known.has(name)));
    for (const name of node.outputs) known.add(name);
  }
  return [...unbound, ...outputs.map(({ name }) => name).filter((name) => name === '' || !known.has(name))];
}

/** All that a model needs and is not there, said at once. */
function stepsOf(model: OnnxModel, own: Readonly<Record<string, OnnxOperator>>): Step[] {
  const steps = model.nodes.map((node) => ({ node, operator: operatorOf(node, own) }));
  const unique = (list: readonly string[]): string[] => [...new Set(list)].sort();
  const operators = unique(steps.flatMap(({ node, operator }) => (operator === undefined ? [qualified(node)] : [])));
  const [dtypes, names] = [unique(foreignTypes(model)), unique(unboundNames(model))];
  const parts = [
    ...(operators.length > 0 ? [`operators ${operators.join(', ')} (give them by { operators })`] : []),
    ...(dtypes.length > 0 ? [`element types ${dtypes.join(', ')} (export the model in others)`] : []),
    ...(names.length > 0 ? [`values "${names.join('", "')}" that nothing gives (export the model again)`] : []),
  ];
  if (parts.length === 0) return steps as Step[];
  const Kind = operators.length > 0 ? UnknownOpError : dtypes.length > 0 ? DTypeError : FormatError;
  throw new Kind(`onnxProgram: the model needs what is not here: ${parts.join('; ')}.`, { operators, dtypes, names });
}

function checkInput({ name, elementType, shape }: OnnxPort, given: Tensor | undefined): Tensor {
  const wanted = `${elementType}${shape === undefined ? '' : `[${shape.map((n) => n ?? '?').join(', ')}]`}`;
  if (!(given instanceof Tensor))
    throw new AttributeError(`runOnnx: input "${name}" is missing; give a tensor of the sheet, ${wanted}.`, { name });
  if (given.dtype !== dtypeOfElements(elementType))
    throw new DTypeError(`runOnnx: input "${name}" is ${given.dtype}; give ${wanted}, as x.astype makes it.`, {
      name,
      dtype: given.dtype,
    });
  const isFitting =
    shape === undefined ||
    (shape.length === given.shape.length && shape.every((n, k) => typeof n !== 'number' || n === given.shape[k]));
  if (!isFitting)
    throw new ShapeError(`runOnnx: input "${name}" has shape [${given.shape.join(', ')}]; give ${wanted}.`, {
      name,
      shape: given.shape,
    });
  return given;
}

/**
 * A model on a sheet: its weights become tensors once, and each of its nodes is a call or several, with a key of its
 * own. What two models, or two runs, have in common is computed once. All that the model needs and is not there is told
 * by one error.
 */
export function onnxProgram(sheet: Sheet, model: OnnxModel, { operators = {} }: OnnxOptions = {}): OnnxProgram {
  const steps = stepsOf(model, operators);
  const weights = new Map(
    model.initialisers.map(({ name, array, shape, dtype }) => [
      name,
      sheet.tensor(array, shape, { dtype: dtype as DType }),
    ]),
  );
  const inputs = model.inputs.filter(({ name }) => !weights.has(name));
  const run: OnnxProgram['run'] = async (given) => {
    const values = new Map(weights);
    checkNames(model, given);
    for (const port of model.inputs)
      if (!weights.has(port.name) || Object.hasOwn(given, port.name))
        values.set(port.name, checkInput(port, Object.hasOwn(given, port.name) ? given[port.name] : undefined));
    for (const { node, operator } of steps) {
      const operands = node.inputs.map((name) => values.get(name));
      for (const [name, tensor] of await outputsOf(operator, sheet, node, model.opset, operands))
        values.set(name, tensor);
    }
    return Object.fromEntries(model.outputs.map(({ name }) => [name, values.get(name)!]));
  };
  return { inputs, outputs: model.outputs, run };
}

function checkNames({ inputs }: OnnxModel, given: Readonly<Record<string, Tensor>>): void {
  const other = Object.keys(given).find((name) => !inputs.some((port) => port.name === name));
  if (other !== undefined)
    throw new AttributeError(
      `runOnnx: the model has no input "${other}"; its inputs are ${inputs.map(({ name }) => `"${name}"`).join(', ')}.`,
      { name: other },
    );
}

/** The outputs of a model by name, for inputs by name: `onnxProgram(sheet, model).run(inputs)`. */
export const runOnnx = (
  sheet: Sheet,
  model: OnnxModel,
  inputs: Readonly<Record<string, Tensor>>,
  options: OnnxOptions = {},
): Promise<Readonly<Record<string, Tensor>>> => onnxProgram(sheet, model, options).run(inputs);
