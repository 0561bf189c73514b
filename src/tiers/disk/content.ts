// Elements in files of their own, named by their digest.
import { type FileSystem, readFully, readFullyLater } from './file-system.ts';
import { CONTENT, contentPath, publish } from './layout.ts';

/** What is read without a thread: a millisecond's work at most. */
const MAX_AT_ONCE_BYTES = 2 ** 22;

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
): Promise<Uint8Array | undefined> {
  // The operating system mostly has it in memory, and then a thread would take longer than the copy.
  if (elementBytes <= MAX_AT_ONCE_BYTES) return readContentNow(files, digest, elementBytes);
  const file = files.open(contentPath(digest));
  try {
    if (file?.size() !== elementBytes) return undefined;
    const bytes = new Uint8Array(elementBytes);
    return (await readFullyLater(file, bytes, 0)) ? bytes : undefined;
  } finally {
    file?.close();
  }
}

/** The same on this thread. */
export function readContentNow(files: FileSystem, digest: string, elementBytes: number): Uint8Array | undefined {
  const file = files.open(contentPath(digest));
  try {
    if (file?.size() !== elementBytes) return undefined;
    const bytes = new Uint8Array(elementBytes);
    return readFully(file, bytes, 0) ? bytes : undefined;
  } finally {
    file?.close();
  }
}
