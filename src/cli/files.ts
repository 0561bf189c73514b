// Files that commands read: a trace in any of its forms, and bytes. Files they write: never over another.
import { open, readFile, writeFile } from 'node:fs/promises';
import { AttributeError, loadTrace, type Trace, UnavailableError } from '../index.ts';
import { type Bundle, isBundle, openBundle } from '../interchange.ts';
import { readTrust, secretKey } from '../tiers.ts';

/** Options of commands that read traces. */
export interface TraceFileOptions {
  /** Use the sound prefix of a damaged trace. */
  readonly prefix?: boolean | undefined;
  /** Public keys, or files of them: a bundle must be signed by one. */
  readonly trust?: readonly string[] | undefined;
}

/** A trace that was read, and the bundle it came in. */
interface TraceFile {
  readonly trace: Trace;
  readonly bundle?: Bundle;
}

/** Reads a live trace, a saved one, or a bundle. */
export async function readTraceFile(path: string, options: TraceFileOptions): Promise<TraceFile> {
  const bundled = await beginningOf(path);
  if (!isBundle(bundled)) {
    if (options.trust !== undefined)
      throw new AttributeError(`${path} is no bundle: only bundles are signed. Leave out --trust.`, { path });
    return { trace: await loadTrace(path, { damaged: options.prefix === true ? 'prefix' : 'refuse' }) };
  }
  const bundle = await readBundleFile(path, options);
  return { trace: bundle.trace, bundle };
}

/** Reads a bundle and verifies it. */
export async function readBundleFile(path: string, { trust }: TraceFileOptions): Promise<Bundle> {
  const bytes = await readBytes(path);
  return openBundle(bytes, trust === undefined ? {} : { trust: await readKeys(trust) });
}

/** The first bytes of a file; none where it cannot be read, which its reader says better. */
async function beginningOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(8), 0, 8, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return new Uint8Array(0);
  }
}

/** The bytes of a file. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw refusal('read', path, error, 'check its name');
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** Writes a new file; one that is there stays, unless `force` puts this in its place. */
export async function writeNew(path: string, bytes: Uint8Array | string, force = false): Promise<void> {
  await writeFile(path, bytes, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
    throw refusal('written', path, error, 'give another path, or --force to replace what is there');
  });
}

/** Whether a word is a key itself and not the path of a file with keys. */
const KEY = /^[a-z][a-z0-9-]*-\d+:/;
const KEY_ID = /^[a-z][a-z0-9-]*-\d+$/;

/** The keys that the project trusts (symbolic-sheet.trust.json), as a word of the command line. */
const PROJECT = 'project';

/** Public keys: given as text, those the project trusts, or in files: a list of trusted keys, or one a line. */
export async function readKeys(words: readonly string[]): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const word of words) {
    if (KEY.test(word)) keys.push(word);
    else if (word === PROJECT) keys.push(...readTrust().map(({ key }) => key));
    else {
      const lines = linesOf(await readBytes(word));
      keys.push(...(lines[0]?.startsWith('{') === true ? readTrust(word).map(({ key }) => key) : lines));
    }
  }
  return keys;
}

/** The secret key of this user under an id, or in a file. It is never an argument itself: others see those. */
export async function readSecret(path: string): Promise<string> {
  if (KEY_ID.test(path)) return secretKey(path);
  if (KEY.test(path))
    throw new AttributeError(
      '--key takes the id of a key of yours, or the path of a file with it: others can see what a command is given.',
    );
  return linesOf(await readBytes(path))[0] ?? '';
}

const linesOf = (bytes: Uint8Array): string[] =>
  new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

function refusal(deed: 'read' | 'written', path: string, error: unknown, remedy: string): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code !== 'string') return error;
  return new UnavailableError(`${path} cannot be ${deed} (${message}); ${remedy}.`, { path, code });
}
