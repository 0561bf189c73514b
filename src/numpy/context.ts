// What functions of NumPy are made of: a sheet, each other by name, and what was given to them.
import { AttributeError } from '../kit.ts';
import type { DType, Operand, PendingTensor, Sheet, Tensor } from '../surface.ts';
import { arrayOf } from './arrays.ts';
import type { NumberOrTensor, CastRule } from './promotion.ts';

/** What may stand for an array: a tensor, a number, nested lists of numbers or of tensors, another library's tensor. */
export type ArrayLike = Operand | readonly ArrayLike[];

/** What functions reach for. */
export interface Context {
  readonly sheet: Sheet;
  /** Calls a function of NumPy by its name. */
  call(name: string, ...args: readonly unknown[]): PendingTensor;
  /** Calls an op of the library by its name. */
  op(name: string, ...args: readonly unknown[]): PendingTensor;
  /** Reads and writes files by path; undefined where there are none. */
  readonly files: NumPyFiles | undefined;
}

/** Files, where a program has any. */
export interface NumPyFiles {
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** A function that is told in terms of others. */
export type Own = (np: Context, given: Arguments) => unknown;

/** One function of NumPy: its signature, what it is here, and how dtypes follow. */
export type Row = readonly [signature: string, does: string | Own, rule?: CastRule, more?: RowOptions];

/** What few rows have. */
export interface RowOptions {
  /** Attributes of the op by the parameters they are. */
  readonly rename?: Readonly<Record<string, string>>;
  /** What NumPy calls several results, by what the op calls them. */
  readonly results?: Readonly<Record<string, string>>;
  /** The op that it is on bools. */
  readonly bools?: string;
  /** What is not as in NumPy. */
  readonly deviates?: string;
}

/** What was given to a function, parameter by parameter. */
export class Arguments {
  readonly #np: Context;
  readonly #name: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(np: Context, name: string, values: Readonly<Record<string, unknown>>) {
    this.#np = np;
    this.#name = name;
    this.#values = values;
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  array(name: string, dtype?: DType): Tensor {
    return arrayOf(this.#np.sheet, this.#values[name], dtype);
  }

  /** As `array`, of integers: numbers in lists are int64. */
  integers(name: string): Tensor {
    return this.array(name, Array.isArray(this.#values[name]) ? 'int64' : undefined);
  }

  arrays(name: string): Tensor[] {
    const list = this.#values[name];
    if (!Array.isArray(list)) throw this.wrong(name, 'a list of arrays');
    return list.map((each) => arrayOf(this.#np.sheet, each));
  }

  /** A plain number as it is, anything else as a tensor. */
  operand(name: string): NumberOrTensor {
    const value = this.#values[name];
    return isPlain(value) ? value : this.array(name);
  }

  number(name: string): number {
    const value = this.#values[name];
    if (typeof value !== 'number' && typeof value !== 'bigint') throw this.wrong(name, 'a number');
    return Number(value);
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string') throw this.wrong(name, 'text');
    return value;
  }

  /** Several integers, or one. */
  numbers(name: string): number[] {
    const value = this.#values[name];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((each) => typeof each === 'number' || typeof each === 'bigint'))
      throw this.wrong(name, 'a number or a list of numbers');
    return list.map(Number);
  }

  /** An axis from the first on; undefined where it was left out. */
  axis(name: string, rank: number): number | undefined {
    return this.has(name) ? axisOf(this.number(name), rank, this.#name) : undefined;
  }

  dtype(name = 'dtype'): DType | undefined {
    return this.has(name) ? (this.text(name) as DType) : undefined;
  }

  wrong(name: string, expected: string): AttributeError {
    return new AttributeError(`np.${this.#name}: ${name} is ${said(this.#values[name])}; give ${expected}.`, { name });
  }
}

const said = (value: unknown): string =>
  value === undefined || value === null ? 'missing' : typeof value === 'object' ? 'an object' : String(value as number);

/** Whether a value stands for itself beside tensors. */
export const isPlain = (value: unknown): value is number | bigint | boolean =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** An axis counted from the first, or an AttributeError as NumPy's AxisError. */
export function axisOf(axis: number, rank: number, owner: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new AttributeError(
      `np.${owner}: axis ${axis} is out of bounds for an array of ${rank} dimensions; ` +
        (rank === 0 ? 'it has none.' : `give ${-rank} to ${rank - 1}.`),
      { axis, rank },
    );
  return axis < 0 ? axis + rank : axis;
}
