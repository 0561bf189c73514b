// Fails when a generated file is not what its generator writes now.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
/** Generator → file it writes; each takes the path to write to as its argument. */
const GENERATED: readonly (readonly [string, string])[] = [
  ['scripts/generate-library-names.ts', 'src/core/ops/library-names.gen.ts'],
  ['scripts/generate-methods.ts', 'src/core/handle/methods.gen.ts'],
  ['scripts/generate-docs.ts', 'docs/ops.md'],
  ['scripts/generate-numpy.ts', 'src/numpy/functions.gen.ts'],
  ['scripts/generate-numpy-page.ts', 'docs/numpy.md'],
  ['scripts/generate-rules.ts', 'docs/rules.md'],
  ['scripts/generate-vac-page.ts', 'docs/vac-isa.md'],
  ['scripts/embed-shaders.ts', 'kernels/wgsl/shaders.gen.ts'],
];

const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-generated-'));
try {
  // All at once: most of the time of each goes into starting.
  await Promise.all(GENERATED.map(([generator, file]) => check(generator, file)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check(generator: string, file: string): Promise<void> {
  const fresh = join(folder, basename(file));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', join(ROOT, generator), fresh], { cwd: ROOT });
  if (readFileSync(fresh, 'utf8') === readFileSync(join(ROOT, file), 'utf8')) return;
  console.error(`${file} is stale; run npm run generate.`);
  process.exitCode = 1;
}
