// Whether hashing operands pays: break-even between the price of a digest and what its hits save.
import type { CostTable } from '../backend/dispatch.ts';
import type { Expression } from '../expr/expression.ts';
import type { OpRow } from '../ops/define.ts';
import type { Elements } from '../tensor/elements.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';

/** Native BLAKE3 reads about 8 bytes a nanosecond; a call and its key cost about 2 µs. */
const HASH_BYTES_PER_NS = 8;
const HASH_CALL_NS = 2000;
/** Digests taken before the hit rate is believed, and how often a call is hashed all the same afterwards. */
const TRIAL = 8;
const PROBE_EVERY = 32;
const PROBE_EVERY_AT_MOST = 1024;

interface HitRate {
  hashed: number;
  hits: number;
  asked: number;
  /** The call at which a digest is taken although none should pay; further apart while none does. */
  probeAt: number;
}

/** Learns per op how often a content was known, and hashes only where p · T_compute exceeds T_hash. */
export class HashPricing {
  readonly #costs: CostTable;
  readonly #rates = new Map<OpRow, HitRate>();

  constructor(costs: CostTable) {
    this.#costs = costs;
  }

  /** Whether this op alone is dear enough that its bare operands are hashed before they are copied. */
  isDear(row: OpRow, bare: readonly Elements[]): boolean {
    const types = bare.map((elements) => tensorType(elements.dtype, elements.shape));
    return this.#pays(row, this.#costs.recallNs(row, types), types);
  }

  /** The dearest op among fresh expressions if hashing the roots under it pays, else undefined. */
  worthHashing(fresh: readonly Expression[], roots: readonly Expression[]): OpRow | undefined {
    let dearest: OpRow | undefined;
    let dearestNs = 0;
    let totalNs = 0;
    for (const { row, operands } of fresh) {
      if (row === undefined) continue;
      const ns = this.#costs.recallNs(row, operands.map((operand) => operand.type));
      totalNs += ns;
      if (ns >= dearestNs) [dearest, dearestNs] = [row, ns];
    }
    return dearest !== undefined && this.#pays(dearest, totalNs, roots.map((root) => root.type)) ? dearest : undefined;
  }

  /** Takes in whether a hashed content was known. Older experience fades. */
  saw(row: OpRow, known: boolean): void {
    const rate = this.#rate(row);
    rate.hashed++;
    if (known) rate.hits++;
    if (rate.hashed >= 64) [rate.hashed, rate.hits] = [rate.hashed / 2, rate.hits / 2];
  }

  #pays(row: OpRow, computeNs: number, types: readonly TensorType[]): boolean {
    const hashNs = types.reduce((sum, type) => sum + type.sizeBytes / HASH_BYTES_PER_NS + HASH_CALL_NS, 0);
    if (computeNs < hashNs) return false;
    const rate = this.#rate(row);
    rate.asked++;
    if (rate.hashed < TRIAL) return true;
    if (rate.asked >= rate.probeAt) {
      rate.probeAt = rate.asked + Math.min(PROBE_EVERY_AT_MOST, PROBE_EVERY + rate.asked);
      return true;
    }
    return (rate.hits / rate.hashed) * computeNs > hashNs;
  }

  #rate(row: OpRow): HitRate {
    let rate = this.#rates.get(row);
    if (rate === undefined) this.#rates.set(row, (rate = { hashed: 0, hits: 0, asked: 0, probeAt: PROBE_EVERY }));
    return rate;
  }
}
