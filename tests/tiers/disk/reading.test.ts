// Elements that a disk store reads when somebody needs them: whole by their checksum, and a miss whatever became of
// their file since they were found.
import { describe, expect, it } from 'vitest';
import { contained } from '../../../src/core/store/contained.ts';
import { elementsOfStored, type Stored, type StoreTrouble } from '../../../src/core/store/store.ts';
import { verified } from '../../../src/core/store/verified.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { contentPath } from '../../../src/tiers/disk/layout.ts';
import { type Plan, RecordedFiles } from './recorded-files.ts';
import { digest, resultOf, WORTH } from './results.ts';

const SMALL = resultOf(1, 4096);
/** Read at once, a part of 128 KiB after another. */
const MIDDLE = resultOf(2, 300_001);
/** Read by several threads in parts of 4 MiB. */
const LARGE = resultOf(3, 2 ** 24 + 77);

interface Opened {
  readonly files: RecordedFiles;
  readonly found: (result: Stored) => Promise<Stored>;
  readonly told: StoreTrouble[];
  /** Bytes that went through the digest since the results were written. */
  readonly digested: () => number;
  readonly close: () => Promise<void>;
}

async function filled(): Promise<Opened> {
  const files = new RecordedFiles();
  const writing = await DiskStore.open(files, { digest, capBytes: 1e9 });
  for (const result of [SMALL, MIDDLE, LARGE]) writing.put(result.key, result, WORTH);
  await writing.close();
  let digestedBytes = 0;
  const counting = {
    name: digest.name,
    hash: (bytes: Uint8Array) => ((digestedBytes += bytes.length), digest.hash(bytes)),
  };
  const told: StoreTrouble[] = [];
  const tell = (trouble: StoreTrouble): void => void told.push(trouble);
  const store = await DiskStore.open(files, { digest: counting, capBytes: 1e9 });
  digestedBytes = 0;
  const checked = contained(verified(store, counting, tell), tell);
  return {
    files,
    told,
    found: async ({ key }) => (await checked.get(key))!,
    digested: () => digestedBytes,
    close: () => store.close(),
  };
}

const KINDS = [
  ['a small one', SMALL],
  ['one that is read at once', MIDDLE],
  ['one that is read by threads', LARGE],
] as const;

describe('elements that are read', () => {
  it.each(KINDS)('are checked by their checksum and not by the digest: %s', async (_name, result) => {
    const { found, digested, close, files } = await filled();
    const answer = await found(result);
    expect(answer.elements instanceof Uint8Array).toBe(result === SMALL);
    const elements = await elementsOfStored(answer);
    expect(Buffer.compare(elements!, result.elements as Uint8Array)).toBe(0);
    expect(digested()).toBe(0);
    await close();
    expect(files.openCount).toBe(0);
  });

  it.each(KINDS)('come whole where the disk gives a part at a time: %s', async (_name, result) => {
    const { found, files, close } = await filled();
    files.plan = (_call, what) => (what === 'read' ? 'short' : undefined);
    expect(Buffer.compare((await elementsOfStored(await found(result)))!, result.elements as Uint8Array)).toBe(0);
    await close();
  });

  it.each(KINDS.slice(1))('are a miss where a byte has changed since they were found: %s', async (_name, result) => {
    const length = (result.elements as Uint8Array).length;
    for (const at of [0, 131_071, 131_072, length >> 1, length - 1]) {
      const { found, files, told, close } = await filled();
      const answer = await found(result);
      const file = files.disk.names.get(contentPath(result.digest))!;
      files.disk.contents.get(file)![at]! ^= 0x80;
      expect(await elementsOfStored(answer), `byte ${at}`).toBeUndefined();
      expect(told.map(({ kind, key }) => [kind, key])).toEqual([['corrupt', result.key]]);
      // What is damaged is gone, so that the result is written anew.
      expect(files.disk.names.has(contentPath(result.digest))).toBe(false);
      await close();
    }
  });

  const LOSSES: readonly (readonly [string, (files: RecordedFiles, result: Stored) => void])[] = [
    ['their file vanishes', (files, { digest: id }) => void files.disk.names.delete(contentPath(id))],
    ['their file is cut', (files, { digest: id }) => resize(files, id, 2 ** 18 + 5)],
    ['their file grows', (files, { digest: id }) => resize(files, id, 2 ** 25)],
    ['the third read fails', (files) => void (files.plan = failingRead(3))],
    ['the first read fails', (files) => void (files.plan = failingRead(1))],
  ];
  it.each(LOSSES)('are a miss where %s after they were found', async (_name, lose) => {
    for (const result of [MIDDLE, LARGE]) {
      const { found, files, close } = await filled();
      const answer = await found(result);
      const opened = files.openCount;
      lose(files, result);
      expect(await elementsOfStored(answer)).toBeUndefined();
      expect(files.openCount, 'files left open').toBe(opened);
      files.plan = () => undefined;
      await close();
    }
  });

  function resize(files: RecordedFiles, id: string, length: number): void {
    const file = files.disk.names.get(contentPath(id))!;
    const bytes = new Uint8Array(length);
    bytes.set(files.disk.contents.get(file)!.subarray(0, length));
    files.disk.contents.set(file, bytes);
  }

  function failingRead(failing: number): Plan {
    let reads = 0;
    return (_call, what) => (what === 'read' && ++reads === failing ? new Error('EIO: injected') : undefined);
  }

  it('are not taken for whole where they are not the array that was checked', async () => {
    const { found, close } = await filled();
    const answer = await found(MIDDLE);
    const raw = await DiskStore.open(new RecordedFiles((await filled()).files.disk, 2), { digest, capBytes: 1e9 });
    const unchecked = (await raw.get(MIDDLE.key))!;
    const elements = (await elementsOfStored(unchecked))!;
    expect(unchecked.isWhole?.(elements)).toBe(true);
    expect(unchecked.isWhole?.(elements.slice())).toBe(false);
    expect((await elementsOfStored(answer))!.length).toBe(300_001);
    await raw.close();
    await close();
  });
});
