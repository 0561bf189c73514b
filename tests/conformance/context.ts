// What a mapping of an ONNX operator works on: inputs as tensors of a sheet, attributes with their defaults.
import type { SymbolicSheet, DType, Tensor, TypedArray } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { numbersOf } from '../../src/core/tensor/dtype.ts';
import { type AttributeValue, dtypeOfElements, elementTypeOf, type Model, type StoredTensor } from './protobuf.ts';

/** A case no mapping covers, with the reason the table gives. */
export class Unmapped extends Error {}

/** The rows that give an operator: one tensor for every output it has. */
export type Mapping = (on: Context) => Tensor | readonly Tensor[] | Promise<readonly Tensor[]>;

/** An input: in the sheet, and as the host sees it. */
export interface Input {
  readonly tensor: Tensor;
  readonly array: TypedArray;
  readonly shape: readonly number[];
  /** The elements as plain numbers, 64-bit extremes limited to the safe integers. */
  numbers(): number[];
}

export const isFloatType = (dtype: string): boolean => dtype.includes('float');

const safe = (value: number | bigint): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));

/** One node with its inputs. Methods a mapping calls on tensors are recorded as the rows it is made of. */
export class Context {
  readonly sheet: SymbolicSheet;
  readonly opset: number;
  /** Element type of the first output. */
  readonly wanted: string;
  readonly outputCount: number;
  /** Which outputs the node names: those it leaves out are not computed. */
  readonly #named: readonly boolean[];
  readonly #inputs: readonly (Input | undefined)[];
  readonly #attributes: Readonly<Record<string, AttributeValue>>;

  constructor(sheet: SymbolicSheet, model: Model, inputs: readonly StoredTensor[], outputs: readonly StoredTensor[]) {
    const [node] = model.nodes;
    this.sheet = sheet;
    this.opset = model.opset;
    this.wanted = outputs[0]?.elementType ?? 'undefined';
    this.outputCount = model.outputs.length;
    this.#named = (node?.outputs ?? []).map((name) => name !== '');
    this.#attributes = node?.attributes ?? {};
    const foreign = [...inputs, ...outputs].find(({ dtype }) => dtype === undefined);
    if (foreign !== undefined) throw new Unmapped(`dtype ${foreign.elementType}`);
    this.#inputs = (node?.inputs ?? []).map((name) =>
      name === '' ? undefined : this.#enter(inputs[model.inputs.indexOf(name)]),
    );
  }

  #enter(stored: StoredTensor | undefined): Input | undefined {
    if (stored === undefined) return undefined;
    const { array, shape, dtype } = stored;
    return {
      tensor: this.sheet.tensor(array, shape, { dtype: dtype as DType }),
      array,
      shape,
      numbers: () => Array.from(numbersOf(array, dtype as DType) as Iterable<number | bigint>, safe),
    };
  }

  input(place: number): Input | undefined {
    return this.#inputs[place];
  }

  tensor(place: number): Tensor {
    const found = this.#inputs[place];
    if (found === undefined) throw new Unmapped(`input ${place} is missing`);
    return found.tensor;
  }

  tensors(): Tensor[] {
    return this.#inputs.flatMap((input) => (input === undefined ? [] : [input.tensor]));
  }

  /** Of all outputs an operator has, those that the node names. */
  pickOutputs(all: readonly Tensor[]): readonly Tensor[] {
    return all.filter((_, place) => this.#named[place] === true);
  }

  call(row: string, ...args: readonly unknown[]): Tensor {
    return (this.sheet.execute as (name: string, ...rest: readonly unknown[]) => Tensor)(row, ...args);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#attributes, name);
  }

  number(name: string, fallback: number): number {
    return (this.#attributes[name] as number | undefined) ?? fallback;
  }

  numbers(name: string): number[] {
    return [...((this.#attributes[name] as readonly number[] | undefined) ?? [])];
  }

  text(name: string, fallback: string): string {
    return (this.#attributes[name] as string | undefined) ?? fallback;
  }

  texts(name: string): readonly string[] {
    return (this.#attributes[name] as readonly string[] | undefined) ?? [];
  }

  /** A tensor attribute as the host sees it. */
  stored(name: string): StoredTensor | undefined {
    return this.#attributes[name] as StoredTensor | undefined;
  }

  /** The dtype an attribute names by its ONNX number. */
  dtype(name: string, fallback: DType): DType {
    if (!this.has(name)) return fallback;
    return dtypeOfElements(elementTypeOf(this.number(name, 0)));
  }
}

/** Names of the rows that expressions under these tensors are of. */
export function rowsUnder(tensors: readonly Tensor[]): Set<string> {
  const names = new Set<string>();
  const open = tensors.map((tensor) => tensor.call);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.row !== undefined && OPS.has(next.row.name)) names.add(next.row.name);
    open.push(...next.operands);
  }
  return names;
}
