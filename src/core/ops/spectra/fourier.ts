// Discrete Fourier transforms along an axis, and their frequencies. Complex numbers are pairs in the last axis: real
// part, imaginary part; axes are counted without it.
import { complexRow, type ComplexRow, transformOf, transformRow } from '../../../../kernels/js/fourier.ts';
import { canonicaliseNaN } from '../../../../kernels/js/map.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { nearestElement } from '../../tensor/dtype.ts';
import { formatShape, normaliseAxis, type Shape, sizeOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { dtypeAttribute, numberAttribute } from '../attribute-values.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  type DirectKernel,
  makeRow,
  type OpRow,
  type SteppedKernel,
  type TypedOperand,
  unaryOperands,
} from '../define.ts';

/** Where a transform is scaled, as NumPy calls it. */
export const SPECTRUM_NORM: AttributeSpec = {
  kind: 'choice',
  choices: ['backward', 'ortho', 'forward'],
  fallback: 'backward',
  doc: 'which direction is divided by the length; ortho divides both by its root',
};

const ATTRIBUTES: Readonly<Record<string, AttributeSpec>> = {
  n: { kind: 'axis', fallback: null, doc: 'length: elements are left out, or zeros come after them; null = as it is' },
  axis: { kind: 'axis', fallback: -1, doc: 'axis, pairs not counted' },
  norm: SPECTRUM_NORM,
};

interface Form {
  readonly name: string;
  readonly doc: string;
  readonly direction: 'forward' | 'inverse';
  readonly from: 'real' | 'complex';
  readonly to: 'real' | 'complex';
}

/** The axes of a shape that are no pairs. */
export function signalShape(op: string, { shape }: TensorType, form: 'real' | 'complex'): Shape {
  if (form === 'complex' && shape.at(-1) !== 2)
    throw new ShapeError(
      `${op}: x has shape ${formatShape(shape)}; its last axis must hold real and imaginary parts, two of them. ` +
        'Use complexOf(re, im), or rfft for real numbers.',
      { op, shape },
    );
  const signal = form === 'complex' ? shape.slice(0, -1) : shape;
  if (signal.length > 0) return signal;
  throw new ShapeError(`${op}: x has no axis to transform; use reshape first.`, { op, shape });
}

function settled({ name, from, to }: Form, x: TensorType, attrs: AttributeValues): AttributeValues {
  const shape = signalShape(name, x, from);
  const axis = normaliseAxis(name, numberAttribute(attrs, 'axis'), shape.length);
  const own = to === 'real' ? 2 * (shape[axis]! - 1) : shape[axis]!;
  const n = attrs['n'] === null ? own : numberAttribute(attrs, 'n');
  if (n >= 1) return { ...attrs, axis, n };
  throw new AttributeError(`${name}: a transform of ${n} elements is none; give n of 1 or more.`, { op: name, n });
}

function shapeOf({ name, from, to }: Form, x: TensorType, attrs: AttributeValues): Shape {
  const n = numberAttribute(attrs, 'n');
  const length = from === 'real' ? Math.floor(n / 2) + 1 : n;
  const axes = signalShape(name, x, from).map((own, axis) => (axis === attrs['axis'] ? length : own));
  return to === 'complex' ? [...axes, 2] : axes;
}

const scaleOf = (form: Form, attrs: AttributeValues): number => {
  const n = numberAttribute(attrs, 'n');
  if (attrs['norm'] === 'ortho') return 1 / Math.sqrt(n);
  return (attrs['norm'] === 'forward') === (form.direction === 'forward') ? 1 / n : 1;
};

/** Elements transformed between turns of the event loop. */
const STEP = 1 << 15;

const run = (form: Form): SteppedKernel =>
  function* ([operand], out, attrs) {
    const x = operand as TypedOperand;
    const [n, axis] = [numberAttribute(attrs, 'n'), numberAttribute(attrs, 'axis')];
    const shape = signalShape(form.name, x.type, form.from);
    const inner = sizeOf(shape.slice(axis + 1));
    const lines = sizeOf(shape.slice(0, axis)) * inner;
    const [length, made] = [shape[axis]!, form.from === 'real' ? Math.floor(n / 2) + 1 : n];
    const [transform, row, scale] = [transformOf(n), complexRow(n), scaleOf(form, attrs)];
    for (let line = 0, done = 0; line < lines; line++, done += n) {
      const [outer, column] = [Math.floor(line / inner), line % inner];
      read(form, x.array as Float64Array, row, { first: outer * length * inner + column, step: inner, length, n });
      transformRow(transform, row, form.direction);
      write(form, row, out.array as Float64Array, { first: outer * made * inner + column, step: inner, made, scale });
      if (done < STEP) continue;
      done = 0;
      yield;
    }
    canonicaliseNaN(out.array);
  };

interface Line {
  /** Element, or pair, with which the line begins, and the distance to the next. */
  readonly first: number;
  readonly step: number;
}

/** The elements of a line, and zeros; of half a spectrum also the other half, which is its conjugate. */
function read(
  { from, to }: Form,
  x: Float64Array,
  { re, im }: ComplexRow,
  { first: start, step, length, n }: Line & { length: number; n: number },
): void {
  re.fill(0);
  im.fill(0);
  const count = Math.min(length, to === 'real' ? Math.floor(n / 2) + 1 : n);
  for (let j = 0, at = start; j < count; j++, at += step) {
    re[j] = from === 'real' ? x[at]! : x[2 * at]!;
    if (from === 'complex') im[j] = x[2 * at + 1]!;
  }
  if (to === 'complex') return;
  im[0] = 0;
  if (n % 2 === 0) im[n / 2] = 0;
  for (let j = 1; 2 * j < n; j++) {
    re[n - j] = re[j]!;
    im[n - j] = -im[j]!;
  }
}

function write(
  { to }: Form,
  { re, im }: ComplexRow,
  out: Float64Array,
  { first: start, step, made, scale }: Line & { made: number; scale: number },
): void {
  for (let j = 0, at = start; j < made; j++, at += step) {
    if (to === 'real') out[at] = re[j]! * scale;
    else {
      out[2 * at] = re[j]! * scale;
      out[2 * at + 1] = im[j]! * scale;
    }
  }
}

const transformRowOf = (form: Form): OpRow =>
  makeRow({
    name: form.name,
    doc: form.doc,
    operands: form.from === 'complex' ? [{ name: 'z', kind: 'numeric', pairs: true }] : unaryOperands('numeric'),
    promotion: 'float',
    result: 'promoted',
    attributes: ATTRIBUTES,
    settle: ([x], attrs) => settled(form, x as TensorType, attrs),
    infer: ([x], attrs) => ({ dtype: (x as TensorType).dtype, shape: shapeOf(form, x as TensorType, attrs) }),
    kernel: { skeleton: 'steps', run: run(form) },
    flops: (_operands, out, attrs) => 10 * out.size * Math.log2(2 + numberAttribute(attrs, 'n')),
    bound: 16,
    deviation: 'complex numbers are pairs in the last axis',
  });

const frequencies = (name: string, doc: string, length: (n: number) => number, signed: boolean): OpRow => {
  const fill: DirectKernel = (_operands, out, attrs) => {
    const n = numberAttribute(attrs, 'n');
    const unit = 1 / (n * numberAttribute(attrs, 'd'));
    for (let i = 0; i < out.array.length; i++) {
      const place = signed && 2 * i >= n + (n % 2) ? i - n : i;
      out.array[i] = nearestElement(out.type.dtype, place * unit);
    }
  };
  return makeRow({
    name,
    doc,
    operands: [],
    attributes: {
      n: { kind: 'int', doc: 'length of the transform' },
      d: { kind: 'float', fallback: 1, doc: 'distance of samples' },
      dtype: { kind: 'dtype', fallback: 'float32', doc: 'float32 or float64' },
    },
    positional: ['n', 'd'],
    result: 'attribute',
    widens: false,
    infer: (_operands, attrs) => {
      const [n, dtype] = [numberAttribute(attrs, 'n'), dtypeAttribute(attrs, 'dtype')];
      if (dtype !== 'float32' && dtype !== 'float64')
        throw new AttributeError(`${name}: dtype is ${dtype}; use float32 or float64, then astype.`, { dtype });
      if (n < 1) throw new AttributeError(`${name}: n is ${n}; give 1 or more.`, { n });
      return { dtype, shape: [length(n)] };
    },
    kernel: { skeleton: 'direct', run: fill },
  });
};

/** Rows of this family. */
export const FOURIER: readonly OpRow[] = [
  transformRowOf({
    name: 'fft',
    doc: 'Discrete Fourier transform of complex numbers along an axis: Σ x[j] · e^(−2πi jk / n).',
    direction: 'forward',
    from: 'complex',
    to: 'complex',
  }),
  transformRowOf({
    name: 'ifft',
    doc: 'The inverse of `fft`: Σ x[j] · e^(2πi jk / n) / n.',
    direction: 'inverse',
    from: 'complex',
    to: 'complex',
  }),
  transformRowOf({
    name: 'rfft',
    doc: 'The first half of the transform of real numbers, n / 2 + 1 complex ones; the rest is its conjugate.',
    direction: 'forward',
    from: 'real',
    to: 'complex',
  }),
  transformRowOf({
    name: 'irfft',
    doc: 'The inverse of `rfft`: n real numbers, twice as many as there are complex ones but two.',
    direction: 'inverse',
    from: 'complex',
    to: 'real',
  }),
  frequencies('fftfreq', 'The frequencies of a transform of n samples, the negative ones last.', (n) => n, true),
  frequencies('rfftfreq', 'The frequencies of `rfft` of n samples.', (n) => Math.floor(n / 2) + 1, false),
];
