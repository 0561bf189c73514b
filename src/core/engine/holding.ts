// What keeps a value where nothing else does: strong from the handles on a call, and from what is still to be
// computed from it.
import type { Value } from '../tensor/block.ts';

/**
 * The value of a call for those who need it. Its handles refer to it, and so do the holdings of results that
 * were not computed yet; the call itself only weakly. So a value goes when its handles are collected and all that
 * was asked of it is computed, however long others that were computed from it keep the call.
 */
export class Holding {
  #value: Value | undefined;
  /** What keeps the value's block from being recycled; the sheet's business. */
  pin: object | undefined;
  /** Holdings of what it will be computed from. */
  #needs: readonly Holding[];

  constructor(needs: readonly Holding[]) {
    this.#needs = needs;
  }

  get value(): Value | undefined {
    return this.#value;
  }

  set value(value: Value | undefined) {
    this.#value = value;
    if (value !== undefined) this.#needs = [];
  }

  /** How many values it waits for. */
  get needs(): number {
    return this.#needs.length;
  }
}
