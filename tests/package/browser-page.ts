// The page of the browser tests: a program of every host, and what a sheet says of the devices it finds.
import { SheetError, SymbolicSheet } from '../../src/browser.ts';
import type { DeviceReport } from '../../src/backend/device.ts';
import { type Outcome, program } from './program.ts';

/** The program of every host. */
export const outcome = (): Promise<Outcome> => program(SymbolicSheet);

/** What a sheet found, and what the page is. */
export interface Found {
  readonly reports: readonly DeviceReport[];
  /** 6.5, computed on whatever there is. */
  readonly sum: number;
  readonly sharesMemory: boolean;
}

/** Opens a sheet with every device it finds. */
export async function open(): Promise<Found> {
  const sheet = await SymbolicSheet.open();
  const sum = Number(await sheet.tensor(Float32Array.of(1, 2, 3.5), [3]).sum().item());
  const reports = sheet.devices();
  await sheet.close();
  return { reports, sum, sharesMemory: typeof SharedArrayBuffer === 'function' };
}

/** As `open`, in an engine without SIMD: it finds no module with vectors valid. */
export async function openWithoutSimd(): Promise<Found> {
  const { validate, Module } = WebAssembly;
  class Refusing {
    constructor() {
      throw new WebAssembly.CompileError('invalid opcode 0xfd');
    }
  }
  Object.assign(WebAssembly, { validate: () => false, Module: Refusing });
  try {
    return await open();
  } finally {
    Object.assign(WebAssembly, { validate, Module });
  }
}

/** The code and message of the error that opening a sheet gives. */
export async function refusal(): Promise<readonly [code: string, message: string]> {
  try {
    await (await SymbolicSheet.open()).close();
  } catch (error) {
    return error instanceof SheetError ? [error.code, error.message] : ['', String(error)];
  }
  return ['opened', ''];
}
