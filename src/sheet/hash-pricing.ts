// Whether hashing bare operands pays: break-even between the price of a digest and what its hits save.
import type { OpRow } from '../ops/define.ts';
import type { TensorType } from '../tensor/type.ts';
import type { CostTable } from '../backend/dispatch.ts';

/** Native BLAKE3 reads about 8 bytes a nanosecond; a call and its key cost about 2 µs. */
const HASH_BYTES_PER_NS = 8;
const HASH_CALL_NS = 2000;
/** Digests taken before the hit rate is believed, and how often a call is hashed all the same afterwards. */
const TRIAL = 8;
const PROBE_EVERY = 32;

interface HitRate {
  hashed: number;
  hits: number;
  calls: number;
}

/** Learns per op how often a content was known, and hashes only where p · T_compute exceeds T_hash. */
export class HashPricing {
  readonly #rates = new Map<OpRow, HitRate>();

  /** Whether the operands of this call should be hashed. */
  pays(row: OpRow, types: readonly TensorType[], costs: CostTable): boolean {
    const rate = this.#rate(row);
    rate.calls++;
    const sizeBytes = types.reduce((sum, type) => sum + type.sizeBytes, 0);
    const hashNs = sizeBytes / HASH_BYTES_PER_NS + HASH_CALL_NS * types.length;
    const computeNs = costs.recallNs(row, types);
    if (computeNs < hashNs) return false;
    if (rate.hashed < TRIAL || rate.calls % PROBE_EVERY === 0) return true;
    return (rate.hits / rate.hashed) * computeNs > hashNs;
  }

  /** Takes in whether a hashed operand was known. Older experience fades. */
  saw(row: OpRow, known: boolean): void {
    const rate = this.#rate(row);
    rate.hashed++;
    if (known) rate.hits++;
    if (rate.hashed >= 64) [rate.hashed, rate.hits] = [rate.hashed / 2, rate.hits / 2];
  }

  #rate(row: OpRow): HitRate {
    let rate = this.#rates.get(row);
    if (rate === undefined) this.#rates.set(row, (rate = { hashed: 0, hits: 0, calls: 0 }));
    return rate;
  }
}
