import fc from 'fast-check';
import { expect, test } from 'vitest';
import { argsort, sort, topK, type Direction } from '../../kernels/js/sort.ts';

const value = fc.oneof(fc.constantFrom(NaN, 0, -0, Infinity, -Infinity), fc.integer({ min: -5, max: 5 }));
const runs = { seed: 11, numRuns: 300 };

/** The specification: a stable sort of places by value, NaN last. */
function specified(values: readonly number[], direction: Direction): number[] {
  const sign = direction === 'ascending' ? 1 : -1;
  const compare = (a: number, b: number) =>
    a !== a || b !== b ? Number(a !== a) - Number(b !== b) : a < b ? -sign : a > b ? sign : 0;
  return values.map((_, i) => i).sort((i, j) => compare(values[i]!, values[j]!));
}

test('argsort is stable, NaN last, in both directions', () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 200 }),
      fc.constantFrom<Direction>('ascending', 'descending'),
      (values, direction) => {
        const out = new Int32Array(values.length);
        argsort({ array: Float32Array.from(values), count: values.length }, direction, out);
        expect([...out]).toEqual(specified(values, direction));
      },
    ),
    runs,
  );
});

test('sort permutes bits, -0 and NaN payloads included', () => {
  const array = new Float32Array(Uint32Array.of(0xffc00001, 0x3f800000, 0x80000000, 0, 0x7fc00002, 0xbf800000).buffer);
  const out = new Float32Array(6);
  sort({ array, count: 6 }, 'ascending', out);
  expect([...new Uint32Array(out.buffer)]).toEqual([0xbf800000, 0x80000000, 0, 0x3f800000, 0xffc00001, 0x7fc00002]);
});

test('rows are sorted apart, 64-bit integers exactly', () => {
  const array = BigInt64Array.of(2n ** 53n + 1n, 2n ** 53n, -1n, 5n, 3n, 4n);
  const [out, order] = [new BigInt64Array(6), new BigInt64Array(6)];
  sort({ array, count: 3 }, 'ascending', out);
  argsort({ array, count: 3 }, 'descending', order);
  expect([...out]).toEqual([-1n, 2n ** 53n, 2n ** 53n + 1n, 3n, 4n, 5n]);
  expect([...order]).toEqual([0n, 1n, 2n, 0n, 2n, 1n]);
});

test('topK gives the first k of the sorted row and refuses a larger k', () => {
  const array = Float64Array.of(3, NaN, 9, 1, 9, 2, 8, 4);
  const [values, places] = [new Float64Array(4), new Int32Array(4)];
  topK({ array, count: 4 }, 2, 'descending', values, places);
  expect([...values]).toEqual([9, 3, 9, 8]);
  expect([...places]).toEqual([2, 0, 0, 2]);
  expect(() => topK({ array, count: 4 }, 5, 'descending', values, places)).toThrow(RangeError);
});
