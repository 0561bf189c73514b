// A file that one sheet alone appends to: a note beside it says which process does, and is taken over where that one is
// gone.
import {
  closeSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import type { AppendFile } from '../../core/env.ts';
import { UnavailableError } from '../../core/errors.ts';

/** Opens a file to append to. What is no plain file (a pipe, a device) is written to as it is, by whoever likes. */
export function openAppendFile(path: string): AppendFile {
  const isPlain = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  const file = openSync(path, isPlain ? 'a' : 'w');
  try {
    if (!isPlain) return { ...written(file), existing: () => new Uint8Array(0), close: () => closeSync(file) };
    const unlock = lock(path);
    return {
      ...written(file),
      existing: () => readFileSync(path),
      close() {
        closeSync(file);
        unlock();
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function written(file: number): Pick<AppendFile, 'append' | 'replaceFrom'> {
  const append = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  };
  return {
    append,
    replaceFrom(offset, bytes) {
      ftruncateSync(file, offset);
      append(bytes);
    },
  };
}

/** Who writes to a file, as the note beside it says. */
interface Writer {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: another process may get the number of one that ended. */
  readonly since: string;
}

/** Notes that this process writes to a file; returns what takes the note away. */
function lock(path: string): () => void {
  const note = `${realpathSync(path)}.lock`;
  const self: Writer = { pid: process.pid, host: hostname(), since: startOf(process.pid) };
  if (!place(note, self)) {
    takeOver(path, note);
    if (!place(note, self)) throw refusal(path, note, readNote(note)?.writer);
  }
  return () => {
    if (readNote(note)?.text === JSON.stringify(self)) unlinkSync(note);
  };
}

/** Makes the note, unless there is one. */
function place(note: string, writer: Writer): boolean {
  try {
    writeFileSync(note, JSON.stringify(writer), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a note away whose writer is gone; an UnavailableError where it is not. */
function takeOver(path: string, note: string): void {
  const found = readNote(note);
  if (found === undefined) return;
  if (isAlive(found.writer)) throw refusal(path, note, found.writer);
  const aside = `${note}.${process.pid}`;
  renameSync(note, aside);
  // Somebody else may have been quicker: then it was their note that was moved, and it goes back.
  if (readFileSync(aside, 'utf8') !== found.text) linkSync(aside, note);
  unlinkSync(aside);
}

function readNote(note: string): { readonly text: string; readonly writer: Writer | undefined } | undefined {
  try {
    const text = readFileSync(note, 'utf8');
    return { text, writer: writerOf(text) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a note says; undefined where it says nothing of that kind. */
function writerOf(text: string): Writer | undefined {
  try {
    const { pid, host, since } = JSON.parse(text) as Partial<Record<keyof Writer, unknown>>;
    return typeof pid === 'number' &&
      Number.isSafeInteger(pid) &&
      pid > 0 &&
      typeof host === 'string' &&
      typeof since === 'string'
      ? { pid, host, since }
      : undefined;
  } catch {
    return undefined;
  }
}

/** A note that was cut while it was made has no living writer; what another machine does cannot be seen from here. */
function isAlive(writer: Writer | undefined): boolean {
  if (writer === undefined) return false;
  if (writer.host !== hostname()) return true;
  try {
    process.kill(writer.pid, 0);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ESRCH') return false;
  }
  return writer.since === startOf(writer.pid);
}

/** The start of a process in ticks since boot, from /proc; empty where there is none. */
function startOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything; what follows it is the state and then numbers (proc(5), field 22).
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function refusal(path: string, note: string, writer: Writer | undefined): UnavailableError {
  const who =
    writer === undefined
      ? 'another sheet'
      : writer.pid === process.pid && writer.host === hostname()
        ? 'another sheet of this process'
        : `process ${writer.pid} on ${writer.host}`;
  return new UnavailableError(
    `open: ${who} writes its trace to ${path}; give trace.file another name, close that sheet first, or delete ` +
      `${note} where that process has ended.`,
    { path, reason: 'locked', note, ...writer },
  );
}
