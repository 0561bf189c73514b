// Every rule, from its own record: graphs that its pattern fits are drawn, its other form is made, and both are
// computed.
import { describe, expect, it } from 'vitest';
import { derive } from '../../src/core/expr/canonicalise.ts';
import type { Call } from '../../src/core/engine/call.ts';
import { rewrite } from '../../src/core/expr/rewriting.ts';
import { applyRule, findIn, type Rule } from '../../src/core/expr/rules/rule.ts';
import { RULES } from '../../src/core/expr/rules/rules.ts';
import { CAST, CONCAT } from '../../src/core/ops/movement/indexing.ts';
import { MATMUL } from '../../src/core/ops/matrices/linalg.ts';
import { PERMUTE, RESHAPE } from '../../src/core/ops/movement/movement.ts';
import { allocate, type DType, DTYPE_NAMES, isFloat, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { halved, randomFrom, sample } from '../ops/samples.ts';
import { difference } from '../pattern/bits.ts';
import { evaluate } from './evaluate.ts';
import { author, call, instanceOf, type Palette, rootOfArray, rowsOf, takes } from './instances.ts';
import { extent } from '../run/extent.ts';

const ATTEMPTS = 4000;
const COUNT = extent(10, 25);
const SHAPES = [[], [1], [4], [3, 3], [3, 1], [2, 3, 3], [3, 3, 3], [1, 3, 3], [0, 3], [2, 260], [260, 2]];

interface Application {
  readonly written: Call;
  readonly form: Call;
}

/** Graphs that a rule applies to, each with the form that the rule makes of it. */
function* applications(rule: Rule, palette: Palette, count: number): Generator<Application> {
  for (let attempt = 0, drawn = 0; attempt < ATTEMPTS && drawn < count; attempt++) {
    const written = instanceOf(rule.from, palette);
    if (written === undefined || findIn(rule, written) === undefined) continue;
    const form = applyRule(rule, written, (row, operands, given) => derive(row, operands, given, author));
    if (rule.class === 'exact') expect(form, 'a form of the same type').toBeDefined();
    if (form === undefined) continue;
    drawn++;
    yield { written, form };
  }
}

/** Elements of any kind: every second one special in half of the arrays. */
function anyElements(random: () => number): Palette['elements'] {
  return (dtype, shape) => {
    const drawn = sample(dtype === 'float16' ? 'float32' : dtype, shape, random() < 0.5, random);
    return dtype === 'float16' ? halved(drawn).array : drawn.array;
  };
}

const dtypesOf = (rule: Rule): DType[] => {
  const rows = [...rowsOf(rule.from), ...rowsOf(rule.to)];
  const isMeant = (dtype: DType): boolean => rule.class === 'exact' || isFloat(dtype);
  return DTYPE_NAMES.filter((dtype) => isMeant(dtype) && rows.every((row) => takes(row, dtype)));
};

const exact = RULES.filter((rule) => rule.class === 'exact');
const real = RULES.filter((rule) => rule.class === 'real');

describe('rules of class exact', () => {
  for (const rule of exact) {
    const dtypes = dtypesOf(rule);
    it(`${rule.formula}: the same bits for ${dtypes.join(', ')}`, () => {
      expect(dtypes.length).toBeGreaterThan(0);
      for (const dtype of dtypes) {
        const random = randomFrom(21);
        let count = 0;
        const palette: Palette = { dtype, shapes: SHAPES, random, elements: anyElements(random) };
        for (const { written, form } of applications(rule, palette, COUNT)) {
          expect(form.type).toBe(written.type);
          expect(difference(evaluate(form), evaluate(written))).toBeUndefined();
          count++;
        }
        expect(count, dtype).toBe(COUNT);
      }
    });
  }
});

/** Magnitudes at which floating-point forms fail: where they lose digits, cancel, overflow and underflow. */
const MAGNITUDES = {
  ordinary: (random: () => number) => 4 * random(),
  signed: (random: () => number) => 8 * (random() - 0.5),
  tiny: (random: () => number) => 1e-5 * (random() - 0.5),
  large: (random: () => number) => 240 * (random() - 0.5),
  close: (random: () => number) => 1e4 + random(),
  huge: (random: () => number) => 1e25 * random(),
};
type Magnitude = keyof typeof MAGNITUDES;

const magnified =
  (name: Magnitude, random: () => number): Palette['elements'] =>
  (dtype, shape) => {
    const array = allocate(
      dtype,
      shape.reduce((size, n) => size * n, 1),
    );
    for (let i = 0; i < array.length; i++) array[i] = Math.fround(MAGNITUDES[name](random)) as never;
    return array;
  };

/** The same graph in float64. */
function widened(e: Call): Call {
  if (e.row === undefined) return rootOfArray('float64', e.type.shape, Float64Array.from(evaluate(e) as Float32Array));
  const { dtype, ...others } = e.attributes.values;
  return call(e.row, e.operands.map(widened), dtype === undefined ? others : { ...others, dtype: 'float64' });
}

/** The largest error, relative to the truth; where that rounds to what was found there is none. */
function worstError(found: TypedArray, truth: TypedArray): number {
  let worst = 0;
  for (let i = 0; i < truth.length; i++) {
    const [f, t] = [Math.fround(found[i] as number), truth[i] as number];
    const error = Object.is(f, Math.fround(t)) || f === t ? 0 : Math.abs(f - t) / Math.abs(t);
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  return worst;
}

/** Half a unit in the last place of float32; forms of two or three roundings may have that many. */
const ROUNDING = 2 ** -24;

interface Errors {
  readonly written: number;
  readonly form: number;
  /** Of the form as written, where it is computed in float64. */
  readonly inDouble: number;
}

/** The largest errors over graphs of float32 with elements of a magnitude. The truth is the better form in float64. */
function errorsAt(rule: Rule, magnitude: Magnitude): Errors {
  const random = randomFrom(22);
  const palette: Palette = { dtype: 'float32', shapes: SHAPES, random, elements: magnified(magnitude, random) };
  const errors = [...applications(rule, palette, COUNT)].map(({ written, form }) => {
    const truth = evaluate(widened(form));
    return {
      written: worstError(evaluate(written), truth),
      form: worstError(evaluate(form), truth),
      inDouble: worstError(evaluate(widened(written)), truth),
    };
  });
  expect(errors.length, magnitude).toBe(COUNT);
  const worst = (name: keyof Errors): number => Math.max(...errors.map((each) => each[name]));
  return { written: worst('written'), form: worst('form'), inDouble: worst('inDouble') };
}

describe('rules of class real', () => {
  for (const rule of real) {
    it(`${rule.formula}: equal in the reals, nowhere less accurate, somewhere a hundred times more`, () => {
      expect(dtypesOf(rule)).toEqual(['float64', 'float32']);
      const magnitudes = Object.keys(MAGNITUDES) as Magnitude[];
      const errors = magnitudes.map((magnitude) => ({ magnitude, ...errorsAt(rule, magnitude) }));
      for (const { magnitude, written, form, inDouble } of errors) {
        if (magnitude === 'ordinary' || magnitude === 'signed') expect(inDouble, magnitude).toBeLessThan(2 * ROUNDING);
        expect(form, magnitude).toBeLessThanOrEqual(Math.max(written, 3 * ROUNDING));
      }
      expect(Math.max(...errors.map(({ written, form }) => written / Math.max(form, ROUNDING)))).toBeGreaterThan(100);
    });
  }

  it('are for floating dtypes; what holds for float64 as well is applied there', () => {
    for (const rule of real) {
      const random = randomFrom(23);
      const palette: Palette = { dtype: 'float64', shapes: SHAPES, random, elements: anyElements(random) };
      const [found] = applications(rule, palette, 1);
      expect(found === undefined, rule.formula).toBe(rule.only === 'x is float32');
    }
  });
});

describe('the table of rules', () => {
  it('names no formula twice, and has a reason and a source for whatever changes bits', () => {
    expect(new Set(RULES.map(({ formula }) => formula)).size).toBe(RULES.length);
    for (const { why, source, formula } of real) expect([why, source], formula).not.toContain(undefined);
  });

  it('makes one canonical node at most of an exact rule: what calls settle again stays as it is', () => {
    for (const rule of exact) {
      const random = randomFrom(24);
      const palette: Palette = { dtype: 'float32', shapes: SHAPES, random, elements: anyElements(random) };
      for (const { written } of applications(rule, palette, COUNT)) {
        const simpler = rewrite(written, author);
        if (simpler.row === undefined) continue;
        const { row, operands, attributes } = simpler;
        const settled = derive(row, operands, row.unsettle?.(attributes.values) ?? attributes.values, author);
        expect(simpler.attributes, rule.formula).toBe(settled.attributes);
        expect(simpler.type, rule.formula).toBe(settled.type);
        expect(rewrite(simpler, author), 'nothing is left to do').toBe(simpler);
      }
    }
  });

  it('leaves alone what only looks alike', () => {
    const x = rootOfArray('float32', [2, 3], Float32Array.of(1.5, -0, 2, 3, 4, 5));
    const [cast, joined] = [call(CAST, [x], { dtype: 'int32' }), call(CONCAT, [x, x])];
    const turned = call(PERMUTE, [x], { axes: [1, 0] });
    const [flat, square] = [call(RESHAPE, [x], { shape: [6] }), call(MATMUL, [x, x], { transposeB: true })];
    for (const e of [x, cast, joined, turned, flat, square]) {
      expect(rewrite(e, author)).toBe(e);
    }
    const cube = rootOfArray('float32', [2, 2, 2], new Float32Array(8));
    const product = call(MATMUL, [call(PERMUTE, [cube], { axes: [1, 0, 2] }), cube]);
    expect(rewrite(product, author)).toBe(product);
  });

  it('is applied until nothing fits: a product of matrices that were transposed twice has none', () => {
    const x = rootOfArray('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    const twice = call(PERMUTE, [call(PERMUTE, [x], { axes: [1, 0] })], { axes: [1, 0] });
    const product = rewrite(call(MATMUL, [twice, twice], { transposeB: true }), author);
    expect(product.operands).toEqual([x, x]);
    expect(product.attributes.values).toMatchObject({ transposeA: false, transposeB: true });
  });
});
