// Builds the entries of the package beside what tsc made: one CommonJS file for Node, that `import` and `require` share, and one file for pages without chunks.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { build, type BuildOptions } from 'esbuild';

/** The build of the repository, or the one that is named. */
const DIST = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));

/**
 * On Node everything is in one file, which loads all there is of the library, however it is loaded itself. Loaders that turn modules into
 * CommonJS as they are required would otherwise leave `import()` inside the library to Node, which would load a second copy beside the first.
 */
const NODE: BuildOptions = {
  entryPoints: [join(DIST, 'src/index.js')], outfile: join(DIST, 'node/library.cjs'), platform: 'node', format: 'cjs', target: 'node20', external: ['hash-wasm'], minify: true, keepNames: true,
  define: { 'import.meta.url': 'libraryUrl' }, banner: { js: "const libraryUrl = typeof __filename === 'string' ? require('node:url').pathToFileURL(__filename).href : undefined;" },
};

/** For workers that a bundler writes as one script, pages without a bundler, and tests in CommonJS with a document. */
const PAGE: BuildOptions = { entryPoints: [join(DIST, 'src/browser.js')], platform: 'browser', target: 'es2022', minify: true, keepNames: true };

rmSync(join(DIST, 'node'), { recursive: true, force: true });
rmSync(join(DIST, 'page'), { recursive: true, force: true });
rmSync(join(DIST, 'commonjs'), { recursive: true, force: true });
for (const options of [NODE, { ...PAGE, format: 'esm', outfile: join(DIST, 'page/index.mjs') }, { ...PAGE, format: 'cjs', outfile: join(DIST, 'page/index.cjs') }] as const) {
  // A build that lies elsewhere has no packages beside it.
  await build({ ...options, bundle: true, nodePaths: [join(import.meta.dirname, '../node_modules')], logLevel: 'warning' });
}

// `import` reads the names of exports out of the text of a file in CommonJS, which takes longer than to run this one: it is given a short text.
writeFileSync(join(DIST, 'node/index.cjs'), "'use strict';\nconst library = require('./library.cjs');\nmodule.exports = library;\n");
const names = Object.keys(createRequire(import.meta.url)(join(DIST, 'node/index.cjs')) as object).sort();
writeFileSync(join(DIST, 'node/index.mjs'), `// The same copy of the library as require gives.\nimport library from './index.cjs';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = library;\n`);

// The same declarations as those of modules, for a compiler that asks what a file in CommonJS requires.
for (const folder of ['src', 'kernels']) cpSync(join(DIST, folder), join(DIST, 'commonjs', folder), { recursive: true, filter: (file) => !file.endsWith('.js') });
writeFileSync(join(DIST, 'commonjs/package.json'), '{ "type": "commonjs" }\n');
