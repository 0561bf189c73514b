// Functions of NumPy that give text, read and write files, and check.
import type { Row } from '../context.ts';
import * as checking from '../own/checking.ts';
import * as drawing from '../own/drawing.ts';
import * as files from '../own/files.ts';
import * as print from '../printing/print.ts';

const PRINT = 'max_line_width: number=None, precision: number=None, suppress_small: flag=False';
const MORE =
  "separator: text=' ', prefix: text='', threshold: number=None, edgeitems: number=None, sign: text=None, " +
  "floatmode: text=None, suffix: text=''";

export const FILES: readonly Row[] = [
  [`array2string(a, ${PRINT}, ${MORE}) -> Promise<string>`, print.array2string],
  [`array_repr(arr, ${PRINT}) -> Promise<string>`, print.arrayRepr],
  [`array_str(a, ${PRINT}) -> Promise<string>`, print.arrayStr],
  ['load(file: any) -> Promise<Loaded>', files.loadFile],
  ['save(file: any, arr) -> Promise<Uint8Array>', files.save],
  ['savez(file: any, *arrays: any, **kwds: any) -> Promise<Uint8Array>', files.savez],
  ['savez_compressed(file: any, *arrays: any, **kwds: any) -> Promise<Uint8Array>', files.savezCompressed],
  [
    'testing.assert_allclose(actual, desired, rtol=1e-07, atol=0, equal_nan=True) -> Promise<void>',
    checking.assertAllclose,
  ],
  ['testing.assert_array_equal(actual, desired) -> Promise<void>', checking.assertArrayEqual],
  ['testing.assert_equal(actual, desired) -> Promise<void>', checking.assertArrayEqual],
  ['testing.assert_array_less(actual, desired) -> Promise<void>', checking.assertArrayLess],
  ['testing.assert_almost_equal(actual, desired, decimal: number=7) -> Promise<void>', checking.assertAlmostEqual],
  [
    'testing.assert_array_almost_equal(actual, desired, decimal: number=6) -> Promise<void>',
    checking.assertAlmostEqual,
  ],
  ['random.default_rng(seed: any=None) -> GeneratorOfDraws', drawing.defaultRng],
  ['random.RandomState(seed: any=None) -> RandomStateOfDraws', drawing.randomState],
];
