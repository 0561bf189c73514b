// Discrete Fourier transforms of any length in float64: mixed radix (Cooley and Tukey 1965), and Bluestein's algorithm
// (1970) where a prime factor is large. Roots of unity are the project's own sine and cosine.
import { floatAlgebra } from '../scalar/js-algebra.ts';
import { cos, sin } from '../scalar/math.ts';
import { Recent } from '../recent.ts';

/** Complex numbers as two arrays. */
export interface ComplexRow {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** What transforms of one length share. */
interface Transform {
  readonly length: number;
  /** Σ x[j] e^(−2πi jk / length), in place. */
  readonly run: (x: ComplexRow) => void;
}

/** Prime factors above this cost more than Bluestein's three transforms of twice the length. */
const LARGEST_FACTOR = 23;

export const complexRow = (length: number): ComplexRow => ({
  re: new Float64Array(length),
  im: new Float64Array(length),
});

/** Longer ones are planned anew: their tables are large, and planning is a small part of their work. */
const LONGEST_KEPT = 1 << 16;
const recent = new Recent<Transform>();

/** The transform of a length; the last few are kept. */
export function transformOf(length: number): Transform {
  const known = recent.find((transform) => transform.length === length);
  if (known !== undefined) return known;
  const factors = factorsOf(length);
  const isSmooth = factors.every((factor) => factor <= LARGEST_FACTOR);
  const transform = { length, run: isSmooth ? mixedRadix(length, factors) : bluestein(length) };
  return length > LONGEST_KEPT ? transform : recent.add(transform);
}

/** Turned into the inverse, unscaled, by exchanging real and imaginary parts. */
export function transformRow({ run }: Transform, x: ComplexRow, direction: 'forward' | 'inverse'): void {
  run(direction === 'forward' ? x : { re: x.im, im: x.re });
}

/** Fours first, then the primes in order. */
function factorsOf(length: number): number[] {
  const factors: number[] = [];
  let rest = length;
  for (let p = 4; rest > 1; p = p === 4 ? 2 : p === 2 ? 3 : p + 2) {
    if (p > 4 && p * p > rest) p = rest;
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return factors;
}

/** e^(−2πi k / n) for k = 0 … n − 1: angles of the first eighth, the rest by symmetry. */
function rootsOfUnity(n: number): ComplexRow {
  const roots = complexRow(n);
  for (let k = 0; k < n; k++) {
    const [re, im] = unitAt(k, n);
    roots.re[k] = re;
    roots.im[k] = -im;
  }
  return roots;
}

/** Cosine and sine of 2πk / n, 0 ≤ k < n. */
function unitAt(k: number, n: number): readonly [cosine: number, sine: number] {
  if (2 * k > n) {
    const [re, im] = unitAt(n - k, n);
    return [re, -im];
  }
  if (4 * k > n) {
    // π − angle: 2π (n/2 − k) / n, as 2π (n − 2k) / 2n.
    const [re, im] = quarterTurn(n - 2 * k, 2 * n);
    return [-re, im];
  }
  return quarterTurn(k, n);
}

/** As `unitAt`, of angles up to π/2; beyond π/4 the other function of the rest. */
function quarterTurn(k: number, n: number): readonly [number, number] {
  if (8 * k <= n) return sineAndCosine((2 * Math.PI * k) / n);
  const [re, im] = sineAndCosine((2 * Math.PI * (n - 4 * k)) / (4 * n));
  return [im, re];
}

const sineAndCosine = (angle: number): readonly [number, number] => [
  cos.body(floatAlgebra, angle),
  sin.body(floatAlgebra, angle),
];

function mixedRadix(length: number, factors: readonly number[]): Transform['run'] {
  const order = inputOrder(factors);
  const roots = rootsOfUnity(length);
  const from = complexRow(length);
  return (x) => {
    from.re.set(x.re.subarray(0, length));
    from.im.set(x.im.subarray(0, length));
    for (let i = 0; i < length; i++) {
      x.re[i] = from.re[order[i]!]!;
      x.im[i] = from.im[order[i]!]!;
    }
    let size = 1;
    for (const factor of factors) {
      if (factor === 4) combineFours(x, roots, length, size);
      else if (factor === 2) combineTwos(x, roots, length, size);
      else combine(x, roots, length, size, factor);
      size *= factor;
    }
  };
}

/** Which input comes where, so that transforms of the first factors lie side by side. */
function inputOrder(factors: readonly number[]): Int32Array {
  let order = Int32Array.of(0);
  for (const factor of factors) {
    const size = order.length;
    const next = new Int32Array(size * factor);
    for (let r = 0; r < factor; r++) for (let j = 0; j < size; j++) next[r * size + j] = factor * order[j]! + r;
    order = next;
  }
  return order;
}

/** Pairs of transforms of `size` become one of twice that. */
function combineTwos({ re, im }: ComplexRow, roots: ComplexRow, length: number, size: number): void {
  const step = length / (2 * size);
  for (let start = 0; start < length; start += 2 * size) {
    for (let k = 0; k < size; k++) {
      const [a, b] = [start + k, start + k + size];
      const [c, s] = [roots.re[k * step]!, roots.im[k * step]!];
      const r = re[b]! * c - im[b]! * s;
      const i = re[b]! * s + im[b]! * c;
      re[b] = re[a]! - r;
      im[b] = im[a]! - i;
      re[a]! += r;
      im[a]! += i;
    }
  }
}

/** Four transforms of `size` become one. */
function combineFours({ re, im }: ComplexRow, roots: ComplexRow, length: number, size: number): void {
  const step = length / (4 * size);
  for (let start = 0; start < length; start += 4 * size) {
    for (let k = 0; k < size; k++) {
      const a = start + k;
      const b = a + size;
      const c = b + size;
      const d = c + size;
      const w1 = k * step;
      const r1 = re[b]! * roots.re[w1]! - im[b]! * roots.im[w1]!;
      const i1 = re[b]! * roots.im[w1]! + im[b]! * roots.re[w1]!;
      const r2 = re[c]! * roots.re[2 * w1]! - im[c]! * roots.im[2 * w1]!;
      const i2 = re[c]! * roots.im[2 * w1]! + im[c]! * roots.re[2 * w1]!;
      const r3 = re[d]! * roots.re[3 * w1]! - im[d]! * roots.im[3 * w1]!;
      const i3 = re[d]! * roots.im[3 * w1]! + im[d]! * roots.re[3 * w1]!;
      const [evenRe, evenIm] = [re[a]! + r2, im[a]! + i2];
      const [otherRe, otherIm] = [re[a]! - r2, im[a]! - i2];
      const [oddRe, oddIm] = [r1 + r3, i1 + i3];
      const [turnedRe, turnedIm] = [i1 - i3, r3 - r1]; // −i times the difference
      re[a] = evenRe + oddRe;
      im[a] = evenIm + oddIm;
      re[b] = otherRe + turnedRe;
      im[b] = otherIm + turnedIm;
      re[c] = evenRe - oddRe;
      im[c] = evenIm - oddIm;
      re[d] = otherRe - turnedRe;
      im[d] = otherIm - turnedIm;
    }
  }
}

/** `factor` transforms of `size` become one, by its definition. */
function combine({ re, im }: ComplexRow, roots: ComplexRow, length: number, size: number, factor: number): void {
  const step = length / (factor * size);
  const turn = length / factor;
  const part = complexRow(factor);
  for (let start = 0; start < length; start += factor * size) {
    for (let k = 0; k < size; k++) {
      for (let r = 0; r < factor; r++) {
        const [at, w] = [start + k + r * size, r * k * step];
        part.re[r] = re[at]! * roots.re[w]! - im[at]! * roots.im[w]!;
        part.im[r] = re[at]! * roots.im[w]! + im[at]! * roots.re[w]!;
      }
      for (let q = 0; q < factor; q++) {
        let [sumRe, sumIm] = [part.re[0]!, part.im[0]!];
        for (let r = 1, w = q * turn; r < factor; r++, w = (w + q * turn) % length) {
          sumRe += part.re[r]! * roots.re[w]! - part.im[r]! * roots.im[w]!;
          sumIm += part.re[r]! * roots.im[w]! + part.im[r]! * roots.re[w]!;
        }
        re[start + k + q * size] = sumRe;
        im[start + k + q * size] = sumIm;
      }
    }
  }
}

/** A convolution with a chirp, e^(−πi j² / length), by transforms of a power of two. */
function bluestein(length: number): Transform['run'] {
  const size = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const inner = mixedRadix(size, factorsOf(size));
  const chirp = complexRow(length);
  for (let j = 0; j < length; j++) {
    const [re, im] = unitAt(Number((BigInt(j) * BigInt(j)) % BigInt(2 * length)), 2 * length);
    chirp.re[j] = re;
    chirp.im[j] = -im;
  }
  const filter = complexRow(size);
  for (let j = 0; j < length; j++) {
    filter.re[j] = filter.re[(size - j) % size] = chirp.re[j]!;
    filter.im[j] = filter.im[(size - j) % size] = -chirp.im[j]!;
  }
  inner(filter);
  const work = complexRow(size);
  return (x) => {
    work.re.fill(0);
    work.im.fill(0);
    multiplyInto(work, x, chirp, length, 1);
    inner(work);
    multiplyInto(work, work, filter, size, 1);
    inner({ re: work.im, im: work.re });
    multiplyInto(x, work, chirp, length, 1 / size);
  };
}

/** The first elements of out become those of a · b, scaled. */
function multiplyInto(out: ComplexRow, a: ComplexRow, b: ComplexRow, count: number, scale: number): void {
  for (let i = 0; i < count; i++) {
    const [re, im] = [a.re[i]!, a.im[i]!];
    out.re[i] = (re * b.re[i]! - im * b.im[i]!) * scale;
    out.im[i] = (re * b.im[i]! + im * b.re[i]!) * scale;
  }
}
