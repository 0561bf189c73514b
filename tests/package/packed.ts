// The package as npm packs it, unpacked into folders of programs that use it: what bundlers and test runners are given.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { extent } from '../run/extent.ts';

export const ROOT = join(import.meta.dirname, '../..');
const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A packed package. */
export interface Packed {
  readonly tarball: string;
  readonly folder: string;
  remove(): void;
}

/** What `npm run build` compiles: modules and their declarations. */
function compile(outDir: string): void {
  run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outDir], ROOT);
}

/**
 * The same modules but for the quotes of imports, by the compiler that checks the types, in a tenth of the time;
 * without declarations, which no program of the sample reads.
 */
function transpile(outDir: string): void {
  const fast = ['--noCheck', '--declaration', 'false', '--outDir', outDir];
  run('node', ['node_modules/typescript-native/bin/tsc', '-p', 'tsconfig.build.json', ...fast], ROOT);
}

/** Builds and packs the repository, beside what may be built in it. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'sheet-packed-'));
  const staged = join(folder, 'staged');
  mkdirSync(staged);
  for (const name of ['package.json', 'README.md', 'LICENSE']) cpSync(join(ROOT, name), join(staged, name));
  extent(transpile, compile)(join(staged, 'dist'));
  run('node', ['--import', 'tsx', 'scripts/build-entries.ts', join(staged, 'dist')], ROOT);
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], staged),
  ) as { filename: string }[];
  return { tarball: join(folder, packed?.filename ?? ''), folder, remove: () => rmSync(folder, { recursive: true }) };
}

/**
 * Writes a program's files into a folder of its own, with the unpacked package and, beside it, the packages that this
 * repository has.
 */
export function place(
  { tarball, folder }: Packed,
  name: string,
  files: Readonly<Record<string, string>>,
  neighbours: readonly string[] = [],
): string {
  const home = join(folder, name);
  const modules = join(home, 'node_modules');
  mkdirSync(join(modules, 'symbolic-sheet'), { recursive: true });
  run('tar', ['-xzf', tarball, '-C', join(modules, 'symbolic-sheet'), '--strip-components', '1'], home);
  for (const neighbour of ['hash-wasm', '@napi-rs', 'koffi', ...neighbours])
    symlinkSync(join(ROOT, 'node_modules', neighbour), join(modules, neighbour));
  write(home, files);
  return home;
}

/**
 * Puts a program's files beside the package and others, installed from the registry once for all programs that ask for
 * the same; says why where that fails.
 */
export function install(
  { tarball, folder }: Packed,
  files: Readonly<Record<string, string>>,
  packages: readonly string[],
): { readonly home: string } | { readonly refusal: string } {
  const home = join(folder, packages.join(' ').replaceAll(/[^a-z0-9]+/g, '-'));
  if (!existsSync(join(home, 'node_modules/symbolic-sheet'))) {
    mkdirSync(home, { recursive: true });
    write(home, { 'package.json': PACKAGE });
    const options = [
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--legacy-peer-deps',
      `--ignore-scripts=${!packages.some((name) => BINARY.test(name))}`,
    ];
    const { status, stderr } = spawnSync('npm', ['install', ...options, tarball, ...packages], {
      cwd: home,
      encoding: 'utf8',
      timeout: 900_000,
    });
    if (status !== 0) return { refusal: `npm install ${packages.join(' ')}: ${stderr.trim().split('\n')[0]}` };
  }
  for (const name of readdirSync(home)) if (name !== 'node_modules') rmSync(join(home, name), { recursive: true });
  write(home, { 'package.json': PACKAGE, ...files });
  return { home };
}

/** Packages that a script of theirs puts a binary into. */
const BINARY = /^(bun|deno|node)@/;
const PACKAGE = '{ "name": "program", "private": true }';

function write(home: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
}

/** What a command printed, with what it complained of where it failed. */
export function shell(command: string, cwd: string): string {
  const env = {
    ...process.env,
    NODE_ENV: undefined,
    VITEST: undefined,
    NODE_OPTIONS: '',
    NO_COLOR: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    PARCEL_WORKERS: '0',
    CI: '1',
  };
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `export PATH="$PWD/node_modules/.bin:$PATH"; ${command}`],
    { cwd, encoding: 'utf8', timeout: 500_000, env: env as NodeJS.ProcessEnv },
  );
  return status === 0 ? stdout : `${stdout}\n${stderr}\nended with ${status}`;
}

/** Files below a folder, by the paths they are served at. */
export function served(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length), path];
      }),
  );
}
