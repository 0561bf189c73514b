// The public surface, on Node. Short and deliberate; internal files do not import from here. What few programs call is
// loaded when it is called.
import './core/ops/library.ts';
import { openSheet } from './core/sheet/open.ts';
import { nodeHost } from './host/node/host.ts';
import { nodeDevices } from './host/node/devices.ts';
import { openNodeStore } from './host/node/durable-store.ts';
import { Sheet } from './core/sheet/sheet.ts';
import {
  checkOptions,
  checkTrace,
  checkTracePath,
  DISK,
  type DiskOptions,
  LOAD,
  REPLAY,
} from './core/sheet/options.ts';
import type { OpenOptions } from './core/sheet/open-options.ts';
import type { Files } from './core/env.ts';
import type { LoadOptions } from './core/trace/load.ts';
import type { ReplayReport, ReplayTraceOptions } from './core/trace/replay.ts';
import type { Trace } from './core/trace/trace.ts';
import type { DiskStore } from './tiers/disk/disk-store.ts';

/** A sheet: makes symbolic tensors, reuses what was computed, records what was done. */
export class SymbolicSheet extends Sheet {
  /** Opens a sheet in memory; no server, account or GPU is needed. */
  static async open(options: OpenOptions = {}): Promise<SymbolicSheet> {
    return openSheet(SymbolicSheet, await nodeHost(), options, nodeDevices, openNodeStore);
  }
}

/**
 * Reads a saved trace (`.sqs.json`, or a live `trace.file`) from its path or bytes and verifies all of it; a
 * FormatError says what happened to it.
 */
export async function loadTrace(path: string | Uint8Array, options: LoadOptions = {}): Promise<Trace> {
  checkTracePath(path);
  checkOptions('loadTrace', options, LOAD);
  const [{ digest, files }, { loadTraceFile, readTrace }] = await Promise.all([
    nodeHost(),
    import('./core/trace/load.ts'),
  ]);
  if (typeof path !== 'string') return readTrace(path, digest, options);
  return loadTraceFile(path, { digest, files: files as Files }, options);
}

/** Runs the program of a trace again on a fresh sheet and compares the results with the recorded digests. */
export async function replayTrace(trace: Trace, options: ReplayTraceOptions = {}): Promise<ReplayReport> {
  checkTrace(trace);
  checkOptions('replayTrace', options, REPLAY);
  const [{ digest }, { replay }, { sheetExecutor }] = await Promise.all([
    nodeHost(),
    import('./core/trace/replay.ts'),
    import('./core/sheet/executor.ts'),
  ]);
  const { device, ...rest } = options;
  const { policy } = rest;
  return replay(trace, {
    ...rest,
    digest,
    open: async () =>
      sheetExecutor(
        await SymbolicSheet.open({
          store: 'memory',
          ...(device !== undefined && { device }),
          ...(policy !== undefined && { policy }),
        }),
      ),
  });
}

/**
 * Opens the durable store of a folder, by default of the one that sheets would use here: to give `open({ store })` with
 * a cap or a durability, and to check, shrink or empty it (docs/tiers.md). Whoever opens it closes it. Throws an
 * UnavailableError where the folder is no store that this version knows.
 */
export async function diskStore(folder?: string, options: DiskOptions = {}): Promise<DiskStore> {
  checkOptions('diskStore', options, DISK);
  const [{ digest }, { openDiskStore }] = await Promise.all([nodeHost(), import('./host/node/durable-store.ts')]);
  return openDiskStore(folder, digest, options);
}

export { storeFolder } from './host/node/store-folder.ts';
export type { DiskStore };
export type { FsckReport } from './tiers/disk/fsck.ts';
export type { GcReport } from './tiers/disk/garbage.ts';
export type { LoadOptions, ReplayReport, ReplayTraceOptions, Trace };
export * from './surface.ts';
