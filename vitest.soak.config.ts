import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests of which `npm test` runs a sample; the soak runs them whole, where it is not given a few minutes only. */
const sampled = readdirSync(join(import.meta.dirname, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `tests/${path}`)
  .filter((path) => readFileSync(join(import.meta.dirname, path), 'utf8').includes("/run/extent.ts'"));

export default defineConfig({
  ...(base.resolve !== undefined && { resolve: base.resolve }),
  test: {
    include: ['tests/soak/**/*.test.ts', ...(process.env['SOAK_MINUTES'] === undefined ? sampled : [])],
    setupFiles: ['tests/run/equal-bytes.ts', 'tests/run/stacks.ts'],
    testTimeout: 4 * 3_600_000,
    pool: 'forks',
    maxWorkers: 1,
    maxConcurrency: availableParallelism(),
    env: { TESTS_EXTENT: 'whole', SYMBOLIC_SHEET_STORE: 'off' },
    reporters: ['default', './tests/run/skips-reporter.ts'],
  },
});
