// What the environment says to a sheet, and what it does not.
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/host/node/host.ts';

describe('the settings of the environment', () => {
  it.each(['', ' ', undefined])(
    'have no folder where SYMBOLIC_SHEET_DIR is %j: a bare name stays in the working folder',
    (folder) => {
      expect(readSettings({ SYMBOLIC_SHEET_DIR: folder }).folder).toBeUndefined();
    },
  );

  it('name the folder as it is written', () => {
    expect(readSettings({ SYMBOLIC_SHEET_DIR: '/tmp/a b' }).folder).toBe('/tmp/a b');
  });

  it.each([
    ['off', true],
    ['OFF', true],
    [' Off ', true],
    ['on', false],
    ['', false],
    [undefined, false],
  ] as const)('turn reuse off where SYMBOLIC_SHEET is %j: %s', (value, off) => {
    expect(readSettings({ SYMBOLIC_SHEET: value }).off).toBe(off);
  });
});
