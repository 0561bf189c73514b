// References of Fourier transforms: the sums of their definition.
import { type Attrs, at, build, type Name, type Ref, type Reference } from './reference.ts';

type Pair = readonly [re: number, im: number];

const scaleOf = (n: number, norm: unknown, inverse: boolean): number =>
  norm === 'ortho' ? 1 / Math.sqrt(n) : (norm === 'forward') === inverse ? 1 : 1 / n;

/** Σ x[j] e^(±2πi jk / n). */
function sumAt(line: readonly Pair[], k: number, roots: readonly Pair[]): Pair {
  let [re, im] = [0, 0];
  line.forEach(([a, b], j) => {
    const [cos, sin] = roots[(j * k) % line.length]!;
    re += a * cos - b * sin;
    im += a * sin + b * cos;
  });
  return [re, im];
}

/** e^(±2πi m / n) for every m below n. */
const rootsOf = (n: number, sign: 1 | -1): Pair[] =>
  Array.from({ length: n }, (_, m) => {
    const angle = (sign * 2 * Math.PI * m) / n;
    return [Math.cos(angle), Math.sin(angle)];
  });

/** What was made of a place, made once. */
function once<T>(make: (index: readonly number[]) => T): (index: readonly number[]) => T {
  const made = new Map<string, T>();
  return (index) => {
    const key = index.join();
    const known = made.get(key) ?? make(index);
    made.set(key, known);
    return known;
  };
}

const transform =
  (from: 'real' | 'complex', to: 'real' | 'complex', sign: 1 | -1): Reference =>
  ([x], attrs: Attrs) => {
    const { shape, dtype } = x as Ref;
    const axes = from === 'complex' ? shape.slice(0, -1) : shape;
    const given = (attrs['axis'] as number | undefined) ?? -1;
    const axis = given < 0 ? given + axes.length : given;
    const n = (attrs['n'] as number | null | undefined) ?? (to === 'real' ? 2 * (axes[axis]! - 1) : axes[axis]!);
    const made = axes.map((own, i) => (i !== axis ? own : from === 'real' ? Math.floor(n / 2) + 1 : n));
    const scale = scaleOf(n, attrs['norm'], sign === 1);
    const element = (index: readonly number[], j: number): Pair => {
      if (j >= axes[axis]!) return [0, 0];
      const place = index.map((own, i) => (i === axis ? j : own));
      if (from === 'real') return [Number(at(x as Ref, place)), 0];
      return [Number(at(x as Ref, [...place, 0])), Number(at(x as Ref, [...place, 1]))];
    };
    const lineAt = once((index: readonly number[]): Pair[] =>
      Array.from({ length: n }, (_, j) => {
        if (to === 'complex') return element(index, j);
        const [re, im] = element(index, Math.min(j, n - j));
        return [re, 2 * j === n || j === 0 ? 0 : 2 * j > n ? -im : im];
      }),
    );
    const roots = rootsOf(n, sign);
    const name: Name = dtype.startsWith('float') ? dtype : 'float32';
    const sums = once((index: readonly number[]): Pair => sumAt(lineAt(index.with(axis, 0)), index[axis]!, roots));
    const out = build(name, to === 'complex' ? [...made, 2] : made, (index) =>
      to === 'complex' ? sums(index.slice(0, -1))[index.at(-1)!]! * scale : sums(index)[0] * scale,
    );
    const largest = Math.max(0, ...(out.values as number[]).map(Math.abs).filter(Number.isFinite));
    const epsilon = name === 'float32' ? 2 ** -23 : 2 ** -46;
    return { ...out, slack: out.values.map(() => largest * epsilon) };
  };

const frequencies =
  (count: (n: number) => number, isNegative: (i: number, n: number) => boolean): Reference =>
  (_operands, attrs) => {
    const [n, d] = [attrs['n'] as number, (attrs['d'] as number | undefined) ?? 1];
    return build((attrs['dtype'] as Name | undefined) ?? 'float32', [count(n)], ([i]) => {
      const value = (isNegative(i!, n) ? i! - n : i!) * (1 / (n * d));
      return attrs['dtype'] === 'float64' ? value : Math.fround(value);
    });
  };

/** References by op name. */
export const FOURIER: Readonly<Record<string, Reference>> = {
  fft: transform('complex', 'complex', -1),
  ifft: transform('complex', 'complex', 1),
  rfft: transform('real', 'complex', -1),
  irfft: transform('complex', 'real', 1),
  fftfreq: frequencies(
    (n) => n,
    (i, n) => 2 * i >= n + (n % 2),
  ),
  rfftfreq: frequencies(
    (n) => Math.floor(n / 2) + 1,
    () => false,
  ),
};
