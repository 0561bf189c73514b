// Draws of whole numbers by inversion and rejection, from any source of uniform, normal and exponential numbers.
// Algorithms and the order in which they take numbers are those of NumPy's generators.
import { ofNumbers } from '../scalar/math-of-numbers.ts';
import { type DrawSource, NUMBER_DRAWS, standardGamma } from './drawn-numbers.ts';

const STIRLING = [
  8.333333333333333e-2, -2.777777777777778e-3, 7.936507936507937e-4, -5.952380952380952e-4, 8.417508417508418e-4,
  -1.917526917526918e-3, 6.41025641025641e-3, -2.955065359477124e-2, 1.796443723688307e-1, -1.3924322169059,
];
const LOG_2_PI = 1.8378770664093453;

const { expm1, log1p } = ofNumbers;

/** log Γ(x) of x ≥ 1: Stirling's series from 7 on, the recurrence below. */
function logGamma(s: DrawSource, x: number): number {
  if (x === 1 || x === 2) return 0;
  const steps = x < 7 ? 7 - Math.trunc(x) : 0;
  let above = x + steps;
  const square = (1 / above) * (1 / above);
  const series = STIRLING.reduceRight((sum, term) => sum * square + term, 0);
  let value = series / above + 0.5 * LOG_2_PI + (above - 0.5) * s.log(above) - above;
  for (let k = 0; k < steps; k++) value -= s.log(--above);
  return value;
}

/** Products of uniform numbers where the mean is below 10, else Hörmann's transformed rejection (PTRS, 1993). */
function poisson(s: DrawSource, mean: number): number {
  if (mean === 0) return 0;
  if (mean >= 10) return largePoisson(s, mean);
  const least = s.exp(-mean);
  for (let [count, product] = [0, 1]; ; count++) {
    product *= s.uniform();
    if (!(product > least)) return count;
  }
}

function largePoisson(s: DrawSource, mean: number): number {
  const logMean = s.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const logInverse = s.log(1.1239 + 1.1328 / (b - 3.4));
  const ratio = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = s.uniform() - 0.5;
    const v = s.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= ratio) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (s.log(v) + logInverse - s.log(a / (us * us) + b) <= -mean + k * logMean - logGamma(s, k + 1)) return k;
  }
}

/** Successes of n trials; those of failures where success is more probable. */
function binomial(s: DrawSource, n: number, p: number): number {
  if (!s.isLegacy && (n === 0 || p === 0)) return 0;
  const rare = p <= 0.5 ? p : 1 - p;
  const count = rare * n <= 30 ? binomialBySums(s, n, rare) : binomialByRejection(s, n, rare);
  return p <= 0.5 ? count : n - count;
}

function binomialBySums(s: DrawSource, n: number, p: number): number {
  const q = 1 - p;
  const none = s.exp(n * (s.isLegacy ? s.log(q) : log1p(-p)));
  const most = Math.trunc(Math.min(n, n * p + 10 * Math.sqrt(n * p * q + 1)));
  let [count, probability, u] = [0, none, s.uniform()];
  while (u > probability) {
    count++;
    if (count > most) [count, probability, u] = [0, none, s.uniform()];
    else {
      u -= probability;
      probability = ((n - count + 1) * p * probability) / (count * q);
    }
  }
  return count;
}

/** What the rejection of Kachitvichyanukul and Schmeiser (BTPE, 1988) is laid out by. */
interface Hat {
  readonly m: number;
  readonly p1: number;
  readonly xm: number;
  readonly xl: number;
  readonly xr: number;
  readonly c: number;
  readonly laml: number;
  readonly lamr: number;
}

function hatOf(n: number, r: number): Hat {
  const q = 1 - r;
  const fm = n * r + r;
  const m = Math.floor(fm);
  const p1 = Math.floor(2.195 * Math.sqrt(n * r * q) - 4.6 * q) + 0.5;
  const [xm, xl, xr] = [m + 0.5, m + 0.5 - p1, m + 0.5 + p1];
  const left = (fm - xl) / (fm - xl * r);
  const right = (xr - fm) / (xr * q);
  const c = 0.134 + 20.5 / (15.3 + m);
  return { m, p1, xm, xl, xr, c, laml: left * (1 + left / 2), lamr: right * (1 + right / 2) };
}

function binomialByRejection(s: DrawSource, n: number, r: number): number {
  const hat = hatOf(n, r);
  const { m, p1, xm, xl, xr, c, laml, lamr } = hat;
  const p2 = p1 * (1 + 2 * c);
  const p3 = p2 + c / laml;
  const p4 = p3 + c / lamr;
  for (;;) {
    const u = s.uniform() * p4;
    let v = s.uniform();
    let y: number;
    if (u <= p1) return Math.floor(xm - p1 * v + u);
    if (u <= p2) {
      const x = xl + (u - p1) / c;
      v = v * c + 1 - Math.abs(m - x + 0.5) / p1;
      if (v > 1) continue;
      y = Math.floor(x);
    } else if (u <= p3) {
      y = Math.floor(xl + s.log(v) / laml);
      if (y < 0 || v === 0) continue;
      v = v * (u - p2) * laml;
    } else {
      y = Math.floor(xr - s.log(v) / lamr);
      if (y > n || v === 0) continue;
      v = v * (u - p3) * lamr;
    }
    if (isAccepted(s, n, r, hat, y, v)) return y;
  }
}

/** Whether v lies below the probability of y over that of the mode. */
function isAccepted(s: DrawSource, n: number, r: number, { m, xm }: Hat, y: number, v: number): boolean {
  const q = 1 - r;
  const k = Math.abs(y - m);
  const nrq = n * r * q;
  if (k <= 20 || k >= nrq / 2 - 1) {
    const ratio = r / q;
    const a = ratio * (n + 1);
    let f = 1;
    for (let i = m + 1; i <= y; i++) f *= a / i - ratio;
    for (let i = y + 1; i <= m; i++) f /= a / i - ratio;
    return v <= f;
  }
  const rho = (k / nrq) * ((k * (k / 3 + 0.625) + 0.16666666666666666) / nrq + 0.5);
  const t = (-k * k) / (2 * nrq);
  const logV = s.log(v);
  if (logV < t - rho) return true;
  if (logV > t + rho) return false;
  const [x1, f1, z, w] = [y + 1, m + 1, n + 1 - m, n - y + 1];
  const near = (x: number): number => {
    const square = x * x;
    return (13680 - (462 - (132 - (99 - 140 / square) / square) / square) / square) / x / 166320;
  };
  const bound = xm * s.log(f1 / x1) + (n - m + 0.5) * s.log(z / w) + (y - m) * s.log((w * r) / (x1 * q));
  return logV <= bound + near(f1) + near(z) + near(x1) + near(w);
}

function geometric(s: DrawSource, p: number): number {
  if (p < 1 / 3) return Math.ceil(s.isLegacy ? log1p(-s.uniform()) / log1p(-p) : -s.exponential() / log1p(-p));
  const u = s.uniform();
  let [count, sum, product] = [1, p, p];
  while (u > sum) {
    product *= 1 - p;
    sum += product;
    count++;
  }
  return count;
}

/** The largest integer that a draw may be. */
const LARGEST = 2 ** 63;

/** Rejection from a power law (Devroye 1986). */
function zipf(s: DrawSource, a: number): number {
  if (a >= 1025) return 1; // where NumPy's older source finds none
  const b = s.pow(2, a - 1);
  const least = s.isLegacy ? 0 : s.pow(LARGEST, 1 - a);
  for (;;) {
    const uniform = s.uniform();
    const u = s.isLegacy ? 1 - uniform : uniform * least + (1 - uniform);
    const v = s.uniform();
    const x = Math.floor(s.pow(u, -1 / (a - 1)));
    if (x > LARGEST || x < 1) continue;
    const t = s.pow(1 + 1 / x, a - 1);
    if ((v * x * (t - 1)) / (b - 1) <= t / b) return x;
  }
}

/** Kemp 1981. */
function logSeries(s: DrawSource, p: number): number {
  const r = log1p(-p);
  for (;;) {
    const v = s.uniform();
    if (v >= p) return 1;
    const q = -expm1(r * s.uniform());
    if (v <= q * q) {
      const count = Math.floor(1 + s.log(v) / s.log(q));
      if (count < 1 || v === 0) continue;
      return count;
    }
    return v >= q ? 1 : 2;
  }
}

function hypergeometric(s: DrawSource, good: number, bad: number, sample: number): number {
  if (s.isLegacy && sample <= 10) return fewLegacyHypergeometric(s, good, bad, sample);
  const isMany = s.isLegacy || (sample >= 10 && sample <= good + bad - 10);
  return isMany ? manyHypergeometric(s, good, bad, sample) : fewHypergeometric(s, good, bad, sample);
}

/** One after the other, those that are left where they are fewer. */
function fewHypergeometric(s: DrawSource, good: number, bad: number, sample: number): number {
  const isRest = sample > Math.floor((good + bad) / 2);
  let left = isRest ? good + bad - sample : sample;
  let [total, goodLeft] = [good + bad, good];
  for (; left > 0 && goodLeft > 0 && total > goodLeft; left--) if (s.upTo(--total) < goodLeft) goodLeft--;
  if (total === goodLeft) goodLeft -= left;
  return isRest ? goodLeft : good - goodLeft;
}

/** As NumPy's older source takes them: from the smaller part, until that or the sample is used up. */
function fewLegacyHypergeometric(s: DrawSource, good: number, bad: number, sample: number): number {
  const fewer = Math.min(good, bad);
  let left = fewer;
  for (let k = sample; k > 0 && left > 0; k--) left -= Math.floor(s.uniform() + left / (good + bad - sample + k));
  return good > bad ? sample - (fewer - left) : fewer - left;
}

/** Stadlober's ratio of uniform numbers (HRUA, 1989). */
function manyHypergeometric(s: DrawSource, good: number, bad: number, sample: number): number {
  const all = good + bad;
  const taken = Math.min(sample, all - sample);
  const [fewer, more] = [Math.min(good, bad), Math.max(good, bad)];
  const [p, q] = [fewer / all, more / all];
  const a = taken * p + 0.5;
  const c = Math.sqrt(((all - taken) * (s.isLegacy ? sample : taken) * p * q) / (all - 1) + 0.5);
  const h = 1.7155277699214135 * c + 0.8989161620588988;
  const mode = Math.floor(((taken + 1) * (fewer + 1)) / (all + 2));
  const weight = (k: number): number =>
    [k, fewer - k, taken - k, more - taken + k].reduce((sum, n) => sum + logGamma(s, n + 1), 0);
  const atMode = weight(mode);
  const most = Math.min(Math.min(taken, fewer) + 1, Math.floor(a + 16 * c));
  for (;;) {
    const u = s.uniform();
    const x = a + (h * (s.uniform() - 0.5)) / u;
    if (x < 0 || x >= most) continue;
    const k = Math.floor(x);
    const t = atMode - weight(k);
    const isTaken = u * (4 - u) - 3 <= t || (u * (u - t) < 1 && 2 * s.log(u) <= t);
    if (!isTaken) continue;
    const ofGood = good > bad ? taken - k : k;
    return taken < sample ? good - ofGood : ofGood;
  }
}

/** Distributions of whole numbers, by NumPy's names. */
export const COUNT_DRAWS = {
  poisson,
  binomial,
  geometric,
  negative_binomial: (s, n: number, p: number) => poisson(s, NUMBER_DRAWS.gamma(s, n, (1 - p) / p)),
  zipf,
  logseries: logSeries,
  hypergeometric,
} as const satisfies Readonly<Record<string, (s: DrawSource, ...parameters: never[]) => number>>;

/** Real numbers that are made of counts. */
export const MIXED_DRAWS = {
  noncentral_chisquare: (s, df: number, nonc: number) => noncentral(s, df, nonc),
  noncentral_f: (s, dfnum: number, dfden: number, nonc: number) => {
    const above = noncentral(s, dfnum, nonc) * dfden;
    return above / (NUMBER_DRAWS.chisquare(s, dfden) * dfnum);
  },
} as const satisfies Readonly<Record<string, (s: DrawSource, ...parameters: never[]) => number>>;

function noncentral(s: DrawSource, df: number, nonc: number): number {
  if (nonc === 0) return 2 * standardGamma(s, df / 2);
  if (df > 1) {
    const sum = 2 * standardGamma(s, (df - 1) / 2);
    const normal = s.normal() + Math.sqrt(nonc);
    return sum + normal * normal;
  }
  return 2 * standardGamma(s, (df + 2 * poisson(s, nonc / 2)) / 2);
}
