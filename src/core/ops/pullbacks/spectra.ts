// Pullbacks of Fourier transforms. A transform is linear, and its adjoint is the one in the other direction with the
// scale of its own: no factor where it had none.
import { numberAttribute } from '../attribute-values.ts';
import type { Called, Calls } from '../composite.ts';
import type { AttributeValues } from '../define.ts';
import { reshaped, sliceOf } from '../parts.ts';
import type { Pullback, Pullbacks } from './pullback.ts';

/** The norm by which the other direction has the scale that this one had. */
const otherNorm = (attrs: AttributeValues): string =>
  attrs['norm'] === 'ortho' ? 'ortho' : attrs['norm'] === 'forward' ? 'backward' : 'forward';

/** An axis of so many elements: further ones are left out, or zeros come after them. */
function ofLength<C extends Called>(call: Calls<C>, x: C, axis: number, length: number): C {
  const { shape } = x.type;
  if (shape[axis]! >= length) return shape[axis] === length ? x : sliceOf(call, x, axis, 0, length);
  const after = shape.map((n, k) => (k === axis ? length - n : 0));
  return call('pad', [x], { before: shape.map(() => 0), after });
}

/** Real parts of pairs. */
const realOf = <C extends Called>(call: Calls<C>, z: C): C =>
  reshaped(call, sliceOf(call, z, z.type.shape.length - 1, 0, 1), z.type.shape.slice(0, -1));

const complex = (other: 'fft' | 'ifft'): Pullback => ({
  pull: ({ call, g, operands: [z], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const back = call(other, [g], { axis, n: attrs['n']!, norm: otherNorm(attrs) });
    return [ofLength(call, back, axis, z!.type.shape[axis]!)];
  },
});

/** Half a spectrum of a real signal: the other half had no part in the result. */
const rfft: Pullback = {
  pull: ({ call, g, operands: [x], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const n = numberAttribute(attrs, 'n');
    const back = call('ifft', [g], { axis, n, norm: otherNorm(attrs) });
    return [ofLength(call, realOf(call, back), axis, x!.type.shape[axis]!)];
  },
};

/** A pair stands for its conjugate too, but for those of frequency 0 and of half of the samples. */
const irfft: Pullback = {
  pull: ({ call, g, operands: [z], attrs }) => {
    const axis = numberAttribute(attrs, 'axis');
    const n = numberAttribute(attrs, 'n');
    const spectrum = call('rfft', [g], { axis, n, norm: otherNorm(attrs) });
    const length = spectrum.type.shape[axis]!;
    const places = call('arange', [], { start: 0, stop: length, dtype: 'int32' });
    const alone = call('logical_or', [call('equal', [places, 0]), call('equal', [places, n / 2])]);
    const weights = reshaped(
      call,
      call('where', [alone, 1, 2]),
      spectrum.type.shape.map((_, k) => (k === axis ? length : 1)),
    );
    return [ofLength(call, call('multiply', [spectrum, weights]), axis, z!.type.shape[axis]!)];
  },
};

export const SPECTRUM_PULLBACKS: Pullbacks = { fft: complex('ifft'), ifft: complex('fft'), rfft, irfft };
