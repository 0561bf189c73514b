// Builds the entries of the package beside what tsc made: one CommonJS file for Node, that `import` and `require`
// share, and one file for pages without chunks.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { build, type BuildOptions } from 'esbuild';

/** The build of the repository, or the one that is named. */
const DIST = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));

/** `symbolic-sheet`, then the entries below it, `symbolic-sheet/kit` and so on. On Node all are names of one file. */
const ENTRIES = ['index', 'kit', 'testing', 'ops', 'interchange', 'table', 'numpy', 'grad', 'onnx'] as const;
/** And those that a page has not. */
const NODE_ENTRIES = [...ENTRIES, 'tiers'] as const;

/**
 * On Node everything is in one file, which loads all there is of the library, however it is loaded itself. Loaders that
 * turn modules into CommonJS as they are required would otherwise leave `import()` inside the library to Node, which
 * would load a second copy beside the first.
 */
const NODE: BuildOptions = {
  stdin: {
    contents: NODE_ENTRIES.map((entry) => `export * as ${entry} from './${entry}.js';\n`).join(''),
    resolveDir: join(DIST, 'src'),
    sourcefile: 'entries.js',
  },
  outfile: join(DIST, 'node/library.cjs'),
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['hash-wasm'],
  minify: true,
  keepNames: true,
  define: { 'import.meta.url': 'libraryUrl' },
  banner: {
    js:
      "const libraryUrl = typeof __filename === 'string' ? require('node:url').pathToFileURL(__filename).href : " +
      'undefined;',
  },
};

/** For workers that a bundler writes as one script, pages without a bundler, and tests in CommonJS with a document. */
const PAGE: BuildOptions = {
  entryPoints: [join(DIST, 'src/one-file.js')],
  platform: 'browser',
  target: 'es2022',
  minify: true,
  keepNames: true,
};

for (const folder of ['node', 'page', 'commonjs']) rmSync(join(DIST, folder), { recursive: true, force: true });
const pages = (['esm', 'cjs'] as const).map((format): BuildOptions => ({
  ...PAGE,
  format,
  outfile: join(DIST, `page/index.${format === 'esm' ? 'mjs' : 'cjs'}`),
}));
for (const options of [NODE, ...pages]) {
  // A build that lies elsewhere has no packages beside it.
  await build({
    ...options,
    bundle: true,
    nodePaths: [join(import.meta.dirname, '../node_modules')],
    logLevel: 'warning',
  });
}

const require = createRequire(import.meta.url);
const write = (file: string, text: string): void => writeFileSync(join(DIST, file), text);
const namesOf = (entry: string): string[] => Object.keys(require(join(DIST, `node/${entry}.cjs`)) as object).sort();
const destructured = (names: readonly string[]): string =>
  `export const {\n${names.map((name) => `  ${name},\n`).join('')}}`;

// `import` reads the names of exports out of the text of a file in CommonJS, which takes longer than to run this one:
// it is given a short text.
for (const entry of NODE_ENTRIES) {
  const marked = `Object.defineProperty(library.${entry}, '__esModule', { value: true })`;
  write(`node/${entry}.cjs`, `'use strict';\nconst library = require('./library.cjs');\nmodule.exports = ${marked};\n`);
  const role = '// The same copy of the library as require gives.';
  write(
    `node/${entry}.mjs`,
    `${role}\nimport library from './${entry}.cjs';\n\n${destructured(namesOf(entry))} = library;\n`,
  );
}

// On pages the file of the library has the other entries as names, so that whoever loads them by theirs has the same
// copy.
const page = require(join(DIST, 'page/index.cjs')) as Readonly<Record<string, object>>;
for (const entry of ENTRIES.slice(1)) {
  const names = Object.keys(page[entry] ?? {}).sort();
  const role = '// The same copy of the library as the file beside it.';
  write(
    `page/${entry}.mjs`,
    `${role}\nimport { ${entry} } from './index.mjs';\n\n${destructured(names)} = ${entry};\n`,
  );
  write(`page/${entry}.cjs`, `'use strict';\nmodule.exports = require('./index.cjs').${entry};\n`);
}

// The same declarations as those of modules, for a compiler that asks what a file in CommonJS requires.
for (const folder of ['src', 'kernels'])
  cpSync(join(DIST, folder), join(DIST, 'commonjs', folder), {
    recursive: true,
    filter: (file) => !file.endsWith('.js'),
  });
write('commonjs/package.json', '{ "type": "commonjs" }\n');
