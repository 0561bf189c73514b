// Roots of systems of up to four equations by Krawczyk's operator: none in a box is missed, each says whether it was
// proved. Krawczyk, "Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken", Computing 4, 1969.
import { valueIn } from '../../../kernels/readings/apply.ts';
import type { Interval } from '../../../kernels/readings/bounds.ts';
import { dual } from '../../../kernels/readings/dual.ts';
import { floatEnds } from '../../../kernels/readings/float-ends.ts';
import { intervals } from '../../../kernels/readings/interval.ts';
import { isSmooth } from '../../../kernels/readings/trace.ts';
import { AttributeError, type Scalar } from '../../kit.ts';

type Range = Interval<number>;
type Box = readonly Range[];
const m = intervals(floatEnds);
const d = dual(m);

/** A box with exactly one root, proved, or one where there may be some. */
interface BoxRoot {
  readonly box: readonly (readonly [low: number, high: number])[];
  readonly is: 'certain' | 'possible';
}

/** What a search came to; `complete` where no part of the box was left out for want of steps. */
interface BoxRoots {
  readonly roots: readonly BoxRoot[];
  readonly complete: boolean;
}

const MOST_STEPS = 20_000;
const MOST_UNKNOWNS = 4;
const NARROW = 2 ** -40;

/** Common roots of n functions of n variables in a box, n ≤ 4. */
export function rootsOfSystem(system: readonly Scalar[], on: readonly (readonly [number, number])[]): BoxRoots {
  const count = on.length;
  if (count === 0 || count > MOST_UNKNOWNS || system.length !== count || system.some(({ arity }) => arity !== count)) {
    const remedy = `give one to ${MOST_UNKNOWNS} functions, each of as many variables, and an interval for each`;
    throw new AttributeError(`roots: ${system.length} functions on ${count} intervals are no such system; ${remedy}.`, {
      functions: system.length,
      intervals: count,
    });
  }
  const isProvable = system.every(isSmooth);
  const open: Box[] = [on.map(([low, high]) => ({ low, high, nan: false }))];
  const roots: BoxRoot[] = [];
  const told = (box: Box, is: BoxRoot['is']): void =>
    void roots.push({ box: box.map(({ low, high }) => [low, high] as const), is });
  for (let step = 0; open.length > 0; step++) {
    const box = open.pop()!;
    if (step >= MOST_STEPS) {
      for (const left of [box, ...open]) told(left, 'possible');
      return { roots: apart(roots), complete: false };
    }
    const values = system.map((f) => valueIn(m, f, box));
    if (values.some(({ low, high, nan }) => low > high || (!nan && (low > 0 || high < 0)))) continue;
    const next = krawczyk(system, box);
    const left = next && box.map((x, i) => meet(x, next[i]!));
    if (left?.some(({ low, high }) => low > high) === true) continue;
    if (isProvable && next && isInside(next, box)) {
      told(refined(system, left!), 'certain');
      continue;
    }
    const smaller = left ?? box;
    if (widthOf(smaller) < 0.5 * widthOf(box)) open.push(smaller);
    else if (isNarrow(smaller)) told(...settled(system, smaller, isProvable));
    else open.push(...halves(smaller));
  }
  return { roots: apart(roots), complete: true };
}

const meet = (a: Range, b: Range): Range => ({
  low: Math.max(a.low, b.low),
  high: Math.min(a.high, b.high),
  nan: false,
});
const isInside = (inner: Box, outer: Box): boolean =>
  inner.every((x, i) => outer[i]!.low < x.low && x.high < outer[i]!.high);

/** A narrow box: proved by one a little wider, or told as it is. */
function settled(system: readonly Scalar[], box: Box, isProvable: boolean): readonly [Box, BoxRoot['is']] {
  const around = box.map(({ low, high }) => {
    const more = 8 * (high - low) + 2 ** -48 * Math.max(Math.abs(low), Math.abs(high)) + 2 ** -1000;
    return { low: low - more, high: high + more, nan: false };
  });
  const next = isProvable ? krawczyk(system, around) : undefined;
  return next && isInside(next, around) ? [refined(system, next), 'certain'] : [box, 'possible'];
}

const widthOf = (box: Box): number => Math.max(...box.map(({ low, high }) => high - low));
const isNarrow = (box: Box): boolean =>
  box.every(({ low, high }) => high - low <= NARROW * Math.max(1, Math.abs(low), Math.abs(high)));
const middleOf = ({ low, high }: Range): number => low / 2 + high / 2;

function halves(box: Box): Box[] {
  const width = widthOf(box);
  const at = box.findIndex(({ low, high }) => high - low === width);
  const { low, high } = box[at]!;
  const middle = middleOf(box[at]!);
  const part = (from: number, to: number): Box =>
    box.map((x, i) => (i === at ? { low: from, high: to, nan: false } : x));
  return [part(middle, high), part(low, middle)];
}

/** c − Y f(c) + (1 − Y J)(X − c), with Y nearly the inverse of J; undefined where there is none. */
function krawczyk(system: readonly Scalar[], box: Box): Box | undefined {
  const jacobian = system.map((f) => box.map((_, j) => slopeOf(f, box, j)));
  if (jacobian.flat().some(({ low, high, nan }) => nan || !Number.isFinite(low) || !Number.isFinite(high)))
    return undefined;
  const inverse = inverted(jacobian.map((row) => row.map(middleOf)));
  if (inverse === undefined) return undefined;
  const center = box.map(middleOf);
  const atCenter = system.map((f) =>
    valueIn(
      m,
      f,
      center.map((x) => m.constant(x)),
    ),
  );
  const sum = (terms: readonly Range[]): Range => terms.reduce((total, term) => m.add(total, term));
  return box.map((_, i) => {
    const weights = inverse[i]!.map((x) => m.constant(x));
    const moved = sum(weights.map((weight, k) => m.mul(weight, atCenter[k]!)));
    const spread = box.map((x, j) => {
      const product = sum(weights.map((weight, k) => m.mul(weight, jacobian[k]![j]!)));
      return m.mul(m.sub(m.constant(i === j ? 1 : 0), product), m.sub(x, m.constant(center[j]!)));
    });
    return m.add(m.sub(m.constant(center[i]!), moved), sum(spread));
  });
}

function slopeOf(f: Scalar, box: Box, by: number): Range {
  const operands = box.map((value, i) => ({ value, slope: i === by ? m.constant(1) : undefined }));
  return valueIn(d, f, operands).slope ?? m.constant(0);
}

/** By elimination with the largest pivots; undefined of a matrix that has nearly no inverse. */
function inverted(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => Number(i === j))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows.slice(k).reduce((best, row) => (Math.abs(row[k]!) > Math.abs(best[k]!) ? row : best));
    if (!(Math.abs(pivot[k]!) > 1e-300)) return undefined;
    rows[rows.indexOf(pivot)] = rows[k]!;
    rows[k] = pivot.map((x) => x / pivot[k]!);
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((x, j) => x - factor * rows[k]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

function refined(system: readonly Scalar[], start: Box): Box {
  let best = start;
  for (let round = 0; round < 40; round++) {
    const next = krawczyk(system, best)?.map((x, i) => meet(x, best[i]!));
    if (next === undefined || next.some(({ low, high }) => low > high) || !(widthOf(next) < 0.9 * widthOf(best))) break;
    best = next;
  }
  return best;
}

/** Without boxes that meet a proved one, which holds their root, or the same proved root again. */
function apart(roots: readonly BoxRoot[]): BoxRoot[] {
  const meets = (a: BoxRoot, b: BoxRoot): boolean =>
    a.box.every(([low, high], i) => low <= b.box[i]![1] && b.box[i]![0] <= high);
  const certain = roots.filter(({ is }) => is === 'certain');
  const kept = certain.filter((root, i) => !certain.slice(0, i).some((other) => meets(root, other)));
  const possible: BoxRoot[] = [];
  for (const root of roots.filter(({ is }) => is === 'possible')) {
    if (kept.some((other) => meets(root, other))) continue;
    const at = possible.findIndex((other) => meets(root, other));
    if (at < 0) possible.push(root);
    else possible[at] = hull(possible[at]!, root);
  }
  return [...kept, ...possible];
}

const hull = (a: BoxRoot, b: BoxRoot): BoxRoot => ({
  box: a.box.map(([low, high], i) => [Math.min(low, b.box[i]![0]), Math.max(high, b.box[i]![1])] as const),
  is: 'possible',
});
