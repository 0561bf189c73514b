import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { 'symbolic-sheet': new URL('./src/index.ts', import.meta.url).pathname } },
  test: { include: ['tests/**/*.test.ts'], exclude: ['tests/soak/**'], testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks', maxWorkers: 2, retry: 0, passWithNoTests: false, reporters: ['default', './tests/run/skips-reporter.ts'] },
});
