import { defineConfig } from 'vitest/config';

const source = (entry: string): string => `${new URL('./src', import.meta.url).pathname}/${entry}.ts`;

/**
 * Files that define ops and dtypes, change globals, lose devices, or measure what their process holds. Each has a
 * process of its own; all others share one for each worker, which has loaded the library and compiled its kernels.
 */
const ALONE = [
  'tests/{bench,examples,host,kit,package,tensorflow}/**/*.test.ts',
  'tests/device/{modules,small-heap,turns}.test.ts',
  'tests/gpu/{browser,half,loss,opening,own-op}.test.ts',
  'tests/ops/define-dtype.test.ts',
  'tests/sheet/{flat-loops,process,resident}.test.ts',
  'tests/architecture.test.ts',
];
const NOT_HERE = ['tests/soak/**'];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^symbolic-sheet$/, replacement: source('index') },
      { find: /^symbolic-sheet\/(kit|testing|ops|interchange|tiers)$/, replacement: source('$1') },
    ],
  },
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE, exclude: NOT_HERE } },
      {
        extends: true,
        test: { name: 'shared', include: ['tests/**/*.test.ts'], exclude: [...NOT_HERE, ...ALONE], isolate: false },
      },
    ],
    setupFiles: ['tests/run/equal-bytes.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    // Sheets of tests find what was computed in them alone.
    env: { SYMBOLIC_SHEET_STORE: 'off' },
    passWithNoTests: false,
    reporters: ['default', './tests/run/skips-reporter.ts'],
  },
});
