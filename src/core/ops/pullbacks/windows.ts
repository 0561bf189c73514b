// Pullbacks of what slides along axes: windows are folded where they were taken, and pools are sums or choices of
// windows.
import { type AttributeValue, numbersAttribute } from '../attribute-values.ts';
import type { Called, Calls } from '../composite.ts';
import { reshaped } from '../parts.ts';
import { type Pullback, type Pullbacks, type Pulling, scattered } from './pullback.ts';
import type { AttributeValues } from '../define.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Lengths of the axes that windows slide along. */
const lengthsOf = <C extends Called>(x: C, attrs: AttributeValues): readonly number[] =>
  x.type.shape.slice(-numbersAttribute(attrs, 'window').length);

/** Adjoints of every element of every window, [beside, …window, …positions], where the operand of a pool has them. */
function foldedBack<C extends Called>({ call, operands: [x], attrs }: Pulling<C>, windows: C): C {
  const at = (name: string): readonly number[] => numbersAttribute(attrs, name);
  const [window, stride, dilation, before] = [at('window'), at('stride'), at('dilation'), at('before')];
  const positions = windows.type.shape.slice(-window.length);
  const reach = positions.map((n, k) => (n - 1) * stride[k]! + (window[k]! - 1) * dilation[k]! + 1);
  const folded = call('fold_windows', [windows], { shape: reach, stride, dilation });
  const lengths = lengthsOf(x!, attrs);
  return call('pad', [folded], {
    before: before.map((n) => -n),
    after: lengths.map((n, k) => n - (reach[k]! - before[k]!)),
  });
}

/** The adjoint of each window's sum for every element of the window. */
function toAll<C extends Called>(pulling: Pulling<C>, g: C): C {
  const { call, attrs } = pulling;
  const window = numbersAttribute(attrs, 'window');
  const lead = g.type.shape.slice(0, g.type.shape.length - window.length);
  const positions = g.type.shape.slice(lead.length);
  const one = reshaped(call, g, [...lead, ...window.map(() => 1), ...positions]);
  return foldedBack(pulling, call('broadcast_to', [one], { shape: [...lead, ...window, ...positions] }));
}

/** The largest elements have numbers on the axes that windows slide along; adjoints go to those of each slice. */
const maxPool: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x], attrs }) => {
    const { shape, size } = x!.type;
    const slice = sizeOf(lengthsOf(x!, attrs));
    const slices = slice === 0 ? 0 : size / slice;
    const numbers = reshaped(call, call('argmax_pool', [x!], attrs), [slices, g.type.size / Math.max(1, slices)]);
    const first = call('arange', [], { start: 0, stop: slices, dtype: 'int32' });
    const places = call('add', [numbers, reshaped(call, call('multiply', [first, slice]), [slices, 1])]);
    const flat = (of: typeof g): typeof g => reshaped(call, of, [g.type.size]);
    return [reshaped(call, scattered(call, flat(g), flat(places), size), shape)];
  },
};

/** A mean is a sum over how many elements it counts, which the means and sums of ones tell. */
const averagePool: Pullback = {
  pull: (pulling) => {
    const {
      call,
      g,
      operands: [x],
      attrs,
    } = pulling;
    const { includePadding: _counts, ...sums } = attrs as Readonly<Record<string, AttributeValue>>;
    const ones = call('ones_like', [x!]);
    const share = call('divide', [call('average_pool', [ones], attrs), call('sum_pool', [ones], sums)]);
    return [toAll(pulling, call('multiply', [g, share]))];
  },
};

const slides = ({ stride, dilation }: AttributeValues): AttributeValues => ({
  stride: stride!,
  dilation: dilation!,
});

const windowsOf = <C extends Called>(call: Calls<C>, g: C, x: C, attrs: AttributeValues): C => {
  const count = numbersAttribute(attrs, 'shape').length;
  const window = x.type.shape.slice(x.type.shape.length - 2 * count, x.type.shape.length - count);
  return call('sliding_windows', [g], { window, ...slides(attrs) });
};

export const WINDOW_PULLBACKS: Pullbacks = {
  sliding_windows: {
    pull: ({ call, g, operands: [x], attrs }) => [
      call('fold_windows', [g], { shape: lengthsOf(x!, attrs), ...slides(attrs) }),
    ],
  },
  fold_windows: { pull: ({ call, g, operands: [x], attrs }) => [windowsOf(call, g, x!, attrs)] },
  sum_pool: { pull: (pulling) => [toAll(pulling, pulling.g)] },
  average_pool: averagePool,
  max_pool: maxPool,
};
