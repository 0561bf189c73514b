// Checks all of a disk store: every frame, and every element against its digest. On request what is wrong is taken out.
import { type Digest, faultOfStored, type Key } from '../../kit.ts';
import { readContent } from './content.ts';
import { type FileSystem, readFully } from './file-system.ts';
import { collectGarbage } from './garbage.ts';
import { type Held, readHeld } from './held.ts';
import { contentPath, FRAME_HEAD_BYTES, SEGMENTS } from './layout.ts';

/** What a check found. */
export interface FsckReport {
  /** Results that are whole or not. */
  readonly entries: number;
  readonly sizeBytes: number;
  /** Places in segments where something stands that is no whole frame. */
  readonly damagedFrames: number;
  /** Results whose elements are not those of their digest. */
  readonly wrong: number;
  /** Results whose file of elements is not there. */
  readonly missing: number;
}

export interface FsckOptions {
  /** Takes out what is wrong or missing. */
  readonly repair?: boolean;
}

/** Checks the store of a folder. Other processes may use it meanwhile. */
export async function fsck(files: FileSystem, digest: Digest, options: FsckOptions = {}): Promise<FsckReport> {
  const { results, segments } = readHeld(files, digest);
  let [damagedFrames, wrong, missing, sizeBytes] = [0, 0, 0, 0];
  for (const segment of segments.values()) damagedFrames += segment.damagedFrames;
  const bad = new Set<Key>();
  for (const [key, held] of results) {
    const { record } = held.frame;
    const elements = await elementsOf(files, held);
    const fault = elements === undefined ? 'missing' : faultOfStored(key, { ...record, elements }, elements, digest);
    sizeBytes += record.elementBytes;
    if (fault === undefined) continue;
    bad.add(key);
    if (elements === undefined) missing++;
    else wrong++;
    if (options.repair === true && record.place === 'file') files.remove(contentPath(record.digest));
  }
  if (options.repair === true)
    await collectGarbage(files, { digest, capBytes: Infinity, ended: new Set(), without: bad });
  return { entries: results.size, sizeBytes, damagedFrames, wrong, missing };
}

async function elementsOf(files: FileSystem, { frame, segment }: Held): Promise<Uint8Array | undefined> {
  const { record, at, recordBytes, inlineBytes } = frame;
  if (record.place === 'file') return (await readContent(files, record.digest, record.elementBytes))?.bytes;
  const file = files.open(`${SEGMENTS}/${segment}`);
  if (file === undefined) return undefined;
  try {
    const bytes = new Uint8Array(inlineBytes);
    return readFully(file, bytes, at + FRAME_HEAD_BYTES + recordBytes) ? bytes : undefined;
  } finally {
    file.close();
  }
}
