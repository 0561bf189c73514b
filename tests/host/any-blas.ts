// The BLAS that tests try: the system's, or else the OpenBLAS that a NumPy or SciPy of this machine brought along.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBlas } from '../../src/host/node/blas.ts';
import type { Blas, BlasAbsent } from '../../src/core/device/blas/types.ts';

/** Folders of site-packages in which wheels of NumPy and SciPy keep their libraries. */
const WHEELS = ['numpy.libs', 'scipy.libs'];
const WHERE = 'import sysconfig; print(sysconfig.get_paths()["platlib"])';

/** Paths of OpenBLAS libraries that came with Python packages. */
function bundled(): string[] {
  const { stdout, status } = spawnSync('python3', ['-c', WHERE], { encoding: 'utf8' });
  if (status !== 0) return [];
  return WHEELS.flatMap((wheel) => {
    const folder = join(stdout.trim(), wheel);
    try {
      return readdirSync(folder).flatMap((file) => (/openblas.*\.so/.test(file) ? [join(folder, file)] : []));
    } catch {
      return [];
    }
  });
}

/** Opens it, whatever its speed on a machine that is busy; where there is none, says why. */
export async function openAnyBlas(): Promise<Blas | BlasAbsent> {
  const system = await openBlas();
  if (system.found) return system;
  const candidates = bundled();
  if (candidates.length === 0) return { ...system, reason: `${system.reason}, nor one in NumPy or SciPy for python3` };
  return openBlas({ candidates, minimumGflops: 0 });
}
