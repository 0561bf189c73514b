// Composites of Fourier transforms: along several axes, spectra shifted to their middle, and pairs as complex numbers.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, normaliseAxes, normaliseAxis } from '../../tensor/shape.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues } from '../define.ts';
import { SPECTRUM_NORM, signalShape } from './fourier.ts';

const COMPLEX = [{ name: 'z', kind: 'numeric' }] as const;

/** Along several axes: which one is last, and how that is transformed. */
interface Several {
  readonly name: string;
  readonly doc: string;
  readonly axes: readonly number[] | null;
  /** The transform of the last axis, and of the others; whether the last one comes first. */
  readonly last: 'fft' | 'ifft' | 'rfft' | 'irfft';
  readonly others: 'fft' | 'ifft';
  readonly lastFirst: boolean;
}

const several = ({ name, doc, axes: fallback, last, others, lastFirst }: Several): Composite =>
  composite({
    name,
    doc,
    operands: [{ name: last === 'rfft' ? 'x' : 'z', kind: 'numeric' }],
    attributes: {
      s: { kind: 'ints', fallback: null, doc: 'length by axis; null = as they are' },
      axes: { kind: 'axes', fallback, doc: 'axes, pairs not counted; null = all, or the last ones where s is given' },
      norm: SPECTRUM_NORM,
    },
    expand: (call, [x], attrs) => {
      const rank = signalShape(name, x!.type, last === 'rfft' ? 'real' : 'complex').length;
      const { axes, lengths } = axesOf(name, attrs, rank);
      const order = axes.map((_, i) => axes.length - 1 - i);
      let result = x!;
      for (const i of lastFirst ? order : order.reverse()) {
        const op = i === axes.length - 1 ? last : others;
        result = call(op, [result], { axis: axes[i]!, n: lengths[i] ?? null, norm: attrs['norm']! });
      }
      return result;
    },
  });

function axesOf(
  name: string,
  attrs: AttributeValues,
  rank: number,
): { axes: readonly number[]; lengths: readonly (number | null)[] } {
  const lengths = (attrs['s'] ?? []) as readonly number[];
  const given = attrs['axes'] as readonly number[] | number | null;
  const from = attrs['s'] === null || attrs['s'] === undefined ? 0 : rank - lengths.length;
  const named = typeof given === 'number' ? [given] : given;
  const axes = (named ?? Array.from({ length: rank - from }, (_, i) => from + i)).map((axis) =>
    normaliseAxis(name, axis, rank),
  );
  if (axes.length > 0 && (lengths.length === 0 || lengths.length === axes.length)) return { axes, lengths };
  throw new AttributeError(`${name}: ${lengths.length} lengths for ${axes.length} axes; give one for each.`, {
    s: lengths,
    axes,
  });
}

const ALL = null;
const TWO = [-2, -1];

const shifted = (name: string, doc: string, direction: 1 | -1): Composite =>
  composite({
    name,
    doc,
    operands: [{ name: 'x', kind: 'any' }],
    attributes: {
      axes: { kind: 'axes', fallback: null, doc: 'axes to shift; null = all' },
      pairs: { kind: 'bool', fallback: false, doc: 'the last axis holds pairs: it is not counted and stays' },
    },
    result: 'same',
    expand: (call, [x], attrs) => {
      const shape = attrs['pairs'] === true ? signalShape(name, x!.type, 'complex') : x!.type.shape;
      const axes = normaliseAxes(name, (attrs['axes'] as readonly number[] | null) ?? undefined, shape.length);
      if (axes.length === 0) return x!;
      return call('roll', [x!], { shift: axes.map((axis) => direction * Math.floor(shape[axis]! / 2)), axis: axes });
    },
  });

/** One of the two parts of complex numbers. */
function partOf<C extends Called>(call: Calls<C>, name: string, z: C, part: 0 | 1): C {
  const { shape } = z.type;
  if (shape.at(-1) !== 2) signalShape(name, z.type, 'complex');
  const along = (value: number): (number | null)[] =>
    shape.map((_, axis) => (axis === shape.length - 1 ? value : null));
  const taken = call('slice', [z], { start: along(part), stop: along(part + 1) });
  return call('squeeze', [taken], { axis: [shape.length - 1] });
}

const pairOf = <C extends Called>(call: Calls<C>, re: C, im: C): C =>
  call('stack', [re, im], { axis: re.type.shape.length });

const ofPairs = (name: string, doc: string, expand: <C extends Called>(call: Calls<C>, re: C, im: C) => C): Composite =>
  composite({
    name,
    doc,
    operands: COMPLEX,
    result: 'same',
    expand: (call, [z]) => expand(call, partOf(call, name, z!, 0), partOf(call, name, z!, 1)),
  });

const complexOf = composite({
  name: 'complex_of',
  doc: 'Complex numbers of real and imaginary parts, as pairs in a new last axis; imaginary ones left out are 0.',
  operands: [
    { name: 're', kind: 'numeric' },
    { name: 'im', kind: 'numeric' },
  ],
  optional: 1,
  expand: (call, [re, im]) => {
    const imaginary = im ?? call('zeros_like', [re!]);
    if (imaginary.type.shape.join() === re!.type.shape.join()) return pairOf(call, re!, imaginary);
    throw new ShapeError(
      `complex_of: re has shape ${formatShape(re!.type.shape)}, im ${formatShape(imaginary.type.shape)}; ` +
        'broadcast one to the other.',
      { re: re!.type.shape, im: imaginary.type.shape },
    );
  },
});

const complexMultiply = composite({
  name: 'complex_multiply',
  doc: 'Products of complex numbers.',
  operands: [
    { name: 'z', kind: 'numeric' },
    { name: 'w', kind: 'numeric' },
  ],
  expand: (call, [z, w]) => {
    const [a, b] = [partOf(call, 'complex_multiply', z!, 0), partOf(call, 'complex_multiply', z!, 1)];
    const [c, d] = [partOf(call, 'complex_multiply', w!, 0), partOf(call, 'complex_multiply', w!, 1)];
    const re = call('subtract', [call('multiply', [a, c]), call('multiply', [b, d])]);
    const im = call('add', [call('multiply', [a, d]), call('multiply', [b, c])]);
    return pairOf(call, re, im);
  },
});

/** Composites of this family. */
export const SPECTRA: readonly Composite[] = [
  several({
    name: 'fftn',
    doc: '`fft` along several axes.',
    axes: ALL,
    last: 'fft',
    others: 'fft',
    lastFirst: true,
  }),
  several({ name: 'ifftn', doc: 'The inverse of `fftn`.', axes: ALL, last: 'ifft', others: 'ifft', lastFirst: true }),
  several({
    name: 'rfftn',
    doc: '`rfft` along the last axis, then `fft` along the others.',
    axes: ALL,
    last: 'rfft',
    others: 'fft',
    lastFirst: true,
  }),
  several({
    name: 'irfftn',
    doc: 'The inverse of `rfftn`.',
    axes: ALL,
    last: 'irfft',
    others: 'ifft',
    lastFirst: false,
  }),
  several({ name: 'fft2', doc: '`fftn` of two axes.', axes: TWO, last: 'fft', others: 'fft', lastFirst: true }),
  several({ name: 'ifft2', doc: '`ifftn` of two axes.', axes: TWO, last: 'ifft', others: 'ifft', lastFirst: true }),
  several({ name: 'rfft2', doc: '`rfftn` of two axes.', axes: TWO, last: 'rfft', others: 'fft', lastFirst: true }),
  several({ name: 'irfft2', doc: '`irfftn` of two axes.', axes: TWO, last: 'irfft', others: 'ifft', lastFirst: false }),
  shifted('fftshift', 'A spectrum with frequency 0 in the middle.', 1),
  shifted('ifftshift', 'The inverse of `fftshift`.', -1),
  complexOf,
  ofPairs('complex_real', 'Real parts of complex numbers.', (_call, re) => re),
  ofPairs('complex_imag', 'Imaginary parts of complex numbers.', (_call, _re, im) => im),
  ofPairs('complex_conj', 'Complex conjugates.', (call, re, im) => pairOf(call, re, call('negative', [im]))),
  ofPairs('complex_abs', 'Magnitudes of complex numbers.', (call, re, im) => call('hypot', [re, im])),
  ofPairs('complex_angle', 'Angles of complex numbers, in radians.', (call, re, im) => call('atan2', [im, re])),
  complexMultiply,
];
