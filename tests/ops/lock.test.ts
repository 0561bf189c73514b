// Keys of results name an op and its version: what an op computes may change with its version only.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { digestOf, readLock } from './lock.ts';

describe('ops.lock', () => {
  const locked = readLock();
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js'] });
  });
  afterAll(() => sheet.close());

  it('knows every row and its version, and no other', () => {
    const versions = (rows: Iterable<readonly [string, { readonly version: number }]>): string[] =>
      Array.from(rows, ([name, { version }]) => `${name} ${version}`).sort();
    expect(versions(OPS), 'run npx tsx scripts/lock-ops.ts').toEqual(versions(locked));
  });

  it.each([...OPS.values()].map((row) => [row.name, row] as const))('says what %s computes', async (name, row) => {
    const known = locked.get(name);
    if (known?.version !== row.version) return;
    expect(
      await digestOf(sheet, row),
      'raise the version of the row, for results that were stored under the old one are different; then run npx ' +
        'tsx scripts/lock-ops.ts',
    ).toBe(known.digest);
  });
});
