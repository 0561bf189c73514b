// What runs a program: a sheet, a virtual machine, a worker. Replay needs no more of a sheet than this.
import type { NumericsClass, ProgramEvent } from './events.ts';
import type { AttributeValues } from './ops/define.ts';
import type { TypedArray } from './tensor/dtype.ts';

/** What a result is, before anybody computes it. */
export interface ResultType {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** Runs calls, one after the other. `H` is its handle of a result. */
export interface Executor<H> {
  /** A result that comes from outside. The array is read before this returns. */
  root(array: TypedArray, dtype: string, shape: readonly number[]): H;
  /**
   * An op on results; attributes are canonical, as a trace holds them. Refuses what a call would refuse; computes
   * nothing yet.
   */
  call(op: string, operands: readonly H[], attrs: AttributeValues, numerics: NumericsClass): H;
  typeOf(handle: H): ResultType;
  /** Lends the elements of a result, which are not to be kept or written. */
  read<R>(handle: H, use: (array: TypedArray) => R): Promise<R>;
  close(): Promise<void>;
}

/** A program as data: calls in order, of operands that are earlier calls or roots. */
export interface Program {
  readonly calls: readonly ProgramEvent[];
  /** Elements of roots by the numbers they have in the calls, row-major. */
  readonly roots: ReadonlyMap<number, TypedArray>;
}

/**
 * Makes the calls of a program; answers the handles by number. A root is a call of no op that has elements. Throws what
 * a call throws.
 */
export function runProgram<H>({ calls, roots }: Program, executor: Executor<H>): ReadonlyMap<number, H> {
  const handles = new Map<number, H>();
  for (const { seq, op, operands, attrs, dtype, shape, numerics } of calls) {
    const root = roots.get(seq);
    const made =
      root === undefined
        ? executor.call(
            op,
            operands.map((operand) => handles.get(operand) as H),
            attrs as AttributeValues,
            numerics,
          )
        : executor.root(root, dtype, shape);
    handles.set(seq, made);
  }
  return handles;
}
