// Keys of writers as files of this user, and the list of trusted ones as a file of the project.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { AttributeError, FormatError, UnavailableError } from '../../kit.ts';
import {
  checkLabel,
  isKeyId,
  makeKey,
  publicKeyText,
  readPublicKey,
  readSecretKey,
  type TrustedKey,
} from '../../tiers/remote/keys.ts';
import { nodeCryptography } from './cryptography.ts';

/** A key of this user. */
export interface OwnKey {
  readonly id: string;
  /** For those who are to trust it. */
  readonly public: string;
  /** The file of the secret key, which this user alone may read. */
  readonly file: string;
}

const TRUST_FILE = 'symbolic-sheet.trust.json';
const TRUST_FORMAT = 'symbolic-sheet-trust 1';
const SECRET = '.secret';
const MAX_TRUSTED = 1024;

/** Makes a key and keeps it in a file of this user; one of that id is never written over. */
export function createKeyFile(id: string): OwnKey {
  const key = makeKey(id, nodeCryptography);
  const folder = keysFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${id}${SECRET}`);
  try {
    writeFileSync(file, `${key.secret}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw unwritable(file, error);
    throw new AttributeError(`There is a key "${id}" already, in ${file}; give the new one the next number.`, { id });
  }
  chmodSync(file, 0o600);
  return { id, public: key.public, file };
}

/** The keys of this user, in order of their ids. */
export function keyFiles(): readonly OwnKey[] {
  const folder = keysFolder();
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith(SECRET) && isKeyId(name.slice(0, -SECRET.length)))
    .sort()
    .map((name) => {
      const key = readSecretKey(readFileSync(join(folder, name), 'utf8'), nodeCryptography);
      return { id: key.id, public: publicKeyText(key), file: join(folder, name) };
    });
}

/**
 * The secret key of an id, for `write: { key, scope }`: `npx symbolic-sheet keys create` has made it. Throws an
 * UnavailableError where this user has none of that id.
 */
export function secretKey(id: string): string {
  const named = id.slice(0, 80);
  const file = join(keysFolder(), `${named}${SECRET}`);
  if (isKeyId(id) && existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new UnavailableError(
    `There is no key "${named}" in ${keysFolder()}; make one with "symbolic-sheet keys create ${named}".`,
    { id: named },
  );
}

/**
 * The keys that a project trusts, for `trust`: those of `symbolic-sheet.trust.json` beside the nearest package.json, or
 * of the file that is named. Throws an UnavailableError where there is no such file, and a FormatError where it is no
 * list.
 */
export function readTrust(named?: string): readonly TrustedKey[] {
  const file = trustFile(named);
  if (existsSync(file)) return parseTrust(file, readFileSync(file, 'utf8'));
  throw new UnavailableError(
    `There is no ${file}; "symbolic-sheet keys trust ci-1:… --scope ci" makes it. ` +
      'Or list the keys: trust: [{ key, scopes }].',
    { file },
  );
}

/** Adds scopes to what a key is trusted in, and the key where it is new; answers the file and what it holds then. */
export function trustKey(
  key: string,
  scopes: readonly string[],
  named?: string,
): { readonly file: string; readonly keys: readonly TrustedKey[] } {
  const added = readPublicKey(key);
  for (const scope of scopes) checkLabel('scope', scope);
  if (scopes.length === 0) throw new AttributeError('A key is trusted in scopes; name one: --scope ci.', { key });
  const file = trustFile(named);
  const known = existsSync(file) ? readTrust(file) : [];
  const same = known.find((trusted) => readPublicKey(trusted.key).id === added.id);
  if (same !== undefined && same.key !== publicKeyText(added))
    throw new AttributeError(`${file} trusts another key called "${added.id}"; the new one needs the next number.`, {
      id: added.id,
    });
  const entry = { key: publicKeyText(added), scopes: [...new Set([...(same?.scopes ?? []), ...scopes])] };
  const keys = [...known.filter((trusted) => trusted !== same), entry];
  const part = `${file}.${process.pid}.part`;
  try {
    writeFileSync(part, `${JSON.stringify({ format: TRUST_FORMAT, keys }, null, 2)}\n`);
    renameSync(part, file);
  } catch (error) {
    throw unwritable(file, error);
  }
  return { file, keys };
}

function parseTrust(file: string, text: string): readonly TrustedKey[] {
  const broken = (why: string): FormatError =>
    new FormatError(`${file} is no list of trusted keys: ${why}. Delete it and trust the keys again.`, { file });
  let read: { readonly format?: unknown; readonly keys?: unknown };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    throw broken('it is no JSON');
  }
  const keys = read?.keys;
  if (read?.format !== TRUST_FORMAT) throw broken(`its format is not "${TRUST_FORMAT}"`);
  if (!Array.isArray(keys) || keys.length > MAX_TRUSTED) throw broken(`it has no list of ${MAX_TRUSTED} keys or fewer`);
  return keys.map((each: Partial<Record<keyof TrustedKey, unknown>> | null) => {
    const { key, scopes } = each ?? {};
    if (typeof key !== 'string' || !Array.isArray(scopes)) throw broken('a key or its scopes are missing');
    readPublicKey(key);
    return { key, scopes: scopes.map((scope) => checkLabel('scope', scope as string)) };
  });
}

/** Where the keys of this user are. */
function keysFolder(): string {
  const { env, platform } = process;
  const base =
    platform === 'win32'
      ? (env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'))
      : (env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'));
  return join(base, 'symbolic-sheet', 'keys');
}

/** The file that is named, or that of the project. */
function trustFile(named: string | undefined): string {
  if (named !== undefined) return resolve(named);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, TRUST_FILE);
    if (dirname(folder) === folder) return resolve(TRUST_FILE);
  }
}

const unwritable = (file: string, error: unknown): UnavailableError =>
  new UnavailableError(`${file} cannot be written: ${(error as Error).message}.`, { file }, { cause: error });
