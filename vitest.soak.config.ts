import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { 'symbolic-sheet': new URL('./src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['tests/soak/**/*.test.ts'],
    testTimeout: 3_600_000,
    pool: 'forks',
    maxWorkers: 1,
    reporters: ['default', './tests/run/skips-reporter.ts'],
  },
});
