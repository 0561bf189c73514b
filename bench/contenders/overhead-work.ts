// The work of the bench `overhead`: three ops at given operand sizes, called by handle or on fresh arrays, some calls
// repeating others.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import type { Device, Task } from '../../src/core/device/device.ts';
import type { Block, Value } from '../../src/core/tensor/block.ts';
import { deviceOf, runInto, taskFor, valueIn } from './direct.ts';
import { elementsError, productError, rowSumsError } from '../measure/oracle.ts';
import { distinctCopies, type Draw, drawFrom, floats } from '../measure/seed.ts';
import { partsOf } from '../../tests/parts.ts';

export type OpKind = 'add' | 'sum' | 'matmul';

/** Rows and columns of a matrix of as many bytes; the second factor of a product is its transpose in shape. */
export const MATRICES: Readonly<Record<number, readonly [rows: number, columns: number]>> = {
  800: [10, 20],
  8_000: [40, 50],
  80_000: [125, 160],
  800_000: [400, 500],
  8_000_000: [1250, 1600],
};

/** An op with its operands' shapes and arrays. */
export interface Work {
  readonly kind: OpKind;
  readonly bytes: number;
  readonly shapes: readonly (readonly number[])[];
  readonly arrays: readonly Float32Array[];
}

/** The op on seeded operands of `bytes` bytes each. */
export function workOf(kind: OpKind, bytes: number): Work {
  const [rows, columns] = MATRICES[bytes]!;
  const shapes =
    kind === 'sum'
      ? [[rows, columns]]
      : kind === 'add'
        ? [
            [rows, columns],
            [rows, columns],
          ]
        : [
            [rows, columns],
            [columns, rows],
          ];
  return { kind, bytes, shapes, arrays: shapes.map((_, i) => floats(bytes / 4, i + 1)) };
}

/** The op on tensors of any view. */
export const applied = (kind: OpKind, [x, y]: readonly Tensor[]): Tensor =>
  kind === 'sum'
    ? (x as Tensor).sum({ axis: -1 })
    : kind === 'add'
      ? (x as Tensor).add(y as Tensor)
      : (x as Tensor).matmul(y as Tensor);

/** Error of a result over its bound. */
export function errorOf({ kind, shapes, arrays }: Work, found: ArrayLike<number>): number {
  const [x, y] = arrays as [Float32Array, Float32Array];
  const [rows, columns] = shapes[0] as [number, number];
  if (kind === 'add') return elementsError(found, (i) => x[i]! + y[i]!);
  if (kind === 'sum') return rowSumsError(x, found, columns);
  return productError(x, y, found, { m: rows, n: rows, k: columns });
}

/** The op as tasks outside the sheet, each with a first operand of its own. */
export interface DirectCall {
  readonly device: Device;
  readonly tasks: readonly Task[];
  readonly out: Block;
}

/**
 * The kernel the sheet would run, on operands in its memory and one reused result. First operands differ from call to
 * call, as the sheet's do.
 */
export function directCall(
  sheet: SymbolicSheet,
  { kind, bytes, shapes, arrays }: Work,
  operandBytes: number,
): DirectCall {
  const [first, ...rest] = arrays.map((array, i): Value => valueIn(sheet, array, shapes[i]!)) as [Value, ...Value[]];
  const next = distinctCopies(arrays[0]!, 4);
  const others = Array.from({ length: Math.min(4096, Math.floor(operandBytes / bytes)) }, () =>
    valueIn(sheet, next(), shapes[0]!),
  );
  const tasks = [first, ...others].map((operand) =>
    taskFor(sheet, kind, [operand, ...rest], kind === 'sum' ? { axis: -1 } : {}),
  );
  const task = tasks[0]!;
  return { device: deviceOf(sheet, task), tasks, out: partsOf(sheet).memory.take(task.type) };
}

export async function callDirectly({ device, tasks, out }: DirectCall, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await runInto(device, tasks[i % tasks.length]!, out);
}

/** Operands of a round's calls: fresh ones, or those of an earlier call for the given share of them. */
export class Supply {
  /** How many calls of the last round repeated an earlier one. */
  repeats = 0;
  readonly work: Work;
  readonly #next: () => Float32Array;
  readonly #draw: Draw;
  readonly #hot: readonly Float32Array[];
  readonly #reuse: number;
  /** Calls of all rounds so far, and those of them that repeat another. */
  #planned = 0;
  #repeated = 0;

  constructor(work: Work, reuse: number, lane: number, hotCount: number) {
    this.work = work;
    this.#reuse = reuse;
    this.#next = distinctCopies(work.arrays[0]!, lane);
    this.#draw = drawFrom(0x5eed + lane);
    this.#hot = Array.from({ length: hotCount }, () => this.#next());
  }

  /** First operands that are asked for again and again. */
  get hot(): readonly Float32Array[] {
    return this.#hot;
  }

  /**
   * Number of the hot operand a call repeats, or −1 for a fresh one; exactly the asked share of the calls repeats, of
   * all rounds where one has few.
   */
  plan(calls: number): number[] {
    this.#planned += calls;
    const wanted = Math.min(calls, Math.round(this.#planned * this.#reuse) - this.#repeated);
    this.#repeated += wanted;
    this.repeats = 0;
    return Array.from({ length: calls }, (_, i) => {
      if (this.#draw() * (calls - i) >= wanted - this.repeats) return -1;
      this.repeats++;
      return Math.floor(this.#draw() * this.#hot.length);
    });
  }

  fresh(): Float32Array {
    return this.#next();
  }
}
