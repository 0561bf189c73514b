// Names that are no dtype: the one that is meant is said, whatever library or language it comes from.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'] });
});
afterAll(() => sheet.close());

const MEANT: readonly (readonly [given: unknown, meant: string])[] = [
  ['Float32', 'float32'],
  ['float', 'float32'],
  ['double', 'float64'],
  ['Float64Array', 'float64'],
  [Float32Array, 'float32'],
  [Int32Array, 'int32'],
  [Uint8ClampedArray, 'uint8'],
  [BigInt64Array, 'int64'],
  ['int', 'int32'],
  ['INT64', 'int64'],
  ['long', 'int64'],
  ['boolean', 'bool'],
  ['half', 'float16'],
  ['f64', 'float64'],
  ['uint_8', 'uint8'],
];

describe('a dtype that there is not', () => {
  it.each(MEANT)(
    '%s is refused with what is meant, where an array, a cast and a creation take a dtype',
    (given, meant) => {
      for (const call of [
        () => sheet.tensor([1], { dtype: given as never }),
        () => sheet.tensor([1]).astype(given as never),
        () => sheet.zeros([1], { dtype: given as never }),
      ]) {
        expect(call).toThrow(
          expect.objectContaining({
            code: 'DTYPE',
            message: expect.stringContaining(`did you mean '${meant}'? Use one of float64`),
          }),
        );
      }
    },
  );

  it.each([['int128'], ['complex64'], [5], [null], [[1]], [new Map()], ['constructor']])(
    '%s is near none, and all are listed',
    (given) => {
      expect(() => sheet.tensor([1]).astype(given as never)).toThrow(
        expect.objectContaining({
          code: 'DTYPE',
          message: expect.stringMatching(/is not a dtype; use one of .*float16, int16, uint16, uint64/),
        }),
      );
    },
  );
});

describe('a call with too few operands', () => {
  it('names those that are missing', () => {
    expect(() => (sheet.tensor([1]) as unknown as { add(): unknown }).add()).toThrow(
      'add: 1 operand was given; it takes 2 (x, y): give y too.',
    );
  });
});
