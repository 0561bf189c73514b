// Facts about this machine that are costly to find and outlive a process, in one small file of the user's cache folder.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Notes } from '../../core/env.ts';

const FORMAT = 'symbolic-sheet-notes-1';
/** More are never read: a damaged file must not cost a start. */
const MAX_BYTES = 1 << 20;

/**
 * Notes in a file, read when the first is asked for. A file that is missing, damaged or not ours holds none; one that
 * cannot be written is left alone: everything in it can be found again.
 */
export function nodeNotes(file: string): Notes {
  let notes: Map<string, string> | undefined;
  return {
    get: (key) => (notes ??= readNotes(file)).get(key),
    set(key, value) {
      // Others may have written since.
      notes = new Map([...(notes ?? []), ...readNotes(file), [key, value]]);
      writeNotes(file, notes);
    },
  };
}

/** The file of this user; undefined where `SYMBOLIC_SHEET_NOTES` is `off`. */
export function notesFile(
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string | undefined {
  const named = env['SYMBOLIC_SHEET_NOTES'];
  if (named === 'off') return undefined;
  if (named !== undefined && named !== '') return named;
  return join(cacheFolder(env, platform), 'notes.json');
}

/** Where this user's caches of the library are. */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string {
  const home = homedir();
  const folder =
    platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : (env['XDG_CACHE_HOME'] ?? join(home, '.cache'));
  return join(folder, 'symbolic-sheet');
}

function readNotes(file: string): Map<string, string> {
  try {
    const text = readFileSync(file, 'utf8');
    const read: unknown = text.length > MAX_BYTES ? undefined : JSON.parse(text);
    if (
      typeof read !== 'object' ||
      read === null ||
      !('format' in read) ||
      read.format !== FORMAT ||
      !('notes' in read)
    )
      return new Map();
    return new Map(
      Object.entries(read.notes as object).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return new Map();
  }
}

function writeNotes(file: string, notes: ReadonlyMap<string, string>): void {
  const part = `${file}.${process.pid}.part`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(part, `${JSON.stringify({ format: FORMAT, notes: Object.fromEntries(notes) }, undefined, 1)}\n`);
    renameSync(part, file);
  } catch {
    // No folder, no room, no right to write: the next process finds out again.
  }
}
