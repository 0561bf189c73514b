// What the bench of ops computes: one op of each family, by the sheet, by TensorFlow.js and by NumPy, and in float64.
import type * as Tf from '@tensorflow/tfjs-core';
import type { PendingTensor, Tensor } from 'symbolic-sheet';
import type { Sheet } from '../../src/core/sheet/sheet.ts';

export type OpArray = Float32Array | Float64Array;

/** One op on arrays of the same length; `slack` is its error bound in roundings of float32. */
export interface OpJob {
  readonly op: string;
  readonly dtype: 'float32' | 'float64';
  readonly operands: 1 | 2;
  readonly slack: number;
  /** A call waits for memory, not for arithmetic. */
  readonly isMemoryBound?: true;
  readonly apply: (view: Sheet, operands: readonly Tensor[]) => PendingTensor;
  /** Missing where TensorFlow.js has no such op, or not in this dtype. */
  readonly tfjs?: (tf: typeof Tf, operands: readonly Tf.Tensor[]) => Tf.Tensor;
  /** An expression of x and y. */
  readonly numpy: string;
  /** By plain JavaScript, which is timed beside where an array has the op as a method. */
  readonly native?: (x: OpArray) => OpArray;
  readonly oracle: (x: OpArray, y: OpArray) => ArrayLike<number>;
}

const each =
  (f: (x: number, y: number) => number): OpJob['oracle'] =>
  (x, y) =>
    Float64Array.from(x, (element, i) => f(element, y[i]!));

const sortedOf = (x: OpArray): OpArray => x.slice().sort();

export const OP_JOBS: readonly OpJob[] = [
  {
    op: 'add',
    isMemoryBound: true,
    dtype: 'float32',
    operands: 2,
    slack: 1,
    apply: (view, [x, y]) => view.add(x!, y!),
    tfjs: (tf, [x, y]) => tf.add(x!, y!),
    numpy: 'x + y',
    oracle: each((x, y) => x + y),
  },
  {
    op: 'exp',
    dtype: 'float32',
    operands: 1,
    slack: 8,
    apply: (view, [x]) => view.exp(x!),
    tfjs: (tf, [x]) => tf.exp(x!),
    numpy: 'np.exp(x)',
    oracle: each(Math.exp),
  },
  {
    op: 'maximum',
    isMemoryBound: true,
    dtype: 'float32',
    operands: 2,
    slack: 1,
    apply: (view, [x, y]) => view.maximum(x!, y!),
    tfjs: (tf, [x, y]) => tf.maximum(x!, y!),
    numpy: 'np.maximum(x, y)',
    oracle: each(Math.max),
  },
  {
    op: 'max',
    isMemoryBound: true,
    dtype: 'float32',
    operands: 1,
    slack: 1,
    apply: (view, [x]) => view.max(x!),
    tfjs: (tf, [x]) => tf.max(x!),
    numpy: 'np.max(x)',
    oracle: (x) => [(x as Float32Array).reduce((most, element) => Math.max(most, element), -Infinity)],
  },
  {
    op: 'argmax',
    dtype: 'float32',
    operands: 1,
    slack: 1,
    apply: (view, [x]) => view.argmax(x!),
    tfjs: (tf, [x]) => tf.argMax(x!),
    numpy: 'np.argmax(x)',
    oracle: (x) => [x.indexOf((x as Float32Array).reduce((most, element) => Math.max(most, element), -Infinity))],
  },
  ...(['float32', 'float64'] as const).map((dtype): OpJob => ({
    op: 'sort',
    dtype,
    operands: 1,
    slack: 1,
    apply: (view, [x]) => view.sort(x!),
    numpy: 'np.sort(x)',
    native: sortedOf,
    oracle: sortedOf,
  })),
];
