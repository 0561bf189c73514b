// Keys of results name an op and its version: what an op computes may change with its version only.
import { expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { lockRows, readLock } from './lock.ts';

it('every op computes what ops.lock says, or has another version', async () => {
  await using sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js'] });
  const [now, locked] = [await lockRows(sheet), readLock()];
  const changed = [...now]
    .filter(
      ([name, { version, digest }]) => locked.get(name)?.version === version && locked.get(name)?.digest !== digest,
    )
    .map(([name]) => name);
  expect(
    changed,
    'raise the version of these rows, for results that were stored under the old one are different; then run npx ' +
      'tsx scripts/lock-ops.ts',
  ).toEqual([]);
  const stale = [...new Set([...now.keys(), ...locked.keys()])].filter(
    (name) => now.get(name)?.version !== locked.get(name)?.version,
  );
  expect(stale, 'ops.lock does not know these rows or versions; run npx tsx scripts/lock-ops.ts').toEqual([]);
});
