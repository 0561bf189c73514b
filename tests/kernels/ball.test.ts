// Values of high precision: correctly rounded beside mpmath's, and beside what the bodies compute.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIn } from '../../kernels/readings/apply.ts';
import { balls, exactly, nearestOf } from '../../kernels/readings/ball.ts';
import { bitLength, fromNumber, integerRoot, toNumber } from '../../kernels/readings/big.ts';
import { partial } from '../../kernels/readings/dual.ts';
import { floatEnds } from '../../kernels/readings/float-ends.ts';
import { type FunctionName, FUNCTIONS_BY_NAME } from '../../kernels/readings/functions.ts';
import { intervals } from '../../kernels/readings/interval.ts';
import { type ElementFunction, scalar, type Scalar } from '../../kernels/scalar/algebra.ts';
import { floatAlgebra } from '../../kernels/scalar/js-algebra.ts';
import { OPS } from '../../src/core/ops/index.ts';
import '../../src/core/ops/library.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { extent } from '../run/extent.ts';

/** By name: operands and the value; written by scripts/make-exact-answers.py. */
type Answers = Readonly<Record<FunctionName, readonly (readonly (number | string)[])[]>>;
const ANSWERS = JSON.parse(readFileSync(join(import.meta.dirname, 'exact-answers.json'), 'utf8')) as Answers;
const numberOf = (x: number | string): number => (typeof x === 'number' ? x : x === 'inf' ? Infinity : -Infinity);

const OF_FLOATS: readonly ElementFunction[] = [...OPS.values()].flatMap(({ kernel, operands }) =>
  kernel.skeleton === 'map' && operands.every(({ kind }) => kind === 'bool' || kindTakes(kind, 'float64'))
    ? [kernel.element]
    : [],
);

describe('functions of high precision', () => {
  it.each(Object.keys(ANSWERS) as FunctionName[])('%s is rounded correctly', (name) => {
    const wrong: unknown[] = [];
    for (const answer of ANSWERS[name]) {
      const operands = answer.slice(0, -1).map(numberOf);
      const got = exactly(FUNCTIONS_BY_NAME[name], operands);
      if (got !== numberOf(answer.at(-1)!)) wrong.push([operands, got, answer.at(-1)]);
    }
    expect(wrong).toEqual([]);
  });

  it('are there for every function that readings know', () => {
    expect(Object.keys(ANSWERS).sort()).toEqual(Object.keys(FUNCTIONS_BY_NAME).sort());
  });

  it('have IEEE values at infinities and zeros', () => {
    const at = (name: FunctionName, ...x: number[]): number | undefined => exactly(FUNCTIONS_BY_NAME[name], x);
    expect([at('exp', -Infinity), at('exp', 1e300), at('exp', -1e300)]).toEqual([0, Infinity, 0]);
    expect([at('log', 0), at('log', -1), at('log', Infinity)]).toEqual([-Infinity, NaN, Infinity]);
    expect([at('sin', Infinity), at('atan', -Infinity), at('tanh', Infinity)]).toEqual([NaN, -Math.PI / 2, 1]);
    expect([at('pow', 0, 0), at('pow', 2, -Infinity), at('pow', -8, 3)]).toEqual([1, 0, -512]);
    expect([at('pow', -8, 0.5), at('erfc', 1e9), at('erf', -1e9)]).toEqual([NaN, 0, -1]);
    expect([at('atan2', 1, -Infinity), at('atan2', Infinity, Infinity)]).toEqual([Math.PI, Math.PI / 4]);
  });
});

describe('rows at high precision', () => {
  it('lie in the intervals of their bodies, and near what the bodies compute', () => {
    const random = drawFrom(21);
    const bounds = intervals(floatEnds);
    const wrong: unknown[] = [];
    for (const f of OF_FLOATS)
      for (let k = 0; k < extent(8, 400); k++) {
        const x = Array.from({ length: f.arity }, () => (random() - 0.4) * (k % 3 === 0 ? 300 : 5));
        const value = exactly(f, x);
        const within = readIn(
          bounds,
          f,
          x.map((operand) => bounds.constant(operand)),
        );
        const plain = readIn(floatAlgebra, f, x);
        if (value === undefined || Number.isNaN(value) !== Number.isNaN(plain)) wrong.push([f.name, x, value, plain]);
        else if (!Number.isNaN(value) && !(within.low <= value && value <= within.high))
          wrong.push([f.name, x, value, within]);
      }
    expect(wrong).toEqual([]);
  });

  it('have the derivatives that duals of numbers have', () => {
    const random = drawFrom(22);
    const wrong: unknown[] = [];
    for (const f of OF_FLOATS.filter((element): element is Scalar => element.returns === 'value'))
      for (let at = 0; at < f.arity; at++) {
        const slope = partial(f, at);
        for (let k = 0; k < 3; k++) {
          const x = Array.from({ length: f.arity }, () => (random() - 0.4) * 5);
          const [value, plain] = [exactly(slope, x) ?? Infinity, readIn(floatAlgebra, slope, x)];
          const isSame = Number.isNaN(plain)
            ? Number.isNaN(value)
            : Math.abs(value - plain) <= 1e-10 * (1 + Math.abs(value));
          if (!isSame) wrong.push([f.name, at, x, value, plain]);
        }
      }
    expect(wrong).toEqual([]);
  });

  it('take as many bits as it takes, and say so where none suffice', () => {
    const loss = (exponent: number): Scalar =>
      scalar('loss', 1, (m, x) => {
        const tiny = m.constant(2 ** -exponent);
        return m.div(m.sub(m.add(x, tiny), x), tiny);
      });
    expect([exactly(loss(60), [1]), exactly(loss(900), [1]), exactly(loss(900), [1], 512)]).toEqual([1, 1, undefined]);
    const cancelled = scalar('same', 1, (m, x) =>
      m.div(x, m.sub(m.mul(m.sqrt(x), m.sqrt(m.add(x, m.constant(0)))), x)),
    );
    expect(exactly(cancelled, [2], 256)).toBeUndefined();
    expect(nearestOf(balls(64).select('maybe', balls(64).constant(1), balls(64).constant(2)))).toBeUndefined();
  });
});

describe('numbers of many bits', () => {
  it('come back from where they were made of', () => {
    for (const x of [0, 1, -3, 0.1, 5e-324, -2.5e-310, Number.MAX_VALUE, 2 ** 60, Infinity, -Infinity])
      for (const side of ['down', 'up', 'nearest'] as const) expect(toNumber(fromNumber(x), side)).toBe(x);
    const third = { m: (1n << 200n) / 3n, e: -200 };
    expect([toNumber(third, 'down'), toNumber(third, 'nearest')]).toEqual([1 / 3, 1 / 3]);
    expect(toNumber(third, 'up')).toBe(0.33333333333333337);
    expect([toNumber({ m: 1n, e: 5000 }, 'down'), toNumber({ m: -1n, e: -5000 }, 'down')]).toEqual([
      Number.MAX_VALUE,
      -5e-324,
    ]);
  });

  it('have lengths and roots of any size', () => {
    for (const bits of [1, 52, 53, 54, 64, 999, 1000, 1023, 1024, 5000]) {
      const all = (1n << BigInt(bits)) - 1n;
      expect([bitLength(all), bitLength(all + 1n), bitLength(-all)]).toEqual([bits, bits + 1, bits]);
      const root = integerRoot(all);
      expect(root * root <= all && (root + 1n) * (root + 1n) > all).toBe(true);
      expect(integerRoot(all * all)).toBe(all);
    }
  });
});
