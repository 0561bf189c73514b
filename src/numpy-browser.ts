// NumPy's names over a sheet, in a page: np.load and np.save take bytes.
import './ops.ts';
import { type NumPy, numpyOn } from './numpy/numpy.ts';
import type { Sheet } from './surface.ts';

/** As on Node, without files. */
export const numpy = (sheet: Sheet): NumPy => numpyOn(sheet, undefined);

export type { NumPy };
export type { ArrayLike } from './numpy/context.ts';
