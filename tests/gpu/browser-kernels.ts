// The page in which tests of WGSL kernels run on a browser's WebGPU: the test files themselves, with another runner
// below them.
import { runFile, type TestOutcome } from './browser-vitest.ts';

const FILES: Readonly<Record<string, () => Promise<unknown>>> = {
  map: () => import('./map.test.ts'),
  reduce: () => import('./reduce.test.ts'),
  rows: () => import('./rows.test.ts'),
  scan: () => import('./scan.test.ts'),
  gather: () => import('./gather.test.ts'),
  random: () => import('./random.test.ts'),
  ops: () => import('./ops.test.ts'),
  contract: () => import('./contract.test.ts'),
};

/** Runs the tests of a file whose full names match a pattern. */
export function runTests(name: string, pattern = ''): Promise<TestOutcome[]> {
  return runFile(name, FILES[name]!, new RegExp(pattern));
}
