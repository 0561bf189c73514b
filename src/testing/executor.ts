// The conformance suite of executors: calls mean the same, whoever runs them.
import { SheetError } from '../core/errors.ts';
import type { NumericsClass, ProgramEvent } from '../core/events.ts';
import { type Executor, type Program, runProgram } from '../core/executor.ts';
import { ADD, MULTIPLY, SUM } from '../core/ops/named.ts';
import type { OpRow } from '../core/ops/define.ts';
import type { DType, TypedArray } from '../core/tensor/dtype.ts';
import { type ConformanceCase, hold } from './case.ts';

const MATRIX = { dtype: 'float32', shape: [2, 2] } as const;
const ROOT: Pick<ProgramEvent, 'op' | 'version' | 'attrs' | 'operands'> = {
  op: 'tensor',
  version: 1,
  attrs: {},
  operands: [],
};

const callOf = (
  { name, version }: OpRow,
  seq: number,
  operands: readonly number[],
  numerics: NumericsClass,
): ProgramEvent => ({ ...MATRIX, seq, op: name, version, attrs: {}, operands, numerics });

/** (x + y) · x of two float32 matrices. */
const program = (numerics: NumericsClass): Program => ({
  calls: [
    { ...MATRIX, ...ROOT, seq: 1, numerics },
    { ...MATRIX, ...ROOT, seq: 2, numerics },
    callOf(ADD, 3, [1, 2], numerics),
    callOf(MULTIPLY, 4, [3, 1], numerics),
  ],
  roots: new Map([
    [1, Float32Array.of(1, 2, 3, 4)],
    [2, Float32Array.of(0.5, -2, 0, 8)],
  ]),
});
const RESULT = [1.5, 0, 9, 48];

const numbersIn = (array: TypedArray): number[] => Array.from(array as Float32Array);
const isEqual = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

/** Whether a call is refused with a typed error. */
function isRefused(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    return error instanceof SheetError;
  }
}

/** The cases that an executor has to pass. `open` opens a fresh one for each. */
export function executorConformance<H>(open: () => Executor<H> | Promise<Executor<H>>): readonly ConformanceCase[] {
  const on = (name: string, run: (executor: Executor<H>) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => {
      const executor = await open();
      await run(executor);
      await executor.close();
    },
  });
  return [
    on('reads roots back as they were given, of every kind of dtype', checkRoots),
    on('keeps what a root was when it was given', checkRootIsRead),
    on('runs a program, in class exact and in class tolerance', checkProgram),
    on('knows what a result is before it is computed', checkTypes),
    on('takes attributes', checkAttributes),
    on('gives the same bits whenever a result is read, and to many readers at once', checkReads),
    on('refuses an op it does not know, and operands that do not fit, and goes on', checkRefusals),
  ];
}

async function checkRoots<H>(executor: Executor<H>): Promise<void> {
  const roots: readonly (readonly [DType, TypedArray])[] = [
    ['float32', Float32Array.of(-0, NaN, Infinity, 1e-45)],
    ['float64', Float64Array.of(0.1, -0)],
    ['int32', Int32Array.of(-(2 ** 31), 7)],
    ['int64', BigInt64Array.of(-5n)],
    ['bool', Uint8Array.of(0, 1)],
    ['uint8', Uint8Array.of()],
  ];
  for (const [dtype, array] of roots) {
    const root = executor.root(array.slice() as TypedArray, dtype, [array.length]);
    const isSame = await executor.read(
      root,
      (read) => read.length === array.length && read.every((x, i) => Object.is(x, array[i])),
    );
    hold(isSame, `a root of ${dtype} is not read as it was given`, { dtype });
  }
}

async function checkRootIsRead<H>(executor: Executor<H>): Promise<void> {
  const array = Float32Array.of(1, 2);
  const root = executor.root(array, 'float32', [2]);
  array.fill(9);
  const read = await executor.read(root, numbersIn);
  hold(isEqual(read, [1, 2]), 'writing to an array after it was given changes the root', { read });
}

async function checkProgram<H>(executor: Executor<H>): Promise<void> {
  for (const numerics of ['exact', 'tolerance'] as const) {
    const result = runProgram(program(numerics), executor).get(4) as H;
    const read = await executor.read(result, numbersIn);
    hold(isEqual(read, RESULT), `(x + y) · x gives other numbers in class ${numerics}`, { read, wanted: RESULT });
  }
}

async function checkTypes<H>(executor: Executor<H>): Promise<void> {
  const { dtype, shape, sizeBytes } = executor.typeOf(runProgram(program('exact'), executor).get(3) as H);
  hold(dtype === 'float32' && shape.join() === '2,2' && sizeBytes === 16, 'the type of a result is not what it is', {
    dtype,
    shape,
    sizeBytes,
  });
}

async function checkAttributes<H>(executor: Executor<H>): Promise<void> {
  const root = executor.root(Float32Array.of(1, 2, 3, 4), 'float32', [2, 2]);
  const sums = executor.call(SUM.name, [root], { axis: [0], keepdims: false }, 'exact');
  const read = await executor.read(sums, numbersIn);
  hold(isEqual(read, [4, 6]), 'attributes of a call are not heeded', { read });
}

async function checkReads<H>(executor: Executor<H>): Promise<void> {
  const result = runProgram(program('exact'), executor).get(4) as H;
  const reads = await Promise.all(Array.from({ length: 8 }, () => executor.read(result, numbersIn)));
  reads.push(await executor.read(result, numbersIn));
  hold(
    reads.every((read) => isEqual(read, RESULT)),
    'readers of one result get different bits',
    { reads },
  );
}

async function checkRefusals<H>(executor: Executor<H>): Promise<void> {
  const root = executor.root(Float32Array.of(1, 2), 'float32', [2]);
  const other = executor.root(Float32Array.of(1, 2, 3), 'float32', [3]);
  hold(
    isRefused(() => executor.call('no_such_op', [root], {}, 'exact')),
    'an unknown op is not refused with a typed error',
  );
  hold(
    isRefused(() => executor.call(ADD.name, [root, other], {}, 'exact')),
    'shapes that do not fit are not refused with a typed error',
  );
  hold(
    isRefused(() => executor.call(ADD.name, [root], {}, 'exact')),
    'a missing operand is not refused with a typed error',
  );
  const read = await executor.read(executor.call(ADD.name, [root, root], {}, 'exact'), numbersIn);
  hold(isEqual(read, [2, 4]), 'a call after one that was refused gives other numbers', { read });
}
