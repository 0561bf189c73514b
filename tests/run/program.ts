// Programs that tests start again and again: bundled once, for a transpiler takes longer to start than most of them
// run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Where an entry lies when it was bundled. */
const builtPath = (folder: string, entry: string): string =>
  join(folder, `${basename(entry).replace(/\.m?ts$/, '')}.mjs`);

/** Modules say where they stood before they were bundled, and name programs that were bundled with them. */
const whereTheyStood = (folder: string, entries: readonly string[]): Plugin => ({
  name: 'where-they-stood',
  setup(bundler) {
    const sources = new Set(entries.map((entry) => resolve(ROOT, entry)));
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (path.includes('/node_modules/')) return undefined;
      const text = readFileSync(path, 'utf8')
        .replaceAll(/new URL\('(\.[^']*\.ts)', import\.meta\.url\)/g, (whole, name: string) => {
          const source = resolve(dirname(path), name);
          return sources.has(source) ? `new URL(${urlText(builtPath(folder, source))})` : whole;
        })
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', urlText(path));
      return { contents: text, loader: 'ts' };
    });
  },
});
const urlText = (path: string): string => JSON.stringify(pathToFileURL(path).href);

/** The path of a program of the repository that Node starts by itself. */
export const programOf = async (entry: string): Promise<string> => (await programsOf([entry]))[0] as string;

/**
 * The paths of programs that Node starts by itself, with the packages of the repository beside them; they are removed
 * after the tests of the file that asks.
 */
export async function programsOf(entries: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sheet-program-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...entries],
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    alias: Object.fromEntries(
      [
        '',
        '/kit',
        '/testing',
        '/ops',
        '/interchange',
        '/table',
        '/numpy',
        '/grad',
        '/formula',
        '/onnx',
        '/vac',
        '/atomsheet',
        '/tiers',
      ].map((name) => [`symbolic-sheet${name}`, join(ROOT, `src${name || '/index'}.ts`)]),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    plugins: [whereTheyStood(folder, entries)],
    logLevel: 'error',
  });
  return entries.map((entry) => builtPath(folder, entry));
}

/** Ends the output of each program that runs in turn. */
const END = '\u2403 the end';
const IN_TURN = `
import { mkdirSync } from 'node:fs';
const { places, args } = JSON.parse(process.argv[1]);
for (const { path, folder } of places) {
  mkdirSync(folder, { recursive: true });
  process.chdir(folder);
  process.argv = [process.argv[0], path, ...args];
  await import(path).catch((error) => {
    console.error(path, error);
    process.exitCode = 1;
  });
  process.stdout.write(${JSON.stringify(`${END}\n`)});
}`;

/**
 * Runs programs of `programsOf` one after the other in one process, for most of what each takes goes into starting;
 * answers what each printed. Throws where one of them fails.
 */
export function runInTurn(
  places: readonly { readonly path: string; readonly folder: string }[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): readonly string[] {
  const run = ['--input-type=module', '--eval', IN_TURN, '--', JSON.stringify({ places, args })];
  const printed = execFileSync(process.execPath, run, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return printed.split(`${END}\n`).slice(0, places.length);
}
