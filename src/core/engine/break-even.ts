// The sums behind keeping a result, for people: what computing it again would take against a look-up and its room.
import { ENTRY_BYTES, KEEPING_NS_PER_BYTE } from '../policy/admission.ts';
import type { Call } from './call.ts';
import type { Counters } from './counters.ts';
import type { Returns } from './returns.ts';

/** Nanoseconds, as they were measured or are reckoned with. Prints as a few words. */
export class BreakEven {
  /** Of computing the result, with what was computed for it. */
  readonly computeNs: number;
  /** Of a key and a look-up, in the mean. */
  readonly lookupNs: number;
  /** Of keeping it. */
  readonly keepNs: number;
  /** How often results of its kind come again, as far as is known by now. */
  readonly returns: number;

  constructor(call: Call, counters: Counters, returns: Returns) {
    this.computeNs = call.costNs;
    this.lookupNs = Math.round(counters.lookupNs / Math.max(1, counters.calls));
    this.keepNs = Math.round(KEEPING_NS_PER_BYTE * (call.type.sizeBytes + ENTRY_BYTES));
    this.returns = returns.learned(call);
  }

  toString(): string {
    const sums = `computing ${inUs(this.computeNs)}, a look-up ${inUs(this.lookupNs)}, keeping ${inUs(this.keepNs)}`;
    return `${sums}; comes again ${this.returns.toFixed(2)} ×`;
  }
}

const inUs = (ns: number): string => `${(ns / 1e3).toFixed(1)} µs`;
