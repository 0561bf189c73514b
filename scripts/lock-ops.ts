// Writes ops.lock from what the rows compute now. A row that computes something else needs another version first.
import { existsSync, writeFileSync } from 'node:fs';
import { SymbolicSheet } from '../src/index.ts';
import { formatLock, LOCK_FILE, lockRows, readLock } from '../tests/ops/lock.ts';

await using sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js'] });
const now = await lockRows(sheet);
const before = existsSync(LOCK_FILE) ? readLock() : new Map<string, never>();
const unnamed = [...now].filter(([name, { version, digest }]) => {
  const known = before.get(name) as { version: number; digest: string } | undefined;
  return known !== undefined && known.version === version && known.digest !== digest;
});
if (unnamed.length > 0 && !process.argv.includes('--samples')) {
  console.error(
    `${unnamed.map(([name]) => name).join(', ')}: other results under the same version. Raise the version in ` +
      'src/core/ops; with --samples where only the sampled calls changed.',
  );
  process.exitCode = 1;
} else {
  writeFileSync(LOCK_FILE, formatLock(now));
}
