// Pullbacks of reductions, of what is built on them, and of running sums. Where several elements are the largest, the
// first one has the adjoint.
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import type { Called, Calls } from '../composite.ts';
import { reshaped } from '../parts.ts';
import { scatteredAlong } from './movement.ts';
import { type Pullback, type Pullbacks, type Pulling } from './pullback.ts';

/** The shape of the operand with the reduced axes of length 1, and how many elements each reduction takes. */
function reducedOf<C extends Called>({
  operands: [x],
  attrs,
}: Pulling<C>): {
  readonly kept: readonly number[];
  readonly count: number;
} {
  const axes = numbersAttribute(attrs, 'axis');
  const { shape } = x!.type;
  return {
    kept: shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
    count: axes.reduce((product, axis) => product * shape[axis]!, 1),
  };
}

/** A result, or its adjoint, with the reduced axes of length 1 again. */
const standing = <C extends Called>(pulling: Pulling<C>, of: C): C =>
  reshaped(pulling.call, of, reducedOf(pulling).kept);

const overAll = <C extends Called>(pulling: Pulling<C>, of: C): C =>
  pulling.call('broadcast_to', [standing(pulling, of)], { shape: pulling.operands[0]!.type.shape as number[] });

/** The adjoint of each element: that of its result, times a partial by the element and the result. */
const byElement = (partial: <C extends Called>(pulling: Pulling<C>, x: C, y: C) => C): Pullback => ({
  pull: (pulling) => {
    const {
      times,
      g,
      operands: [x],
      result,
    } = pulling;
    return [times(standing(pulling, g), partial(pulling, x!, standing(pulling, result)))];
  },
});

/** Differences from the mean, over n − correction. */
function deviations<C extends Called>(pulling: Pulling<C>): C {
  const {
    call,
    operands: [x],
    attrs,
  } = pulling;
  const mean = call('mean', [x!], { axis: attrs['axis']!, keepdims: true });
  const { count } = reducedOf(pulling);
  return call('divide', [call('subtract', [x!, mean]), count - numberAttribute(attrs, 'correction')]);
}

/** Every product of all elements but one: the result over the element, or where there are zeros what they leave. */
const product: Pullback = byElement((pulling, x, y) => {
  const { call, attrs } = pulling;
  const isZero = call('equal', [x, 0]);
  const axes = { axis: attrs['axis']!, keepdims: true };
  const zeros = call('sum', [call('astype', [isZero], { dtype: 'int32' })], axes);
  const others = call('prod', [call('where', [isZero, 1, x])], axes);
  const atZero = call('where', [call('logical_and', [isZero, call('equal', [zeros, 1])]), others, 0]);
  return call('where', [call('equal', [zeros, 0]), call('divide', [y, call('where', [isZero, 1, x])]), atZero]);
});

/** The adjoint at the first element of those that a reduction takes which is the one it gives. */
function atFirst<C extends Called>(pulling: Pulling<C>, search: 'argmax' | 'argmin', of: C): C {
  const { call, g, attrs } = pulling;
  const { shape } = of.type;
  const reduced = numbersAttribute(attrs, 'axis');
  const others = shape.flatMap((_, axis) => (reduced.includes(axis) ? [] : [axis]));
  const order = [...others, ...reduced];
  const moved = call('permute_dims', [of], { axes: order });
  const { count } = reducedOf(pulling);
  const outer = others.map((axis) => shape[axis]!);
  const flat = reshaped(call, moved, [...outer, count]);
  const mask = call('one_hot', [call(search, [flat], { axis: -1 })], { depth: count, dtype: 'bool' });
  const adjoint = call('where', [mask, reshaped(call, g, [...outer, 1]), 0]);
  const back = reshaped(
    call,
    adjoint,
    order.map((axis) => shape[axis]!),
  );
  return call('permute_dims', [back], { axes: shape.map((_, axis) => order.indexOf(axis)) });
}

const extreme = (search: 'argmax' | 'argmin'): Pullback => ({
  selects: true,
  pull: (pulling) => [atFirst(pulling, search, pulling.operands[0]!)],
});

/** The adjoint of y = softmax(x) along an axis. */
const softmax: Pullback = {
  pull: ({ call, g, result, attrs }) => {
    const weighted = call('multiply', [g, result]);
    const sum = call('sum', [weighted], { axis: attrs['axis']!, keepdims: true });
    return [call('subtract', [weighted, call('multiply', [result, sum])])];
  },
};

const logSoftmax: Pullback = {
  pull: ({ call, g, result, attrs }) => {
    const sum = call('sum', [g], { axis: attrs['axis']!, keepdims: true });
    return [call('subtract', [g, call('multiply', [call('exp', [result]), sum])])];
  },
};

/** Running sums from the other end. */
const runningSum: Pullback = {
  pull: ({ call, g, operands: [x], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    return [sumsFrom(call, withoutInitial(call, g, axis, x!.type.shape[axis]!), axis)];
  },
};

/** Sums of what comes from an element on. */
function sumsFrom<C extends Called>(call: Calls<C>, x: C, axis: number): C {
  const flipped = (of: C): C => call('flip', [of], { axis: [axis] });
  return flipped(call('cumulative_sum', [flipped(x)], { axis }));
}

/**
 * Before the first zero: what comes from an element on, over it. At the first zero: the products without it; after it
 * everything is 0 whatever comes.
 */
const runningProduct: Pullback = {
  pull: ({ call, g, operands: [x], result, attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const own = (of: typeof g): typeof g => withoutInitial(call, of, axis, x!.type.shape[axis]!);
    const isZero = call('equal', [x!, 0]);
    const zeros = call('cumulative_sum', [call('astype', [isZero], { dtype: 'int32' })], { axis });
    const isFirst = call('logical_and', [isZero, call('equal', [zeros, 1])]);
    const without = call('cumulative_prod', [call('where', [isFirst, 1, x!])], { axis });
    const before = call('divide', [
      sumsFrom(call, call('multiply', [own(g), own(result)]), axis),
      call('where', [isZero, 1, x!]),
    ]);
    const atFirstZero = sumsFrom(call, call('multiply', [own(g), without]), axis);
    return [call('where', [isFirst, atFirstZero, call('where', [call('equal', [zeros, 0]), before, 0])])];
  },
};

/** Each adjoint goes to the element that was the extreme then, the first of equal ones. */
const runningExtreme: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x], result, attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const { shape } = x!.type;
    const length = shape[axis]!;
    const along = (values: typeof g): typeof g =>
      reshaped(
        call,
        values,
        shape.map((_, k) => (k === axis ? length : 1)),
      );
    const places = along(call('arange', [], { start: 0, stop: length, dtype: 'int32' }));
    const before = call('roll', [result], { shift: [1], axis: [axis] });
    const isNew = call('logical_or', [call('equal', [places, 0]), call('not_equal', [result, before])]);
    const taken = call('cumulative_max', [call('where', [isNew, places, 0])], { axis });
    return [scatteredAlong(call, g, taken, shape, axis)];
  },
};

/** The last elements of an axis: all of it, or without what an accumulation starts from. */
function withoutInitial<C extends Called>(call: Calls<C>, of: C, axis: number, count: number): C {
  if (of.type.shape[axis] === count) return of;
  return call('slice', [of], { start: of.type.shape.map((n, k) => (k === axis ? n - count : null)) });
}

export const REDUCTION_PULLBACKS: Pullbacks = {
  sum: { pull: (pulling) => [overAll(pulling, pulling.g)] },
  mean: {
    pull: (pulling) => [overAll(pulling, pulling.call('divide', [pulling.g, reducedOf(pulling).count]))],
  },
  var: byElement((pulling) => pulling.call('multiply', [deviations(pulling), 2])),
  std: byElement((pulling, _x, y) => pulling.call('divide', [deviations(pulling), y])),
  prod: product,
  max: extreme('argmax'),
  min: extreme('argmin'),
  logsumexp: byElement(({ call }, x, y) => call('exp', [call('subtract', [x, y])])),
  norm: byElement(({ call }, x, y) => {
    const isZero = call('equal', [y, 0]);
    return call('where', [isZero, 0, call('divide', [x, call('where', [isZero, 1, y])])]);
  }),
  norm1: byElement(({ call }, x) => call('sign', [x])),
  norm_inf: {
    selects: true,
    pull: (pulling) => {
      const {
        call,
        operands: [x],
      } = pulling;
      return [call('multiply', [atFirst(pulling, 'argmax', call('abs', [x!])), call('sign', [x!])])];
    },
  },
  softmax,
  log_softmax: logSoftmax,
  cumulative_sum: runningSum,
  cumulative_prod: runningProduct,
  cumulative_max: runningExtreme,
  cumulative_min: runningExtreme,
};
