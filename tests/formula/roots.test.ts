// Roots with certificates: every root lies in an enclosure, and what is called certain is one.
import { describe, expect, it } from 'vitest';
import { FUNCTIONS_BY_NAME as f } from '../../kernels/readings/functions.ts';
import { type Body, scalar } from '../../kernels/scalar/algebra.ts';
import { rootsOfSystem } from '../../src/formula/roots/krawczyk.ts';
import { type Root, rootsOf } from '../../src/formula/roots/newton.ts';

/** Σ c_k x^k, highest first. */
const polynomial =
  (...coefficients: number[]): Body =>
  (m, x) =>
    coefficients.slice(1).reduce((sum, c) => m.add(m.mul(sum, x!), m.constant(c)), m.constant(coefficients[0]!));

const EQUATIONS: readonly (readonly [text: string, body: Body, on: [number, number], roots: readonly number[]])[] = [
  ['cos x = x', (m, x) => m.sub(m.call(f.cos, x!), x!), [-Infinity, Infinity], [0.7390851332151607]],
  ['x⁵ = x + 1', polynomial(1, 0, 0, 0, -1, -1), [-Infinity, Infinity], [1.1673039782614187]],
  ['x³ = 2', polynomial(1, 0, 0, -2), [-Infinity, Infinity], [1.259921049894873]],
  ['x² = 4', polynomial(1, 0, -4), [-Infinity, Infinity], [-2, 2]],
  ['x² + 1 = 0', polynomial(1, 0, 1), [-Infinity, Infinity], []],
  ['x + √x = 2', (m, x) => m.sub(m.add(x!, m.sqrt(x!)), m.constant(2)), [0, Infinity], [1]],
  [
    '√log x = log √x',
    (m, x) => {
      const log = m.call(f.log, x!);
      return m.sub(m.sqrt(log), m.mul(m.constant(0.5), log));
    },
    [2, 1000],
    [54.598150033144236],
  ],
  [
    'x / (x − 1) = 1 / (x − 1)',
    (m, x) => {
      const below = m.sub(x!, m.constant(1));
      return m.sub(m.div(x!, below), m.div(m.constant(1), below));
    },
    [1.0001, 100],
    [],
  ],
  ['x eˣ = 1', (m, x) => m.sub(m.mul(x!, m.call(f.exp, x!)), m.constant(1)), [-10, 10], [0.5671432904097838]],
  ['tan x = x', (m, x) => m.sub(m.call(f.tan, x!), x!), [2, 4.7], [4.493409457909064]],
  [
    'sin x = ½',
    (m, x) => m.sub(m.call(f.sin, x!), m.constant(0.5)),
    [0, 7],
    [Math.PI / 6, (5 * Math.PI) / 6, 6.806784082777885],
  ],
  ['log x + x = 0', (m, x) => m.add(m.call(f.log, x!), x!), [0, Infinity], [0.5671432904097838]],
  ['2ˣ = x²', (m, x) => m.sub(m.call(f.exp2, x!), m.mul(x!, x!)), [-10, 10], [-0.7666646959621231, 2, 4]],
  [
    'eˣ = x + 2',
    (m, x) => m.sub(m.call(f.exp, x!), m.add(x!, m.constant(2))),
    [-10, 10],
    [-1.8414056604369606, 1.1461932206205825],
  ],
  ['atan x = ½', (m, x) => m.sub(m.call(f.atan, x!), m.constant(0.5)), [-Infinity, Infinity], [0.5463024898437905]],
  ['x⁴ − 10x³ + 35x² − 50x + 24 = 0', polynomial(1, -10, 35, -50, 24), [-Infinity, Infinity], [1, 2, 3, 4]],
  ['1/x = 1/1000', (m, x) => m.sub(m.div(m.constant(1), x!), m.constant(2 ** -10)), [0, Infinity], [1024]],
  [
    'tanh x = x/2',
    (m, x) => m.sub(m.call(f.tanh, x!), m.mul(m.constant(0.5), x!)),
    [-Infinity, Infinity],
    [-1.9150080481545375, 0, 1.9150080481545375],
  ],
  ['erf x = ½', (m, x) => m.sub(m.call(f.erf, x!), m.constant(0.5)), [-Infinity, Infinity], [0.4769362762044699]],
  ['x^π = 7', (m, x) => m.sub(m.call(f.pow, x!, m.constant(Math.PI)), m.constant(7)), [0, 100], [7 ** (1 / Math.PI)]],
];

const encloses = ({ low, high }: Root, x: number): boolean =>
  low <= x + Math.abs(x) * 2 ** -51 && x - Math.abs(x) * 2 ** -51 <= high;

describe('roots of a function', () => {
  it.each(EQUATIONS)('of %s are all found, each proved and narrow', (_text, body, on, wanted) => {
    const { roots, complete } = rootsOf(scalar('f', 1, body), on);
    expect(complete).toBe(true);
    expect(roots.map(({ is }) => is)).toEqual(wanted.map(() => 'certain'));
    roots.forEach((root, i) => {
      expect(encloses(root, wanted[i]!), JSON.stringify([root, wanted[i]])).toBe(true);
      expect(root.high - root.low).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(wanted[i]!)));
    });
  });

  it('that is only touched is possible, and one at an end of the interval is found', () => {
    const touched = rootsOf(scalar('f', 1, polynomial(1, -2, 1)), [0, 3]);
    expect(touched.roots.map(({ is }) => is)).toEqual(['possible']);
    expect(encloses(touched.roots[0]!, 1)).toBe(true);
    expect(touched.roots[0]!.high - touched.roots[0]!.low).toBeLessThan(1e-5);
    const atEnd = rootsOf(scalar('f', 1, polynomial(1, 0, -4)), [2, 5]);
    expect(atEnd.roots.map(({ is }) => is)).toEqual(['certain']);
    expect(encloses(atEnd.roots[0]!, 2)).toBe(true);
  });

  it('are not claimed where a sign changes at a step or a pole', () => {
    const step = rootsOf(
      scalar('f', 1, (m, x) => m.sub(m.floor(x), m.constant(0.5))),
      [-3, 3],
    );
    expect(step.roots.filter(({ is }) => is === 'certain')).toEqual([]);
    const pole = rootsOf(
      scalar('f', 1, (m, x) => m.div(m.constant(1), x)),
      [-1, 2],
    );
    expect(pole.roots.filter(({ is }) => is === 'certain')).toEqual([]);
  });
});

describe('roots of systems', () => {
  it('of circle and line, and of three planes bent, are proved', () => {
    const circle = scalar('circle', 2, (m, x, y) => m.sub(m.add(m.mul(x, x), m.mul(y, y)), m.constant(2)));
    const line = scalar('line', 2, (m, x, y) => m.sub(x, y));
    const { roots, complete } = rootsOfSystem(
      [circle, line],
      [
        [-3, 3.5],
        [-3, 3.5],
      ],
    );
    expect(complete).toBe(true);
    expect(roots.map(({ is }) => is)).toEqual(['certain', 'certain']);
    const centres = roots.map(({ box }) => box.map(([low, high]) => (low + high) / 2)).sort((a, b) => a[0]! - b[0]!);
    centres.forEach((point, i) => point.forEach((x) => expect(x).toBeCloseTo(i === 0 ? -1 : 1, 12)));
  });

  it('of three unknowns are found where they are', () => {
    // x + y + z = 6, x y z = 6, x² + y² + z² = 14 within a box that has one of the orders of 1, 2, 3.
    const sum = scalar('sum', 3, (m, x, y, z) => m.sub(m.add(m.add(x, y), z), m.constant(6)));
    const product = scalar('product', 3, (m, x, y, z) => m.sub(m.mul(m.mul(x, y), z), m.constant(6)));
    const squares = scalar('squares', 3, (m, x, y, z) =>
      m.sub(m.add(m.add(m.mul(x, x), m.mul(y, y)), m.mul(z, z)), m.constant(14)),
    );
    const { roots } = rootsOfSystem(
      [sum, product, squares],
      [
        [0.6, 1.4],
        [1.6, 2.4],
        [2.5, 3.6],
      ],
    );
    expect(roots.map(({ is }) => is)).toEqual(['certain']);
    roots[0]!.box.forEach(([low, high], i) => expect(low <= i + 1 && i + 1 <= high && high - low < 1e-12).toBe(true));
  });

  it('refuse what is no system', () => {
    const f1 = scalar('f', 1, (_m, x) => x);
    expect(() =>
      rootsOfSystem(
        [f1],
        [
          [0, 1],
          [0, 1],
        ],
      ),
    ).toThrow(/give one to 4 functions/);
  });
});
