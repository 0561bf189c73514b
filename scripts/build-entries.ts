// Builds the entries of the package beside what tsc made: CommonJS for Node, that `import` and `require` share, and one
// file for pages without chunks.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { build, type BuildOptions, transform } from 'esbuild';

/** The build of the repository, or the one that is named. */
const DIST = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));

/** `symbolic-sheet`, then the entries below it, `symbolic-sheet/kit` and so on. */
const ENTRIES = [
  'index',
  'kit',
  'testing',
  'ops',
  'interchange',
  'table',
  'numpy',
  'grad',
  'formula',
  'onnx',
  'vac',
  'atomsheet',
] as const;
/** And those that a page has not. */
const NODE_ENTRIES = [...ENTRIES, 'tiers'] as const;

/**
 * On Node an entry loads what it needs, from parts that the entries share. They are CommonJS, however they are loaded,
 * and what the library loads later is required as well: loaders that turn modules into CommonJS would otherwise leave
 * `import()` to Node, which would load a second copy beside the first.
 */
const NODE = {
  entryPoints: NODE_ENTRIES.map((entry) => join(DIST, `src/${entry}.js`)),
  outdir: join(DIST, 'node'),
  entryNames: '[name]',
  chunkNames: 'part-[hash]',
  splitting: true,
  platform: 'node',
  format: 'esm',
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
} satisfies BuildOptions;

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
const write = (file: string, text: string): void => writeFileSync(join(DIST, file), text);
const BUNDLED = {
  bundle: true,
  // A build that lies elsewhere has no packages beside it.
  nodePaths: [join(import.meta.dirname, '../node_modules')],
  logLevel: 'warning',
} satisfies BuildOptions;
for (const options of pages) await build({ ...options, ...BUNDLED });
mkdirSync(join(DIST, 'node'));
const { outputFiles } = await build({ ...NODE, ...BUNDLED, write: false });
/** The parts as CommonJS, by file name. */
const parts = new Map<string, string>();
for (const { path, text } of outputFiles) {
  const { code } = await transform(text, { format: 'cjs', platform: 'node', target: 'node20', minify: true });
  const required = code
    .replaceAll(/\bimport\("(\.\/[\w-]+)\.js"\)/g, 'Promise.resolve().then(()=>require("$1.cjs"))')
    .replaceAll(/\brequire\("(\.\/[\w-]+)\.js"\)/g, 'require("$1.cjs")');
  parts.set(basename(path).replace(/js$/, 'cjs'), required);
}

/** The parts that a part requires as it is loaded, and those they require. */
function loadedWith(name: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(name)) return loaded;
  loaded.add(name);
  const code = parts.get(name)!.replaceAll(/then\(\(\)=>require\([^)]*\)\)/g, '');
  for (const [, needed] of code.matchAll(/\brequire\("\.\/([\w-]+\.cjs)"\)/g)) loadedWith(needed!, loaded);
  return loaded;
}

// What the first entry loads lies in one file, for each further one takes a third of a millisecond to find and read.
const CORE = 'part-core.cjs';
const together = [...loadedWith('index.cjs')];
// In parentheses, for engines read such functions once, and others twice.
const functions = together.map(
  (name) => `${JSON.stringify(name)}:(function(module,exports,require){${parts.get(name)}})`,
);
write(
  `node/${CORE}`,
  "'use strict';const parts={" +
    `${functions.join(',')}};` +
    'const loaded=new Map();module.exports=function load(name){let module=loaded.get(name);if(module===undefined){' +
    'module={exports:{}};loaded.set(name,module);' +
    "parts[name](module,module.exports,id=>id.startsWith('./')&&parts[id.slice(2)]?load(id.slice(2)):require(id))}" +
    'return module.exports};',
);
// In two statements: of `module.exports = require(…)` an `import` would read the large file too, for names of
// exports.
for (const [name, code] of parts)
  write(
    `node/${name}`,
    together.includes(name) ? `const load=require('./${CORE}');module.exports=load('${name}');` : code,
  );

const require = createRequire(import.meta.url);
const namesOf = (entry: string): string[] => Object.keys(require(join(DIST, `node/${entry}.cjs`)) as object).sort();
const destructured = (names: readonly string[]): string =>
  `export const {\n${names.map((name) => `  ${name},\n`).join('')}}`;

// `import` reads the names of exports out of the text of a file in CommonJS, which takes longer than to run this one:
// it is given a short text.
for (const entry of NODE_ENTRIES) {
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
