import { defineConfig } from 'vitest/config';

const source = (entry: string): string => `${new URL('./src', import.meta.url).pathname}/${entry}.ts`;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^symbolic-sheet$/, replacement: source('index') },
      { find: /^symbolic-sheet\/(kit|testing|ops|interchange|tiers)$/, replacement: source('$1') },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/soak/**'],
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
