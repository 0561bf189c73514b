// Runs the archive of the benches as a bare host would: an empty folder, a PATH without Node, a GPU driver (the
// software one), no Vulkan loader but its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { swiftShaderEnv } from '../bench/measure/swiftshader.ts';

/** What run.sh may count on. */
const PROGRAMS = ['sh', 'mkdir', 'rm', 'sleep', 'cat', 'ls'];
const BENCHES = ['matmul', 'elementwise', 'dispatch', 'fingerprint'];

/** Throws where a bench does not run or its results are not those of the software GPU. */
export function checkBundle(file: string, name: string): void {
  const folder = mkdtempSync(join(tmpdir(), `${name}-host-`));
  try {
    execFileSync('tar', ['-x', '-f', file, '-C', folder]);
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const program of PROGRAMS)
      symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(bin, program));
    const { VK_ICD_FILENAMES } = swiftShaderEnv();
    execFileSync(join(bin, 'sh'), [`${name}/run.sh`, '--minutes', '4', ...BENCHES], {
      cwd: folder,
      env: { PATH: bin, VK_ICD_FILENAMES },
      stdio: 'inherit',
    });
    for (const bench of BENCHES) {
      const { machine, rows } = JSON.parse(readFileSync(join(folder, 'results', `${bench}.json`), 'utf8')) as {
        machine: { sanity?: boolean };
        rows: readonly unknown[];
      };
      if (machine.sanity !== true || rows.length === 0)
        throw new RangeError(`${bench} has no rows of the software GPU in its results`);
    }
    process.stdout.write(`${BENCHES.join(', ')} run from the archive alone\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
