// What a remote tier asks of a service: bytes by name, and nothing else.
import { SheetError, UnavailableError } from '../../kit.ts';

/** How bytes are put: where none of that name are, or in any case. */
export type PutMode = 'if-absent' | 'replace';

/**
 * Bytes by name at a service. All of it may reject, with an UnavailableError whose `details.isTransient` says whether
 * another try may succeed. Nothing that comes back is believed.
 */
export interface Blobs {
  /** The service, for messages; without credentials. */
  readonly place: string;
  /** The bytes of a name, `maxBytes` at most; undefined where there are none. More of them are a LimitError. */
  get(name: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Puts bytes, for so many milliseconds where the service forgets by itself. */
  put(name: string, bytes: Uint8Array, how: PutOptions, signal: AbortSignal): Promise<'stored' | 'exists'>;
  /** Throws the connection away where it is the tier's own: what comes over it is out of order. */
  reset(): void;
  close(): Promise<void>;
}

interface PutOptions {
  readonly mode: PutMode;
  readonly ttlMs: number;
}

/** A service that did not do what it was asked. */
export const unavailable = (place: string, why: string, isTransient: boolean, cause?: unknown): UnavailableError =>
  new UnavailableError(`${place}: ${why}.`, { place, isTransient }, { cause });

/** Whether another try may succeed. */
export const isTransient = (error: unknown): boolean =>
  error instanceof SheetError && error.details['isTransient'] === true;
