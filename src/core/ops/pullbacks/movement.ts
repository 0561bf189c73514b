// Pullbacks of ops that say where elements go: their adjoints go back to where they came from, added up where one went
// to several places.
import { AttributeError } from '../../errors.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import type { Called, Calls } from '../composite.ts';
import { reshaped, sliceOf } from '../parts.ts';
import { type Pullback, type Pullbacks, type Pulling, scattered } from './pullback.ts';

const same = (op: string): Pullback => ({ pull: ({ call, g, attrs }) => [call(op, [g], attrs)] });

const back: Pullback = { pull: ({ call, g, operands: [x] }) => [reshaped(call, g, x!.type.shape)] };

/** Elements at every step-th place from the first on, so many in all. */
function spread<C extends Called>(call: Calls<C>, g: C, axis: number, step: number): C {
  const { shape, dtype } = g.type;
  if (step === 1 || shape[axis] === 0) return g;
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const columns = reshaped(call, g, [...before, shape[axis]!, 1, ...after]);
  const gaps = call('zeros', [], { shape: [...before, shape[axis]!, step - 1, ...after], dtype });
  const joined = call('concat', [columns, gaps], { axis: axis + 1 });
  const all = reshaped(call, joined, [...before, shape[axis]! * step, ...after]);
  return sliceOf(call, all, axis, 0, (shape[axis]! - 1) * step + 1);
}

/** A slice with its steps undone, in a tensor of zeros. */
const slice: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x], attrs }) => {
    const [start, step] = [numbersAttribute(attrs, 'start'), numbersAttribute(attrs, 'step')];
    const lengths = g.type.shape;
    const backward = step.flatMap((by, axis) => (by < 0 ? [axis] : []));
    let adjoint = backward.length === 0 ? g : call('flip', [g], { axis: backward });
    step.forEach((by, axis) => (adjoint = spread(call, adjoint, axis, Math.abs(by))));
    const last = (axis: number): number => start[axis]! + Math.max(0, lengths[axis]! - 1) * step[axis]!;
    const before = start.map((from, axis) => (lengths[axis] === 0 ? 0 : step[axis]! < 0 ? last(axis) : from));
    const after = x!.type.shape.map((n, axis) => n - before[axis]! - adjoint.type.shape[axis]!);
    const isWhole = [...before, ...after].every((count) => count === 0);
    return [isWhole ? adjoint : call('pad', [adjoint], { before, after })];
  },
};

/** A diagonal back in its matrix. */
const diagonal: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x], attrs }) => {
    const { shape } = x!.type;
    const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
    const offset = numberAttribute(attrs, 'offset');
    const length = g.type.shape.at(-1)!;
    const [first, total] = offset >= 0 ? [0, rows] : [-offset, rows];
    const padded = call('pad', [g], { before: [first], after: [total - first - length] });
    const mask = call('eye', [], { rows, columns, k: offset, dtype: 'bool' });
    return [call('where', [mask, reshaped(call, padded, [...padded.type.shape, 1]), 0])];
  },
};

const concat: Pullback = {
  pull: ({ call, g, operands, attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    let at = 0;
    return operands.map(({ type: { shape } }) => sliceOf(call, g, axis, at, (at += shape[axis]!)));
  },
};

const stack: Pullback = {
  pull: ({ call, g, operands, attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    return operands.map(({ type: { shape } }, i) => reshaped(call, sliceOf(call, g, axis, i, i + 1), shape));
  },
};

/** Adjoints added up at the indices that elements were taken from. */
const take: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, indices], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const { shape } = x!.type;
    const { shape: taken, size: count } = indices!.type;
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const rows = call('permute_dims', [reshaped(call, g, [sizeOf(before), count, sizeOf(after)])], { axes: [1, 0, 2] });
    const flat = reshaped(call, rows, [count, sizeOf(before) * sizeOf(after)]);
    const summed = scattered(call, flat, fromStart(call, indices!, shape[axis]!, taken), shape[axis]!);
    const groups = reshaped(call, summed, [shape[axis]!, sizeOf(before), sizeOf(after)]);
    return [reshaped(call, call('permute_dims', [groups], { axes: [1, 0, 2] }), shape), undefined];
  },
};

/** Indices in one row, negative ones counted from the start. */
function fromStart<C extends Called>(call: Calls<C>, indices: C, length: number, shape: readonly number[]): C {
  const flat = reshaped(call, indices, [sizeOf(shape)]);
  return call('where', [call('less', [flat, 0]), call('add', [flat, length]), flat]);
}

/** As `take`, of elements apart: every place of x has a number, to which its adjoints are added up. */
export function scatteredAlong<C extends Called>(
  call: Calls<C>,
  g: C,
  indices: C,
  shape: readonly number[],
  axis: number,
): C {
  const { shape: taken } = indices.type;
  const resolved = reshaped(call, fromStart(call, indices, shape[axis]!, taken), taken);
  const strideAt = (k: number): number => sizeOf(shape.slice(k + 1));
  let place = call('multiply', [resolved, strideAt(axis)]);
  taken.forEach((n, k) => {
    if (k === axis || n === 1) return;
    const along = call('arange', [], { start: 0, stop: n, dtype: 'int32' });
    const column = reshaped(
      call,
      along,
      taken.map((_, i) => (i === k ? n : 1)),
    );
    place = call('add', [place, call('multiply', [column, strideAt(k)])]);
  });
  const size = sizeOf(shape);
  return reshaped(
    call,
    scattered(call, reshaped(call, g, [g.type.size]), reshaped(call, place, [g.type.size]), size),
    shape,
  );
}

/** Of several updates of one place the last one was put there, or all were added up; other reductions are not known. */
const scatter: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, indices], attrs }) => {
    const { reduction } = attrs;
    const taken = call('take', [g, indices!], { axis: 0 });
    if (reduction === 'add') return [g, undefined, taken];
    if (reduction !== 'none')
      throw new AttributeError(
        `gradient: scatter has none that is known for reduction "${String(reduction)}"; use "none" or "add".`,
        { reduction },
      );
    const [count, { size, shape }] = [x!.type.shape[0]!, indices!.type];
    const places = fromStart(call, indices!, count, shape);
    const order = call('arange', [], { start: 0, stop: size, dtype: 'int32' });
    const none = call('full', [], { shape: [count], value: -1, dtype: 'int32' });
    const last = call('scatter', [none, places, order], { reduction });
    const besides = (of: typeof g, lead: readonly number[], beside: typeof g): typeof g =>
      reshaped(call, of, [...lead, ...beside.type.shape.slice(lead.length).map(() => 1)]);
    const isKept = besides(call('less', [last, 0]), [count], x!);
    const isLast = besides(call('equal', [call('take', [last, places], { axis: 0 }), order]), shape, taken);
    return [call('where', [isKept, g, 0]), undefined, call('where', [isLast, taken, 0])];
  },
};

const takeAlongAxis: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, indices], attrs }) => [
    scatteredAlong(call, g, indices!, x!.type.shape, numberAttribute(attrs, 'axis')),
    undefined,
  ],
};

/** Elements go back by the order they were brought into. */
const sort: Pullback = {
  pull: ({ call, g, operands: [x], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const inverse = call('argsort', [call('argsort', [x!], attrs)], { axis });
    return [call('take_along_axis', [g, inverse], { axis })];
  },
};

const repeat: Pullback = {
  pull: ({ call, g, operands: [x], attrs }) => {
    const [axis, times] = [numberAttribute(attrs, 'axis'), numberAttribute(attrs, 'repeats')];
    const { shape } = x!.type;
    const apart = reshaped(call, g, [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)]);
    return [call('sum', [apart], { axis: [axis + 1] })];
  },
};

/** Every axis apart from its repetitions, which are summed. */
const tile: Pullback = {
  pull: ({ call, g, operands: [x] }) => {
    const { shape } = x!.type;
    const lead = g.type.shape.length - shape.length;
    const own = g.type.shape.map((_, axis) => (axis < lead ? 1 : shape[axis - lead]!));
    const apart = g.type.shape.flatMap((n, axis) => [n / Math.max(1, own[axis]!), own[axis]!]);
    const repetitions = own.map((_, axis) => 2 * axis);
    return [reshaped(call, call('sum', [reshaped(call, g, apart)], { axis: repetitions }), shape)];
  },
};

const pad: Pullback = {
  pull: (pulling) => {
    const { call, g, attrs } = pulling;
    if (attrs['mode'] !== 'constant') return continued(pulling);
    const negated = (name: string): number[] => numbersAttribute(attrs, name).map((count) => -count);
    return [call('pad', [g], { before: negated('before'), after: negated('after') })];
  },
};

/** Padding that continues the tensor took every element from a place of it: the places tell where adjoints go. */
function continued<C extends Called>({ call, g, operands: [x], attrs }: Pulling<C>): readonly C[] {
  const { shape, size } = x!.type;
  const places = reshaped(call, call('arange', [], { start: 0, stop: size, dtype: 'int32' }), shape);
  const taken = reshaped(call, call('pad', [places], attrs), [g.type.size]);
  return [reshaped(call, scattered(call, reshaped(call, g, [g.type.size]), taken, size), shape)];
}

export const MOVEMENT_PULLBACKS: Pullbacks = {
  permute_dims: {
    pull: ({ call, g, attrs }) => {
      const axes = numbersAttribute(attrs, 'axes');
      return [call('permute_dims', [g], { axes: axes.map((_, axis) => axes.indexOf(axis)) })];
    },
  },
  moveaxis: {
    pull: ({ call, g, attrs: { source, destination } }) => [
      call('moveaxis', [g], { source: destination!, destination: source! }),
    ],
  },
  reshape: back,
  expand_dims: back,
  squeeze: back,
  flip: same('flip'),
  tril: same('tril'),
  triu: same('triu'),
  broadcast_to: { pull: ({ g }) => [g] },
  identity: { pull: ({ g }) => [g] },
  slice,
  diagonal,
  concat,
  stack,
  take,
  take_along_axis: takeAlongAxis,
  scatter,
  sort,
  repeat,
  tile,
  roll: {
    pull: ({ call, g, attrs }) => {
      const { shift } = attrs;
      const undone = Array.isArray(shift) ? shift.map((by) => -(by as number)) : -(shift as number);
      return [call('roll', [g], { ...attrs, shift: undone })];
    },
  },
  pad,
  segment_sum: {
    pull: ({ call, g, operands: [, groups] }) => [call('take', [g, groups!], { axis: 0 }), undefined],
  },
};
