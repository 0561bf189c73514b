// The Node host: clock, digest, files, settings and process events.
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Files, Host, HostSettings } from '../../core/env.ts';
import { openAppendFile } from './append.ts';
import { openNodeDigest } from './digest.ts';
import { nodeNotes, notesFile } from './notes.ts';

let opened: Promise<Host> | undefined;

/** The host of this process. */
export function nodeHost(): Promise<Host> {
  opened ??= openHost();
  return opened;
}

async function openHost(): Promise<Host> {
  const file = notesFile(process.env);
  return {
    name: `Node ${process.versions.node}`,
    clock: () => performance.now() * 1e6,
    digest: await openNodeDigest(),
    files,
    notes: file === undefined ? undefined : nodeNotes(file),
    settings: readSettings(process.env),
    cores: availableParallelism(),
    warn: (line) => void process.stderr.write(`symbolic-sheet: ${line}\n`),
    onExit: (listener) => {
      process.on('exit', listener);
      return () => process.off('exit', listener);
    },
  };
}

const files: Files = {
  read: (path) => readFile(path),
  async write(path, bytes) {
    // A pipe or a device is written to; renaming would put a file in its place.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return writeFileSync(path, bytes);
    const part = `${path}.${process.pid}.part`;
    writeFileSync(part, bytes);
    renameSync(part, path);
  },
  openAppend: openAppendFile,
};

/** Reads the environment variables of docs/reference.md. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): HostSettings {
  return {
    off: env['SYMBOLIC_SHEET']?.trim().toLowerCase() === 'off',
    folder: env['SYMBOLIC_SHEET_DIR']?.trim() === '' ? undefined : env['SYMBOLIC_SHEET_DIR'],
    store: env['SYMBOLIC_SHEET_STORE']?.trim() === '' ? undefined : env['SYMBOLIC_SHEET_STORE']?.trim(),
    devices: listed(env['SYMBOLIC_SHEET_DEVICES']),
    report: env['SYMBOLIC_SHEET_REPORT'] === '1',
    log: env['SYMBOLIC_SHEET_LOG'] === '1',
  };
}

/** The names of a comma list; undefined where it has none. */
function listed(list = ''): readonly string[] | undefined {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
}
