// Sets of real numbers between two ends, and perhaps NaN: what an interval is, and what is asked of all of them.
import type { Enclosure, Ends } from './ends.ts';

/**
 * The numbers from `low` to `high`, and NaN where `nan` is set. Where `low` is above `high` there are none. Two equal
 * references stand for one and the same number, whichever it is.
 */
export interface Interval<E> {
  readonly low: E;
  readonly high: E;
  readonly nan: boolean;
}

/** Whether something holds of all, of none, or perhaps of some of the numbers. */
export type Certainty = 'yes' | 'no' | 'maybe';

/** Intervals of a kind of ends. */
export class Bounds<E> {
  readonly ends: Ends<E>;
  /** NaN and nothing else. */
  readonly none: Interval<E>;

  constructor(ends: Ends<E>) {
    this.ends = ends;
    this.none = { low: ends.infinity, high: ends.neg(ends.infinity), nan: true };
  }

  point(value: number): Interval<E> {
    if (value !== value) return this.none;
    const end = this.ends.from(value);
    return { low: end, high: end, nan: false };
  }

  /** Any number: another one at each call. */
  whole(nan: boolean): Interval<E> {
    return { low: this.ends.neg(this.ends.infinity), high: this.ends.infinity, nan };
  }

  isEmpty({ low, high }: Interval<E>): boolean {
    return low !== high && this.ends.compare(low, high) > 0;
  }

  /** Below 0, 0 or above 0 as numbers: the two zeros are equal. */
  order(a: E, b: E): number {
    return this.ends.sign(a) === 0 && this.ends.sign(b) === 0 ? 0 : this.ends.compare(a, b);
  }

  /** Whether both ends are one number; the two zeros are two. */
  isSingle({ low, high }: Interval<E>): boolean {
    return this.ends.compare(low, high) === 0;
  }

  /** As `isSingle`, the two zeros being one. */
  isPoint({ low, high }: Interval<E>): boolean {
    return low === high || this.order(low, high) === 0;
  }

  /** Whether a number is within; of 0, whether one of the zeros is. */
  has(x: Interval<E>, value: number): boolean {
    const end = this.ends.from(value);
    return this.order(x.low, end) <= 0 && this.order(x.high, end) >= 0;
  }

  least(a: E, b: E): E {
    return this.ends.compare(a, b) <= 0 ? a : b;
  }

  most(a: E, b: E): E {
    return this.ends.compare(a, b) >= 0 ? a : b;
  }

  /** The smallest interval that has both. */
  hull(a: Interval<E>, b: Interval<E>): Interval<E> {
    const nan = a.nan || b.nan;
    if (this.isEmpty(a)) return { ...b, nan };
    if (this.isEmpty(b)) return { ...a, nan };
    return { low: this.least(a.low, b.low), high: this.most(a.high, b.high), nan };
  }

  /** What lies in the range of a function, for results that rounding moved beyond. */
  clipped(x: Interval<E>, least: number, most: number): Interval<E> {
    if (this.isEmpty(x)) return x;
    const [low, high] = [this.ends.from(least), this.ends.from(most)];
    return { low: this.most(x.low, low), high: this.least(x.high, high), nan: x.nan };
  }

  /** The part within a domain; NaN may come of what lies outside. */
  within(x: Interval<E>, least: number, most: number): Interval<E> {
    const [low, high] = [this.ends.from(least), this.ends.from(most)];
    const outside = this.order(x.low, low) < 0 || this.order(x.high, high) > 0;
    const part = { low: this.most(x.low, low), high: this.least(x.high, high), nan: x.nan || outside };
    return outside && this.isEmpty(part) ? this.none : part;
  }

  enclosing(enclosures: readonly (Enclosure<E> | undefined)[], nan: boolean): Interval<E> {
    let hull: Interval<E> = { ...this.none, nan };
    for (const found of enclosures)
      if (found === undefined) hull = { ...hull, nan: true };
      else hull = this.hull(hull, { low: found[0], high: found[1], nan });
    return hull;
  }

  negated({ low, high, nan }: Interval<E>): Interval<E> {
    return { low: this.ends.neg(high), high: this.ends.neg(low), nan };
  }

  magnitude(x: Interval<E>): Interval<E> {
    if (this.isEmpty(x)) return x;
    const zero = this.ends.from(0);
    if (this.ends.compare(x.low, zero) >= 0) return x;
    const turned = this.negated(x);
    return this.ends.compare(turned.low, zero) >= 0
      ? turned
      : { low: zero, high: this.most(turned.high, x.high), nan: x.nan };
  }
}
