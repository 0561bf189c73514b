// The public surface, in browsers: the same sheet on a GPU, WASM and JavaScript.
import { browserDevices, browserHost } from './host/browser/host.ts';
import { openSheet } from './core/sheet/open.ts';
import type { OpenOptions } from './core/sheet/open-options.ts';
import { Sheet } from './core/sheet/sheet.ts';

/** A sheet: makes symbolic tensors, reuses what was computed, records what was done. */
export class SymbolicSheet extends Sheet {
  /** Opens a sheet in memory. */
  static async open(options: OpenOptions = {}): Promise<SymbolicSheet> {
    return openSheet(SymbolicSheet, await browserHost(), options, browserDevices);
  }
}

export * from './surface.ts';
