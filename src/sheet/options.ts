// Options of a sheet and of a view of it, validated once.
import { AttributeError } from '../errors.ts';
import type { NumericsClass } from '../events.ts';
import type { Precision } from '../expr/expression.ts';
import type { TensorflowModule } from '../ops/tensorflow-module.ts';
import type { LawSet } from '../policy/laws.ts';

/** What `SymbolicSheet.open` takes. */
export interface OpenOptions {
  /** Bits a result may have: `tolerance` (default) any device within the op's bound, `exact` those of the numeric specification. */
  readonly class?: NumericsClass;
  /** `off`: nothing is reused and nothing kept. */
  readonly cache?: 'on' | 'off';
  /** Bytes the RAM store may hold. Default 1 GiB. */
  readonly budgetBytes?: number;
  /** Bytes of results and operands a GPU may hold; more go back to RAM. Default 1 GiB. */
  readonly gpuBudgetBytes?: number;
  /** A TensorFlow.js module to compute with, its backend set: `import * as tf from '@tensorflow/tfjs-core'`. */
  readonly tf?: TensorflowModule;
  /** The only devices to use, by name: `js`, `wasm`, `blas`, `webgpu`, `tensorflow`. Default all that are found. */
  readonly devices?: readonly string[];
  /** Computes on this one where it supports the op, as `with({ device })` does for a view. */
  readonly device?: string;
  /** `float16` lets a GPU round the factors of float32 products to half precision; sums stay float32. Default `float32`. */
  readonly precision?: Precision;
  /** Compute at once instead of on demand. */
  readonly eager?: boolean;
  /** Stability rewrites: apply them, offer them in `explain`, or leave forms as written. Default `offer`. */
  readonly rewrites?: 'apply' | 'offer' | 'off';
  /** Laws every operation and every hit must satisfy. */
  readonly policy?: LawSet;
  /** Where the live trace goes, what it digests, and how many events stay in memory. */
  readonly trace?: TraceOptions;
  /** Threads of the WASM device. Default the number of cores. */
  readonly threads?: number;
}

/** Options of the live trace. */
export interface TraceOptions {
  /** File the live trace is appended to. */
  readonly file?: string;
  /**
   * Which results get a digest. `affordable` (default): those that were read, where it takes at most 5 % of what computing
   * them took; `demanded`: all that were read; `full`: all that were computed; `none`.
   */
  readonly digests?: 'affordable' | 'demanded' | 'full' | 'none';
  /** Most events kept in memory; older blocks are dropped and counted. Default 250 000. */
  readonly maxEvents?: number;
}

/** What `sheet.with` takes: a view of the same sheet with other answers to these. */
export interface ViewOptions {
  /** Detaches this view's waits when it fires. */
  readonly signal?: AbortSignal;
  readonly class?: NumericsClass;
  /** Computes on this device where it supports the op. */
  readonly device?: string;
  readonly cache?: 'on' | 'off';
  /** What float32 products of this view may be computed in. */
  readonly precision?: Precision;
}

/** Settled options. */
export interface Settings {
  readonly numerics: NumericsClass;
  readonly cache: 'on' | 'off';
  readonly budgetBytes: number;
  readonly gpuBudgetBytes: number;
  readonly tf: TensorflowModule | undefined;
  readonly devices: readonly string[] | undefined;
  readonly device: string | undefined;
  readonly precision: Precision | undefined;
  readonly eager: boolean;
  readonly rewrites: 'apply' | 'offer' | 'off';
  readonly policy: LawSet;
  readonly trace: TraceOptions;
  readonly threads: number | undefined;
}

const CHOICES = { class: ['tolerance', 'exact'], cache: ['on', 'off'], rewrites: ['apply', 'offer', 'off'], precision: ['float32', 'float16'] } as const;
const KNOWN = new Set(['class', 'cache', 'budgetBytes', 'devices', 'eager', 'rewrites', 'policy', 'trace', 'threads', 'gpuBudgetBytes', 'tf', 'device', 'precision']);
const KNOWN_OF_VIEWS = new Set(['class', 'cache', 'device', 'signal', 'precision']);
const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** Checks options and fills in what is left out. */
export function settleOptions(options: OpenOptions): Settings {
  checkNames('open', options, KNOWN);
  return {
    numerics: options.class ?? 'tolerance', cache: options.cache ?? 'on', budgetBytes: positive('budgetBytes', options.budgetBytes ?? DEFAULT_BUDGET_BYTES),
    gpuBudgetBytes: positive('gpuBudgetBytes', options.gpuBudgetBytes ?? DEFAULT_BUDGET_BYTES), tf: options.tf,
    devices: options.devices, device: deviceName('open', options.device), precision: options.precision, eager: options.eager ?? false, rewrites: options.rewrites ?? 'offer', policy: options.policy ?? {},
    trace: options.trace ?? {}, threads: options.threads === undefined ? undefined : positive('threads', options.threads),
  };
}

/** Checks the options of a view: unknown names, values that are none of the choices, a signal that is none. */
export function checkViewOptions(options: ViewOptions): void {
  checkNames('with', options, KNOWN_OF_VIEWS);
  const { signal } = options;
  deviceName('with', options.device);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new AttributeError('with: signal is no AbortSignal; give that of an AbortController.', { option: 'signal' });
}

function deviceName(owner: string, device: string | undefined): string | undefined {
  if (device === undefined || typeof device === 'string') return device;
  throw new AttributeError(`${owner}: device is ${String(device)}; give the name of one in sheet.devices().`, { option: 'device', value: device });
}

function checkNames(owner: string, options: OpenOptions | ViewOptions, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!known.has(name)) throw new AttributeError(`${owner}: there is no option "${name}"; known are ${[...known].join(', ')}.`, { option: name });
    const choices = (CHOICES as Partial<Record<string, readonly unknown[]>>)[name];
    if (choices === undefined || value === undefined || choices.includes(value)) continue;
    throw new AttributeError(`${owner}: ${name} is "${String(value)}"; use one of ${choices.join(', ')}.`, { option: name, value });
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new AttributeError(`open: ${name} is ${value}; use a positive integer.`, { option: name, value });
}
