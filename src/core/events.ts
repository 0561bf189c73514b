// The events of a sheet: what was asked (program) and how it was answered (annotation). Types only.

/** How an operation was answered. */
export type Decision = 'computed' | 'hit' | 'part' | 'bypass' | 'denied' | 'failed' | 'pending';

/** The numeric contract of a result (docs/format/numerics.md). */
export type NumericsClass = 'tolerance' | 'exact';

/** One operation as asked: deterministic for a program. Operand and result ids are sequence numbers. */
export interface ProgramEvent {
  readonly seq: number;
  readonly op: string;
  readonly version: number;
  /** Canonical attribute values. */
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly operands: readonly number[];
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly numerics: NumericsClass;
}

/** How one operation was answered; seq refers to the program event. */
export interface Annotation {
  readonly seq: number;
  readonly decision: Decision;
  readonly device: string;
  /** Start, from the opening of the sheet. */
  readonly startNs: number;
  readonly elapsedNs: number;
  readonly sizeBytes: number;
  readonly score: number;
  /** BLAKE3-256 of the bytes, where they were demanded or the trace is full. */
  readonly digest?: Uint8Array;
  /** Sketch of the values in class tolerance: count, maxAbs, sum, sum of squares, 8 projections. */
  readonly sketch?: Float64Array;
  readonly note?: string;
}

/** A result that is kept, or leaves the store. */
interface KeptEvent {
  readonly kind: 'keep' | 'evict';
  readonly op: string;
  readonly device: string;
  readonly sizeBytes: number;
  /** What it cost to compute, with what was computed for it. */
  readonly costNs: number;
}

/** What a store below RAM did: it had a result, took one, or failed to do either. */
export interface TierEvent {
  readonly kind: 'tier';
  readonly action: 'found' | 'written' | 'corrupt' | 'failed' | 'late' | 'refused';
  /** The op of the result; undefined where that is not known. */
  readonly op?: string;
  readonly sizeBytes?: number;
  /** What went wrong. */
  readonly detail?: string;
}

/** What became of a device. */
export interface DeviceEvent {
  readonly kind: 'device';
  readonly device: string;
  readonly state: 'lost' | 'opened again' | 'given up';
  readonly detail: string;
}

/** A result that was found wrong, and is computed again. */
export interface QuarantineEvent {
  readonly kind: 'quarantine';
  readonly op: string;
  /** The device that computed it, as far as is known. */
  readonly device: string;
  /** Where it was: in RAM, in a store of this machine or one that is shared; `computed`: nowhere, it was new. */
  readonly source: 'ram' | 'disk' | 'shared' | 'computed';
  /** What was wrong. */
  readonly detail: string;
  /** Kept results that were made of it, which went with it. */
  readonly derived: number;
}

/**
 * What happens in a sheet, in order, as subscribers get it. `call`: an operation was admitted; `answer`: how it was
 * answered; `note`: what its text does not say, as a route; `keep` and `evict`: what the RAM store takes and lets go;
 * `tier`: what the stores below RAM have, take and fail in; `quarantine`: a result was wrong; `device`: a device is
 * lost, or there again; `warn`: a line to the person who runs the program; `dropped`: so many events were lost here,
 * because the subscriber read too slowly.
 */
export type SheetEvent =
  | ({ readonly kind: 'call' } & ProgramEvent)
  | ({ readonly kind: 'answer'; readonly op: string } & Omit<Annotation, 'digest' | 'sketch' | 'note'>)
  | { readonly kind: 'note'; readonly seq: number; readonly text: string }
  | KeptEvent
  | TierEvent
  | DeviceEvent
  | QuarantineEvent
  | { readonly kind: 'warn'; readonly text: string }
  | { readonly kind: 'dropped'; readonly count: number };
