import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const source = (entry: string): string => `${new URL('./src', import.meta.url).pathname}/${entry}.ts`;

/** Ops and dtypes that a file defines are in its process for good, and so is much of what it changes of the host. */
const DEFINES = /\bdefine(Op|DType)\(|kit\/example\/|stubGlobal|spyOn|swiftshader|gpu-and-js|watched-gpu/;

const testFiles = readdirSync(join(import.meta.dirname, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => ({ path: `tests/${path}`, text: readFileSync(join(import.meta.dirname, 'tests', path), 'utf8') }));
const filesWith = (words: RegExp): string[] => testFiles.filter(({ text }) => words.test(text)).map(({ path }) => path);

/**
 * Files that have a process of their own: those, and those that measure what theirs holds or starts. All others share
 * one for each worker, which loads the library and compiles its kernels once; those on a GPU have theirs.
 */
const ALONE = [
  'tests/{examples/main-job,bench/harness}.test.ts',
  'tests/{gpu,host,kit,package,tensorflow}/**/*.test.ts',
  'tests/device/{modules,small-heap,turns}.test.ts',
  'tests/{ops/library,ops/lock,trace/cli}.test.ts',
  'tests/sheet/{flat-loops,process,resident}.test.ts',
  'tests/architecture.test.ts',
  ...filesWith(DEFINES),
];
const NOT_HERE = ['tests/soak/**'];

/** Files that collect garbage: it takes twenty times as long in a process that holds what all others left. */
const COLLECTING = filesWith(/fixtures\/collected/);

/** Files that compute on one software GPU and leave it as it is: opened, and shaders compiled, once for each worker. */
const ON_ONE_GPU = [
  'tests/gpu/{blake3,contract,contract-half,error-places,gather,half,map,ops,random,reduce,rows,scan}.test.ts',
  'tests/oracle/webgpu.test.ts',
];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^symbolic-sheet$/, replacement: source('index') },
      {
        find: /^symbolic-sheet\/(kit|testing|ops|interchange|table|numpy|atomsheet|tiers)$/,
        replacement: source('$1'),
      },
    ],
  },
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE, exclude: [...NOT_HERE, ...ON_ONE_GPU] } },
      { extends: true, test: { name: 'gpu', include: ON_ONE_GPU, isolate: false } },
      { extends: true, test: { name: 'collecting', include: COLLECTING, exclude: ALONE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['tests/**/*.test.ts'],
          exclude: [...NOT_HERE, ...ALONE, ...COLLECTING],
          isolate: false,
        },
      },
    ],
    setupFiles: ['tests/run/equal-bytes.ts', 'tests/run/stacks.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    // Transformed modules are kept beside the packages, by their text, for the next run.
    experimental: { fsModuleCache: true },
    // Sheets of tests find what was computed in them alone.
    env: { SYMBOLIC_SHEET_STORE: 'off' },
    passWithNoTests: false,
    reporters: ['default', './tests/run/skips-reporter.ts'],
  },
});
