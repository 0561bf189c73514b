// Laws of src/core/expr/laws.ts: the simpler form has the bits of the form as written, special values and every dtype included.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive } from '../../src/core/expr/canonicalise.ts';
import { Call, rootCall } from '../../src/core/engine/call.ts';
import type { Author } from '../../src/core/expr/node.ts';
import { LAWS, rewrite } from '../../src/core/expr/laws.ts';
import { CAST, CONCAT } from '../../src/core/ops/indexing.ts';
import { MATMUL } from '../../src/core/ops/linalg.ts';
import { PERMUTE, RESHAPE } from '../../src/core/ops/movement.ts';
import type { DType, TypedArray } from '../../src/core/tensor/dtype.ts';
import { COMPUTED_DTYPES } from '../ops/samples.ts';
import { difference, DTYPES_OF_NUMBERS, element, valueFrom } from '../pattern/bits.ts';
import { evaluate } from './evaluate.ts';

let seq = 0;
const author: Author<Call> = { semantics: 1, make: (row, attributes, type, operands, isLiteral) => new Call(row, attributes, type, 1, operands, isLiteral), noted: () => {} };
const root = (dtype: DType, shape: readonly number[], elements: readonly (number | bigint)[]): Call => {
  const value = valueFrom(dtype, shape, elements);
  return rootCall(value.type, value, ++seq);
};
const permuted = (x: Call, axes: readonly number[]): Call => derive(PERMUTE, [x], { axes }, author);
const swapped = (x: Call): Call => permuted(x, [...x.type.shape.keys()].map((axis, i, all) => (i === all.length - 1 ? axis - 1 : i === all.length - 2 ? axis + 1 : axis)));

/** The expression and its rewritten form agree in type and bits; answers whether it was rewritten. */
function holds(e: Call): boolean {
  const simpler = rewrite(e, author);
  if (simpler === undefined) return false;
  expect(simpler.type).toBe(e.type);
  expect(difference(evaluate(simpler), evaluate(e))).toBeUndefined();
  return true;
}

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
const elements = (dtype: DType): fc.Arbitrary<(number | bigint)[]> => fc.array(element(dtype), { minLength: 1, maxLength: 40 });
const orderOf = (length: number): fc.Arbitrary<number[]> => fc.shuffledSubarray([...Array(length).keys()], { minLength: length, maxLength: length });

describe('laws that rewrite expressions', () => {
  it('are those tested here', () => {
    expect(LAWS.map((law) => law.row)).toEqual([MATMUL, PERMUTE, RESHAPE, CONCAT, CAST]);
  });

  for (const dtype of DTYPES_OF_NUMBERS) {
    it(`a product of transposed ${dtype} matrices is a product with the transposition as attribute`, () => {
      let count = 0;
      const draw = fc.record({ m: fc.integer({ min: 1, max: 6 }), k: fc.constantFrom(1, 3, 260), n: fc.integer({ min: 1, max: 6 }), turns: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()), batches: fc.constantFrom([], [2]) });
      fc.assert(fc.property(draw, elements(dtype), elements(dtype), ({ m, k, n, turns: [ta, tb, pa, pb], batches }, one, two) => {
        const flip = (rows: number, columns: number, turned: boolean): number[] => [...batches, ...(turned ? [columns, rows] : [rows, columns])];
        const [x, y] = [root(dtype, flip(m, k, ta !== pa), one), root(dtype, flip(k, n, tb !== pb), two)];
        const e = derive(MATMUL, [pa ? swapped(x) : x, pb ? swapped(y) : y], { transposeA: ta, transposeB: tb }, author);
        if (holds(e)) count++;
        expect(rewrite(e, author) !== undefined).toBe(pa || pb);
      }), { seed: 21, numRuns: 60 });
      expect(count).toBeGreaterThan(20);
    });
  }

  for (const dtype of COMPUTED_DTYPES) {
    it(`permutations and reshapes of ${dtype} compose, and vanish where they change nothing`, () => {
      let count = 0;
      const permutations = shape.chain((dims) => fc.record({ dims: fc.constant(dims), p: orderOf(dims.length), q: orderOf(dims.length) }));
      fc.assert(fc.property(permutations, elements(dtype), ({ dims, p, q }, values) => {
        const x = root(dtype, dims, values);
        if (holds(permuted(permuted(x, p), q))) count++;
        holds(permuted(x, p));
        const flat = derive(RESHAPE, [x], { shape: x.type.size === 0 ? [0] : [-1, 1] }, author);
        if (holds(derive(RESHAPE, [flat], { shape: dims }, author))) count++;
        expect(rewrite(derive(CAST, [x], { dtype }, author), author)).toBe(x);
        expect(rewrite(derive(CONCAT, [x], {}, author), author)).toBe(x);
        expect(rewrite(derive(CONCAT, [x, x], {}, author), author)).toBeUndefined();
      }), { seed: 22, numRuns: 60 });
      expect(count).toBe(120);
    });
  }

  it('a cast to another dtype stays', () => {
    const x = root('float32', [2], [1.5, -0]);
    expect(rewrite(derive(CAST, [x], { dtype: 'int32' }, author), author)).toBeUndefined();
    expect(Array.from(evaluate(derive(CAST, [x], { dtype: 'int32' }, author)) as Int32Array satisfies TypedArray)).toEqual([1, 0]);
  });
});
