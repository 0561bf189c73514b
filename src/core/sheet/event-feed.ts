// Events for a user: an asynchronous iteration that never slows the sheet. What it cannot hold is dropped, and counted
// where it was.
import type { Events, Subscriber } from '../engine/events.ts';
import type { SheetEvent } from '../events.ts';
import { isExactIn } from '../expr/node.ts';
import type { Entry } from '../store/entry.ts';
import type { RecordedCall } from '../trace/recorder.ts';
import { ROOT_NAME } from '../trace/records.ts';

/** Events that wait for a slow reader at most; more of them drop the oldest. */
const DEFAULT_LIMIT = 10_000;

/** What `sheet.events` takes. */
export interface EventOptions {
  /** Events that wait at most for who reads them. Default 10 000. */
  readonly limit?: number;
}

/** A subscription: ends when the sheet is closed, or when the loop over it is left. */
export class EventFeed implements AsyncIterableIterator<SheetEvent> {
  readonly #limit: number;
  readonly #unsubscribe: () => void;
  #waiting: SheetEvent[] = [];
  /** Where the oldest waiting event lies. */
  #at = 0;
  #dropped = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** @internal */
  constructor(events: Events, { limit = DEFAULT_LIMIT }: EventOptions) {
    this.#limit = limit;
    this.#unsubscribe = events.subscribe(
      asEvents(
        (event) => this.#take(event),
        () => this.#end(),
      ),
    );
  }

  /** Events that were dropped and not told of yet. */
  get dropped(): number {
    return this.#dropped;
  }

  async next(): Promise<IteratorResult<SheetEvent, undefined>> {
    while (this.#at === this.#waiting.length && this.#dropped === 0) {
      if (this.#isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      return { done: false, value: { kind: 'dropped', count } };
    }
    return { done: false, value: this.#shift() };
  }

  /** Ends the subscription; what still waits is dropped. */
  async return(): Promise<IteratorResult<SheetEvent, undefined>> {
    this.#end();
    [this.#waiting, this.#at, this.#dropped] = [[], 0, 0];
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(event: SheetEvent): void {
    if (this.#waiting.length - this.#at >= this.#limit) {
      this.#shift();
      this.#dropped++;
    }
    this.#waiting.push(event);
    this.#wake?.();
  }

  #shift(): SheetEvent {
    const event = this.#waiting[this.#at++]!;
    // A list is shortened now and then, not for each event.
    if (this.#at >= 1024 && this.#at * 2 >= this.#waiting.length)
      [this.#waiting, this.#at] = [this.#waiting.slice(this.#at), 0];
    return event;
  }

  #end(): void {
    this.#isOver = true;
    this.#unsubscribe();
    this.#wake?.();
  }
}

/** A subscriber that makes an event of everything it is told. */
const asEvents = (take: (event: SheetEvent) => void, close: () => void): Subscriber => ({
  program: (call) => take({ kind: 'call', ...programEventOf(call) }),
  annotate: ({ seq, row, type }, decision, device, startNs, elapsedNs, score) =>
    take({
      kind: 'answer',
      seq,
      op: row?.name ?? ROOT_NAME,
      decision,
      device,
      startNs,
      elapsedNs,
      sizeBytes: type.sizeBytes,
      score,
    }),
  note: (seq, text) => take({ kind: 'note', seq, text }),
  kept: (entry) => take({ kind: 'keep', ...keptEventOf(entry) }),
  evicted: (entry) => take({ kind: 'evict', ...keptEventOf(entry) }),
  tier: (event) => take({ kind: 'tier', ...event }),
  quarantined: (event) => take({ kind: 'quarantine', ...event }),
  device: (event) => take({ kind: 'device', ...event }),
  warned: (text) => take({ kind: 'warn', text }),
  close,
});

const keptEventOf = ({
  op,
  device,
  value,
  costNs,
}: Entry): Omit<Extract<SheetEvent, { kind: 'keep' | 'evict' }>, 'kind'> => ({
  op,
  device,
  sizeBytes: value.type.sizeBytes,
  costNs,
});

const programEventOf = ({
  seq,
  row,
  attributes,
  operands,
  type,
  semantics,
}: RecordedCall): Omit<Extract<SheetEvent, { kind: 'call' }>, 'kind'> => ({
  seq,
  op: row?.name ?? ROOT_NAME,
  version: row?.version ?? 1,
  attrs: attributes.values,
  operands: operands.map((operand) => operand.seq),
  dtype: type.dtype,
  shape: type.shape,
  numerics: isExactIn(semantics) ? 'exact' : 'tolerance',
});
