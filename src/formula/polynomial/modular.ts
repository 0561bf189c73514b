// Polynomials over the integers modulo a small prime, and their irreducible factors.
// Cantor, Zassenhaus, "A new algorithm for factoring polynomials over finite fields", 1981.

/** Coefficients of x⁰, x¹, … in 0 … p − 1, the last one not 0. */
export type Residues = readonly number[];

function cut(a: number[]): Residues {
  while (a.length > 0 && a.at(-1) === 0) a.pop();
  return a;
}

/** The inverse of a, 0 < a < p. */
function inverse(a: number, p: number): number {
  let [r, s, x, y] = [p, a, 0, 1];
  while (s !== 0) {
    const q = Math.floor(r / s);
    [r, s, x, y] = [s, r - q * s, y, x - q * y];
  }
  return ((x % p) + p) % p;
}

export const residuesOf = (a: readonly bigint[], p: number): Residues =>
  cut(a.map((c) => Number(((c % BigInt(p)) + BigInt(p)) % BigInt(p))));

export function timesModulo(a: Residues, b: Residues, p: number): Residues {
  if (a.length === 0 || b.length === 0) return [];
  const out = new Array<number>(a.length + b.length - 1).fill(0);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] = (out[i + j]! + a[i]! * b[j]!) % p;
  return cut(out);
}

/** Quotient and remainder, b ≠ 0. */
function divided(a: Residues, b: Residues, p: number): readonly [Residues, Residues] {
  const rest = [...a];
  const quotient = new Array<number>(Math.max(0, a.length - b.length + 1)).fill(0);
  const by = inverse(b.at(-1)!, p);
  for (let i = a.length - b.length; i >= 0; i--) {
    const q = (rest[i + b.length - 1]! * by) % p;
    quotient[i] = q;
    if (q !== 0) for (let j = 0; j < b.length; j++) rest[i + j] = (rest[i + j]! + (p - q) * b[j]!) % p;
  }
  return [cut(quotient), cut(rest)];
}

export const remainderModulo = (a: Residues, b: Residues, p: number): Residues => divided(a, b, p)[1];

function minusModulo(a: Residues, b: Residues, p: number): Residues {
  return cut(Array.from({ length: Math.max(a.length, b.length) }, (_, i) => ((a[i] ?? 0) + p - (b[i] ?? 0)) % p));
}

export function monicModulo(a: Residues, p: number): Residues {
  const by = inverse(a.at(-1)!, p);
  return a.map((c) => (c * by) % p);
}

function gcdModulo(a: Residues, b: Residues, p: number): Residues {
  let [x, y] = [a, b];
  while (y.length > 0) [x, y] = [y, remainderModulo(x, y, p)];
  return x.length === 0 ? x : monicModulo(x, p);
}

/** The inverse of a modulo g, where they have no common factor. */
export function inverseModulo(a: Residues, g: Residues, p: number): Residues {
  let [r, s] = [g, remainderModulo(a, g, p)];
  let [x, y]: [Residues, Residues] = [[], [1]];
  while (s.length > 0) {
    const [q, rest] = divided(r, s, p);
    [r, s, x, y] = [s, rest, y, minusModulo(x, timesModulo(q, y, p), p)];
  }
  return timesModulo(x, [inverse(r[0]!, p)], p);
}

/** a^power modulo f. */
function raisedModulo(a: Residues, power: bigint, f: Residues, p: number): Residues {
  let [out, base]: [Residues, Residues] = [[1], remainderModulo(a, f, p)];
  for (let rest = power; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) out = remainderModulo(timesModulo(out, base, p), f, p);
    base = remainderModulo(timesModulo(base, base, p), f, p);
  }
  return out;
}

export function isSquareFreeModulo(f: Residues, p: number): boolean {
  const slope = cut(f.slice(1).map((c, i) => (c * ((i + 1) % p)) % p));
  return slope.length > 0 && gcdModulo(f, slope, p).length === 1;
}

/** Products of the irreducible factors of each degree, of a monic square-free polynomial. */
export function byDegree(f: Residues, p: number): { readonly degree: number; readonly product: Residues }[] {
  const found: { degree: number; product: Residues }[] = [];
  let [rest, power]: [Residues, Residues] = [f, [0, 1]];
  for (let degree = 1; 2 * degree < rest.length; degree++) {
    power = raisedModulo(power, BigInt(p), rest, p);
    const product = gcdModulo(rest, minusModulo(power, [0, 1], p), p);
    if (product.length <= 1) continue;
    found.push({ degree, product });
    rest = divided(rest, product, p)[0];
    power = remainderModulo(power, rest, p);
  }
  if (rest.length > 1) found.push({ degree: rest.length - 1, product: rest });
  return found;
}

/** The irreducible factors, all of one degree, of a product of them; p is odd. */
export function splitByDegree(product: Residues, degree: number, p: number): Residues[] {
  const done: Residues[] = [];
  const open = [product];
  let seed = 1;
  for (let f = open.pop(); f !== undefined; f = open.pop()) {
    if (f.length - 1 === degree) {
      done.push(f);
      continue;
    }
    const tried = cut(Array.from({ length: f.length - 1 }, () => (seed = (seed * 48271) % 2147483647) % p));
    const power = raisedModulo(tried, (BigInt(p) ** BigInt(degree) - 1n) / 2n, f, p);
    const part = gcdModulo(f, minusModulo(power, [1], p), p);
    if (part.length <= 1 || part.length === f.length) open.push(f);
    else open.push(part, divided(f, part, p)[0]);
  }
  return done;
}
