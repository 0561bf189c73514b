// Drives the cases of a conformance suite.
import { it } from 'vitest';
import type { ConformanceCase } from '../../src/testing/case.ts';

/** One test for every case; what does not apply is skipped with its reason. */
export function conforms(cases: readonly ConformanceCase[]): void {
  for (const { name, skip, run } of cases) it(name, (context) => (skip === undefined ? run() : context.skip(skip)));
}
