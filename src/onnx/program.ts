// ONNX graphs over a sheet: loading a model, keeping its weights, and running its nodes in order.
import { AttributeError, DTypeError, ShapeError } from '../kit.ts';
import { type Sheet, Tensor } from '../surface.ts';
import type { OnnxOperator } from './context.ts';
import { cutModel } from './cut.ts';
import { type OnnxModel, type OnnxPort, readModel } from './model.ts';
import { type ExternalData, dtypeOfElements } from './protobuf.ts';
import { GraphRunner } from './run-steps.ts';
import { settle } from './steps.ts';

export interface OnnxOptions {
  /** Operators of the program's own, or in place of ONNX's, by name: `domain.Name`, or `Name` in ONNX's domain. */
  readonly operators?: Readonly<Record<string, OnnxOperator>>;
  /**
   * Names of values that the program gives in place of the model's outputs: any that its nodes give. What they do not
   * need is left out, so that a backbone runs without its head.
   */
  readonly outputs?: readonly string[];
}

/** A model on a sheet. */
export interface OnnxProgram {
  /** What has to be given: inputs without a value in the model. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** The outputs by name; their elements are computed when they are read. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
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
export function onnxProgram(sheet: Sheet, whole: OnnxModel, options: OnnxOptions = {}): OnnxProgram {
  const { operators = {}, outputs } = options;
  const model = outputs === undefined ? whole : cutModel(whole, outputs);
  const steps = settle(model, operators);
  const runner = new GraphRunner(sheet);
  const weights = runner.weightsOf(model);
  const run: OnnxProgram['run'] = async (given) => {
    checkNames(model, given);
    const values = new Map<string, Tensor>();
    for (const port of model.inputs)
      if (!weights.has(port.name) || Object.hasOwn(given, port.name))
        values.set(port.name, checkInput(port, Object.hasOwn(given, port.name) ? given[port.name] : undefined));
    const results = await runner.run(steps, values);
    return Object.fromEntries(model.outputs.map(({ name }, k) => [name, results[k]!]));
  };
  return { inputs: model.inputs.filter(({ name }) => !weights.has(name)), outputs: model.outputs, run };
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
