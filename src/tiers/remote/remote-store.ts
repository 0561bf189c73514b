// A store at a service on a network: what one machine computed, another finds. Whatever the service does, a look-up
// ends in time and what it gives was checked; a service that fails is left alone for a while.
import {
  type Key,
  LimitError,
  type Store,
  type Stored,
  type StoreStats,
  type TellTrouble,
  type Worth,
} from '../../kit.ts';
import type { Blobs } from './blobs.ts';
import { Breaker, type Leave } from './breaker.ts';
import { RemoteCounters, type RemoteFigures } from './figures.ts';
import { type Reading, RemoteResults, type ResultsOptions } from './results.ts';
import { retried } from './within.ts';
import { within } from './within.ts';
import type { RemoteWorld } from './world.ts';
import { type WritableResult, WriteBehind } from './write-behind.ts';

export interface RemoteStoreOptions extends ResultsOptions {
  /** A look-up that takes longer is a miss. */
  readonly deadlineMs: number;
  /** A write that takes longer is given up. */
  readonly writeDeadlineMs: number;
  readonly retries: number;
  /** What takes less to compute is neither written nor asked for: an answer takes about as long. */
  readonly leastNs: number;
  /** Results that wait to be written have so many bytes at most. */
  readonly maxWaitingBytes: number;
  readonly tell: TellTrouble;
}

/** The first pause before another try is a random share of it. */
const RETRY_MS = 8;
/** Keys of results that are wrong at the service, and are written over when they were computed again. */
const MAX_WRONG = 4096;

export class RemoteStore implements Store {
  readonly #world: RemoteWorld;
  readonly #options: RemoteStoreOptions;
  readonly #blobs: Blobs;
  readonly #results: RemoteResults;
  readonly #counters = new RemoteCounters();
  readonly #reads: Breaker;
  readonly #writes: Breaker;
  readonly #queue: WriteBehind;
  readonly #wrong = new Set<Key>();
  #writtenEntries = 0;
  #writtenBytes = 0;
  #isClosed = false;

  constructor(blobs: Blobs, options: RemoteStoreOptions, world: RemoteWorld) {
    this.#world = world;
    this.#options = options;
    const onRetry = (): void => this.#counters.add('retries');
    this.#blobs = retried(blobs, world, { retries: options.retries, baseMs: RETRY_MS, onRetry });
    this.#results = new RemoteResults(this.#blobs, options, world);
    const onOpen = (): void => {
      this.#counters.add('openings');
      blobs.reset();
    };
    this.#reads = new Breaker(world, onOpen);
    this.#writes = new Breaker(world, onOpen);
    this.#queue = new WriteBehind(options.maxWaitingBytes, (result) => this.#write(result));
  }

  /** The service, for messages. */
  get place(): string {
    return this.#blobs.place;
  }

  /** What was put and is not written yet: a network is not memory. */
  peek(key: Key): Stored | undefined {
    return this.#queue.peek(key);
  }

  /**
   * Never rejects. A miss while the service is left alone; nobody waits for the one try that then looks whether it is
   * back.
   */
  async get(key: Key, signal?: AbortSignal, costNs = Infinity): Promise<Stored | undefined> {
    const waiting = this.peek(key);
    if (waiting !== undefined || this.#isClosed || signal?.aborted === true) return waiting;
    // What is that cheap nobody has written.
    if (costNs < this.#options.leastNs) return undefined;
    const pass = this.#reads.admit();
    if (pass === undefined) this.#counters.add('skipped');
    if (pass?.isProbe !== true) return pass && this.#look(key, pass, signal);
    void this.#look(key, pass, undefined);
    return undefined;
  }

  put(key: Key, stored: Stored, { costNs }: Worth): void {
    const { writer, leastNs, maxBytes } = this.#options;
    const { elements } = stored;
    // What lies on a device comes again when it has come to RAM.
    if (writer === undefined || this.#isClosed || costNs < leastNs || !(elements instanceof Uint8Array)) return;
    if (elements.length > maxBytes || !this.#queue.put({ stored: { ...stored, key }, elements }))
      this.#counters.add('dropped');
  }

  /** What was given under a key was damaged: it is written over when it was computed again. */
  discard(key: Key): void {
    if (this.#wrong.size >= MAX_WRONG) this.#wrong.clear();
    this.#wrong.add(key);
  }

  /** What was written by this process, and what waits to be: nobody counts what the service has. */
  stats(): StoreStats {
    const { entries, sizeBytes } = this.#queue;
    return { entries: this.#writtenEntries + entries, sizeBytes: this.#writtenBytes + sizeBytes };
  }

  /** How the service was asked, and what it did. */
  figures(): RemoteFigures {
    return this.#counters.figures();
  }

  /** Resolves when what was put so far is at the service, or was given up. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.flush();
    await within(this.#world, this.#options.deadlineMs, undefined, () => this.#blobs.close()).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #look(key: Key, pass: Leave, signal: AbortSignal | undefined): Promise<Stored | undefined> {
    try {
      const look = (ends: AbortSignal): Promise<Reading> => this.#results.read(key, ends);
      const reading = await within(this.#world, this.#options.deadlineMs, signal, look);
      if (reading !== undefined) return this.#answer(key, pass, reading);
      this.#reads.abandoned(pass);
    } catch (error) {
      this.#fail(this.#reads, pass, key, error);
    }
    return undefined;
  }

  #answer(key: Key, pass: Leave, reading: Reading): Stored | undefined {
    if (reading.kind === 'corrupt') this.#reads.failed(pass, 'failed');
    else this.#reads.succeeded(pass);
    if (reading.kind === 'found') {
      this.#counters.add('hits');
      return reading.stored;
    }
    this.#counters.add('misses');
    if (reading.kind === 'missing' && !reading.isDangling) return undefined;
    this.discard(key);
    if (reading.kind === 'corrupt') {
      this.#counters.add('corrupt');
      this.#options.tell({ kind: 'corrupt', key, detail: `${this.place}: ${reading.detail}` });
    }
    if (reading.kind === 'refused') {
      const { why, signer } = reading;
      this.#counters.refuse(why);
      this.#options.tell({ kind: 'refused', key, reason: why, detail: `${this.place}: ${SAID[why]} (${signer})` });
    }
    return undefined;
  }

  /** Never rejects. */
  async #write(result: WritableResult): Promise<void> {
    const { key } = result.stored;
    const pass = this.#writes.admit();
    if (pass === undefined) return this.#counters.add('skipped');
    try {
      const mode = this.#wrong.has(key) ? 'replace' : 'if-absent';
      const write = (ends: AbortSignal): Promise<'written' | 'present'> => this.#results.write(result, mode, ends);
      const outcome = await within(this.#world, this.#options.writeDeadlineMs, undefined, write);
      this.#writes.succeeded(pass);
      this.#wrong.delete(key);
      this.#writtenEntries++;
      this.#writtenBytes += result.elements.length;
      this.#counters.add(outcome ?? 'present');
    } catch (error) {
      this.#fail(this.#writes, pass, key, error);
    }
  }

  #fail(breaker: Breaker, pass: Leave, key: Key, error: unknown): void {
    const kind = error instanceof LimitError && error.details['deadlineMs'] !== undefined ? 'late' : 'failed';
    breaker.failed(pass, kind);
    this.#counters.add(kind);
    const detail = error instanceof Error ? error.message : String(error);
    this.#options.tell({ kind, key, detail: kind === 'late' ? `${this.place}: ${detail}` : detail });
  }
}

const SAID = {
  unsigned: 'a result is not signed',
  'unknown-key': 'a result is signed by a key that is not trusted',
  'wrong-scope': 'a result is signed by a key that is not trusted in its scope',
  'bad-signature': 'a signature is not that of the result',
  'earlier-epoch': 'a result was signed in an earlier epoch',
  expired: 'a result has expired',
} as const;
