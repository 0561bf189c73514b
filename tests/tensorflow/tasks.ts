// Tasks of rows as a device is given them, drawn from a fixed seed, and how far two results of one lie apart.
import type { Task } from '../../src/core/device/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { Block, reserve, valueOfArray } from '../../src/core/tensor/block.ts';
import type { DType, TypedArray } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { drawFrom } from '../../bench/measure/seed.ts';
import { pick, type Sample, sample } from '../ops/samples.ts';

const SHAPES: readonly (readonly number[])[] = [
  [1],
  [5],
  [8],
  [3, 5],
  [3, 3],
  [2, 3, 5],
  [2, 1, 3, 4],
  [41, 37],
  [1031],
  [2, 1, 2, 1, 2, 3],
];
const EPSILON = 2 ** -23;
/** Results below the normal numbers may be rounded, or flushed, before they are multiplied. */
const TINY = 2 ** -126 * 4;

/** A task on operands; undefined where the row does not take them. */
export function taskOf(
  row: OpRow,
  operands: readonly Sample[],
  given: Readonly<Record<string, unknown>> = {},
): Task | undefined {
  const types = operands.map(({ dtype, shape }) => tensorType(dtype, shape));
  const defaults = Object.fromEntries(Object.entries(row.attributes).map(([name, { fallback }]) => [name, fallback]));
  try {
    const all = { ...defaults, ...given } as Task['attrs'];
    const attrs = row.settle?.(types, all) ?? all;
    const { dtype, shape } = row.infer(types, attrs);
    return {
      row,
      attrs,
      operands: operands.map(({ array }, i) => valueOfArray(types[i]!, array)),
      type: tensorType(dtype, shape),
      numerics: 'tolerance',
    };
  } catch {
    return undefined;
  }
}

/** Shapes of operands: of a product, of two vectors, or all alike with an axis or two stretched. */
function shapesOf(row: OpRow, random: () => number): (readonly number[])[] {
  const shape = pick(SHAPES, random);
  if (row.kernel.skeleton === 'contract') {
    const k = shape.at(-1)!;
    return pick(
      [
        [shape, [k]],
        [
          [7, k],
          [k, 6],
        ],
        [[k], [k, 3]],
        [
          [2, 1, 3, k],
          [4, k, 2],
        ],
        [shape, shape],
      ],
      random,
    );
  }
  return row.operands.map((_, i) =>
    i > 0 && random() < 0.3 ? shape.map((n) => (random() < 0.5 ? 1 : n)) : i > 0 && random() < 0.2 ? [] : shape,
  );
}

function attributesOf(row: OpRow, rank: number, random: () => number): Record<string, unknown> {
  const axis = Math.floor(random() * rank);
  return {
    ...('axis' in row.attributes && {
      axis: row.kernel.skeleton === 'rows' ? axis : pick([null, axis, [...new Set([0, axis])]], random),
    }),
    ...('keepdims' in row.attributes && { keepdims: random() < 0.5 }),
    ...('transposeA' in row.attributes && { transposeA: random() < 0.5, transposeB: random() < 0.5 }),
  };
}

/** Products of huge numbers overflow or not by the order of their terms. */
const tame = ({ array, ...rest }: Sample): Sample => ({
  ...rest,
  array: (array as Float32Array).map((x) => (Number.isFinite(x) && Math.abs(x) > 1e6 ? 1e6 : x)),
});

/** Tasks of a row on operands of a dtype; every second one has special values. */
export function tasksOf(row: OpRow, dtype: DType, count: number): Task[] {
  const random = drawFrom(row.name.length * 7919 + row.name.charCodeAt(0));
  const tasks: Task[] = [];
  for (let attempt = 0; attempt < count * 40 && tasks.length < count; attempt++) {
    const operands = shapesOf(row, random).map((shape, i) =>
      sample(row.operands[i]?.kind === 'bool' ? 'bool' : dtype, shape, attempt % 2 === 1, random),
    );
    const task = taskOf(
      row,
      row.kernel.skeleton === 'contract' ? operands.map(tame) : operands,
      attributesOf(row, operands[0]!.shape.length, random),
    );
    if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

const js = new JsDevice();

/** An unset result for a task. */
export const blankFor = (task: Task): Block => new Block(reserve(task.type).fill(77 as never));

/** What the reference gives. */
export function referenceOf(task: Task): TypedArray {
  const out = blankFor(task);
  js.runNow(task, out);
  return out.array;
}

const largestOf = (array: TypedArray): number =>
  (array as Float32Array).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);

/**
 * What an error of a result is held against: for products, which may cancel, the largest sum of magnitudes that was
 * added.
 */
function scaleOf(task: Task, wanted: TypedArray): number {
  if (task.row.kernel.skeleton !== 'contract') return largestOf(wanted);
  return largestOf(
    referenceOf({
      ...task,
      operands: task.operands.map(({ type, array }) => valueOfArray(type, (array as Float32Array).map(Math.abs))),
    }),
  );
}

/**
 * The largest error in ε: of every element for maps, against the scale of the whole result for what adds up; infinite
 * where a special value differs.
 */
export function errorIn(task: Task, got: TypedArray, wanted: TypedArray): number {
  const elementwise = task.row.kernel.skeleton === 'map';
  const largest = scaleOf(task, wanted);
  let worst = 0;
  wanted.forEach((want, i) => {
    const [x, y] = [Number(got[i]), Number(want)];
    if (Object.is(x, y) || (!elementwise && x === y)) return;
    const gap = Math.abs(x - y);
    const error =
      task.type.dtype !== 'float32' || !Number.isFinite(gap) || gap === 0
        ? Infinity
        : Math.max(0, gap - TINY) / ((elementwise ? Math.abs(y) : largest) * EPSILON);
    worst = Math.max(worst, error);
  });
  return worst;
}
