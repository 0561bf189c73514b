// The public surface, on Node. Short and deliberate; internal files do not import from here.
import { openSheet } from './sheet/open.ts';
import { nodeHost } from './host/node-host.ts';
import { nodeDevices } from './host/node-devices.ts';
import { Sheet } from './sheet/sheet.ts';
import type { OpenOptions } from './sheet/options.ts';

/** A sheet: makes symbolic tensors, reuses what was computed, records what was done. */
export class SymbolicSheet extends Sheet {
  /** Opens a sheet in memory; no server, account or GPU is needed. */
  static async open(options: OpenOptions = {}): Promise<SymbolicSheet> {
    return openSheet(SymbolicSheet, await nodeHost(), options, nodeDevices);
  }
}

export * from './surface.ts';
