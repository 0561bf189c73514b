// How far compositions of functions may be from the truth: the bounds of docs/format/numerics-elementwise.md, against
// 1400-bit arithmetic over arguments where digits are lost, and what that is in float32.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatAlgebra } from '../../kernels/scalar/js-algebra.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { documentedUlps } from '../oracle/documented.ts';
import * as oracle from './oracle.ts';
import { div, fixed, mul, one, type Fixed } from './oracle.ts';

const computed = (op: string, ...x: number[]): number => {
  const kernel = OPS.get(op)?.kernel;
  if (kernel?.skeleton !== 'map') throw new TypeError(`${op} is no map`);
  return kernel.element.body(floatAlgebra, ...x) as number;
};

const magnitude = (x: Fixed): Fixed => (x < 0n ? -x : x);
const numberOf = (x: Fixed): number => Number(x >> BigInt(oracle.PRECISION - 1023)) / 2 ** 1023;

/** The distance from the exact value, in units in the last place of what is given. */
const off = (got: number, exact: Fixed, unitOf: number, digits = 52): number =>
  numberOf(magnitude(fixed(got) - exact)) / 2 ** (Math.floor(Math.log2(Math.abs(unitOf))) - digits);

const logAddExp = (x: Fixed, y: Fixed): Fixed => oracle.log(oracle.exp(x) + oracle.exp(y));

interface Case {
  readonly op: string;
  readonly exact: (...x: Fixed[]) => Fixed;
  readonly ranges: readonly (readonly [low: number, high: number])[];
  /** Arguments that are made of others, where digits are lost. */
  readonly hard?: (...x: number[]) => number[];
  /** In what units the error is counted: those of the result, or of the larger operand where that is larger. */
  readonly ofOperands?: boolean;
}

const ROOT_OF_TWO = oracle.sqrt(2n * one);
const CASES: readonly Case[] = [
  {
    op: 'hypot',
    exact: (x, y) => oracle.sqrt(mul(x, x) + mul(y, y)),
    ranges: [
      [1e-3, 1e3],
      [-1e3, 1e3],
    ],
  },
  {
    op: 'hypot',
    exact: (x, y) => oracle.sqrt(mul(x, x) + mul(y, y)),
    ranges: [
      [1, 2],
      [0.999, 1.001],
    ],
    hard: (x, ratio) => [x, x * ratio],
  },
  { op: 'gelu', exact: (x) => mul(x, one + oracle.erf(div(x, ROOT_OF_TWO))) / 2n, ranges: [[-9, 9]] },
  { op: 'gelu', exact: (x) => mul(x, one + oracle.erf(div(x, ROOT_OF_TWO))) / 2n, ranges: [[-1e-3, 1e-3]] },
  { op: 'silu', exact: (x) => div(x, one + oracle.exp(-x)), ranges: [[-40, 40]] },
  {
    op: 'elu',
    exact: (x, alpha) => (x > 0n ? x : mul(alpha, oracle.exp(x) - one)),
    ranges: [
      [-20, 1],
      [0.1, 3],
    ],
  },
  {
    op: 'logaddexp',
    exact: logAddExp,
    ranges: [
      [-50, 50],
      [-50, 50],
    ],
    ofOperands: true,
  },
  // eˣ + eʸ close to 1: the logarithm is as close to 0 as a float64 can make it.
  {
    op: 'logaddexp',
    exact: logAddExp,
    ranges: [
      [-5, -1e-3],
      [-1e-9, 1e-9],
    ],
    hard: (x, away) => [x, Math.log1p(-Math.exp(x)) * (1 + away)],
    ofOperands: true,
  },
];

const argumentsIn = (ranges: Case['ranges']): fc.Arbitrary<number[]> =>
  fc.tuple(...ranges.map(([min, max]) => fc.double({ min: 0, max: 1, noNaN: true }).map((t) => min + (max - min) * t)));

describe('a composition of functions', () => {
  it.each(CASES.map((each, i) => [`${each.op}, arguments ${i + 1}`, each] as const))(
    'is within its documented bound: %s',
    (_, { op, exact, ranges, hard, ofOperands = false }) => {
      const bound = documentedUlps.get(op) as number;
      expect(bound).toBeGreaterThan(0);
      fc.assert(
        fc.property(argumentsIn(ranges), (drawn) => {
          for (const round of [(x: number) => x, Math.fround]) {
            const x = (hard?.(...drawn) ?? drawn).map(round);
            const truth = exact(...x.map(fixed));
            const got = computed(op, ...x);
            const largest = Math.max(Math.abs(got), ...(ofOperands ? x.map(Math.abs) : []));
            if (largest === 0) continue;
            expect(off(got, truth, largest), `${op}(${x.join()})`).toBeLessThanOrEqual(bound);
            // Half a unit is the rounding to float32 itself.
            if (Math.abs(got) > 2 ** -126)
              expect(off(Math.fround(got), truth, ofOperands ? largest : got, 23)).toBeLessThanOrEqual(0.500001);
          }
        }),
        { seed: 20261130, numRuns: 60 },
      );
    },
  );

  it('loses digits of logaddexp where the result is near 0, and says so', () => {
    const x = -Math.LN2 * (1 + 1e-9);
    const truth = logAddExp(fixed(x), fixed(x));
    const got = computed('logaddexp', x, x);
    expect(off(got, truth, got)).toBeGreaterThan(8);
    expect(off(got, truth, x)).toBeLessThanOrEqual(documentedUlps.get('logaddexp') as number);
    expect(OPS.get('logaddexp')?.doc).toContain('near 0');
  });
});
