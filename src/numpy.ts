// NumPy's names over a sheet, on Node: np.load and np.save take paths.
import './ops.ts';
import { nodeHost } from './host/node/host.ts';
import { type NumPy, numpyOn } from './numpy/numpy.ts';
import type { NumPyFiles } from './numpy/context.ts';
import type { Sheet } from './surface.ts';
import type { Files } from './core/env.ts';

const files = async (): Promise<Files> => (await nodeHost()).files as Files;

const FILES: NumPyFiles = {
  read: async (path) => (await files()).read(path),
  write: async (path, bytes) => (await files()).write(path, bytes),
};

/**
 * NumPy's names over a sheet: `const np = numpy(sheet)`, then `np.add`, `np.linalg.inv`, `np.at(x, '1:, ::-1')`.
 * Results are tensors of the sheet.
 */
export const numpy = (sheet: Sheet): NumPy => numpyOn(sheet, FILES);

export type { NumPy };
export type { ArrayLike } from './numpy/context.ts';
