// Bundlers and runners as a table: what a program is built with, and how the result is run. Every result prints the
// same line.

/** A way to build and run a program that uses the package. */
export interface Row {
  readonly name: string;
  /** What is installed for it, versions pinned; nothing where this repository has it. */
  readonly packages?: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Builds the program. */
  readonly command?: string;
  /** Prints its line; a page is opened in Chromium and prints into its title. */
  readonly run: string | { readonly page: string };
}

/** What every program prints: a product on threads or one, a function, and the key of both. */
const USE =
  "const sheet = await SymbolicSheet.open({ class: 'exact' });\n  const x = sheet.randomNormal([30, 20], { seed: " +
  '4 });\n  const id = await x.matmul(x, { transposeB: true }).tanh().sum({ axis: 0 }).fingerprint();\n  await ' +
  'sheet.close();\n  return `sheet ${id}`;';
const IMPORT = "import { SymbolicSheet } from 'symbolic-sheet';\n";
const MAIN = `async function main() {\n  ${USE}\n}\n`;
const PRINTED = `${MAIN}main().then((line) => console.log(line));\n`;
const SHOW = '(line) => { document.title = String(line); }';
const TITLED = `${MAIN}main().then(${SHOW}, ${SHOW});\n`;

/** For Node. */
export const IMPORTED: Readonly<Record<string, string>> = { 'app.mjs': IMPORT + PRINTED };
const REQUIRED = { 'app.cjs': `const { SymbolicSheet } = require('symbolic-sheet');\n${PRINTED}` };
/** For pages. */
const PAGE = { 'app.mjs': IMPORT + TITLED };
const html = (script: string): string =>
  `<!doctype html><title>sheet</title><body><script src="${script}" type="module"></script>`;
/** A page whose worker computes. */
const worker = (entry: string): Record<string, string> => ({
  'index.html': html('./page.mjs'),
  'page.mjs':
    "const worker = new Worker(new URL('./work.mjs', import.meta.url), { type: 'module' });\nworker.onmessage = " +
    '({ data }) => { document.title = data; };\nworker.onerror = (event) => { document.title = `failed: ' +
    '${event.message}`; };\n',
  'work.mjs':
    `import { SymbolicSheet } from '${entry}';\n${MAIN}main().then((line) => postMessage(line), (error) => ` +
    'postMessage(String(error)));\n',
});

const esbuild = (format: string): Row => ({
  name: `esbuild ${format}, node`,
  files: IMPORTED,
  command:
    `esbuild app.mjs --bundle --minify --platform=node --format=${format} ` +
    `--outfile=out.${format === 'esm' ? 'mjs' : 'cjs'}`,
  run: `node out.${format === 'esm' ? 'mjs' : 'cjs'}`,
});
const ONE_COPY =
  "import('./part.mjs').then(async (part) => { if (part.SymbolicSheet !== SymbolicSheet) throw new Error('two " +
  "copies'); console.log(await main()); });\n";
const PART = "export { SymbolicSheet } from 'symbolic-sheet';\n";
const vite = (version: string | undefined): Row[] => {
  const common = { ...(version !== undefined && { packages: [`vite@${version}`] }), run: { page: 'dist' } };
  const name = `vite ${version ?? 'of this repository'}`;
  return [
    { ...common, name: `${name}, page`, files: { ...PAGE, 'index.html': html('./app.mjs') }, command: 'vite build' },
    {
      ...common,
      name: `${name}, worker with the entry of one file`,
      files: worker('symbolic-sheet/one-file'),
      command: 'vite build',
    },
    {
      ...common,
      name: `${name}, worker of modules`,
      files: { ...worker('symbolic-sheet'), 'vite.config.mjs': "export default { worker: { format: 'es' } };" },
      command: 'vite build',
    },
  ];
};

/** An op that is defined through the kit and called on a sheet: one registry, whatever loads the two. */
const CUBED =
  "const cubed = defineOp({ name: 'cubed', version: 1, operands: ['x'], element: (m, x) => m.mul(x, m.mul(x, x)) });\n";
const CALLED = MAIN.replace(
  'const id',
  "const values = await sheet.execute(cubed, [1, 2, 3]).toArray();\n  if (String(values) !== '1,8,27') throw new " +
    'Error(`cubed: ${values}`);\n  const id',
);
const KIT = "import { defineOp } from 'symbolic-sheet/kit';\n";
const USES_KIT = `${IMPORT}${KIT}${CUBED}${CALLED}main().then((line) => console.log(line));\n`;
const KIT_REQUIRED =
  `const { SymbolicSheet } = require('symbolic-sheet');\nconst { defineOp } = ` +
  `require('symbolic-sheet/kit');\n${CUBED}${CALLED}main().then((line) => console.log(line));\n`;
const KIT_MIXED =
  `const { SymbolicSheet } = require('symbolic-sheet');\nimport('symbolic-sheet/kit').then(({ defineOp }) => ` +
  `{\n${CUBED}${CALLED}return main(); }).then((line) => console.log(line));\n`;

/** A program whose trace the command line packs into a bundle, which it verifies and replays in another folder. */
const TRACED = PRINTED.replace(
  'await sheet.close()',
  "await x.sum().item();\n  await sheet.trace.save('run.sqs.json');\n  await sheet.close()",
);
const COMMAND_LINE = 'node $HOME_OF_TEST/node_modules/symbolic-sheet/dist/src/cli/main.js';
const BUNDLED: Row = {
  name: 'the command line, on a bundle in another folder',
  files: { 'app.mjs': IMPORT + TRACED },
  command: `HOME_OF_TEST=$PWD; node app.mjs && ${COMMAND_LINE} pack run.sqs.json && mkdir other && mv run.sqb other`,
  run:
    `HOME_OF_TEST=$PWD; cd other && ${COMMAND_LINE} verify run.sqb && ${COMMAND_LINE} replay run.sqb && ` +
    'node ../app.mjs',
};

/** With what this repository has: each of its programs, and each way to load the package. */
export const QUICK: readonly Row[] = [
  { name: 'node, import, with the kit', files: { 'app.mjs': USES_KIT }, run: 'node app.mjs' },
  BUNDLED,
  { name: 'node, require, and the kit by import', files: { 'app.cjs': KIT_MIXED }, run: 'node app.cjs' },
  {
    name: 'node as a page, with the kit',
    files: { 'app.mjs': USES_KIT, 'app.cjs': KIT_REQUIRED },
    command: 'node --conditions=browser app.cjs',
    run: 'node --conditions=browser app.mjs',
  },
  {
    name: 'tsx, commonjs and modules as npm init writes them, one copy',
    files: { 'package.json': '{ "type": "commonjs" }', 'main.ts': IMPORT + MAIN + ONE_COPY, 'part.mjs': PART },
    run: 'tsx main.ts',
  },
  {
    name: 'esbuild cjs, node, with the kit',
    files: { 'app.mjs': USES_KIT },
    command: 'esbuild app.mjs --bundle --minify --platform=node --format=cjs --outfile=out.cjs',
    run: 'node out.cjs',
  },
  {
    name: 'esbuild esm with chunks, page',
    files: { ...PAGE, 'out/index.html': html('./app.js') },
    command: 'esbuild app.mjs --bundle --splitting --format=esm --outdir=out',
    run: { page: 'out' },
  },
  {
    name: 'rolldown cjs, node',
    files: IMPORTED,
    command: 'rolldown app.mjs --platform node --format cjs --dir out',
    run: 'node out/app.js',
  },
  ...vite(undefined).slice(2),
];

/** Further formats and entries of the same, for the soak. */
export const MORE: readonly Row[] = [
  { name: 'node, import', files: IMPORTED, run: 'node app.mjs' },
  { name: 'node, require', files: REQUIRED, run: 'node app.cjs' },
  { name: 'node, require, with the kit', files: { 'app.cjs': KIT_REQUIRED }, run: 'node app.cjs' },
  {
    name: 'node, require and import, one copy',
    files: { 'app.cjs': `const { SymbolicSheet } = require('symbolic-sheet');\n${MAIN}${ONE_COPY}`, 'part.mjs': PART },
    run: 'node app.cjs',
  },
  {
    name: 'tsx, commonjs, with the kit',
    files: { 'package.json': '{ "type": "commonjs" }', 'main.ts': USES_KIT },
    run: 'tsx main.ts',
  },
  {
    name: 'tsx, commonjs as npm init writes it',
    files: { 'package.json': '{ "type": "commonjs" }', 'main.ts': IMPORT + PRINTED },
    run: 'tsx main.ts',
  },
  esbuild('cjs'),
  esbuild('esm'),
  esbuild('iife'),
  {
    name: 'esbuild cjs with conditions of its own, node',
    files: IMPORTED,
    command: 'esbuild app.mjs --bundle --platform=node --conditions=production --format=cjs --outfile=out.cjs',
    run: 'node out.cjs',
  },
  {
    name: 'esbuild iife, page',
    files: { ...PAGE, 'out/index.html': html('./app.js') },
    command: 'esbuild app.mjs --bundle --minify --format=iife --outfile=out/app.js',
    run: { page: 'out' },
  },
  {
    name: 'rolldown esm, node',
    files: IMPORTED,
    command:
      'rolldown app.mjs --platform node --format esm --entry-file-names [name].mjs --chunk-file-names [name].mjs ' +
      '--dir out',
    run: 'node out/app.mjs',
  },
  ...vite(undefined).slice(0, 2),
  {
    name: 'vite of this repository, worker with nothing set',
    files: worker('symbolic-sheet'),
    command: 'vite build',
    run: { page: 'dist' },
  },
];

const webpack = (version: string): Row[] => [
  {
    name: `webpack ${version}, node`,
    packages: [`webpack@${version}`, 'webpack-cli@5'],
    files: IMPORTED,
    command: 'webpack --mode production --target node20 --entry ./app.mjs -o out',
    run: 'node out/main.js',
  },
  {
    name: `webpack ${version}, page`,
    packages: [`webpack@${version}`, 'webpack-cli@5'],
    files: { ...PAGE, 'out/index.html': html('./main.js') },
    command: 'webpack --mode production --target web --entry ./app.mjs -o out',
    run: { page: 'out' },
  },
];
const next = (version: string): Row => ({
  name: `next ${version}, server and page`,
  packages: [`next@${version}`, 'react@19', 'react-dom@19'],
  files: {
    'app/layout.js': 'export default function Layout({ children }) { return <html><body>{children}</body></html>; }',
    'app/page.js':
      `${IMPORT}${MAIN}export const dynamic = 'force-static';\nexport default async function Page() { return ` +
      '<p>{await main()}</p>; }',
    'app/client/page.js':
      `'use client';\nimport { useEffect } from 'react';\n${IMPORT}${MAIN}export default function Page() { ` +
      'useEffect(() => { main().then((line) => { document.title = line; }); }, []); return <p>page</p>; }',
  },
  command: 'next build',
  run: "grep -o 'sheet [0-9a-f]*' .next/server/app/index.html | head -1",
});
const TEST = `test('computes', async () => { process.stdout.write(await main() + '\\n'); });`;
const jest = (environment: string, isModule: boolean): Row => ({
  name: `jest 30, ${environment}, ${isModule ? 'modules' : 'commonjs'}`,
  packages: ['jest@30', 'jest-environment-jsdom@30'],
  files: {
    'package.json':
      `{ "private": true, "type": "${isModule ? 'module' : 'commonjs'}", "jest": { "testEnvironment": ` +
      `"${environment}", "transform": {} } }`,
    'a.test.js': `${isModule ? IMPORT : "const { SymbolicSheet } = require('symbolic-sheet');\n"}${MAIN}${TEST}`,
  },
  run: `node ${isModule ? '--experimental-vm-modules --no-warnings ' : ''}node_modules/jest/bin/jest.js 2>&1`,
});
const vitest = (version: string, environment: string): Row => ({
  name: `vitest ${version}, ${environment}`,
  packages: [`vitest@${version}`, 'jsdom@26', 'happy-dom@18'],
  files: {
    'vitest.config.mjs': `export default { test: { environment: '${environment}' } };`,
    'a.test.js': `import { test } from 'vitest';\n${IMPORT}${MAIN}${TEST}`,
  },
  run: 'vitest run 2>&1',
});

/** With what is installed for each from the registry. */
export const SLOW: readonly Row[] = [
  ...['5.90.3', '5.96.1', '5.107.0', '5.110.0'].flatMap(webpack),
  ...['5.4.21', '6.4.1', '7.3.6'].flatMap(vite),
  next('15'),
  next('16'),
  {
    name: 'rollup 4 cjs, node',
    packages: ['rollup@4', '@rollup/plugin-node-resolve@16'],
    files: IMPORTED,
    command: 'rollup app.mjs -p node-resolve -f cjs -d out --entryFileNames [name].cjs --chunkFileNames [name].cjs',
    run: 'node out/app.cjs',
  },
  {
    name: 'rollup 4, page',
    packages: ['rollup@4', '@rollup/plugin-node-resolve@16'],
    files: { ...PAGE, 'out/index.html': html('./app.js') },
    command: "rollup app.mjs -p 'node-resolve={browser:true}' -f es -d out",
    run: { page: 'out' },
  },
  {
    name: 'parcel 2, page',
    packages: ['parcel@2'],
    files: { ...PAGE, 'index.html': html('./app.mjs') },
    command: 'parcel build index.html --no-cache --public-url ./',
    run: { page: 'dist' },
  },
  jest('node', false),
  jest('jsdom', false),
  jest('node', true),
  jest('jsdom', true),
  vitest('3', 'node'),
  vitest('3', 'jsdom'),
  vitest('4', 'happy-dom'),
  { name: 'bun', packages: ['bun@1'], files: IMPORTED, run: 'bun app.mjs' },
  {
    name: 'bun build',
    packages: ['bun@1'],
    files: IMPORTED,
    command: 'bun build app.mjs --target=bun --outfile=out.js',
    run: 'bun out.js',
  },
  { name: 'deno', packages: ['deno@2'], files: IMPORTED, run: 'deno run -A app.mjs' },
  {
    name: 'node 24, tsx, commonjs',
    packages: ['node@24', 'tsx@4'],
    files: { 'package.json': '{ "type": "commonjs" }', 'main.ts': IMPORT + MAIN + ONE_COPY, 'part.mjs': PART },
    run: 'node --version >&2; tsx main.ts',
  },
];
