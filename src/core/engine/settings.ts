// What an engine was opened with, checked and completed.
import type { Device } from '../device/device.ts';
import type { NumericsClass } from '../events.ts';
import type { TensorflowModule } from '../ops/mapping/tensorflow-module.ts';
import type { LawSet } from '../policy/laws.ts';
import type { Precision } from '../tensor/dtype.ts';

/** Options of the live trace. */
export interface TraceOptions {
  /** File the live trace is appended to. */
  readonly file?: string;
  /**
   * Which results get a digest. `affordable` (default): those that were read, where it takes at most 5 % of what
   * computing them took; `demanded`: all that were read; `full`: all that were computed; `none`.
   */
  readonly digests?: 'affordable' | 'demanded' | 'full' | 'none';
  /** Most events kept in memory; older blocks are dropped and counted. Default 250 000. */
  readonly maxEvents?: number;
}

/** Whether results that are found are checked. */
export interface VerifyOptions {
  /**
   * Share of hits that are checked, from 0 (none) to 1 (each), whatever that takes. Left out: one in a hundred of those
   * kept here, one in ten of those that others computed, in one hundredth of the time.
   */
  readonly rate?: number;
}

/** Settled options. */
export interface Settings {
  readonly numerics: NumericsClass;
  readonly cache: 'on' | 'off';
  readonly budgetBytes: number;
  readonly gpuBudgetBytes: number;
  readonly tf: TensorflowModule | undefined;
  /** Names of the only devices to use. */
  readonly devices: readonly string[] | undefined;
  /** Those of them that are the program's own. */
  readonly ownDevices: readonly Device[];
  readonly device: string | undefined;
  readonly precision: Precision | undefined;
  readonly eager: boolean;
  readonly rewrites: 'apply' | 'offer' | 'off';
  /** As it was given until `readLaws` has checked and copied it. */
  readonly policy: LawSet;
  readonly trace: TraceOptions;
  readonly threads: number | undefined;
  readonly verify: VerifyOptions;
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
