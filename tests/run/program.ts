// Programs that tests start again and again: bundled once, for a transpiler takes longer to start than most of them
// run.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
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
