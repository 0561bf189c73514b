import { defineConfig } from 'vitest/config';

const source = (entry: string): string => `${new URL('./src', import.meta.url).pathname}/${entry}.ts`;

/**
 * Files that define ops and dtypes, change globals, choose the driver of a GPU, or measure what their process holds:
 * each has a process of its own. All others share one for each worker, which loads the library and compiles its
 * kernels once.
 */
const ALONE = [
  'tests/{bench,examples,gpu,host,kit,package,tensorflow}/**/*.test.ts',
  'tests/device/{dispatch,modules,small-heap,turns}.test.ts',
  'tests/oracle/webgpu.test.ts',
  'tests/{ops/lock,ops/define-dtype,trace/cli}.test.ts',
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
        test: { name: 'together', include: ['tests/**/*.test.ts'], exclude: [...NOT_HERE, ...ALONE], isolate: false },
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
