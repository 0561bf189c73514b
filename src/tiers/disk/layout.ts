// The folder of a disk store: what is in it, how it is told from others, and what it is made of (docs/format/store.md).
import { UnavailableError } from '../../kit.ts';
import { type FileSystem, readFully, writeFully } from './file-system.ts';

const FORMAT = 'format';
const VERSION = 2;
const textOf = (version: number): string => `symbolic-sheet-store ${version}\n`;

/** Files that tell others what the folder is: version control leaves it out, backups and indexers skip it. */
const NOTICES: readonly (readonly [name: string, text: string])[] = [
  ['.gitignore', '*\n'],
  [
    'CACHEDIR.TAG',
    'Signature: 8a477f597d28d172789f06886806bc55\n' +
      '# Results that symbolic-sheet keeps between runs. All of it can be deleted at any time.\n' +
      '# See https://bford.info/cachedir/\n',
  ],
];

/** No record is longer. */
export const MAX_RECORD_BYTES = 4096;
/** Elements up to so many bytes stand with their record. */
export const MAX_INLINE_BYTES = 1 << 18;
/** Magic, length of the record, length of the elements, check. */
export const FRAME_HEAD_BYTES = 4 + 4 + 4 + 8;
export const MAX_FRAME_BYTES = FRAME_HEAD_BYTES + MAX_RECORD_BYTES + MAX_INLINE_BYTES;

export const SEGMENTS = 'segments';
export const CONTENT = 'content';
export const TEMPORARY = 'tmp';
export const LEASES = 'leases';

/** The file of the elements of a digest. */
export const contentPath = (digest: string): string => `${CONTENT}/${digest.slice(0, 2)}/${digest.slice(2)}`;

/** The segment of a process. */
export const segmentName = (files: FileSystem): string => `${files.process.id}-${files.freshName()}.seg`;

/** The process that a segment or an unfinished file is written by. */
export const ownerOf = (name: string): number => Number.parseInt(name, 10);

/**
 * Makes a folder a store, or finds that it is one. Throws an UnavailableError where it is one of another version, or
 * holds what is none.
 */
export async function prepareFolder(files: FileSystem): Promise<{ readonly isNew: boolean }> {
  const version = readText(files, FORMAT);
  if (version === textOf(VERSION)) return { isNew: false };
  if (version === textOf(1)) return upgraded(files);
  if (version !== undefined) throw foreign(files, version);
  const others = files.list('').filter((name) => !EXPECTED.has(name));
  if (others.length > 0) {
    throw new UnavailableError(
      `${files.folder} is no store: it holds ${others.slice(0, 3).join(', ')}. ` +
        "Name an empty or a new folder: open({ store: 'folder' }).",
      { folder: files.folder },
    );
  }
  for (const folder of [SEGMENTS, CONTENT, TEMPORARY]) files.makeFolder(folder);
  for (const [name, text] of NOTICES) await writeText(files, name, text);
  // Last: a folder without it is made anew.
  await writeText(files, FORMAT, textOf(VERSION));
  await files.syncFolder('');
  return { isNew: true };
}

/** What version 1 has written stays as it is and is read; what is appended from now on, its programs would not know. */
async function upgraded(files: FileSystem): Promise<{ readonly isNew: boolean }> {
  try {
    await writeText(files, FORMAT, textOf(VERSION));
  } catch {
    // A folder that cannot be written to can be read.
  }
  return { isNew: false };
}

const EXPECTED: ReadonlySet<string> = new Set([SEGMENTS, CONTENT, TEMPORARY, LEASES, ...NOTICES.map(([name]) => name)]);

function foreign(files: FileSystem, version: string): UnavailableError {
  const found = /^symbolic-sheet-store (\d+)\n$/.exec(version)?.[1];
  return new UnavailableError(
    found === undefined
      ? `${files.folder} has a file "format" that is not that of a store. Name another folder, or delete this one.`
      : `${files.folder} is a store of version ${found}, and this version of symbolic-sheet knows ${VERSION}. ` +
          'Update symbolic-sheet, name another folder, or delete this one: results are computed again.',
    { folder: files.folder, version: found },
  );
}

function readText(files: FileSystem, path: string): string | undefined {
  const file = files.open(path);
  if (file === undefined) return undefined;
  try {
    const bytes = new Uint8Array(Math.min(file.size(), 4096));
    return readFully(file, bytes, 0) ? new TextDecoder().decode(bytes) : '';
  } finally {
    file.close();
  }
}

/** Makes a file under another name and renames it when it is whole: whoever finds it finds all of it. */
export async function publish(files: FileSystem, path: string, bytes: Uint8Array, isSynced: boolean): Promise<void> {
  const part = `${TEMPORARY}/${files.process.id}-${files.freshName()}`;
  const file = files.create(part);
  try {
    await writeFully(file, bytes, 0);
    if (isSynced) await file.sync();
  } catch (error) {
    file.close();
    files.remove(part);
    throw error;
  }
  file.close();
  files.rename(part, path);
}

/** A name that outlives a loss of power without its bytes would be a folder of something else. */
const writeText = (files: FileSystem, path: string, text: string): Promise<void> =>
  publish(files, path, new TextEncoder().encode(text), true);

/** Removes everything that a store holds, and leaves it one. */
export async function emptyFolder(files: FileSystem): Promise<void> {
  files.remove('index');
  for (const name of files.list(SEGMENTS)) files.remove(`${SEGMENTS}/${name}`);
  for (const folder of [TEMPORARY, LEASES]) for (const name of files.list(folder)) files.remove(`${folder}/${name}`);
  for (const folder of files.list(CONTENT))
    for (const name of files.list(`${CONTENT}/${folder}`)) files.remove(`${CONTENT}/${folder}/${name}`);
}
