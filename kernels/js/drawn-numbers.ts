// Draws of real numbers by transformation and rejection, from any source of uniform, normal and exponential numbers.
// Algorithms and the order in which they take numbers are those of NumPy's generators.
import { ofNumbers } from '../scalar/math-of-numbers.ts';

const { acos, cos, expm1, log1p } = ofNumbers;

/** What draws are made of. */
export interface DrawSource {
  /** In [0, 1), of 53 bits. */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** Mean 1. */
  exponential(): number;
  /** An integer from 0 to `most`, both included. */
  upTo(most: number): number;
  readonly log: (x: number) => number;
  readonly exp: (x: number) => number;
  readonly pow: (x: number, y: number) => number;
  /** Draws as the older of NumPy's sources makes them, where they differ. */
  readonly isLegacy: boolean;
}

/** Marsaglia and Tsang 2000; below 1 by Ahrens and Dieter's rejection. */
export function standardGamma(s: DrawSource, shape: number): number {
  if (shape === 1) return s.exponential();
  if (shape === 0) return 0;
  if (shape < 1) return smallGamma(s, shape);
  const b = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * b);
  for (;;) {
    let [x, v] = [0, 0];
    do {
      x = s.normal();
      v = 1 + c * x;
    } while (v <= 0);
    v = v * v * v;
    const u = s.uniform();
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return b * v;
    if (s.log(u) < 0.5 * x * x + b * (1 - v + s.log(v))) return b * v;
  }
}

function smallGamma(s: DrawSource, shape: number): number {
  for (;;) {
    const u = s.uniform();
    const v = s.exponential();
    if (u <= 1 - shape) {
      const x = s.pow(u, 1 / shape);
      if (x <= v) return x;
    } else {
      const y = -s.log((1 - u) / shape);
      const x = s.pow(1 - shape + shape * y, 1 / shape);
      if (x <= v + y) return x;
    }
  }
}

const TINY = 3e-103;

/** Two gamma numbers, or Jöhnk 1964 where both shapes are at most 1. */
function beta(s: DrawSource, a: number, b: number): number {
  if (a > 1 || b > 1) {
    const first = standardGamma(s, a);
    return first / (first + standardGamma(s, b));
  }
  if (!s.isLegacy && a < TINY && b < TINY) return (a + b) * s.uniform() < a ? 1 : 0;
  for (;;) {
    const [u, v] = [s.uniform(), s.uniform()];
    const [x, y] = [s.pow(u, 1 / a), s.pow(v, 1 / b)];
    if (x + y > 1 || (!s.isLegacy && u + v === 0)) continue;
    if (x + y > 0) return x / (x + y);
    const [logX, logY] = [s.log(u) / a, s.log(v) / b];
    const most = Math.max(logX, logY);
    return s.exp(logX - most - s.log(s.exp(logX - most) + s.exp(logY - most)));
  }
}

const chiSquare = (s: DrawSource, df: number): number => 2 * standardGamma(s, df / 2);

function laplace(s: DrawSource, location: number, scale: number): number {
  for (;;) {
    const u = s.uniform();
    if (u >= 0.5) return location - scale * s.log(2 - u - u);
    if (u > 0) return location + scale * s.log(u + u);
  }
}

function gumbel(s: DrawSource, location: number, scale: number): number {
  for (;;) {
    const u = 1 - s.uniform();
    if (u < 1) return location - scale * s.log(-s.log(u));
  }
}

function logistic(s: DrawSource, location: number, scale: number): number {
  for (;;) {
    const u = s.uniform();
    if (u > 0) return location + scale * s.log(u / (1 - u));
  }
}

function studentT(s: DrawSource, df: number): number {
  const normal = s.normal();
  const gamma = standardGamma(s, df / 2);
  return (Math.sqrt(df / 2) * normal) / Math.sqrt(gamma);
}

function fisher(s: DrawSource, dfnum: number, dfden: number): number {
  const above = chiSquare(s, dfnum) * dfden;
  return above / (chiSquare(s, dfden) * dfnum);
}

/** Michael, Schucany and Haas 1976; newer draws take the smaller root without cancellation. */
function wald(s: DrawSource, mean: number, scale: number): number {
  const normal = s.normal();
  const y = mean * normal * normal;
  const x = s.isLegacy
    ? mean + (mean / (2 * scale)) * (y - Math.sqrt(4 * scale * y + y * y))
    : mean * (1 - 2 / (1 + Math.sqrt(1 + (4 * scale) / y)));
  return s.uniform() <= mean / (mean + x) ? x : (mean * mean) / x;
}

function triangular(s: DrawSource, left: number, mode: number, right: number): number {
  const base = right - left;
  const u = s.uniform();
  if (u <= (mode - left) / base) return left + Math.sqrt(u * ((mode - left) * base));
  return right - Math.sqrt((1 - u) * ((right - mode) * base));
}

/** Best and Fisher 1979; wide ones are normal numbers. */
function vonMises(s: DrawSource, mu: number, kappa: number): number {
  if (Number.isNaN(kappa)) return NaN;
  if (kappa < 1e-8) return Math.PI * (2 * s.uniform() - 1);
  if (kappa > 1e6 && !s.isLegacy) {
    const near = mu + Math.sqrt(1 / kappa) * s.normal();
    return near < -Math.PI ? near + 2 * Math.PI : near > Math.PI ? near - 2 * Math.PI : near;
  }
  const cosine = vonMisesCosine(s, kappa);
  const angle = acos(cosine);
  const turned = (s.uniform() < 0.5 ? -angle : angle) + mu;
  const within = ((Math.abs(turned) + Math.PI) % (2 * Math.PI)) - Math.PI;
  return turned < 0 ? -within : within;
}

function vonMisesCosine(s: DrawSource, kappa: number): number {
  const r = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (r - Math.sqrt(2 * r)) / (2 * kappa);
  const width = kappa < 1e-5 ? 1 / kappa + kappa : (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = cos(Math.PI * s.uniform());
    const w = (1 + width * z) / (width + z);
    const y = kappa * (width - w);
    const v = s.uniform();
    if (y * (2 - y) - v >= 0 || s.log(y / v) + 1 - y >= 0) return w;
  }
}

/** Distributions of real numbers, by NumPy's names. */
export const NUMBER_DRAWS = {
  standard_gamma: standardGamma,
  gamma: (s, shape: number, scale: number) => scale * standardGamma(s, shape),
  beta,
  chisquare: chiSquare,
  f: fisher,
  standard_t: studentT,
  standard_cauchy: (s) => {
    const above = s.normal();
    return above / s.normal();
  },
  laplace,
  gumbel,
  logistic,
  lognormal: (s, mean: number, sigma: number) => s.exp(mean + sigma * s.normal()),
  pareto: (s, a: number) => (s.isLegacy ? s.exp(s.exponential() / a) - 1 : expm1(s.exponential() / a)),
  weibull: (s, a: number) => (a === 0 ? 0 : s.pow(s.exponential(), 1 / a)),
  power: (s, a: number) =>
    s.isLegacy ? s.pow(1 - s.exp(-s.exponential()), 1 / a) : s.pow(-expm1(-s.exponential()), 1 / a),
  rayleigh: (s, scale: number) =>
    s.isLegacy ? scale * Math.sqrt(-2 * log1p(-s.uniform())) : scale * Math.sqrt(2 * s.exponential()),
  triangular,
  vonmises: vonMises,
  wald,
} as const satisfies Readonly<Record<string, (s: DrawSource, ...parameters: never[]) => number>>;
