// Keys on the command line: one is made, read by programs, and trusted by a project, as a person would.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { createKeyFile, readTrust, secretKey, trustKey } from '../../../src/host/node/keys.ts';
import { nodeCryptography } from '../../../src/host/node/cryptography.ts';
import { readPublicKey, readSecretKey } from '../../../src/tiers/remote/keys.ts';
import { programOf } from '../../run/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const main = await programOf('src/cli/main.ts');
writeFileSync(join(folder, 'package.json'), '{}');
mkdirSync(join(folder, 'inner'));
process.env['XDG_CONFIG_HOME'] = join(folder, 'config');

function keys(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') };
  return spawnSync(process.execPath, [main, 'keys', ...args], { cwd: join(folder, 'inner'), env, encoding: 'utf8' });
}

describe.skipIf(process.platform === 'win32')('symbolic-sheet keys', () => {
  it('makes a key that its user alone can read, and shows no secret', () => {
    expect(keys('list').stdout).toMatch(/You have no keys/);
    const made = JSON.parse(keys('create', 'ci-1', '--json').stdout) as { public: string; file: string };
    expect(statSync(made.file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(made.file, 'utf8').trim();
    expect(secretKey('ci-1')).toBe(secret);
    const read = readSecretKey(secret, nodeCryptography);
    expect(read.bytes).toEqual(readPublicKey(made.public).bytes);
    const listed = keys('list');
    expect(listed.stdout).toBe(`own      ${made.public}\n`);
    expect(listed.stdout).not.toContain(secret);
  });

  it('never writes over a key', () => {
    const again = keys('create', 'ci-1');
    expect(again).toMatchObject({ status: 2 });
    expect(again.stderr).toMatch(/already.*the next number/);
  });

  it('has a project trust a key in scopes, in a file beside its package.json', () => {
    const { public: key } = createKeyFile('build-7');
    expect(keys('trust', key, '--scope', 'main,release').status).toBe(0);
    const file = join(folder, 'symbolic-sheet.trust.json');
    expect(readTrust(file)).toEqual([{ key, scopes: ['main', 'release'] }]);
    expect(trustKey(key, ['main', 'nightly'], file).keys).toEqual([{ key, scopes: ['main', 'release', 'nightly'] }]);
    expect(keys('list').stdout).toContain(`trusted  ${key}  in main, release, nightly`);
  });

  it('says what is wrong', () => {
    for (const [args, why] of [
      [['trust', secretKey('ci-1'), '--scope', 'main'], /is given with its secret key/],
      [['sell', 'ci-1'], /say create ci-1, list, or trust/],
    ] as const) {
      const { status, stderr } = keys(...args);
      expect([status, stderr]).toEqual([2, expect.stringMatching(why)]);
      expect(stderr).not.toContain(secretKey('ci-1'));
    }
    for (const id of ['CI', '../../x-1', 'x', '']) expect(() => createKeyFile(id)).toThrow(/no id of a key.*"ci-1"/);
    const { public: some } = createKeyFile('some-1');
    expect(() => trustKey('ci-1:abc', ['main'])).toThrow(/no base64/);
    expect(() => trustKey(some, [])).toThrow(/name one: --scope/);
    expect(() => trustKey(some, ['a/b'])).toThrow(/letters, digits/);
    const file = join(folder, 'broken.json');
    for (const text of [
      '',
      '{',
      '{"format":"another 1","keys":[]}',
      '{"format":"symbolic-sheet-trust 1","keys":[null]}',
    ]) {
      writeFileSync(file, text);
      expect(() => readTrust(file)).toThrow(/is no list of trusted keys/);
    }
    expect(() => readTrust(join(folder, 'absent.json'))).toThrow(/There is no .*keys trust/);
    expect(() => secretKey('other-1')).toThrow(/keys create other-1/);
  });
});
