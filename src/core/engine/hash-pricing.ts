// Whether hashing operands pays: break-even between the price of a digest and what its hits save.
import type { CostTable } from '../device/costs.ts';
import type { Call } from './call.ts';
import type { OpRow } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { Elements } from '../tensor/elements.ts';
import { Ghosts } from './ghosts.ts';

/** Native BLAKE3 reads about 8 bytes a nanosecond; a call and its key cost about 2 µs. */
const HASH_BYTES_PER_NS = 8;
const HASH_CALL_NS = 2000;
/** Digests taken before a hit rate is believed. */
const TRIAL = 8;
/** Experience is halved at this many digests, so that a program may change its ways. */
const FADE = 64;

interface HitRate {
  hashed: number;
  hits: number;
}

/**
 * Learns per op how often a content was known, and hashes where p · T_compute exceeds T_hash. Where nothing was known
 * so far, arrays pass unhashed and leave a ghost; one that meets its ghost is hashed after all.
 */
export class HashPricing {
  readonly #costs: CostTable;
  readonly #rates = new Map<OpRow, HitRate>();
  /** How often hashing on the word of a ghost found something. */
  readonly #ghostRate: HitRate = { hashed: 0, hits: 0 };
  readonly #ghosts = new Ghosts();
  #onGhost = false;

  constructor(costs: CostTable) {
    this.#costs = costs;
  }

  /** Whether this op alone costs enough that its bare operands are hashed before they are copied. */
  isCostly(row: OpRow, bare: readonly Elements[]): boolean {
    let elements = 0;
    for (const { array } of bare) elements += array.length;
    return this.#pays(
      row,
      this.#costs.recallNs(row, elements),
      bare.map(({ array }) => array),
    );
  }

  /**
   * The costliest op among fresh calls if hashing the roots among them that `isWanted` picks pays, else undefined.
   */
  worthHashing(fresh: readonly Call[], isWanted: (root: Call) => boolean): OpRow | undefined {
    let costliest: OpRow | undefined;
    let costliestNs = 0;
    let totalNs = 0;
    let hashNs = 0;
    for (const call of fresh) {
      const { row } = call;
      if (row === undefined) {
        if (isWanted(call)) hashNs += hashingNs(call.type.sizeBytes);
        continue;
      }
      const ns = this.#costs.recallNs(row, elementsUnder(call));
      totalNs += ns;
      if (ns < costliestNs) continue;
      costliest = row;
      costliestNs = ns;
    }
    if (costliest === undefined || hashNs === 0 || totalNs < hashNs) return undefined;
    return this.#pays(
      costliest,
      totalNs,
      fresh.filter(isWanted).map((root) => (root.value as Value).array),
    )
      ? costliest
      : undefined;
  }

  /** Takes in whether a hashed content was known. */
  saw(row: OpRow, known: boolean): void {
    note(this.#rate(row), known);
    if (this.#onGhost) note(this.#ghostRate, known);
  }

  #pays(row: OpRow, computeNs: number, arrays: readonly TypedArray[]): boolean {
    const hashNs = arrays.reduce((sum, array) => sum + hashingNs(array.byteLength), 0);
    this.#onGhost = false;
    if (computeNs < hashNs) return false;
    const rate = this.#rate(row);
    if (rate.hashed < TRIAL || (rate.hits / rate.hashed) * computeNs > hashNs) return true;
    this.#onGhost = arrays.map((array) => this.#ghosts.passed(array)).includes(true);
    return (
      this.#onGhost &&
      (this.#ghostRate.hashed < FADE || (this.#ghostRate.hits / this.#ghostRate.hashed) * computeNs > hashNs)
    );
  }

  #rate(row: OpRow): HitRate {
    let rate = this.#rates.get(row);
    if (rate === undefined) this.#rates.set(row, (rate = { hashed: 0, hits: 0 }));
    return rate;
  }
}

const hashingNs = (sizeBytes: number): number => sizeBytes / HASH_BYTES_PER_NS + HASH_CALL_NS;

/** Elements of all operands of a call. */
function elementsUnder({ operands }: Call): number {
  let elements = 0;
  for (const { type } of operands) elements += type.size;
  return elements;
}

function note(rate: HitRate, known: boolean): void {
  rate.hashed++;
  if (known) rate.hits++;
  if (rate.hashed >= 2 * FADE) [rate.hashed, rate.hits] = [rate.hashed / 2, rate.hits / 2];
}
