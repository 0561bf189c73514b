// Fails when a generated file is not what its generator writes now.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** Generator → file it writes; each takes the path to write to as its argument. */
const GENERATED: readonly (readonly [string, string])[] = [
  ['scripts/generate-library-names.ts', 'src/core/ops/library-names.gen.ts'],
  ['scripts/generate-methods.ts', 'src/core/handle/methods.gen.ts'],
  ['scripts/generate-docs.ts', 'docs/ops.md'],
  ['scripts/generate-numpy.ts', 'src/numpy/functions.gen.ts'],
  ['scripts/generate-numpy-page.ts', 'docs/numpy.md'],
  ['scripts/generate-rules.ts', 'docs/rules.md'],
  ['scripts/embed-shaders.ts', 'kernels/wgsl/shaders.gen.ts'],
];

const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-generated-'));
try {
  for (const [generator, file] of GENERATED) {
    const fresh = join(folder, 'fresh');
    execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, generator), fresh], { cwd: ROOT, stdio: 'inherit' });
    if (readFileSync(fresh, 'utf8') === readFileSync(join(ROOT, file), 'utf8')) continue;
    console.error(`${file} is stale; run npm run generate.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
