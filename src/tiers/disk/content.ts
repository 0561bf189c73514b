// Elements in files of their own, named by their digest.
import { checksums } from './checksums.ts';
import { type FileSystem, type OpenFile, readFully, readFullyLater } from './file-system.ts';
import { CONTENT, contentPath, publish } from './layout.ts';

/** What is read without a thread: a few milliseconds' work at most. */
const MAX_AT_ONCE_BYTES = 2 ** 24;
/** It is read in parts that are summed while they are near the processor. */
const PART_BYTES = 2 ** 17;
/** Larger ones are read in parts of so many bytes by so many threads, and summed here as they come. */
const LARGE_PART_BYTES = 2 ** 22;
const PARTS_AHEAD = 4;

/** The elements of a file, and their checksum. */
export interface ReadContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sum: bigint;
}

/** Whether there is a file of a digest, of the length that it should have. */
export const hasContent = (files: FileSystem, digest: string, elementBytes: number): boolean =>
  files.stat(contentPath(digest))?.sizeBytes === elementBytes;

/** Makes the file of a digest, where there is none of that size yet. */
export async function writeContent(
  files: FileSystem,
  digest: string,
  elements: Uint8Array,
  isSynced: boolean,
): Promise<void> {
  if (hasContent(files, digest, elements.length)) return;
  const folder = `${CONTENT}/${digest.slice(0, 2)}`;
  files.makeFolder(folder);
  await publish(files, contentPath(digest), elements, isSynced);
  if (isSynced) await files.syncFolder(folder);
}

/** The bytes of the file of a digest; undefined where there is none of that length. They are not checked. */
export async function readContent(
  files: FileSystem,
  digest: string,
  elementBytes: number,
): Promise<ReadContent | undefined> {
  // The operating system mostly has it in memory, and then a thread would take longer than the copy.
  if (elementBytes <= MAX_AT_ONCE_BYTES) return readContentNow(files, digest, elementBytes);
  const file = files.open(contentPath(digest));
  try {
    return file?.size() === elementBytes
      ? await readParts(file, new Uint8Array(files.bufferFor(elementBytes)))
      : undefined;
  } finally {
    file?.close();
  }
}

/** Fills bytes from a file; those of a part are summed while the next ones are read. */
async function readParts(file: OpenFile, bytes: Uint8Array<ArrayBuffer>): Promise<ReadContent | undefined> {
  const partAt = (at: number): Uint8Array => bytes.subarray(at, at + LARGE_PART_BYTES);
  const pending: Promise<boolean>[] = [];
  const start = (part: number): void => {
    const at = part * LARGE_PART_BYTES;
    if (at < bytes.length) pending.push(readFullyLater(file, partAt(at), at));
  };
  const summed = checksums().running();
  try {
    for (let part = 0; part < PARTS_AHEAD; part++) start(part);
    for (let part = 0; ; part++) {
      if (!(await pending[part]!)) return undefined;
      start(part + PARTS_AHEAD);
      const at = part * LARGE_PART_BYTES;
      if (at + LARGE_PART_BYTES >= bytes.length) return { bytes, sum: summed.end(partAt(at)) };
      summed.add(partAt(at));
    }
  } finally {
    // The file is closed next, and its number may be that of another.
    await Promise.allSettled(pending);
  }
}

/** The same on this thread. */
export function readContentNow(files: FileSystem, digest: string, elementBytes: number): ReadContent | undefined {
  const file = files.open(contentPath(digest));
  try {
    if (file?.size() !== elementBytes) return undefined;
    const bytes = new Uint8Array(files.bufferFor(elementBytes));
    const summed = checksums().running();
    for (let at = 0; ; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      if (!readFully(file, part, at)) return undefined;
      if (at + PART_BYTES >= elementBytes) return { bytes, sum: summed.end(part) };
      summed.add(part);
    }
  } finally {
    file?.close();
  }
}
