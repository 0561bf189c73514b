// Real roots of a function of one variable by interval Newton: none is missed, and each says whether it was proved.
// Moore, "Interval analysis", 1966; Neumaier, "Interval methods for systems of equations", 1990.
import { valueIn } from '../../../kernels/readings/apply.ts';
import type { Interval } from '../../../kernels/readings/bounds.ts';
import { dual } from '../../../kernels/readings/dual.ts';
import { floatEnds, neighbour } from '../../../kernels/readings/float-ends.ts';
import { intervals } from '../../../kernels/readings/interval.ts';
import { isSmooth } from '../../../kernels/readings/trace.ts';
import type { Scalar } from '../../kit.ts';

/** An interval with exactly one root, proved, or one where there may be some. */
export interface Root {
  readonly low: number;
  readonly high: number;
  readonly is: 'certain' | 'possible';
}

/** What a search came to; `complete` where no part of the interval was left out for want of steps. */
interface Roots {
  readonly roots: readonly Root[];
  readonly complete: boolean;
}

type Range = Interval<number>;
const m = intervals(floatEnds);
const d = dual(m);

const MOST_STEPS = 20_000;

const range = (low: number, high: number): Range => ({ low, high, nan: false });
const isEmpty = ({ low, high }: Range): boolean => low > high;
const has = ({ low, high }: Range, x: number): boolean => low <= x && x <= high;
const isBounded = ({ low, high, nan }: Range): boolean => !nan && Number.isFinite(low) && Number.isFinite(high);
const meet = (a: Range, b: Range): Range => range(Math.max(a.low, b.low), Math.min(a.high, b.high));
const isInside = (a: Range, b: Range): boolean => b.low < a.low && a.high < b.high;

/** A point near the middle, of large and of small numbers too. */
function middleOf({ low, high }: Range): number {
  const middle = low / 2 + high / 2;
  return Math.min(Math.max(middle, low), high);
}

/** A function with its bounds, its slope and its values at points. */
class Search {
  readonly #f: Scalar;
  readonly #smooth: boolean;
  readonly #least: number;
  readonly found: Root[] = [];
  complete = true;

  constructor(f: Scalar, span: number) {
    this.#f = f;
    this.#smooth = isSmooth(f);
    this.#least = span * 2 ** -40;
  }

  at(x: number): Range {
    return valueIn(m, this.#f, [m.constant(x)]);
  }

  over(x: Range): { readonly value: Range; readonly slope: Range } {
    const { value, slope } = valueIn(d, this.#f, [{ value: x, slope: m.constant(1) }]);
    return { value, slope: slope ?? m.constant(0) };
  }

  run(start: Range): void {
    const open = [start];
    for (let step = 0; open.length > 0; step++) {
      if (step >= MOST_STEPS) {
        this.complete = false;
        for (const { low, high } of open) this.found.push({ low, high, is: 'possible' });
        return;
      }
      open.push(...this.#narrowed(open.pop()!));
    }
  }

  /** What is left of an interval to look at; roots that are proved, or can be told no better, are put down. */
  #narrowed(x: Range): Range[] {
    const { value, slope } = this.over(x);
    if (isEmpty(value) || !has(value, 0)) return [];
    const center = middleOf(x);
    const atCenter = this.at(center);
    if (isBounded(slope) && !value.nan && !has(m.add(atCenter, m.mul(slope, m.sub(x, m.constant(center)))), 0))
      return [];
    if (isBounded(value) && isBounded(slope) && !has(slope, 0)) {
      const next = this.#newton(center, atCenter, slope);
      if (isInside(next, x) && this.#smooth) return this.#proved(next);
      const left = meet(next, x);
      if (isEmpty(left)) return [];
      if (left.high - left.low < 0.5 * (x.high - x.low)) return [left];
    }
    if (!this.#isDivisible(x)) return this.#settled(x);
    return [range(center, x.high), range(x.low, center)];
  }

  #newton(center: number, atCenter: Range, slope: Range): Range {
    return m.sub(m.constant(center), m.div(atCenter, slope));
  }

  #isDivisible(x: Range): boolean {
    const width = x.high - x.low;
    const size = Math.max(Math.abs(x.low), Math.abs(x.high));
    return width > Math.max(size * 2 ** -30, this.#least) && neighbour(neighbour(x.low, 'up'), 'up') < x.high;
  }

  /** A unique root, as narrow as it gets. */
  #proved(start: Range): Range[] {
    let best = start;
    for (let round = 0; round < 60; round++) {
      const center = middleOf(best);
      const next = meet(this.#newton(center, this.at(center), this.over(best).slope), best);
      if (isEmpty(next) || !(next.high - next.low < 0.9 * (best.high - best.low))) break;
      best = next;
    }
    this.found.push({ low: best.low, high: best.high, is: 'certain' });
    return [];
  }

  /** A narrow interval: proved by one a little wider, as where a root lies at an end, or by a change of sign. */
  #settled(x: Range): Range[] {
    const size = Math.max(x.high - x.low, 2 ** -1022, 2 ** -50 * Math.max(Math.abs(x.low), Math.abs(x.high)));
    for (const wider of [8, 1024]) {
      const around = range(x.low - size * wider, x.high + size * wider);
      const { value, slope } = this.over(around);
      if (!this.#smooth || !isBounded(value) || !isBounded(slope) || has(slope, 0)) continue;
      const center = middleOf(around);
      const next = this.#newton(center, this.at(center), slope);
      if (isEmpty(meet(next, x))) return [];
      if (isInside(next, around)) return this.#proved(next);
    }
    const [left, right] = [this.at(x.low), this.at(x.high)];
    const exact = [x.low, x.high].filter((_, i) => isZero([left, right][i]!));
    for (const at of exact) this.found.push({ low: at, high: at, is: 'possible' });
    if (exact.length === 0) this.found.push({ low: x.low, high: x.high, is: 'possible' });
    return [];
  }
}

const isZero = ({ low, high, nan }: Range): boolean => !nan && low === 0 && high === 0;

/** Roots of a function of one variable between two numbers, which may be infinite. */
export function rootsOf(f: Scalar, [from, to]: readonly [number, number]): Roots {
  const parts = [...piecesOf(f, from, to)];
  const roots = parts.flatMap(({ search, back }) => search.found.map(back));
  const within = roots.filter(({ low, high }) => high >= from && low <= to);
  return { roots: merged(within), complete: parts.every(({ search }) => search.complete) };
}

interface Piece {
  readonly search: Search;
  readonly back: (root: Root) => Root;
}

/** Beyond this, x is 1 / t. */
const FAR = 16;

function* piecesOf(f: Scalar, from: number, to: number): Iterable<Piece> {
  const [low, high] = [from === -Infinity ? -FAR : from, to === Infinity ? FAR : to];
  const near = new Search(f, Math.abs(high - low));
  if (low <= high) near.run(range(low, high));
  yield { search: near, back: (root) => root };
  const inverted: Scalar = {
    name: `${f.name} of 1/t`,
    arity: 1,
    returns: 'value',
    body: (a, t) => valueIn(a, f, [a.div(a.constant(1), t)]),
  };
  const back = ({ low: s, high: t, is }: Root): Root => ({
    low: neighbour(1 / t, 'down'),
    high: neighbour(1 / s, 'up'),
    is,
  });
  for (const side of [to === Infinity ? 1 : 0, from === -Infinity ? -1 : 0].filter((sign) => sign !== 0)) {
    const end = 1 / (side > 0 ? Math.max(FAR, from) : Math.min(-FAR, to));
    const search = new Search(inverted, Math.abs(end));
    search.run(side > 0 ? range(0, end) : range(end, -0));
    yield { search, back };
  }
}

/** In order; enclosures that meet are of one root where both are proved, else together one where some may be. */
function merged(roots: readonly Root[]): Root[] {
  const all = [...roots].sort((a, b) => a.low - b.low || a.high - b.high);
  const kept: Root[] = [];
  for (const root of all) {
    const last = kept.at(-1);
    if (last === undefined || root.low > last.high) kept.push(root);
    else kept[kept.length - 1] = joined(last, root);
  }
  return kept;
}

function joined(a: Root, b: Root): Root {
  if (a.is === 'certain' && b.is === 'certain') {
    const both = { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
    return { ...both, is: 'certain' };
  }
  if (a.is !== b.is) return a.is === 'certain' ? a : b;
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high), is: 'possible' };
}
