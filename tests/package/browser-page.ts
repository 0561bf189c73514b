// The page of the browser tests: a program of every host, and what a sheet says of the devices it finds.
import { SymbolicSheet } from '../../src/browser.ts';
import type { DeviceReport } from '../../src/core/device/device.ts';
import { longWork, type Outcome, program } from './program.ts';

/** The program of every host. */
export const outcome = (): Promise<Outcome> => program(SymbolicSheet);

/** The text of a trace as a page offers it to be downloaded, and what it is told that tries to save one. */
export async function traced(): Promise<{ readonly text: string; readonly refusal: string }> {
  const sheet = await SymbolicSheet.open({ class: 'exact' });
  await sheet
    .tensor(Float32Array.of(1, 2, 3.5), [3])
    .exp()
    .sum()
    .data();
  const refusal = await sheet.trace.save('run.sqs.json').then(() => '', String);
  const file = new Blob([await sheet.trace.bytes()], { type: 'application/json' });
  await sheet.close();
  return { text: await file.text(), refusal };
}

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
  const sum = Number(
    await sheet
      .tensor(Float32Array.of(1, 2, 3.5), [3])
      .sum()
      .item(),
  );
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

/** Long work on WASM. */
export interface Paced {
  readonly ids: readonly string[];
  /** Longest time in which a timer of the page did not get its turn, for each result. */
  readonly gapsMs: readonly number[];
  /** What the device says of itself. */
  readonly detail: string;
  /** Jobs that workers said they had finished. */
  readonly jobsOfWorkers: number;
}

/** Computes what takes long, on so many threads. */
export async function pace(threads?: number): Promise<Paced> {
  const jobsOfWorkers = watchWorkers();
  const sheet = await SymbolicSheet.open({
    class: 'exact',
    devices: ['wasm', 'js'],
    ...(threads !== undefined && { threads }),
  });
  const detail = sheet.devices().find(({ name }) => name === 'wasm')?.detail ?? '';
  const { inputs, results } = longWork(sheet);
  await sheet.compute(...inputs);
  const [ids, gapsMs]: [string[], number[]] = [[], []];
  for (const result of results) {
    const longestGap = watchTimer();
    await sheet.compute(result);
    gapsMs.push(longestGap());
    ids.push(await result.fingerprint());
  }
  await sheet.close();
  return { ids, gapsMs, detail, jobsOfWorkers: jobsOfWorkers() };
}

/** Counts what workers that are started from now on report as finished, until the count is asked for. */
function watchWorkers(): () => number {
  const { Worker } = globalThis;
  let jobs = 0;
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener('message', ({ data }) => {
        if (data > 0) jobs++;
      });
    }
  };
  return () => {
    globalThis.Worker = Worker;
    return jobs;
  };
}

/** Watches a timer that starts itself again until the longest time between two of its calls is asked for. */
function watchTimer(): () => number {
  let [last, longest, isOver] = [performance.now(), 0, false];
  const tick = (): void => {
    const now = performance.now();
    [last, longest] = [now, Math.max(longest, now - last)];
    if (!isOver) setTimeout(tick, 0);
  };
  setTimeout(tick, 0);
  return () => {
    isOver = true;
    tick();
    return longest;
  };
}
