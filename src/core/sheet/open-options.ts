// Options of `open`, validated once. Loaded when a sheet is opened.
import type { Device } from '../device/device.ts';
import type { Settings, TraceOptions, VerifyOptions } from '../engine/settings.ts';
import type { NumericsClass } from '../events.ts';
import type { TensorflowModule } from '../ops/mapping/tensorflow-module.ts';
import type { LawSet } from '../policy/laws.ts';
import type { Store } from '../store/store.ts';
import type { Precision } from '../tensor/dtype.ts';
import {
  ANY,
  checkOptions,
  COUNT,
  FLAG,
  isObject,
  isText,
  oneOf,
  type OptionSpec,
  type OptionSpecs,
  SHARED,
} from './options.ts';
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
  /** How often results that are found are checked before they are used (docs/guides/reuse.md). */
  readonly verify?: VerifyOptions;
}

const isStore = (value: unknown): boolean =>
  isObject(value) &&
  ['peek', 'get', 'put', 'stats', 'close'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function',
  );

const THREADS: OptionSpec = {
  expected: 'an integer from 1 to 256; more than there are cores gain nothing',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 256,
};
const DEVICES: OptionSpec = {
  expected: "a list of at least one name, as ['wasm', 'js'], or device of your own",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => isText(each) || isObject(each)),
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
  accepts: (value) => isObject(value) || typeof value === 'function',
};
const FILE: OptionSpec = { expected: 'the path of a file', accepts: isText };
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
  trace: { expected: "an object, as { file: 'run.sqs' }", accepts: isObject },
  verify: { expected: 'an object, as { rate: 0.1 }', accepts: isObject },
};
const TRACE: OptionSpecs<TraceOptions> = {
  file: FILE,
  digests: oneOf('affordable', 'demanded', 'full', 'none'),
  maxEvents: COUNT,
};
const VERIFY: OptionSpecs<VerifyOptions> = {
  rate: {
    expected: 'a share of hits from 0 to 1',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
};
const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** Checks options and fills in what is left out. */
export function settleOptions(options: OpenOptions): Settings {
  checkOptions('open', options, OPEN);
  checkOptions('open: trace', options.trace ?? {}, TRACE);
  checkOptions('open: verify', options.verify ?? {}, VERIFY);
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
    verify: options.verify ?? {},
  };
}
