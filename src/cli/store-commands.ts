// The commands on the folder of results that outlive their process: where, stats, gc, fsck, clear.
import { existsSync } from 'node:fs';
import { AttributeError, diskStore, type DiskStore, storeFolder } from '../index.ts';
import type { CommandResult } from './trace-commands.ts';
import { bytes } from './units.ts';

/** Options of the commands, as words of the command line. */
export interface StoreCommandOptions {
  /** The folder; by default the one that programs use here. */
  readonly store?: string | undefined;
  /** gc: bytes that may be left. */
  readonly cap?: string | undefined;
  /** fsck: take out what is wrong. */
  readonly repair?: boolean | undefined;
}

/** Where results are kept, whether they are or not. */
export async function whereCommand({ store }: StoreCommandOptions): Promise<CommandResult> {
  const folder = storeFolder(store);
  const exists = existsSync(folder);
  return {
    text: exists ? folder : `${folder} (not made yet: the first result that is worth keeping makes it)`,
    record: { folder, exists },
    exitCode: 0,
  };
}

/** How much is kept. */
export const statsCommand = (options: StoreCommandOptions): Promise<CommandResult> =>
  withStore(options, async (store) => {
    const { entries, sizeBytes } = await store.measure();
    return {
      text: `${entries} results, ${bytes(sizeBytes)} of ${bytes(store.capBytes)} in ${store.folder}`,
      record: { folder: store.folder, entries, sizeBytes, capBytes: store.capBytes },
      exitCode: 0,
    };
  });

/** Removes what nothing refers to, and what is worth least where there is too much. */
export const gcCommand = (options: StoreCommandOptions): Promise<CommandResult> =>
  withStore(options, async (store) => {
    const report = await store.gc(options.cap === undefined ? undefined : bytesOfCap(options.cap));
    return {
      text: report.isBusy
        ? `Another process is collecting garbage in ${store.folder}; try again when it is done.`
        : `${report.entries} results stay, ${bytes(report.sizeBytes)}; ` +
          `${report.evicted} went, ${bytes(report.freedBytes)}`,
      record: report,
      exitCode: report.isBusy ? 2 : 0,
    };
  });

/** Checks every result against its digest. */
export const fsckCommand = (options: StoreCommandOptions): Promise<CommandResult> =>
  withStore(options, async (store) => {
    const report = await store.fsck({ repair: options.repair === true });
    const faults = report.wrong + report.missing + report.damagedFrames;
    const lines = [
      `${report.entries} results, ${bytes(report.sizeBytes)} checked: ` +
        (faults === 0
          ? 'all are whole'
          : `${report.wrong} wrong, ${report.missing} without elements, ${report.damagedFrames} damaged records`),
    ];
    if (faults > 0) {
      lines.push(
        options.repair === true
          ? 'They were taken out; programs compute them again.'
          : 'Programs compute them again; symbolic-sheet fsck --repair takes them out.',
      );
    }
    return { text: lines.join('\n'), record: report, exitCode: faults === 0 ? 0 : 1 };
  });

/** Removes all results. */
export const clearCommand = (options: StoreCommandOptions): Promise<CommandResult> =>
  withStore(options, async (store) => {
    const removed = await store.clear();
    return { text: `${removed} results removed from ${store.folder}`, record: { removed }, exitCode: 0 };
  });

async function withStore(
  { store: named }: StoreCommandOptions,
  run: (store: DiskStore) => Promise<CommandResult>,
): Promise<CommandResult> {
  const folder = storeFolder(named);
  if (!existsSync(folder))
    return { text: `Nothing is kept in ${folder} yet.`, record: { folder, entries: 0 }, exitCode: 0 };
  const store = await diskStore(folder);
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

/** The bytes that a text such as `500MB` says. */
export function bytesOfCap(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text.trim());
  if (match === null)
    throw new AttributeError(`--cap is "${text}"; give bytes, as in --cap 500MB or --cap 2GB.`, { cap: text });
  return Math.floor(Number(match[1]) * 1000 ** ' KMGT'.indexOf(match[2] === '' ? ' ' : match[2]!.toUpperCase()));
}
