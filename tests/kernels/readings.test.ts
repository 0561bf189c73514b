// What else a body says than its value: derivatives, bounds, series and steps, of every elementwise row.
import { describe, expect, it } from 'vitest';
import { readIn, valueIn } from '../../kernels/readings/apply.ts';
import type { Interval } from '../../kernels/readings/bounds.ts';
import { dual, partial } from '../../kernels/readings/dual.ts';
import { floatEnds, neighbour } from '../../kernels/readings/float-ends.ts';
import { FUNCTIONS_BY_NAME, nameOfFunction } from '../../kernels/readings/functions.ts';
import { intervals } from '../../kernels/readings/interval.ts';
import { seriesOf } from '../../kernels/readings/jet.ts';
import { stepsOf, type Steps } from '../../kernels/readings/trace.ts';
import { type ElementFunction, scalar, type Scalar } from '../../kernels/scalar/algebra.ts';
import { floatAlgebra, int32Algebra } from '../../kernels/scalar/js-algebra.ts';
import { elementary } from '../../src/core/ops/elementary.ts';
import { OPS } from '../../src/core/ops/index.ts';
import '../../src/core/ops/library.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { extent } from '../run/extent.ts';

const MAPS = [...OPS.values()].flatMap(({ kernel, operands }) =>
  kernel.skeleton === 'map' ? [{ element: kernel.element, operands }] : [],
);
/** Elements of rows that take floats, in one operand or all. */
const OF_FLOATS: readonly ElementFunction[] = MAPS.filter(({ operands }) =>
  operands.every(({ kind }) => kind === 'bool' || kindTakes(kind, 'float64')),
).map(({ element }) => element);
const VALUES = OF_FLOATS.filter((element): element is Scalar => element.returns === 'value');

const SPECIAL = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, 2, 5e-324, -5e-324, 1e300, -1e300, 3, -2, Math.PI / 2];

/** Numbers of all sizes, special ones among them. */
function drawn(random: () => number): number {
  const kind = random();
  if (kind < 0.15) return SPECIAL[Math.floor(random() * SPECIAL.length)]!;
  if (kind < 0.6) return (random() - 0.5) * 8;
  if (kind < 0.8) return (random() - 0.5) * 400;
  return (random() < 0.5 ? -1 : 1) * 2 ** ((random() - 0.5) * 2000);
}

const valueOf = (f: ElementFunction, x: readonly number[]): number => readIn(floatAlgebra, f, x);

describe('duals', () => {
  it('have the derivatives that differences come to, by every operand of every row', () => {
    const random = drawFrom(11);
    const wrong: unknown[] = [];
    for (const f of VALUES)
      for (let at = 0; at < f.arity; at++) {
        const slope = partial(f, at);
        let tried = 0;
        for (let k = 0; k < 60; k++) {
          const x = Array.from({ length: f.arity }, () => (random() - 0.4) * 6);
          const wanted = slopeByDifferences(f, x, at);
          if (wanted === undefined) continue;
          tried++;
          const got = valueOf(slope, x);
          if (!(Math.abs(got - wanted) <= 1e-6 * (1 + Math.abs(wanted)))) wrong.push([f.name, at, x, got, wanted]);
        }
        if (tried < 5) wrong.push([f.name, at, 'is tried nowhere']);
      }
    expect(wrong).toEqual([]);
  });

  it('keep to the conventions at kinks, and to what is selected beside what is not', () => {
    const slopeAt = (name: string, x: number): number => valueOf(partial(element(name), 0), [x]);
    expect([slopeAt('abs', 0), slopeAt('relu', 0), slopeAt('sqrt', 0)]).toEqual([0, 0, Infinity]);
    const guarded = scalar('guarded', 1, (m, x) => m.select(m.gt(x, m.constant(0)), m.sqrt(x), m.constant(0)));
    expect([0, -1, 4].map((x) => valueOf(partial(guarded, 0), [x]))).toEqual([0, 0, 0.25]);
  });

  it('are bodies again: second derivatives are derivatives of derivatives', () => {
    const second = partial(partial(FUNCTIONS_BY_NAME.sin, 0), 0);
    for (const x of [0, 0.5, 2, -30]) expect(valueOf(second, [x])).toBeCloseTo(-Math.sin(x), 14);
  });
});

/** By central differences of two widths; undefined where they do not agree, as at a kink or an edge of the domain. */
function slopeByDifferences(f: Scalar, x: readonly number[], at: number): number | undefined {
  const moved = (by: number): number => valueOf(f, x.with(at, x[at]! + by));
  const [wide, narrow] = [1e-4, 5e-5].map((h) => (moved(h) - moved(-h)) / (2 * h)) as [number, number];
  const slope = (4 * narrow - wide) / 3;
  return Number.isFinite(slope) && Math.abs(wide - narrow) <= 1e-5 * (1 + Math.abs(slope)) ? slope : undefined;
}

const element = (name: string): Scalar => VALUES.find((f) => f.name === name)!;

type Floats = Interval<number>;
const bounds = intervals(floatEnds);
const isIn = (y: number, { low, high, nan }: Floats): boolean =>
  Number.isNaN(y) ? nan : floatEnds.compare(low, y) <= 0 && floatEnds.compare(y, high) <= 0;

/** An interval and a number in it, often at an end. */
function drawnInterval(random: () => number): readonly [Floats, number] {
  const first = drawn(random);
  const near = random();
  const second = near < 0.2 ? first : near < 0.6 ? first + Math.abs(first) * random() * 0.1 : drawn(random);
  const numbers = [first, second].filter((x) => !Number.isNaN(x)).sort((a, b) => floatEnds.compare(a, b));
  const nan = numbers.length < 2;
  if (numbers.length === 0) return [{ low: Infinity, high: -Infinity, nan }, NaN];
  const [low, high] = [numbers[0]!, numbers.at(-1)!];
  const between = low + (high - low) * random();
  const place = random();
  const point = place < 0.25 ? low : place < 0.5 || !isIn(between, { low, high, nan: false }) ? high : between;
  return [{ low, high, nan }, nan && random() < 0.5 ? NaN : point];
}

describe('intervals', () => {
  it('have every value that a row has of operands in theirs', () => {
    const random = drawFrom(12);
    const outside: unknown[] = [];
    const draws = extent(120, Math.ceil(1e7 / OF_FLOATS.length));
    for (const f of OF_FLOATS)
      for (let k = 0; k < draws && outside.length < 9; k++) {
        const operands = Array.from({ length: f.arity }, () => drawnInterval(random));
        const points = operands.map(([, point]) => point);
        const found = readIn(
          bounds,
          f,
          operands.map(([interval]) => interval),
        );
        if (!isIn(valueOf(f, points), found)) outside.push([f.name, operands, valueOf(f, points), found]);
      }
    expect(outside).toEqual([]);
  });

  it('are no wider than two ulps and a few where the operands are numbers', () => {
    const widthOf = (f: Scalar, ...x: number[]): number => {
      const { low, high } = readIn(
        bounds,
        f,
        x.map((v) => bounds.constant(v)),
      );
      let ulps = 0;
      for (let at = low; at < high; at = neighbour(at, 'up')) ulps++;
      return ulps;
    };
    expect([widthOf(element('add'), 1, 2), widthOf(element('multiply'), 0.5, 3)]).toEqual([0, 0]);
    expect([widthOf(element('add'), 0.1, 0.2), widthOf(element('divide'), 1, 3)]).toEqual([1, 1]);
    expect(widthOf(element('sqrt'), 2)).toBe(1);
    expect(widthOf(FUNCTIONS_BY_NAME.exp, 0.7)).toBeLessThanOrEqual(6);
  });

  it('know that a number is itself, however wide its interval is', () => {
    const x = { low: 1, high: 2, nan: false };
    expect(bounds.sub(x, x)).toEqual({ low: 0, high: 0, nan: false });
    expect(bounds.div(x, x)).toEqual({ low: 1, high: 1, nan: false });
    expect(bounds.mul({ ...x, low: -1 }, { ...x, low: -1 }).low).toBe(-2);
    expect(bounds.eq(x, { ...x })).toBe('maybe');
    expect(bounds.select('maybe', bounds.constant(3), x)).toEqual({ low: 1, high: 3, nan: false });
  });

  it('bound derivatives, under duals', () => {
    const over = dual(bounds);
    const x = { value: { low: 1, high: 2, nan: false }, slope: bounds.constant(1) };
    const { slope } = over.mul(x, over.call(FUNCTIONS_BY_NAME.log, x));
    for (const at of [1, 1.5, 2]) expect(isIn(1 + Math.log(at), slope!)).toBe(true);
    expect(slope!.high - slope!.low).toBeLessThan(2.3);
  });
});

describe('jets', () => {
  const isZero = (x: number): boolean => x === 0;
  const seriesAt = (f: Scalar, at: number, order: number): readonly number[] =>
    seriesOf(floatAlgebra, f, at, order, isZero);
  const close = (got: readonly number[], wanted: readonly number[]): void => {
    expect(got.length).toBe(wanted.length);
    wanted.forEach((x, k) => expect(got[k], `t^${k}`).toBeCloseTo(x, 13));
  };

  it('are the Taylor series', () => {
    close(seriesAt(FUNCTIONS_BY_NAME.exp, 0, 5), [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120]);
    close(seriesAt(FUNCTIONS_BY_NAME.tan, 0, 7), [0, 1, 0, 1 / 3, 0, 2 / 15, 0, 17 / 315]);
    close(seriesAt(FUNCTIONS_BY_NAME.log1p, 0, 4), [0, 1, -1 / 2, 1 / 3, -1 / 4]);
    close(seriesAt(FUNCTIONS_BY_NAME.asin, 0, 5), [0, 1, 0, 1 / 6, 0, 3 / 40]);
    const root = scalar('power', 1, (m, x) => m.call(FUNCTIONS_BY_NAME.pow, x, m.constant(0.5)));
    close(seriesAt(root, 1, 3), [1, 1 / 2, -1 / 8, 1 / 16]);
    const cube = scalar('cube', 1, (m, x) => m.call(FUNCTIONS_BY_NAME.pow, x, m.constant(3)));
    close(seriesAt(cube, -2, 4), [-8, 12, -6, 1, 0]);
  });

  it('go on where numerator and denominator are both 0', () => {
    const f = scalar('f', 1, (m, x) => m.div(m.sub(m.constant(1), m.call(FUNCTIONS_BY_NAME.cos, x)), m.mul(x, x)));
    close(seriesAt(f, 0, 6), [1 / 2, 0, -1 / 24, 0, 1 / 720]);
  });

  it('have the second derivatives of duals, for every row', () => {
    const random = drawFrom(13);
    const wrong: unknown[] = [];
    for (const f of VALUES.filter(({ arity }) => arity === 1))
      for (let k = 0; k < 8; k++) {
        const x = (random() - 0.3) * 3;
        const wanted = valueOf(partial(partial(f, 0), 0), [x]) / 2;
        const got = seriesAt(f, x, 2)[2]!;
        const isSame = Number.isNaN(wanted)
          ? Number.isNaN(got)
          : Math.abs(got - wanted) <= 1e-9 * (1 + Math.abs(wanted));
        if (!isSame) wrong.push([f.name, x, got, wanted]);
      }
    expect(wrong).toEqual([]);
  });
});

/** What steps come to, one after another. */
function replayed({ steps, result }: Steps, x: readonly number[], m = floatAlgebra): unknown {
  const values: unknown[] = [];
  for (const { operation, of, value, table, function: f } of steps) {
    const operands = of.map((at) => values[at]);
    if (operation === 'operand') values.push(x[value!]);
    else if (operation === 'constant') values.push(m.constant(value!));
    else if (operation === 'lookup') values.push(m.lookup(table!, operands[0] as number));
    else if (operation === 'call') values.push(valueIn(m, f!, operands as number[]));
    else values.push((m[operation] as (...x: unknown[]) => unknown)(...operands));
  }
  return values[result];
}

describe('steps', () => {
  it('do what the body does, calls kept or not', () => {
    const random = drawFrom(14);
    for (const f of OF_FLOATS) {
      const [inlined, kept] = [stepsOf(f), stepsOf(f, (g) => nameOfFunction(g) !== undefined)];
      expect(kept.steps.length).toBeLessThanOrEqual(inlined.steps.length);
      for (let k = 0; k < 12; k++) {
        const x = Array.from({ length: f.arity }, () => drawn(random));
        const wanted = f.returns === 'value' ? valueIn(floatAlgebra, f, x) : f.body(floatAlgebra, ...x);
        expect(replayed(inlined, x), `${f.name} ${x.join()}`).toBe(wanted);
        expect(replayed(kept, x), `${f.name} ${x.join()}`).toBe(wanted);
      }
    }
  });

  it('are those of rows of integers too', () => {
    const rows = MAPS.filter(({ element: f }) => !OF_FLOATS.includes(f));
    expect(rows.length).toBeGreaterThan(4);
    for (const { element: f } of rows) {
      const x = [11, 3].slice(0, f.arity);
      expect(replayed(stepsOf(f), x, int32Algebra), f.name).toBe(readIn(int32Algebra, f, x));
    }
  });
});

describe('functions by name', () => {
  it('are all that a body may call', () => {
    expect(Object.values(elementary).filter((f) => nameOfFunction(f) === undefined)).toEqual([]);
  });
});
