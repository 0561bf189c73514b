// Facts: what is found of a value, which special values count, and that a fact is found once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACT, factsOf, knownFacts } from '../../src/core/pattern/facts.ts';
import { rowKinds } from '../../src/core/pattern/scans.ts';
import { type Value, valueOf } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { DTYPES_OF_NUMBERS, element, valueFrom } from './bits.ts';

const matrix = (elements: readonly number[], rows = 2, columns = elements.length / rows): Value =>
  valueFrom('float32', [rows, columns], elements);

describe('facts', () => {
  it('hold by definition, for every dtype and any elements', () => {
    for (const dtype of DTYPES_OF_NUMBERS) {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 4 }),
          fc.array(
            fc.oneof(
              { weight: 4, arbitrary: fc.constantFrom(0, 1).map((x) => (dtype === 'int64' ? BigInt(x) : x)) },
              element(dtype),
            ),
            { minLength: 1, maxLength: 16 },
          ),
          (n, elements) => {
            const value = valueFrom(dtype, [n, n], elements);
            const at = (i: number, j: number): number | bigint => value.array[i * n + j]!;
            const zero = dtype === 'int64' ? 0n : 0;
            const one = dtype === 'int64' ? 1n : 1;
            const cells = Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), k % n] as const);
            const facts = factsOf(value);
            const lines = [...Array(n).keys()];
            expect(facts.finite).toBe(cells.every(([i, j]) => Number.isFinite(Number(at(i, j)))));
            expect(facts.zero).toBe(cells.every(([i, j]) => at(i, j) === zero));
            expect(facts.diagonal).toBe(cells.every(([i, j]) => i === j || at(i, j) === zero));
            expect(facts.identity).toBe(cells.every(([i, j]) => at(i, j) === (i === j ? one : zero)));
            expect(facts.symmetric).toBe(cells.every(([i, j]) => i === j || at(i, j) === at(j, i)));
            expect(facts.lower).toBe(cells.every(([i, j]) => j <= i || at(i, j) === zero));
            expect(facts.upper).toBe(cells.every(([i, j]) => j >= i || at(i, j) === zero));
            const isUnit = (line: readonly (number | bigint)[]): boolean =>
              line.filter((x) => x !== zero).length === 1 && line.includes(one);
            expect(facts.permutation).toBe(
              lines.every((i) => isUnit(lines.map((j) => at(i, j)))) &&
                lines.every((j) => isUnit(lines.map((i) => at(i, j)))),
            );
            expect(facts.constant).toBe(
              cells.every(([i, j]) => at(i, j) === at(0, 0) && Object.is(at(i, j), at(0, 0))),
            );
            const largest = Math.max(...cells.map(([i, j]) => Math.abs(Number(at(i, j)))));
            expect(facts.maxAbs).toBe(largest);
            expect(facts.names.every((name) => Boolean(facts[name]))).toBe(true);
          },
        ),
        { seed: 41, numRuns: 120 },
      );
    }
  });

  it('zeros of either sign are zeros; NaN is none and equals nothing', () => {
    expect(factsOf(matrix([0, -0, -0, 0])).zero).toBe(true);
    expect(factsOf(matrix([0, -0, -0, 0])).constant).toBe(false);
    expect(factsOf(matrix([0, NaN, 0, 0])).zero).toBe(false);
    expect(factsOf(matrix([NaN, NaN, NaN, NaN])).constant).toBe(false);
    expect(factsOf(matrix([1, NaN, NaN, 1])).symmetric).toBe(false);
    expect(factsOf(matrix([1, -0, 0, 1])).identity).toBe(true);
  });

  it('are of matrices: a vector or a batch has no diagonal', () => {
    expect(factsOf(valueFrom('float32', [1, 2, 2], [1, 0, 0, 1])).identity).toBe(false);
    expect(factsOf(valueFrom('float32', [3], [0])).zero).toBe(false);
    expect(factsOf(matrix([1, 0, 0, 0, 1, 0])).identity).toBe(false);
  });

  it('are found once and remembered with the array; another shape of the same bytes has its own', () => {
    const value = matrix([1, 0, 0, 1]);
    expect(knownFacts(value)).toBe(0);
    expect([factsOf(value).identity, factsOf(value).finite]).toEqual([true, true]);
    expect(knownFacts(value)).toBe(FACT.identity | FACT.finite);
    value.array[1] = 5; // nobody writes to a value; this shows that no second scan happens
    expect(factsOf(value).identity).toBe(true);
    expect(factsOf(valueOf(tensorType('float32', [4, 1]), value.block)).identity).toBe(false);
  });

  it('the kinds of rows say for every row which row it equals, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 2), { minLength: 4, maxLength: 24 }), (order) => {
        const pool = [
          [1, 2, 0, 4],
          [1, 2, -0, 4],
          [NaN, 2, 3, 4],
        ];
        const value = matrix(
          order.flatMap((i) => pool[i]!),
          order.length,
        );
        const kinds = rowKinds(value.array, order.length, 4);
        const count = new Set(order).size;
        expect(kinds?.first.length).toBe(count * 2 <= order.length ? count : undefined);
        order.forEach((kind, i) => kinds && expect(order[kinds.first[kinds.kindOf[i]!]!]).toBe(kind));
      }),
      { seed: 42, numRuns: 200 },
    );
  });
});
