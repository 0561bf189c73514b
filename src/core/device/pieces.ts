// Cuts a task into tasks on stretches of its arrays that give the same bits, so that a long one need not be done in one
// go.
import { numbersAttribute } from '../ops/attribute-values.ts';
import type { Turns } from '../../../kernels/turns.ts';
import type { KernelSpec, RandomKernel, ReductionName } from '../ops/define.ts';
import { Block, type Value, valueOfArray } from '../tensor/block.ts';
import { allocate, isBigInt, isFloat, type TypedArray } from '../tensor/dtype.ts';
import { type Shape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { tensorType } from '../tensor/type.ts';
import { isRepeatable } from './along-axes.ts';
import type { Task } from './device.ts';

/** A task that can be done in stretches of units, one after another. */
export interface PieceCut {
  readonly units: number;
  /** Elements that are touched for a unit. */
  readonly unitElements: number;
  /** Does the units from `start` to before `end`, as tasks that are computed at once. */
  run(start: number, end: number, compute: (task: Task, out: Block) => void): void;
}

/** Elements of the first piece: some milliseconds of the slowest functions there are. */
const FIRST = 1 << 10;
/** Elements a unit may have. */
const MOST = 1 << 14;

/** The cut of a task; undefined where its parts depend on each other. */
export function cutOf(task: Task, out: TypedArray): PieceCut | undefined {
  const {
    row: { separable, kernel },
    operands: [operand],
  } = task;
  if (separable === 'elements') return cutElements(task, out);
  if (kernel.skeleton === 'random' && kernel.draw === 'each') return cutDraw(task, kernel, out);
  if (kernel.skeleton === 'direct' && kernel.byFirstAxis === true && operand !== undefined)
    return cutFirstAxis(task, operand, out);
  return kernel.skeleton === 'reduce' && kernel.prologue === undefined && operand !== undefined
    ? cutReduction(task, operand, kernel.reduction, out)
    : undefined;
}

/** Whether elements are bigints, which take as long as a hundred numbers. */
export const isWithBigints = ({ operands, type }: Task): boolean =>
  isBigInt(type.dtype) || operands.some((operand) => isBigInt(operand.type.dtype));

/** Does a task piece by piece, and gives the event loop turns in between. */
export const runInPieces = (cut: PieceCut, turns: Turns, compute: (task: Task, out: Block) => void): Promise<void> =>
  turns.work(cut.units, Math.max(1, Math.floor(FIRST / cut.unitElements)), (start, end) =>
    cut.run(start, end, compute),
  );

const stretch = ({ type, array }: Value, shape: Shape, first: number): Value =>
  valueOfArray(tensorType(type.dtype, shape), array.subarray(first, first + sizeOf(shape)));

/** A unit is an index of the first axis of which a slice is small, at one place of the axes before it. */
function cutElements(task: Task, out: TypedArray): PieceCut {
  const isFlat = task.operands.every(({ type }) => type.size === task.type.size);
  const shape = isFlat ? [task.type.size] : task.type.shape;
  const shapes = task.operands.map(({ type }) =>
    isFlat ? shape : [...shape.slice(type.shape.length).map(() => 1), ...type.shape],
  );
  let axis = 0;
  while (axis < shape.length - 1 && sizeOf(shape.slice(axis + 1)) > MOST) axis++;
  const [outer, length, inner] = [shape.slice(0, axis), shape[axis]!, shape.slice(axis + 1)];
  const pieceOf = (row: number, start: number, end: number): [Task, Block] => {
    const operands = task.operands.map((operand, i) => {
      const own = shapes[i]!;
      const isWide = own[axis] !== 1;
      return stretch(
        operand,
        [isWide ? end - start : 1, ...own.slice(axis + 1)],
        firstOf(row, outer, own) + (isWide ? start * sizeOf(own.slice(axis + 1)) : 0),
      );
    });
    const type = tensorType(task.type.dtype, [end - start, ...inner]);
    const at = (row * length + start) * sizeOf(inner);
    return [{ ...task, operands, type }, new Block(out.subarray(at, at + type.size))];
  };
  return {
    units: sizeOf(outer) * length,
    unitElements: sizeOf(inner),
    run: (start, end, compute) => {
      for (let at = start; at < end;) {
        const row = Math.floor(at / length);
        const stop = Math.min(end, (row + 1) * length);
        compute(...pieceOf(row, at - row * length, stop - row * length));
        at = stop;
      }
    },
  };
}

/** Where an operand's elements begin that go with a place of the outer axes, counted row-major. */
function firstOf(row: number, outer: Shape, own: Shape): number {
  const strides = stridesOf(own);
  let [first, rest] = [0, row];
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const length = outer[axis]!;
    if (own[axis] !== 1) first += (rest % length) * strides[axis]!;
    rest = Math.floor(rest / length);
  }
  return first;
}

/** A unit is an element, which is drawn by its number. */
function cutDraw(task: Task, kernel: Extract<KernelSpec, { skeleton: 'random' }>, out: TypedArray): PieceCut {
  return {
    units: task.type.size,
    unitElements: 1,
    run: (start, end, compute) => {
      const fill: RandomKernel = (array, attrs, on) => kernel.fill(array, attrs, on, start);
      const type = tensorType(task.type.dtype, [end - start]);
      const row = { ...task.row, kernel: { ...kernel, fill } };
      compute({ ...task, row, type }, new Block(out.subarray(start, end)));
    },
  };
}

/** A unit is an index of the first axis, which the operand and the result have in common. */
function cutFirstAxis(task: Task, operand: Value, out: TypedArray): PieceCut | undefined {
  const [units, ...inner] = operand.type.shape;
  if (units === undefined || units === 0) return undefined;
  const each = task.type.size / units;
  return {
    units,
    unitElements: each + sizeOf(inner),
    run: (start, end, compute) => {
      const operands = [stretch(operand, [end - start, ...inner], start * sizeOf(inner))];
      const type = tensorType(task.type.dtype, [end - start, ...task.type.shape.slice(1)]);
      compute({ ...task, operands, type }, new Block(out.subarray(start * each, end * each)));
    },
  };
}

/** A unit is an index of the first axis, where equally treated neighbours are one axis. */
function cutReduction(task: Task, operand: Value, name: ReductionName, out: TypedArray): PieceCut | undefined {
  const groups = groupsOf(operand.type.shape, numbersAttribute(task.attrs, 'axis'));
  const [head, ...tail] = groups;
  if (head === undefined || task.type.size === 0) return undefined;
  const axis = groups.flatMap(({ isReduced }, at) => (isReduced ? [at] : []));
  const [inner, kept] = [
    tail.map(({ length }) => length),
    tail.filter(({ isReduced }) => !isReduced).map(({ length }) => length),
  ];
  const unitElements = sizeOf(inner);
  const pieceOf = (start: number, end: number, target: TypedArray): [Task, Block] => {
    const type = tensorType(task.type.dtype, head.isReduced ? kept : [end - start, ...kept]);
    return [
      {
        ...task,
        operands: [stretch(operand, [end - start, ...inner], start * unitElements)],
        attrs: { ...task.attrs, axis, keepdims: false },
        type,
      },
      new Block(target),
    ];
  };
  if (!head.isReduced) {
    return {
      units: head.length,
      unitElements,
      run: (start, end, compute) =>
        compute(...pieceOf(start, end, out.subarray(start * sizeOf(kept), end * sizeOf(kept)))),
    };
  }
  return !isFloat(operand.type.dtype) && isRepeatable(name)
    ? { units: head.length, unitElements, run: inTurnInto(task, out, pieceOf) }
    : undefined;
}

interface Group {
  readonly length: number;
  readonly isReduced: boolean;
}

function groupsOf(shape: Shape, axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((length, axis) => {
    const isReduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.isReduced === isReduced) groups[groups.length - 1] = { length: last.length * length, isReduced };
    else if (length !== 1) groups.push({ length, isReduced });
  });
  return groups;
}

/** Reduces what there is and the next piece's result, again and again. */
function inTurnInto(
  task: Task,
  out: TypedArray,
  pieceOf: (start: number, end: number, target: TypedArray) => [Task, Block],
): PieceCut['run'] {
  const { dtype } = task.type;
  const both = allocate(dtype, 2 * out.length);
  const pair: Task = {
    ...task,
    operands: [valueOfArray(tensorType(dtype, [2, out.length]), both)],
    attrs: { ...task.attrs, axis: [0], keepdims: false },
    type: tensorType(dtype, [out.length]),
  };
  return (start, end, compute) => {
    if (start === 0) return compute(...pieceOf(start, end, out));
    both.set(out as never);
    compute(...pieceOf(start, end, both.subarray(out.length)));
    compute(pair, new Block(out));
  };
}
