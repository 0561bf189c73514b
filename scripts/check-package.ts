// Packs the library, installs the tarball into an empty folder, and holds it to its promises: imports, requires,
// bundles, budgets, keys.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

// What the package promises is tried without what an earlier try has kept.
process.env['SYMBOLIC_SHEET_STORE'] = 'off';

const BUDGET = { installedMegabytes: 25, packages: 12, importMs: 80, browserGzipKilobytes: 60 };
/**
 * A module that is about as large as what an import reads: how long it takes says how quick a machine is now. The
 * budget of an import is meant for one on which it takes so long, and is larger on a slower one.
 */
const YARDSTICK_MS = 150;
const YARDSTICK = Array.from(
  { length: 4000 },
  (_, i) =>
    `exports.f${i}=(function f${i}(a,b){const c=[a,b,${i}].map((x)=>({x,y:x*${i}+b}));` +
    `return c.filter(({y})=>y>a).reduce((s,{x})=>s+x,0)});exports.v${i}=exports.f${i}(1,${i});`,
).join('\n');
const ROOT = join(import.meta.dirname, '..');
/** The README states it. Before it there was no NoInfer, which methods of two operands need. */
const LEAST_TYPESCRIPT = '5.4';
const failures: string[] = [];

/** A program whose types come from the package, and what it is compiled with. */
interface Consumer {
  readonly name: string;
  readonly source: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const TYPED = `
export async function use(): Promise<void> {
  const sheet: Sheet = await SymbolicSheet.open();
  const elements: Float32Array = await sheet.tensor(new Float32Array(3), [3]).add(1).data();
  const sum: number = await sheet.tensor([1, 2]).sum().item();
  const flag: boolean = await sheet.tensor([true]).item();
  const big: bigint = await sheet.tensor([1n]).item();
  const embed: Memo<[text: string], number> = sheet.memo('length', (text: string) => text.length);
  const [why, figures]: [Explanation, SheetStats] = [sheet.explain(sheet.tensor([1])), sheet.stats()];
  console.log(elements, sum, flag, big, embed, why, figures);
}`;
const KIT = `
import { type PendingTensor, type Sheet } from 'symbolic-sheet';
import { defineOp, type OpHandle } from 'symbolic-sheet/kit';
import { type ConformanceCase, deviceConformance } from 'symbolic-sheet/testing';
export const scaled: OpHandle<readonly ['x', 'by']> = defineOp({
  name: 'scaled', version: 1, operands: ['x', 'by'], element: (m, x, by) => m.mul(x, by),
});
export const use = (sheet: Sheet): PendingTensor => sheet.execute(scaled, [1, 2], 3);
// @ts-expect-error
export const tooFew = (sheet: Sheet): PendingTensor => sheet.execute(scaled, [1, 2]);
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from 'symbolic-sheet/interchange';
export const again = (file: Uint8Array): SafetensorsFile =>
  decodeSafetensors(encodeSafetensors(decodeSafetensors(file)));
export const suite: (...args: Parameters<typeof deviceConformance>) => readonly ConformanceCase[] = deviceConformance;`;
const EXCHANGE = `
import { decodeSafetensors, encodeSafetensors } from 'symbolic-sheet/interchange';
const file = encodeSafetensors({ tensors: { x: { dtype: 'int8', shape: [2], array: Int8Array.of(1, 2) } } });
const { array, ...type } = decodeSafetensors(file).tensors.get('x');
console.log(JSON.stringify(type));`;
const TIERS = `
import { SymbolicSheet } from 'symbolic-sheet';
import { diskStore, RamStore, readTrust, redisStore, type RemoteFigures, s3Store, tiered } from 'symbolic-sheet/tiers';
export async function use(): Promise<RemoteFigures> {
  const trust = readTrust();
  const redis = await redisStore({ url: 'redis://127.0.0.1:6379', trust, write: { key: 'ci-1:', scope: 'ci' } });
  const s3 = await s3Store({ endpoint: 'http://127.0.0.1/results', accessKeyId: '', secretAccessKey: '', trust });
  await SymbolicSheet.open({ store: tiered([new RamStore(1e6), await diskStore(), redis, s3]) });
  // @ts-expect-error
  await redisStore({ url: 'redis://127.0.0.1:6379' });
  return redis.figures();
}`;
const TABLE = `
import { SymbolicSheet } from 'symbolic-sheet';
import { kFold, readCsv, standardise, type Table } from 'symbolic-sheet/table';
export async function use(): Promise<readonly number[]> {
  const table: Table = await readCsv('x,name\\n1,a\\n', { sheet: await SymbolicSheet.open() });
  const [fold] = await kFold((await standardise(table)).apply(table), 2, { seed: 1 });
  // @ts-expect-error
  await readCsv('x', {});
  return fold?.train.matrix(['x'], { dtype: 'float64' }).shape ?? [];
}`;
const NAMES = 'type Explanation, type Memo, type Sheet, type SheetStats, SymbolicSheet';
const CONSUMERS: readonly Consumer[] = [
  {
    name: 'bare.mts',
    source:
      `import { ${NAMES}, loadTrace } from 'symbolic-sheet';\ndeclare const console: { log(...values: unknown[]): ` +
      `void };${TYPED}\nexport const traced = loadTrace;`,
    options: { module: 'NodeNext', lib: ['ES2022'] },
  },
  {
    name: 'node.mts',
    source:
      `import { ${NAMES}, loadTrace } from 'symbolic-sheet';\nimport process from 'node:process';${TYPED}\nexport ` +
      `const traced = loadTrace(process.argv[2] ?? '');`,
    options: { module: 'Node16', lib: ['ES2022'], types: ['node'] },
  },
  {
    name: 'required.cts',
    source:
      `import { ${NAMES} } from 'symbolic-sheet';\ndeclare const console: { log(...values: unknown[]): void ` +
      `};${TYPED}`,
    options: { module: 'Node16', lib: ['ES2022'] },
  },
  {
    name: 'dom.mts',
    source:
      `import { ${NAMES} } from 'symbolic-sheet';${TYPED}\nexport const file = async (sheet: SymbolicSheet): ` +
      'Promise<Blob> => new Blob([await sheet.trace.bytes()]);',
    options: { module: 'NodeNext', lib: ['ES2022', 'DOM'] },
  },
  { name: 'tiers.mts', source: TIERS, options: { module: 'NodeNext', lib: ['ES2022'], types: ['node'] } },
  { name: 'tiers.cts', source: TIERS, options: { module: 'Node16', lib: ['ES2022'], types: ['node'] } },
  { name: 'table.mts', source: TABLE, options: { module: 'NodeNext', lib: ['ES2022'] } },
  { name: 'table.cts', source: TABLE, options: { module: 'Node16', lib: ['ES2022'] } },
  { name: 'kit.mts', source: KIT, options: { module: 'NodeNext', lib: ['ES2022'] } },
  { name: 'kit.cts', source: KIT, options: { module: 'Node16', lib: ['ES2022'] } },
  // A page has no files: loading traces is not among what its entry exports.
  {
    name: 'page.ts',
    source:
      `import { ${NAMES} } from 'symbolic-sheet';\n// @ts-expect-error\nimport { loadTrace } from ` +
      `'symbolic-sheet';${TYPED}`,
    options: { module: 'ESNext', moduleResolution: 'bundler', customConditions: ['browser'], lib: ['ES2022', 'DOM'] },
  },
];

function check(what: string, holds: boolean, figure: string): void {
  console.log(`${holds ? '✓' : '✗'} ${what.padEnd(46)} ${figure}`);
  if (!holds) failures.push(what);
}

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-package-'));
try {
  run('npm', ['run', 'build'], ROOT);
  const packed = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  const tarball = packed[0];
  if (tarball === undefined) throw new RangeError('npm pack made no tarball; run it by hand to see why');
  check(
    'the tarball holds the build and the documents only',
    tarball.files.every(({ path }) => /^(dist|docs)\/|^(README|LICENSE|CHANGELOG|package)/.test(path)),
    `${tarball.files.length} files, ${(tarball.size / 1e3).toFixed(0)} kB`,
  );

  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'commonjs' }));
  run('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball.filename)], folder);
  const installed = packagesUnder(join(folder, 'node_modules'));
  check(`at most ${BUDGET.packages} packages`, installed.length <= BUDGET.packages, installed.join(', '));
  check(
    `at most ${BUDGET.installedMegabytes} MB installed`,
    sizeOf(join(folder, 'node_modules')) <= BUDGET.installedMegabytes * 1e6,
    `${(sizeOf(join(folder, 'node_modules')) / 1e6).toFixed(1)} MB`,
  );

  const program = (load: string): string => `${load}
(async () => {
  const sheet = await SymbolicSheet.open({ class: 'exact' });
  const x = sheet.tensor(Float32Array.from({ length: 12 }, (_, i) => i / 4), [3, 4]);
  const y = await x.matmul(x, { transposeB: true }).add(1).sum({ axis: 0 });
  console.log(JSON.stringify({ values: [...await y.data()], id: await y.fingerprint() }));
  await sheet.close();
})();`;
  writeFileSync(join(folder, 'imported.mjs'), program("import { SymbolicSheet } from 'symbolic-sheet';"));
  writeFileSync(join(folder, 'required.cjs'), program("const { SymbolicSheet } = require('symbolic-sheet');"));
  const imported = run('node', ['imported.mjs'], folder).trim();
  check('import works', imported.includes('"values"'), imported.slice(0, 60));
  writeFileSync(join(folder, 'exchange.mjs'), EXCHANGE);
  const exchanged = run('node', ['exchange.mjs'], folder).trim();
  check('files of the interchange are read as they were written', exchanged === '{"dtype":"int8","shape":[2]}', '');
  check('require works and gives the same', run('node', ['required.cjs'], folder).trim() === imported, '');

  await build({
    entryPoints: [join(folder, 'imported.mjs')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'bundled.mjs'),
    external: ['koffi', '@napi-rs/blake-hash'],
    logLevel: 'error',
  });
  check('a minified bundle gives the same', run('node', ['bundled.mjs'], folder).trim() === imported, '');

  const browser = await build({
    stdin: {
      contents: "import { SymbolicSheet } from 'symbolic-sheet'; globalThis.SymbolicSheet = SymbolicSheet;",
      resolveDir: folder,
      sourcefile: 'entry.js',
    },
    bundle: true,
    minify: true,
    splitting: true,
    outdir: join(folder, 'browser'),
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'error',
    external: ['hash-wasm'],
  });
  const text = new Map(browser.outputFiles.map((file) => [file.path.slice(file.path.lastIndexOf('/') + 1), file.text]));
  const kilobytes =
    [...staticParts(browser.metafile)].reduce(
      (sum, name) => sum + gzipSync(text.get(name) ?? '', { level: 9 }).length,
      0,
    ) / 1e3;
  const lazy =
    [...text.values()].reduce((sum, chunk) => sum + gzipSync(chunk, { level: 9 }).length, 0) / 1e3 - kilobytes;
  check(
    'the browser bundle imports nothing of Node',
    ![...text.values()].some((chunk) => /from\s*"node:|require\("node:/.test(chunk)),
    '',
  );
  check(
    `the browser entry is at most ${BUDGET.browserGzipKilobytes} kB gzipped`,
    kilobytes <= BUDGET.browserGzipKilobytes,
    `${kilobytes.toFixed(1)} kB, and ${lazy.toFixed(1)} kB of devices and files when they are used`,
  );

  writeFileSync(
    join(folder, 'timed.mjs'),
    "const start = performance.now(); await import('symbolic-sheet'); console.log(performance.now() - start);",
  );
  writeFileSync(join(folder, 'yardstick.cjs'), YARDSTICK);
  writeFileSync(
    join(folder, 'yardstick.mjs'),
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); " +
      "const start = performance.now(); require('./yardstick.cjs'); console.log(performance.now() - start);",
  );
  const [times, yards]: [number[], number[]] = [[], []];
  /** The budget in milliseconds of this machine, as it is now. */
  const allowed = (): number => BUDGET.importMs * Math.max(1, Math.min(...yards) / YARDSTICK_MS);
  // Other work on the machine only adds: where it is busy, the quickest of more tries is looked for, over a minute or
  // two.
  for (let round = 0; round < 60 && !(round >= 7 && Math.min(...times) <= allowed()); round++) {
    if (round >= 7) await setTimeout(1000);
    times.push(Number(run('node', ['timed.mjs'], folder)));
    yards.push(Number(run('node', ['yardstick.mjs'], folder)));
  }
  times.sort((a, b) => a - b);
  check(
    `import takes at most ${BUDGET.importMs} ms where the yardstick takes ${YARDSTICK_MS} ms`,
    times[0]! <= allowed(),
    `best ${times[0]!.toFixed(0)} ms of ${times.length}, the yardstick ${Math.min(...yards).toFixed(0)} ms`,
  );
  for (const [what, version] of [
    ['this compiler', undefined],
    [`TypeScript ${LEAST_TYPESCRIPT}, the least`, LEAST_TYPESCRIPT],
    ['the newest TypeScript', 'latest'],
  ] as const) {
    const complaints = CONSUMERS.flatMap((consumer) => compile(consumer, version));
    check(`the types compile unskipped with ${what}`, complaints.length === 0, complaints.slice(0, 5).join('\n'));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(`\n${failures.length} of the package's promises do not hold: ${failures.join('; ')}.`);
  process.exitCode = 1;
}

/**
 * The complaints of a compiler, of this repository or of a version from the registry, about a program and every
 * declaration it reaches.
 */
function compile({ name, source, options }: Consumer, version: string | undefined): string[] {
  writeFileSync(join(folder, name), source);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: 'ES2022',
    skipLibCheck: false,
    noEmit: true,
    types: [],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
  const [command, before] =
    version === undefined
      ? ['node', [join(ROOT, 'node_modules/typescript/bin/tsc')]]
      : ['npx', ['-y', '-p', `typescript@${version}`, 'tsc']];
  const { status, stdout, stderr } = spawnSync(
    command as string,
    [...(before as string[]), '-p', 'tsconfig.json', '--pretty', 'false'],
    { cwd: folder, encoding: 'utf8' },
  );
  return status === 0 ? [] : [`${name}: ${stdout.trim() || stderr.trim()}`];
}

/** Output files a page loads before it opens a sheet: the entry and what it imports statically. */
function staticParts(metafile: Metafile): Set<string> {
  const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [base(path), output]));
  const entry = [...outputs].find(([, output]) => output.entryPoint?.endsWith('entry.js') === true)?.[0] ?? '';
  const parts = new Set<string>([entry]);
  for (const part of parts)
    for (const { path, kind } of outputs.get(part)?.imports ?? [])
      if (kind === 'import-statement' && outputs.has(base(path))) parts.add(base(path));
  return parts;
}

function packagesUnder(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : stat.size;
}
