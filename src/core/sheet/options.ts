// Options of a sheet and of a view of it, validated once.
import type { Device } from '../device/device.ts';
import { AttributeError } from '../errors.ts';
import type { NumericsClass } from '../events.ts';
import type { Settings, TraceOptions, ViewOptions } from '../engine/settings.ts';
import type { EventOptions } from './event-feed.ts';
import type { TensorflowModule } from '../ops/mapping/tensorflow-module.ts';
import { nearest } from '../ops/suggestions.ts';
import type { Store } from '../store/store.ts';
import type { LawSet } from '../policy/laws.ts';
import { type DType, type Precision, PRECISIONS } from '../tensor/dtype.ts';
import type { LoadOptions } from '../trace/load.ts';
import type { ReplayTraceOptions } from '../trace/replay.ts';
import type { BytesOptions, SaveOptions } from '../trace/save.ts';
import { describe } from '../text.ts';
import { readDevices } from './own-devices.ts';

/** What `SymbolicSheet.open` takes. */
export interface OpenOptions {
  /**
   * Bits a result may have: `tolerance` (default) any device within the op's bound, `exact` those of the numeric
   * specification.
   */
  readonly class?: NumericsClass;
  /** `off`: nothing is looked up and nothing kept but what handles hold, which is computed once. */
  readonly cache?: 'on' | 'off';
  /** Bytes the RAM store may hold. Default 1 GiB. */
  readonly budgetBytes?: number;
  /** Bytes of results and operands a GPU may hold; more go back to RAM. Default 1 GiB. */
  readonly gpuBudgetBytes?: number;
  /** A TensorFlow.js module to compute with, its backend set: `import * as tf from '@tensorflow/tfjs-core'`. */
  readonly tf?: TensorflowModule;
  /**
   * The only devices to use: `js`, `wasm`, `blas`, `webgpu`, `tensorflow` by name, and any of your own
   * (docs/devices.md). Default all that are found. Your own is closed with the sheet.
   */
  readonly devices?: readonly (string | Device)[];
  /** Computes on this one where it supports the op, as `with({ device })` does for a view. */
  readonly device?: string;
  /**
   * `float16` lets a GPU round the factors of float32 products to half precision; sums stay float32. Default `float32`.
   */
  readonly precision?: Precision;
  /** Compute at once instead of on demand. */
  readonly eager?: boolean;
  /** Stability rewrites: apply them, offer them in `explain`, or leave forms as written. Default `offer`. */
  readonly rewrites?: 'apply' | 'offer' | 'off';
  /** Laws every operation and every hit must satisfy. */
  readonly policy?: LawSet;
  /** Where the live trace goes, what it digests, and how many events stay in memory. */
  readonly trace?: TraceOptions;
  /**
   * Where results are kept for later runs: a folder, `memory` for nowhere, or a store of your own. Default the folder
   * `.symbolic-sheet` beside the project's package.json, or one in the user's cache folder (docs/tiers.md); none in a
   * page.
   */
  readonly store?: string | Store;
  /**
   * Stores below RAM in the place of that, the quickest first: asked for what costs a millisecond or more, and filled
   * with it. They stay open when the sheet is closed.
   */
  readonly stores?: readonly Store[];
  /**
   * Threads of the WASM device, at most 256. Default the number of cores; one in a page that may not share memory
   * (docs/devices.md).
   */
  readonly threads?: number;
}

/** Options of `tensor`. */
export interface TensorOptions {
  readonly dtype?: DType;
  /** Takes the buffer over instead of copying it: the caller's array is detached. */
  readonly own?: boolean;
}

/** What an option may be. */
interface OptionSpec {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** What the options of one call may be, by name. */
type OptionSpecs<O> = Readonly<Record<keyof O, OptionSpec>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStore = (value: unknown): boolean =>
  isRecord(value) &&
  ['peek', 'get', 'put', 'stats', 'close'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function',
  );

const oneOf = (...choices: readonly string[]): OptionSpec => ({
  expected: `one of ${choices.join(', ')}`,
  accepts: (value) => (choices as readonly unknown[]).includes(value),
});
const COUNT: OptionSpec = {
  expected: 'a positive integer',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};
const THREADS: OptionSpec = {
  expected: 'an integer from 1 to 256; more than there are cores gain nothing',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 256,
};
const FLAG: OptionSpec = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const DEVICE: OptionSpec = { expected: 'the name of one in sheet.devices()', accepts: isText };
const DEVICES: OptionSpec = {
  expected: "a list of at least one name, as ['wasm', 'js'], or device of your own",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => isText(each) || isRecord(each)),
};
const STORES: OptionSpec = {
  expected: 'a list of stores, each with peek, get, put, stats and close',
  accepts: (value) => Array.isArray(value) && value.every(isStore),
};
const STORE: OptionSpec = {
  expected: "a folder, as 'cache', 'memory', or a store with peek, get, put, stats and close",
  accepts: (value) => isText(value) || isStore(value),
};
const MODULE: OptionSpec = {
  expected: "the module itself: import * as tf from '@tensorflow/tfjs-core'",
  accepts: (value) => isRecord(value) || typeof value === 'function',
};
const FILE: OptionSpec = { expected: 'the path of a file', accepts: isText };
/** Checked where it is read. */
const ANY: OptionSpec = { expected: 'anything', accepts: () => true };

const SHARED = {
  class: oneOf('tolerance', 'exact'),
  cache: oneOf('on', 'off'),
  device: DEVICE,
  precision: oneOf(...PRECISIONS),
};
const VIEW: OptionSpecs<ViewOptions> = {
  ...SHARED,
  signal: { expected: 'the signal of an AbortController', accepts: (value) => value instanceof AbortSignal },
};
const OPEN: OptionSpecs<OpenOptions> = {
  ...SHARED,
  budgetBytes: COUNT,
  gpuBudgetBytes: COUNT,
  threads: THREADS,
  devices: DEVICES,
  store: STORE,
  stores: STORES,
  tf: MODULE,
  eager: FLAG,
  rewrites: oneOf('apply', 'offer', 'off'),
  policy: ANY,
  trace: { expected: "an object, as { file: 'run.sqs' }", accepts: isRecord },
};
const TRACE: OptionSpecs<TraceOptions> = {
  file: FILE,
  digests: oneOf('affordable', 'demanded', 'full', 'none'),
  maxEvents: COUNT,
};
/** What `diskStore` takes. */
export interface DiskOptions {
  /** Bytes the folder may hold. Default 10 GB, or a tenth of what is free if that is less. */
  readonly capBytes?: number;
  /**
   * What a result survives once `flush` has resolved: `process` (default) the end of the process, `power` a loss of
   * power, `none` nothing.
   */
  readonly durability?: 'none' | 'process' | 'power';
}

/** Options of `diskStore`. */
export const DISK: OptionSpecs<DiskOptions> = {
  capBytes: COUNT,
  durability: oneOf('none', 'process', 'power'),
};
/** Options of `events`. */
export const EVENTS: OptionSpecs<EventOptions> = { limit: COUNT };
/** Options of `tensor`. */
export const TENSOR: OptionSpecs<TensorOptions> = { dtype: ANY, own: FLAG };
/** Options of `trace.save`. */
export const SAVE: OptionSpecs<SaveOptions> = { roots: oneOf('embedded', 'beside', 'none') };

/** Options of `trace.bytes`. */
export const BYTES: OptionSpecs<BytesOptions> = { roots: oneOf('embedded', 'none') };

/** Options of `loadTrace`. */
export const LOAD: OptionSpecs<LoadOptions> = { damaged: oneOf('refuse', 'prefix') };
/** Options of `replayTrace`. */
export const REPLAY: OptionSpecs<ReplayTraceOptions> = {
  device: DEVICE,
  policy: ANY,
  maxBytes: COUNT,
  roots: { expected: 'a function that gives the bytes of a root', accepts: (value) => typeof value === 'function' },
  slack: { expected: 'a number from 0 on', accepts: (value) => typeof value === 'number' && value >= 0 },
};

/** Refuses what names no trace. */
export function checkTracePath(path: unknown): void {
  if (isText(path) || path instanceof Uint8Array) return;
  throw new AttributeError(
    `loadTrace: its path is ${describe(path)}; give the name of a file or its bytes: loadTrace('run.sqs.json').`,
    { path },
  );
}

/** Refuses what is no trace that was read. */
export function checkTrace(trace: unknown): void {
  if (
    isRecord(trace) &&
    ['events', 'annotations', 'roots'].every((name) => Array.isArray((trace as Record<string, unknown>)[name]))
  )
    return;
  throw new AttributeError(`replayTrace: ${describe(trace)} is no trace; give what loadTrace returned.`, { trace });
}

const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** Checks options and fills in what is left out. */
export function settleOptions(options: OpenOptions): Settings {
  checkOptions('open', options, OPEN);
  checkOptions('open: trace', options.trace ?? {}, TRACE);
  const named = options.devices && readDevices(options.devices);
  return {
    numerics: options.class ?? 'tolerance',
    cache: options.cache ?? 'on',
    budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
    gpuBudgetBytes: options.gpuBudgetBytes ?? DEFAULT_BUDGET_BYTES,
    tf: options.tf,
    devices: named?.names,
    ownDevices: named?.own ?? [],
    device: options.device,
    precision: options.precision,
    eager: options.eager ?? false,
    rewrites: options.rewrites ?? 'offer',
    policy: options.policy as LawSet,
    trace: options.trace ?? {},
    threads: options.threads,
  };
}

/** Checks the options of a view. */
export const checkViewOptions = (options: ViewOptions): void => checkOptions('with', options, VIEW);

/** Refuses options that are no object, a name that is not among the specs, and a value that its spec does not take. */
export function checkOptions<O extends object>(owner: string, options: O, specs: OptionSpecs<O>): void {
  const known = Object.keys(specs);
  if (!isRecord(options))
    throw new AttributeError(`${owner}: its options are ${describe(options)}; give an object of ${known.join(', ')}.`, {
      options,
    });
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(specs, name)) {
      const near = nearest(name, known);
      throw new AttributeError(
        `${owner}: there is no option "${name}"; ` +
          `${near === undefined ? 'known are' : `did you mean ${near}? Known are`} ${known.join(', ')}.`,
        { option: name, known },
      );
    }
    const { expected, accepts } = specs[name as keyof O];
    if (value !== undefined && !accepts(value))
      throw new AttributeError(`${owner}: ${name} is ${describe(value)}; use ${expected}.`, { option: name, value });
  }
}
