// npm run bench:bundle [-- --out file.tar.gz] [--check]: the benches as one archive for a Linux x64 host with a GPU,
// without Node and without network.
//
// `--check` unpacks it and runs it here as such a host would, on the software GPU.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { BUILT_FROM, commitOf } from '../bench/report/report.ts';
import { swiftShaderFolder } from '../bench/measure/swiftshader.ts';
import { checkBundle } from './check-bench-bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const NAME = 'symbolic-sheet-bench';
const MAX_BYTES = 60 * 2 ** 20;

/**
 * What of a package a host needs; licences always go along. Packages that are not installed are left out where they are
 * optional.
 */
const PACKAGES: readonly { readonly name: string; readonly files: readonly string[]; readonly optional?: true }[] = [
  { name: 'webgpu', files: ['package.json', 'index.js', 'dist/linux-x64'] },
  { name: '@napi-rs/blake-hash', files: ['package.json', 'index.js'] },
  { name: '@napi-rs/blake-hash-linux-x64-gnu', files: ['package.json', 'blake.linux-x64-gnu.node'] },
  {
    name: 'koffi',
    files: ['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'],
    optional: true,
  },
  { name: '@koromix/koffi-linux-x64', files: ['package.json', 'index.js', 'linux_x64'], optional: true },
  {
    name: '@tensorflow/tfjs-backend-wasm',
    files: ['package.json', ...['', '-simd', '-threaded-simd'].map((kind) => `dist/tfjs-backend-wasm${kind}.wasm`)],
  },
  { name: 'onnxruntime-node', files: ['package.json', 'dist', 'bin/napi-v6/linux/x64'], optional: true },
  { name: 'onnxruntime-common', files: ['package.json', 'dist/cjs'], optional: true },
  { name: '@jax-js/jax', files: ['package.json', 'dist'], optional: true },
];
const LICENCES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'];

/** Compressors of tar by the end of a file's name. */
const COMPRESSORS: readonly { readonly end: string; readonly program: string; readonly command: string }[] = [
  { end: '.tar.zst', program: 'zstd', command: 'zstd -12 -T0 -q' },
  { end: '.tar.xz', program: 'xz', command: 'xz -6 -T0' },
  { end: '.tar.gz', program: 'gzip', command: 'gzip -9' },
];

/** Lays the folder out that is packed. */
async function layOut(folder: string): Promise<void> {
  await buildBenches(join(folder, 'bench'));
  for (const { name, files, optional } of PACKAGES)
    copyPackage(name, files, join(folder, 'node_modules', name), optional === true);
  copyFileSync(process.execPath, join(folder, 'node'));
  chmodSync(join(folder, 'node'), 0o755);
  mkdirSync(join(folder, 'lib'));
  copyFileSync(join(swiftShaderFolder(), 'libvulkan.so.1'), join(folder, 'lib/libvulkan.so.1'));
  copyFileSync(join(ROOT, 'scripts/bench-on-host.sh'), join(folder, 'run.sh'));
  chmodSync(join(folder, 'run.sh'), 0o755);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: NAME, private: true, type: 'module' }));
  writeFileSync(join(folder, BUILT_FROM), `${commitOf() ?? 'unknown'}\n`);
}

async function buildBenches(outdir: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, 'bench/main.ts'), join(ROOT, 'bench/summary.ts')],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    tsconfig: join(ROOT, 'tsconfig.json'),
    logLevel: 'error',
    external: ['webgpu', 'koffi', '@napi-rs/blake-hash'],
    // Some packages ask for parts of Node the old way.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
}

function copyPackage(name: string, files: readonly string[], target: string, optional: boolean): void {
  const source = join(ROOT, 'node_modules', name);
  if (!existsSync(source)) {
    if (!optional) throw new RangeError(`${name} is not installed here; npm ci`);
    return void process.stdout.write(`without ${name}, which is not installed here: npm install --no-save ${name}\n`);
  }
  for (const file of [...files, ...LICENCES.filter((licence) => existsSync(join(source, licence)))]) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(source, file), join(target, file), { recursive: true, filter: (path) => !path.endsWith('.map') });
  }
}

/** The file to write and how; by default the first compressor that is installed. */
function outOf(args: readonly string[]): { readonly file: string; readonly command: string } {
  const asked = args[args.indexOf('--out') + 1];
  const file = args.includes('--out') && asked !== undefined ? resolve(asked) : undefined;
  const compressor = COMPRESSORS.find(({ end, program }) =>
    file === undefined ? isInstalled(program) : file.endsWith(end),
  );
  if (compressor === undefined)
    throw new RangeError(`${file ?? 'the archive'} should end in ${COMPRESSORS.map(({ end }) => end).join(', ')}`);
  return { file: file ?? join(ROOT, 'out', `${NAME}${compressor.end}`), command: compressor.command };
}

const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));

const UNKNOWN = process.argv
  .slice(2)
  .find((word, i, words) => !['--out', '--check'].includes(word) && words[i - 1] !== '--out');
if (UNKNOWN !== undefined) {
  process.stderr.write(
    `${UNKNOWN === '--help' ? '' : `There is no option "${UNKNOWN}". `}npm run bench:bundle [-- --out ` +
      'file.tar.gz] [--check]: the benches as one archive; --check runs it here as a bare host would.\n',
  );
  process.exit(UNKNOWN === '--help' ? 0 : 2);
}
if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new RangeError(
    `The archive holds this machine's Node and is for Linux x64, not ${process.platform} ${process.arch}.`,
  );
const { file, command } = outOf(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), `${NAME}-`));
try {
  await layOut(join(folder, NAME));
  mkdirSync(dirname(file), { recursive: true });
  execFileSync('tar', ['-c', '-f', file, '-I', command, '--owner=0', '--group=0', '-C', folder, NAME], {
    stdio: 'inherit',
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { size } = statSync(file);
process.stdout.write(
  `${file}: ${(size / 2 ** 20).toFixed(1)} MiB. On the host: tar -xf ${basename(file)} && ${NAME}/run.sh\n`,
);
if (process.argv.includes('--check')) checkBundle(file, NAME);
if (size > MAX_BYTES) {
  process.stderr.write(`That is more than ${MAX_BYTES / 2 ** 20} MiB; pack with zstd or xz.\n`);
  process.exitCode = 1;
}
