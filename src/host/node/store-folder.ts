// Where a Node process keeps results for later runs.
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import process from 'node:process';
import { cacheFolder } from './notes.ts';

const FOLDER = '.symbolic-sheet';

/**
 * The folder of results: the one that is named, or `SYMBOLIC_SHEET_STORE` where that names one, or `.symbolic-sheet`
 * beside the nearest package.json of the user's own, or else one in the user's cache folder.
 */
export function storeFolder(named?: string): string {
  const variable = process.env['SYMBOLIC_SHEET_STORE']?.trim();
  const fromVariable = variable === '' || variable === 'off' ? undefined : variable;
  return resolve(named ?? fromVariable ?? projectFolder(process.cwd()) ?? join(cacheFolder(process.env), 'store'));
}

/** The folder beside the nearest package.json that is not one of a dependency; undefined where there is none. */
function projectFolder(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const isInDependency = folder.split(sep).includes('node_modules');
    if (!isInDependency && existsSync(join(folder, 'package.json')) && isOwn(folder)) return join(folder, FOLDER);
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whether this user owns the folder, or there are no owners. */
function isOwn(folder: string): boolean {
  return process.getuid === undefined || process.getuid() === statSync(folder).uid;
}
