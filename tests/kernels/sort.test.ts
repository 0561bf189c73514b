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

/** Elements of every kind of array, from any bits. */
const ARRAYS = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
] as const;

test.each(ARRAYS.map((kind) => [kind.name, kind] as const))(
  'long rows of a %s are in the same order as short ones',
  (_name, kind) => {
    const [rows, count] = [2, 700];
    const array = new kind(rows * count);
    const words = new Uint32Array(array.buffer);
    // Few distinct elements in the first row; all bits in the second. NaNs and both zeros are among the floats.
    const special = new kind(array instanceof BigInt64Array || array instanceof BigUint64Array ? 4 : 8);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i * i, 0x85ebca77);
    if (special instanceof Float32Array || special instanceof Float64Array)
      special.set([0, -0, NaN, Infinity, -Infinity, 1, -1, 2]);
    for (let i = 0; i < count; i++) array[i] = special[(i * 7 + (i >> 3)) % special.length]!;
    const bits = (of: ArrayBufferView): Uint8Array => new Uint8Array(of.buffer, of.byteOffset, of.byteLength);
    for (const direction of ['ascending', 'descending'] as const) {
      const [order, sorted] = [new Int32Array(rows * count), new kind(rows * count)];
      argsort({ array, count }, direction, order);
      sort({ array, count }, direction, sorted as never);
      for (let row = 0; row < rows; row++) {
        const own = array.subarray(row * count, (row + 1) * count);
        const places = specified([...own] as number[], direction);
        expect([...order.subarray(row * count, (row + 1) * count)]).toEqual(places);
        const moved = new kind(count);
        const size = moved.BYTES_PER_ELEMENT;
        places.forEach((from, to) => bits(moved).set(bits(own).subarray(from * size, (from + 1) * size), to * size));
        expect(bits(sorted.subarray(row * count, (row + 1) * count))).toEqual(bits(moved));
      }
    }
  },
);

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
