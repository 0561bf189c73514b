// What an ONNX operator works on: inputs as tensors of a sheet, attributes with their defaults.
import { numbersOf, SheetError } from '../kit.ts';
import type { DType, Sheet, Tensor, TypedArray } from '../surface.ts';
import type { OnnxAttribute, OnnxNode, OnnxPort } from './model.ts';
import { dtypeOfElements, elementTypeOf, type OnnxTensor } from './protobuf.ts';

/** A case no mapping covers, with the reason. */
export class Unmapped extends SheetError {
  constructor(reason: string) {
    super('UNKNOWN_OP', reason, { reason });
  }
}

/** Elements of an input are needed that are not on the host yet: the operator is called again once they are read. */
export class Unread extends SheetError {
  readonly place: number;

  constructor(place: number) {
    super('SOURCE', `input ${place} is not read yet; await its data() first.`, { place });
    this.place = place;
  }
}

/** What gives an operator: one tensor for every output it has, or for every output that the node names. */
export type OnnxOperator = (on: OperatorContext) => Tensor | readonly Tensor[] | Promise<Tensor | readonly Tensor[]>;

/** An input: in the sheet, and as the host sees it. */
export interface OperatorInput {
  readonly tensor: Tensor;
  readonly array: TypedArray;
  /** The elements as plain numbers, 64-bit extremes limited to the safe integers. */
  numbers(): number[];
}

export const isFloatType = (dtype: string): boolean => dtype.includes('float');

const safe = (value: number | bigint): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));

/** A graph that a node has as an attribute, with the names around the node: it gives its outputs for its inputs. */
export interface OnnxBody {
  readonly inputCount: number;
  /** Lengths that the graph declares of an output, where it declares any. */
  readonly outputs: readonly OnnxPort[];
  (inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
}

/** What a node works on besides its inputs. */
export interface NodeSetting {
  readonly sheet: Sheet;
  /** The version of the operator set that the node is of. */
  readonly opset: number;
  readonly bodies?: Readonly<Record<string, OnnxBody>>;
}

/** One node with its inputs. */
export class OperatorContext {
  readonly sheet: Sheet;
  readonly opset: number;
  readonly outputCount: number;
  /** Which outputs the node names: those it leaves out are not computed. */
  readonly #named: readonly boolean[];
  readonly #inputs: readonly (Tensor | undefined)[];
  readonly #arrays = new Map<number, TypedArray>();
  readonly #attributes: Readonly<Record<string, OnnxAttribute>>;
  readonly #bodies: Readonly<Record<string, OnnxBody>>;

  constructor({ sheet, opset, bodies = {} }: NodeSetting, node: OnnxNode, inputs: readonly (Tensor | undefined)[]) {
    this.sheet = sheet;
    this.opset = opset;
    this.#bodies = bodies;
    this.outputCount = node.outputs.length;
    this.#named = node.outputs.map((name) => name !== '');
    this.#attributes = node.attributes;
    this.#inputs = inputs;
  }

  /** Reads an input, so that the operator sees its elements. */
  async read(place: number): Promise<void> {
    this.#arrays.set(place, await this.tensor(place).data());
  }

  input(place: number): OperatorInput | undefined {
    const tensor = this.#inputs[place];
    if (tensor === undefined) return undefined;
    const array = (): TypedArray => {
      const known = this.#arrays.get(place);
      if (known === undefined) throw new Unread(place);
      return known;
    };
    return {
      tensor,
      get array() {
        return array();
      },
      numbers: () => Array.from(numbersOf(array(), tensor.dtype) as Iterable<number | bigint>, safe),
    };
  }

  tensor(place: number): Tensor {
    const found = this.#inputs[place];
    if (found === undefined) throw new Unmapped(`input ${place} is missing`);
    return found;
  }

  /** All inputs by place, those that are left out among them. */
  get inputs(): readonly (Tensor | undefined)[] {
    return this.#inputs;
  }

  /** The graph that an attribute is. */
  body(name: string): OnnxBody {
    const found = Object.hasOwn(this.#bodies, name) ? this.#bodies[name] : undefined;
    if (found === undefined) throw new Unmapped(`attribute ${name} is no graph`);
    return found;
  }

  tensors(): Tensor[] {
    return this.#inputs.flatMap((tensor) => (tensor === undefined ? [] : [tensor]));
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
  stored(name: string): OnnxTensor | undefined {
    return this.#attributes[name] as OnnxTensor | undefined;
  }

  /** The dtype an attribute names by its ONNX number. */
  dtype(name: string, fallback: DType): DType {
    if (!this.has(name)) return fallback;
    return dtypeOfElements(elementTypeOf(this.number(name, 0)));
  }
}
