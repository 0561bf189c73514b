// Polynomials of one variable with whole coefficients: their greatest common divisors and irreducible factors over the
// rationals. Zassenhaus, "On Hensel factorization", 1969; Yun, "On square-free decomposition algorithms", 1976.
import { gcd } from '../rational.ts';
import * as mod from './modular.ts';

/** Coefficients of x⁰, x¹, …, the last one not 0. */
export type Whole = readonly bigint[];

/** An irreducible factor and how often it divides. */
interface WholeFactor {
  readonly factor: Whole;
  readonly power: number;
}

const magnitude = (a: bigint): bigint => (a < 0n ? -a : a);

function cut(a: bigint[]): Whole {
  while (a.length > 0 && a.at(-1) === 0n) a.pop();
  return a;
}

/** Divided by the greatest common divisor of the coefficients; the leading one is positive. */
function primitive(a: Whole): Whole {
  const content = a.reduce((sum, c) => gcd(sum, c), 0n) * (a.length > 0 && a.at(-1)! < 0n ? -1n : 1n);
  return content === 0n || content === 1n ? a : a.map((c) => c / content);
}

export function wholeProduct(a: Whole, b: Whole): Whole {
  if (a.length === 0 || b.length === 0) return [];
  const out = new Array<bigint>(a.length + b.length - 1).fill(0n);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j]! += a[i]! * b[j]!;
  return out;
}

/** a / b where b divides a over the integers; undefined where it does not. */
function wholeQuotient(a: Whole, b: Whole): Whole | undefined {
  const rest = [...a];
  const lead = b.at(-1)!;
  const quotient = new Array<bigint>(Math.max(0, a.length - b.length + 1)).fill(0n);
  for (let i = a.length - b.length; i >= 0; i--) {
    const top = rest[i + b.length - 1]!;
    if (top % lead !== 0n) return undefined;
    const q = (quotient[i] = top / lead);
    if (q !== 0n) for (let j = 0; j < b.length; j++) rest[i + j]! -= q * b[j]!;
  }
  return rest.every((c) => c === 0n) ? cut(quotient) : undefined;
}

/** lead(b)^k · a modulo b. */
function pseudoRemainder(a: Whole, b: Whole): Whole {
  let rest = [...a];
  const lead = b.at(-1)!;
  while (rest.length >= b.length) {
    const top = rest.at(-1)!;
    const shift = rest.length - b.length;
    rest = rest.map((c, i) => c * lead - (i >= shift ? top * b[i - shift]! : 0n));
    cut(rest);
  }
  return rest;
}

/** The primitive greatest common divisor. */
function wholeGcd(a: Whole, b: Whole): Whole {
  let [x, y] = [primitive(a), primitive(b)];
  if (x.length < y.length) [x, y] = [y, x];
  while (y.length > 0) [x, y] = [y, primitive(pseudoRemainder(x, y))];
  return x;
}

const wholeSlope = (a: Whole): Whole => a.slice(1).map((c, i) => c * BigInt(i + 1));

/** Square-free factors of a primitive polynomial with their powers. */
function squareFreeParts(f: Whole): WholeFactor[] {
  const parts: WholeFactor[] = [];
  let common = wholeGcd(f, wholeSlope(f));
  let rest = wholeQuotient(f, common)!;
  for (let power = 1; rest.length > 1; power++) {
    const next = wholeGcd(rest, common);
    const factor = wholeQuotient(rest, next)!;
    if (factor.length > 1) parts.push({ factor: primitive(factor), power });
    [rest, common] = [next, wholeQuotient(common, next)!];
  }
  return parts;
}

/** Irreducible factors over the rationals, primitive, by degree; undefined where that takes too many steps. */
export function wholeFactors(f: Whole): WholeFactor[] | undefined {
  const found: WholeFactor[] = [];
  for (const { factor, power } of squareFreeParts(primitive(f))) {
    const irreducible = irreducibles(factor);
    if (irreducible === undefined) return undefined;
    found.push(...irreducible.map((each) => ({ factor: each, power })));
  }
  return found.sort((a, b) => a.factor.length - b.factor.length || order(a.factor, b.factor));
}

function order(a: Whole, b: Whole): number {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

const PRIMES = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103];
const PRIMES_TRIED = 6;
/** Products of factors that are tried. */
const MOST_PRODUCTS = 100_000;
export const MOST_DEGREE = 256;

/** Factors of a primitive square-free polynomial: those modulo a prime, lifted to a power of it and put together. */
function irreducibles(f: Whole): Whole[] | undefined {
  if (f[0] === 0n) return [[0n, 1n], ...(f.length > 2 ? (irreducibles(f.slice(1)) ?? [f.slice(1)]) : [])];
  if (f.length <= 2) return [f];
  if (f.length > MOST_DEGREE + 1) return undefined;
  const best = PRIMES.filter((p) => f.at(-1)! % BigInt(p) !== 0n)
    .map((p) => ({ p, residues: mod.monicModulo(mod.residuesOf(f, p), p) }))
    .filter(({ p, residues }) => mod.isSquareFreeModulo(residues, p))
    .slice(0, PRIMES_TRIED)
    .map(({ p, residues }) => ({ p, groups: mod.byDegree(residues, p) }))
    .map((each) => ({
      ...each,
      count: each.groups.reduce((sum, { degree, product }) => sum + (product.length - 1) / degree, 0),
    }))
    .reduce<{ p: number; groups: ReturnType<typeof mod.byDegree>; count: number } | undefined>(
      (least, each) => (least === undefined || each.count < least.count ? each : least),
      undefined,
    );
  if (best === undefined) return undefined;
  if (best.count === 1) return [f];
  const factors = best.groups.flatMap(({ degree, product }) => mod.splitByDegree(product, degree, best.p));
  return combined(f, ...lifted(f, factors, best.p));
}

const modulo = (a: bigint, m: bigint): bigint => ((a % m) + m) % m;

/** Monic factors modulo a power of p that is above twice every coefficient of a factor, and that power. */
function lifted(f: Whole, factors: readonly mod.Residues[], p: number): readonly [Whole[], bigint] {
  const prime = BigInt(p);
  const norm = f.reduce((sum, c) => sum + magnitude(c), 0n);
  const bound = 2n * norm * magnitude(f.at(-1)!) * (1n << BigInt(f.length));
  let most = prime;
  while (most <= bound) most *= prime;
  const lead = invertedModulo(f.at(-1)!, most);
  const goal = f.map((c) => modulo(c * lead, most));
  const weights = factors.map((g, i) => {
    const others = factors
      .filter((_, j) => j !== i)
      .reduce((product: mod.Residues, other) => mod.remainderModulo(mod.timesModulo(product, other, p), g, p), [1]);
    return mod.inverseModulo(others, g, p);
  });
  let lifts: Whole[] = factors.map((g) => g.map(BigInt));
  for (let power = prime; power < most; power *= prime) {
    const next = power * prime;
    const product = lifts.reduce((all, g) => wholeProduct(all, g).map((c) => c % next), [1n] as Whole);
    const error = mod.residuesOf(
      goal.map((c, i) => modulo(c - product[i]!, next) / power),
      p,
    );
    lifts = lifts.map((g, i) => {
      const step = mod.remainderModulo(mod.timesModulo(weights[i]!, error, p), factors[i]!, p);
      return g.map((c, k) => c + power * BigInt(step[k] ?? 0));
    });
  }
  return [lifts, most];
}

function invertedModulo(a: bigint, m: bigint): bigint {
  let [r, s, x, y] = [m, modulo(a, m), 0n, 1n];
  while (s !== 0n) {
    const q = r / s;
    [r, s, x, y] = [s, r - q * s, y, x - q * y];
  }
  return modulo(x, m);
}

/** Products of lifted factors that divide, fewest factors first. */
function combined(f: Whole, lifts: Whole[], modulus: bigint): Whole[] | undefined {
  const found: Whole[] = [];
  let [rest, open, steps] = [f, lifts, 0];
  for (let size = 1; 2 * size <= open.length;) {
    let divisor: Whole | undefined;
    for (const chosen of subsets(open.length, size)) {
      if (++steps > MOST_PRODUCTS) return undefined;
      const candidate = candidateOf(
        rest,
        chosen.map((i) => open[i]!),
        modulus,
      );
      const quotient = candidate && wholeQuotient(rest, candidate);
      if (quotient === undefined) continue;
      divisor = candidate!;
      rest = quotient;
      open = open.filter((_, i) => !chosen.includes(i));
      break;
    }
    if (divisor === undefined) size++;
    else found.push(divisor);
  }
  return [...found, primitive(rest)];
}

function candidateOf(f: Whole, chosen: readonly Whole[], modulus: bigint): Whole | undefined {
  const centred = (c: bigint): bigint => {
    const r = modulo(c, modulus);
    return 2n * r > modulus ? r - modulus : r;
  };
  const lead = f.at(-1)!;
  const first = centred(chosen.reduce((product, g) => (product * g[0]!) % modulus, lead));
  if (first === 0n || (lead * f[0]!) % first !== 0n) return undefined;
  const product = chosen.reduce((all, g) => wholeProduct(all, g).map((c) => c % modulus), [lead] as Whole);
  return primitive(product.map(centred));
}

/** Sets of `size` places below `count`, in order. */
function* subsets(count: number, size: number): Iterable<number[]> {
  const at = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    yield [...at];
    let i = size - 1;
    while (i >= 0 && at[i] === count - size + i) i--;
    if (i < 0) return;
    at[i]!++;
    for (let j = i + 1; j < size; j++) at[j] = at[j - 1]! + 1;
  }
}
