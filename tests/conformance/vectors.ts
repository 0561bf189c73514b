// The vectors of ONNX's operator tests: read from a folder, mapped to calls of a sheet, compared with what they want.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { SymbolicSheet, Tensor, TypedArray } from '../../src/index.ts';
import { type DType, numbersOf } from '../../src/core/tensor/dtype.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { isFloatType, Unmapped } from '../../src/onnx/context.ts';
import { applied } from '../../src/onnx/node.ts';
import { OPERATORS } from '../../src/onnx/operators.ts';
import { type OnnxModel, readModel } from '../../src/onnx/model.ts';
import { type OnnxTensor, readTensor } from '../../src/onnx/protobuf.ts';

/** Distance of neighbouring halves, relative to the smaller. */
const HALF_UNIT = 2 ** -10;
/** How far floats may be off, relative and absolutely. */
export const RELATIVE = 1e-5;
export const ABSOLUTE = 1e-6;
/** Vectors whose outputs were written down with four digits. */
const ROUNDED: ReadonlySet<string> = new Set(['test_averagepool_2d_ceil_last_window_starts_on_pad']);

/** One vector: a model of a node, what goes in, and what has to come out. */
export interface Vector {
  readonly name: string;
  readonly family: string;
  readonly model: OnnxModel;
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** Names of the vectors in a folder, in order; none where there is no folder. */
export const vectorNames = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => existsSync(`${folder}/${name}/model.onnx`))
        .sort()
    : [];

/** Reads a vector; one of a graph or with sequences has no tensors. */
function readVector(folder: string, name: string): Vector {
  const model = readModel(readFileSync(`${folder}/${name}/model.onnx`));
  const tensors = (kind: 'input' | 'output', count: number): OnnxTensor[] =>
    Array.from({ length: model.tensorsOnly ? count : 0 }, (_, i) => `${folder}/${name}/test_data_set_0/${kind}_${i}.pb`)
      .filter(existsSync)
      .map((file) => readTensor(readFileSync(file)));
  return {
    name,
    family: model.nodes.length === 1 ? (model.nodes[0]?.operator as string) : 'graphs of several nodes',
    model,
    inputs: tensors('input', model.inputs.length),
    outputs: tensors('output', model.outputs.length),
  };
}

/** The tensors a mapping gives, or the reason why there is none. */
export async function mapVector(sheet: SymbolicSheet, vector: Vector): Promise<readonly Tensor[] | string> {
  const { model, family, inputs, outputs } = vector;
  if (!model.tensorsOnly) return 'sequences and optionals';
  const mapping = model.nodes.length === 1 && Object.hasOwn(OPERATORS, family) ? OPERATORS[family] : undefined;
  if (mapping === undefined) return model.nodes.length === 1 ? 'no row or composition' : 'a graph of several nodes';
  try {
    const foreign = [...inputs, ...outputs].find(({ dtype }) => dtype === undefined);
    if (foreign !== undefined) return `dtype ${foreign.elementType}`;
    const node = model.nodes[0]!;
    const operands = node.inputs.map((input) => {
      const stored = inputs[model.inputs.findIndex(({ name }) => name === input)];
      return stored && sheet.tensor(stored.array, stored.shape, { dtype: stored.dtype as DType });
    });
    return await applied(mapping, { sheet, opset: model.opset }, node, operands);
  } catch (error) {
    if (error instanceof Unmapped) return error.message;
    throw error;
  }
}

/** In what a result differs from the one that is wanted; undefined where it does not. */
export async function differenceOf(name: string, got: Tensor, want: OnnxTensor): Promise<string | undefined> {
  const [type, wanted] = [`${got.dtype}[${got.shape.join()}]`, `${want.dtype}[${want.shape.join()}]`];
  if (type !== wanted) return `it is ${type}, not ${wanted}`;
  const array = (await got.data()) as TypedArray;
  if (array.length !== want.array.length) return `it has ${array.length} elements, not ${want.array.length}`;
  const isFloat = isFloatType(got.dtype);
  const relative = ROUNDED.has(name) ? 5e-4 : got.dtype === 'float16' ? HALF_UNIT : RELATIVE;
  const [numbers, expected] = [array, want.array].map((values) => numbersOf(values, want.dtype as DType));
  const isNear = (y: number, x: number): boolean =>
    Object.is(x, y) || x === y || (isFloat && Math.abs(x - y) <= ABSOLUTE + relative * Math.abs(x));
  for (let i = 0; i < array.length; i++) {
    const [y, x] = [numbers![i] as number, expected![i] as number];
    if (!isNear(y, x)) return `element ${i} is ${y}, not ${x}`;
  }
  return undefined;
}

/** What came of a vector. */
interface Judgement {
  readonly family: string;
  readonly outcome: 'passed' | 'failed' | 'not mapped';
  /** Why it failed, or is not mapped. */
  readonly reason?: string;
  /** Names of the rows that gave the results. */
  readonly rows: ReadonlySet<string>;
}

/** Reads, maps, computes and compares one vector. */
export async function judgeVector(sheet: SymbolicSheet, folder: string, name: string): Promise<Judgement> {
  const vector = readVector(folder, name);
  const { family, outputs, model } = vector;
  let rows: ReadonlySet<string> = new Set<string>();
  try {
    const results = await mapVector(sheet, vector);
    if (typeof results === 'string') return { family, outcome: 'not mapped', reason: results, rows };
    rows = rowsUnder(results);
    const failed = (reason: string): Judgement => ({ family, outcome: 'failed', reason, rows });
    if (outputs.length !== model.outputs.length || results.length !== outputs.length)
      return failed(`${results.length} results for ${outputs.length} of ${model.outputs.length} outputs`);
    for (const [i, want] of outputs.entries()) {
      const difference = await differenceOf(name, results[i]!, want);
      if (difference !== undefined) return failed(`output ${i}: ${difference}`);
    }
    return { family, outcome: 'passed', rows };
  } catch (error) {
    return { family, outcome: 'failed', reason: String(error), rows };
  }
}

/** Names of the rows that expressions under these tensors are of. */
function rowsUnder(tensors: readonly Tensor[]): Set<string> {
  const names = new Set<string>();
  const open = tensors.map((tensor) => tensor.call);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.row !== undefined && OPS.has(next.row.name)) names.add(next.row.name);
    open.push(...next.operands);
  }
  return names;
}
