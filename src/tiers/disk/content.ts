// Elements in files of their own, named by their digest.
import { type FileSystem, readFully, readFullyLater } from './file-system.ts';
import { CONTENT, contentPath, publish } from './layout.ts';

/** What is read without a thread: a millisecond's work at most. */
const MAX_AT_ONCE_BYTES = 2 ** 22;

/** Makes the file of a digest, where there is none of that size yet. */
export async function writeContent(
  files: FileSystem,
  digest: string,
  elements: Uint8Array,
  isSynced: boolean,
): Promise<void> {
  const path = contentPath(digest);
  if (files.stat(path)?.sizeBytes === elements.length) return;
  const folder = `${CONTENT}/${digest.slice(0, 2)}`;
  files.makeFolder(folder);
  await publish(files, path, elements, isSynced);
  if (isSynced) await files.syncFolder(folder);
}

/** The bytes of the file of a digest; undefined where there is none of that length. They are not checked. */
export async function readContent(
  files: FileSystem,
  digest: string,
  elementBytes: number,
): Promise<Uint8Array | undefined> {
  const file = files.open(contentPath(digest));
  if (file === undefined) return undefined;
  try {
    if (file.size() !== elementBytes) return undefined;
    const bytes = new Uint8Array(elementBytes);
    // The operating system mostly has it in memory, and then a thread would take longer than the copy.
    const isWhole =
      elementBytes <= MAX_AT_ONCE_BYTES ? readFully(file, bytes, 0) : await readFullyLater(file, bytes, 0);
    return isWhole ? bytes : undefined;
  } finally {
    file.close();
  }
}
