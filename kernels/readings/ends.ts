// What intervals need of the numbers that they end with, each operation rounded to the side that is asked for.
import type { UnaryName } from './functions.ts';

/** An enclosure of a real number: two ends, the lower one first. */
export type Enclosure<E> = readonly [low: E, high: E];

/** To which side a result that is no number of the kind is rounded. */
export type Side = 'down' | 'up';

/**
 * Numbers of a kind, infinities included. An operation that has no value (∞ − ∞, 0 / 0, 0 · ∞) gives undefined.
 */
export interface Ends<E> {
  readonly infinity: E;
  /** Exact. */
  from(value: number): E;
  /** The nearest float64 on a side. */
  toNumber(a: E, side: Side): number;
  /** Below 0, 0 or above 0; −0 is below +0 where there are two zeros. */
  compare(a: E, b: E): number;
  /** Of the value; 0 of both zeros. */
  sign(a: E): number;
  isFinite(a: E): boolean;
  add(a: E, b: E, side: Side): E | undefined;
  mul(a: E, b: E, side: Side): E | undefined;
  div(a: E, b: E, side: Side): E | undefined;
  /** Of what is not negative. */
  sqrt(a: E, side: Side): E;
  neg(a: E): E;
  /** Exact. */
  round(a: E, how: 'floor' | 'ceil' | 'nearest'): E;
  /** The value at a point of the domain; of what has none in the number kind's range, bounds. */
  function(name: UnaryName, a: E): Enclosure<E>;
  /** |a|^b of a positive finite base; IEEE's values at the edges. */
  power(a: E, b: E): Enclosure<E>;
  /** The angle of a point (b, a), not the origin. */
  angle(a: E, b: E): Enclosure<E>;
  /** The number of quarter turns below a finite angle, as a range of integers. */
  quarterTurns(angle: E): Enclosure<bigint>;
}
