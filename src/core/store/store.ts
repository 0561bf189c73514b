// Stores: results by portable key, as bytes named by their digest. They lie below the live values of an engine, which
// are in node-store.ts: on a disk, with other sheets, on a network. plain-store.ts is the specification.
import type { Key } from '../fingerprint/key.ts';

export type { Key } from '../fingerprint/key.ts';

/** Elements that a store has and reads when somebody needs them. They may be gone by then: that is a miss. */
export interface StoredElements {
  readonly sizeBytes: number;
  /** The elements, as `Stored.elements` has them; undefined where they cannot be had any more, or are not whole. */
  read(): Promise<Uint8Array | undefined>;
  /** The same on this thread; a store without it cannot. */
  readNow?(): Uint8Array | undefined;
}

/** A result that left its process. */
export interface Stored {
  /** The key it was put under: an answer that names another is none. */
  readonly key: Key;
  /** Name of the dtype; its identity (docs/format/fingerprint.md, section 4) where a program has defined it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Content id of dtype, shape and elements, in hexadecimal digits: what the elements are checked against. */
  readonly digest: string;
  /** The row-major elements, little-endian, which nobody writes to any more; or what reads them. */
  readonly elements: Uint8Array | StoredElements;
  /** Whether the elements are, or are read as, bytes in a buffer of their own that nobody else has. */
  readonly isFresh?: boolean;
  /**
   * Whether elements are the very array that this answer gave, and the store has found whole by means of its own: a
   * checksum against damage. Without it, and where it says no, they are checked against the digest.
   */
  isWhole?(elements: Uint8Array): boolean;
  /** Bits of the facts that were found of the elements (`FACT`). */
  readonly facts: number;
  readonly costs: StoredCosts;
  /** The device that computed it. */
  readonly producer: string;
  /** Which of the stores of a sheet gave it; written by the sheet. */
  readonly from?: StoreSource;
}

/** Which store gave a result. */
export interface StoreSource {
  /** Its place among the stores of a sheet. */
  readonly at: number;
  /** On this machine, or where others write too. */
  readonly kind: 'disk' | 'shared';
}

/** What a result took to compute, in nanoseconds. */
export interface StoredCosts {
  /** Of it and of what was computed for it. */
  readonly pathNs: number;
  /** Of it alone. */
  readonly ownNs: number;
}

/** How much a result is worth keeping. */
export interface Worth {
  /** Nanoseconds that a hit saves. */
  readonly costNs: number;
  /** In [0, 1]; docs/score.md. */
  readonly score: number;
}

/** What a store holds, as far as it knows. */
export interface StoreStats {
  readonly entries: number;
  readonly sizeBytes: number;
}

/**
 * Results by key. Two planes: `peek` answers from memory at once; `get` may go to a disk or a network. A store may
 * refuse what is put, and forget it at any time; what it answers is what was put, whole.
 */
export interface Store {
  /** Whether its look-ups wait for nothing but this machine: nobody has to watch how long they take. */
  readonly isPrompt?: boolean;
  /** What is in memory now. It never waits and never throws. */
  peek(key: Key): Stored | undefined;
  /**
   * What it has; undefined as soon as `signal` fires. `costNs`: what computing it should take, where that is known; a
   * store whose answer takes longer need not look.
   */
  get(key: Key, signal?: AbortSignal, costNs?: number): Promise<Stored | undefined>;
  /** Offers a result; returns at once. */
  put(key: Key, value: Stored, worth: Worth): void;
  stats(): StoreStats;
  /**
   * Says that a key is about to be computed, which takes about so long, and waits no longer than that while another
   * process is at it. Answers whether the result may be there now.
   */
  claim?(key: Key, ms: number): Promise<boolean>;
  /** What it gave under a key was damaged: it is not given again, and a later put is not taken for the same. */
  discard?(key: Key): void;
  /** Resolves when what was put so far survives what the store promises; a store without it keeps at once, or never. */
  flush?(): Promise<void>;
  /** Ends it, once what it took is where it belongs. */
  close(): Promise<void>;
}

/** Something that a wrapper met and made a miss of. */
export interface StoreTrouble {
  /**
   * `corrupt`: bytes that are not those of their digest; `failed`: it threw; `late`: no answer in time; `refused`:
   * whole, but by nobody who is trusted.
   */
  readonly kind: 'corrupt' | 'failed' | 'late' | 'refused';
  /** Why it was refused. */
  readonly reason?: string;
  /** Undefined where no key was asked for: a store that fails to close. */
  readonly key: Key | undefined;
  readonly detail: string;
}

/** Is told of trouble. */
export type TellTrouble = (trouble: StoreTrouble) => void;

/** The elements of a result, read where they were not; undefined where they cannot be. */
export const elementsOfStored = async ({ elements }: Stored): Promise<Uint8Array | undefined> =>
  elements instanceof Uint8Array ? elements : elements.read();

/** A result whose elements are still to be read, with something done to them when they are; others as they are. */
export function onReading(
  stored: Stored,
  read: (pending: Promise<Uint8Array | undefined>) => Promise<Uint8Array | undefined>,
  readNow: (run: () => Uint8Array | undefined) => Uint8Array | undefined,
): Stored {
  const { elements } = stored;
  if (elements instanceof Uint8Array) return stored;
  return {
    ...stored,
    elements: {
      sizeBytes: elements.sizeBytes,
      // A store written as a plain function throws where it should have rejected.
      read: () => read((async () => elements.read())()),
      ...(elements.readNow !== undefined && { readNow: () => readNow(() => elements.readNow?.()) }),
    },
  };
}

/** Bytes of the elements, wherever they lie. */
export const storedBytes = ({ elements }: Stored): number =>
  elements instanceof Uint8Array ? elements.byteLength : elements.sizeBytes;

/** A store with some of its members replaced: what a wrapper is. */
export const wrap = (store: Store, changes: Partial<Store>): Store => ({
  isPrompt: store.isPrompt === true,
  peek: (key) => store.peek(key),
  get: (key, signal, costNs) => store.get(key, signal, costNs),
  put: (key, value, worth) => store.put(key, value, worth),
  stats: () => store.stats(),
  claim: async (key, ms) => (await store.claim?.(key, ms)) === true,
  discard: (key) => store.discard?.(key),
  flush: async () => store.flush?.(),
  close: () => store.close(),
  ...changes,
});

/** What a promise answers, or undefined as soon as the signal fires; what comes later is let go. */
export function untilAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
