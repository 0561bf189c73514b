// Fails when a generated file is not what its generator writes now.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

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
  // One after the other in this process, which loads the library once; the first sees it before optional ops are there.
  for (const [generator, file] of GENERATED) await check(generator, file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check(generator: string, file: string): Promise<void> {
  const fresh = join(folder, basename(file));
  process.argv[2] = fresh;
  await import(pathToFileURL(join(ROOT, generator)).href);
  if (readFileSync(fresh, 'utf8') === readFileSync(join(ROOT, file), 'utf8')) return;
  console.error(`${file} is stale; run npm run generate.`);
  process.exitCode = 1;
}
