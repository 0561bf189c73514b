// One stream of what happens in an engine. The trace is its first subscriber; the log, pages and users are others.
import type { Decision, DeviceEvent, NumericsClass, QuarantineEvent, TierEvent } from '../events.ts';
import type { Entry } from '../store/entry.ts';
import type { Value } from '../tensor/block.ts';
import type { RecordedCall, Recorder } from '../trace/recorder.ts';

/**
 * Who is told what happens. What it has no method for it is not told; its methods must not throw, and return at once.
 */
export interface Subscriber extends Partial<Recorder> {
  /** The store took a result. */
  kept?(entry: Entry): void;
  /** The store let a result go for want of room. */
  evicted?(entry: Entry): void;
  /** A store below RAM found or took a result, or failed. */
  tier?(event: Omit<TierEvent, 'kind'>): void;
  /** A device was lost, or is there again. */
  device?(event: Omit<DeviceEvent, 'kind'>): void;
  /** A result was found wrong. */
  quarantined?(event: Omit<QuarantineEvent, 'kind'>): void;
  warned?(line: string): void;
}

/** Tells every subscriber, in the order in which they came. No event is made for it: who wants one makes it. */
export class Events implements Recorder {
  #subscribers: readonly Subscriber[] = [];

  /** Adds a subscriber; returns what takes it out again. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers = [...this.#subscribers, subscriber];
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    };
  }

  program(call: RecordedCall, numerics: NumericsClass): void {
    for (const subscriber of this.#subscribers) subscriber.program?.(call, numerics);
  }

  annotate(
    call: RecordedCall,
    decision: Decision,
    device: string,
    startNs: number,
    elapsedNs: number,
    score: number,
    value?: Value,
  ): void {
    for (const subscriber of this.#subscribers)
      subscriber.annotate?.(call, decision, device, startNs, elapsedNs, score, value);
  }

  note(seq: number, text: string): void {
    for (const subscriber of this.#subscribers) subscriber.note?.(seq, text);
  }

  demanded(call: RecordedCall, value: Value): void {
    for (const subscriber of this.#subscribers) subscriber.demanded?.(call, value);
  }

  kept(entry: Entry): void {
    for (const subscriber of this.#subscribers) subscriber.kept?.(entry);
  }

  evicted(entry: Entry): void {
    for (const subscriber of this.#subscribers) subscriber.evicted?.(entry);
  }

  tier(event: Omit<TierEvent, 'kind'>): void {
    for (const subscriber of this.#subscribers) subscriber.tier?.(event);
  }

  device(event: Omit<DeviceEvent, 'kind'>): void {
    for (const subscriber of this.#subscribers) subscriber.device?.(event);
  }

  quarantined(event: Omit<QuarantineEvent, 'kind'>): void {
    for (const subscriber of this.#subscribers) subscriber.quarantined?.(event);
  }

  warned(line: string): void {
    for (const subscriber of this.#subscribers) subscriber.warned?.(line);
  }

  /** No more comes. */
  close(): void {
    for (const subscriber of this.#subscribers) subscriber.close?.();
    this.#subscribers = [];
  }
}

/** The subscriber that says every answer on a line, as SYMBOLIC_SHEET_LOG=1 asks for. */
export const answerLog = (say: (line: string) => void): Subscriber => ({
  annotate: ({ seq, row }, decision, device, _startNs, elapsedNs) =>
    say(
      `#${seq} ${row?.name ?? 'tensor'} ${decision}${device === '' ? '' : ` on ${device}`} in ` +
        `${(elapsedNs / 1e3).toFixed(1)} µs`,
    ),
});
