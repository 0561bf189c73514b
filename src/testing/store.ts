// The conformance suite of stores: what is put comes back whole or not at all, whatever becomes of it in between.
import { contentId, panelDigests } from '../core/fingerprint/content.ts';
import { type Digest, equalBytes, toHex } from '../core/fingerprint/digest.ts';
import { elementsOfStored, type Key, type Store, type Stored, type Worth } from '../core/store/store.ts';
import { type DType, DTYPES } from '../core/tensor/dtype.ts';
import { sizeOf } from '../core/tensor/shape.ts';
import { type ConformanceCase, hold } from './case.ts';

/** What a store is held to. */
export interface StoreExpectations {
  /** BLAKE3-256, as a host gives it. */
  readonly digest: Digest;
  /** Resolves once what was put can be got. Default at once. */
  readonly settle?: (store: Store) => Promise<void>;
  /** Opens what was closed again, where a store outlives that. */
  readonly reopen?: () => Store | Promise<Store>;
  /** Whether it may forget at will, so that a miss of what was put proves nothing. Default false. */
  readonly forgets?: boolean;
}

const WORTH: Worth = { costNs: 1e7, score: 0.8 };
const TYPES: readonly (readonly [DType, readonly number[]])[] = [
  ['float32', [3, 5]],
  ['float64', []],
  ['int64', [2, 1]],
  ['bool', [7]],
  ['uint8', [0, 4]],
  ['float32', [300, 256]],
];

/** The cases that a store has to pass. `open` opens a fresh, empty one for each. */
export function storeConformance(
  open: () => Store | Promise<Store>,
  expected: StoreExpectations,
): readonly ConformanceCase[] {
  const suite = new StoreSuite(expected);
  const on = (name: string, run: (store: Store) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => {
      const store = await open();
      await run(store);
      await store.close();
    },
  });
  return [
    on('has nothing that was not put', (store) => suite.checkEmpty(store)),
    on('gives back what was put, of every kind of type', (store) => suite.checkRoundTrips(store)),
    on('peeks at once, and what it has is what was put', (store) => suite.checkPeek(store)),
    on('gives one of two results that were put under a key, whole', (store) => suite.checkTwice(store)),
    on('serves many keys at a time, each its own', (store) => suite.checkTogether(store)),
    on('ends a look-up whose signal has fired', (store) => suite.checkAbort(store)),
    on('leaves the bytes it was given as they are', (store) => suite.checkBytes(store)),
    on('counts what it has', (store) => suite.checkStats(store)),
    {
      name: 'has what was put after it was closed and opened again',
      ...(expected.reopen === undefined && { skip: 'it does not outlive its closing' }),
      run: async () => suite.checkReopened(await open()),
    },
  ];
}

class StoreSuite {
  readonly #expected: StoreExpectations;

  constructor(expected: StoreExpectations) {
    this.#expected = expected;
  }

  async checkEmpty(store: Store): Promise<void> {
    const { key } = this.#sample(1);
    hold(store.peek(key) === undefined, 'It peeks at a key that was never put.');
    hold((await store.get(key)) === undefined, 'It has a key that was never put.');
  }

  async checkRoundTrips(store: Store): Promise<void> {
    for (let i = 0; i < TYPES.length; i++) await this.#checkBack(store, await this.#put(store, this.#sample(i)));
  }

  async checkPeek(store: Store): Promise<void> {
    const sample = await this.#put(store, this.#sample(0));
    const found: unknown = store.peek(sample.key);
    hold(!(found instanceof Promise), 'peek gives a promise; it has to answer at once.');
    if (found !== undefined) await checkSame(found as Stored, sample);
  }

  async checkTwice(store: Store): Promise<void> {
    const first = this.#sample(0);
    const second = { ...this.#sample(0, 100), key: first.key };
    store.put(first.key, first, WORTH);
    store.put(second.key, second, WORTH);
    await this.#expected.settle?.(store);
    const found = await store.get(first.key);
    if (found !== undefined) await checkSame(found, found.digest === first.digest ? first : second);
  }

  async checkTogether(store: Store): Promise<void> {
    const samples = Array.from({ length: 32 }, (_, i) => this.#sample(0, i));
    for (const sample of samples) store.put(sample.key, sample, WORTH);
    await this.#expected.settle?.(store);
    await Promise.all(samples.map((sample) => this.#checkBack(store, sample)));
  }

  async checkAbort(store: Store): Promise<void> {
    const sample = await this.#put(store, this.#sample(0));
    const found = await store.get(sample.key, AbortSignal.abort());
    if (found !== undefined) await checkSame(found, sample);
  }

  async checkBytes(store: Store): Promise<void> {
    const sample = this.#sample(5);
    const before = (sample.elements as Uint8Array).slice();
    await this.#put(store, sample);
    await store.get(sample.key);
    hold(equalBytes(sample.elements as Uint8Array, before), 'It wrote to the bytes that it was given.');
  }

  async checkStats(store: Store): Promise<void> {
    await this.#put(store, this.#sample(0));
    const { entries, sizeBytes } = store.stats();
    const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
    hold(isCount(entries) && isCount(sizeBytes), `It counts ${entries} entries of ${sizeBytes} bytes.`);
  }

  async checkReopened(store: Store): Promise<void> {
    const sample = await this.#put(store, this.#sample(0));
    await store.close();
    const again = (await this.#expected.reopen?.()) as Store;
    await this.#checkBack(again, sample);
    await again.close();
  }

  async #put(store: Store, sample: Stored): Promise<Stored> {
    const answer: unknown = store.put(sample.key, sample, WORTH);
    hold(answer === undefined, 'put gives something; it returns nothing, and at once.');
    await this.#expected.settle?.(store);
    return sample;
  }

  async #checkBack(store: Store, sample: Stored): Promise<void> {
    const found = await store.get(sample.key);
    hold(found !== undefined || this.#expected.forgets === true, 'It has not what was put.', { key: sample.key });
    if (found !== undefined) await checkSame(found, sample);
  }

  /** A result of a type, its elements told apart by a seed. */
  #sample(kind: number, seed = 0): Stored {
    const [dtype, shape] = TYPES[kind % TYPES.length]!;
    const { digest } = this.#expected;
    const length = sizeOf(shape) * DTYPES[dtype].itemBytes;
    const elements = Uint8Array.from({ length }, (_, i) => (dtype === 'bool' ? i % 2 : (i + seed) % 251));
    const key: Key = toHex(digest.hash(Uint8Array.of(kind, seed)));
    const id = toHex(contentId(panelDigests(elements, shape, dtype, digest), shape, dtype, digest));
    return { key, dtype, shape, digest: id, elements, facts: 1, costs: { pathNs: 1e7, ownNs: 5e6 }, producer: 'js' };
  }
}

/** Holds that an answer is what was put. */
async function checkSame(found: Stored, put: Stored): Promise<void> {
  const [plain, wanted] = [textOf(found), textOf(put)];
  hold(plain === wanted, `It gives ${plain} where ${wanted} was put.`);
  const [got, given] = [await elementsOfStored(found), await elementsOfStored(put)];
  const isSame = got !== undefined && given !== undefined && equalBytes(got, given);
  hold(isSame, 'It gives other elements than were put.', { key: put.key });
}

/** A record without its elements. */
const textOf = ({ key, dtype, shape, digest, facts, costs: { pathNs, ownNs }, producer }: Stored): string =>
  JSON.stringify([key, dtype, shape, digest, facts, pathNs, ownNs, producer]);
