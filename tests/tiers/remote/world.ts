// The world of the tests of remote tiers: a clock that is moved by hand, chance from a seed, and results to store.
import { contentId, panelDigests } from '../../../src/core/fingerprint/content.ts';
import { toHex } from '../../../src/core/fingerprint/digest.ts';
import { nodeCryptography } from '../../../src/host/node/cryptography.ts';
import { openNodeDigest } from '../../../src/host/node/digest.ts';
import { type RemoteOptions, settleRemote } from '../../../src/host/node/remote-options.ts';
import { SymbolicSheet } from '../../../src/index.ts';
import type { DType, Store, Stored, StoreTrouble } from '../../../src/kit.ts';
import type { Blobs } from '../../../src/tiers/remote/blobs.ts';
import { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import type { RemoteWorld } from '../../../src/tiers/remote/world.ts';

export const digest = await openNodeDigest();
export const WORTH = { costNs: 1e9, score: 0.5 };

/** A world whose clock is moved by hand; timers run in time, or when the clock passes them. */
export interface TestWorld extends RemoteWorld {
  /** Moves the clock, running what is due in order. */
  advance(ms: number): void;
  /** Real timers take so many times as long: a loaded machine is late where nothing is wrong. */
  patience: number;
  /** Pauses that were asked for, in milliseconds. */
  readonly asked: readonly number[];
}

/** Chance from a seed: mulberry32. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * `timers`: `real` ones where the other side is a process, else those of the clock. `passingMs`: pauses up to so long
 * pass at once, the clock moving with them.
 */
export function testWorld(seed = 1, timers: 'real' | 'virtual' = 'virtual', passingMs = 0): TestWorld {
  let movedMs = 0;
  const due = new Map<() => void, number>();
  const asked: number[] = [];
  const advance = (ms: number): void => {
    movedMs += ms;
    for (const [run, at] of [...due].sort(([, a], [, b]) => a - b)) if (at <= nowMs() && due.delete(run)) run();
  };
  const nowMs = (): number => (timers === 'real' ? Date.now() : 1_800_000_000_000) + movedMs;
  const world: TestWorld = {
    patience: 1,
    digest,
    cryptography: nodeCryptography,
    nowMs,
    random: chance(seed),
    asked,
    after: (ms, run) => {
      asked.push(ms);
      if (timers === 'real') {
        const timer = setTimeout(run, ms * world.patience);
        return () => clearTimeout(timer);
      }
      const entry = (): void => run();
      due.set(entry, nowMs() + ms);
      if (ms <= passingMs) setImmediate(() => due.has(entry) && advance(Math.ceil(ms) + 1));
      return () => void due.delete(entry);
    },
    advance,
  };
  return world;
}

/** A store on a service, and what it told. */
export function remoteOn(
  blobs: Blobs,
  world: RemoteWorld,
  options: Partial<RemoteOptions> = {},
): { readonly store: RemoteStore; readonly told: StoreTrouble[] } {
  const told: StoreTrouble[] = [];
  const defaults = { deadlineMs: 40, writeDeadlineMs: 1000, retries: 1, leastNs: 0, maxBytes: 2 ** 22 };
  const given: RemoteOptions = { trust: 'all-writers', write: 'unsigned', ...options };
  const settled = settleRemote('remoteOn', given, [], defaults, world, (trouble) => void told.push(trouble));
  return { store: new RemoteStore(blobs, settled, world), told };
}

/** Results of so many float64, told apart by a number. */
export function resultOf(number: number, length = 16): Stored {
  const elements = new Uint8Array(Float64Array.from({ length }, (_, i) => number + i / 8).buffer);
  const key = toHex(digest.hash(new Uint8Array(Float64Array.of(number, length).buffer)));
  const shape = [length];
  const id = toHex(contentId(panelDigests(elements, shape, 'float64', digest), shape, 'float64', digest));
  const costs = { pathNs: 1e9, ownNs: 1e9 };
  return { key, dtype: 'float64', shape, digest: id, elements, facts: 3, costs, producer: 'js' };
}

/** Another result under the same key, whole: one bit of it is wrong, and its digest says so. */
export function forgery(stored: Stored): Stored {
  const elements = (stored.elements as Uint8Array).slice();
  elements[0]! ^= 1;
  const dtype = stored.dtype as DType;
  const id = toHex(contentId(panelDigests(elements, stored.shape, dtype, digest), stored.shape, dtype, digest));
  return { ...stored, elements, digest: id };
}

/** Bytes that a small program computes on JavaScript, with stores below RAM. */
export async function programBits(stores: readonly Store[], seed = 7): Promise<string> {
  await using sheet = await SymbolicSheet.open({ stores, devices: ['js'], class: 'exact' });
  const x = sheet.randomNormal([160, 160], { seed });
  const product = x.matmul(x);
  const bits = Buffer.from((await product.add(x.matmul(product)).tanh().data()).buffer).toString('base64');
  await sheet.flush();
  return bits;
}

/** The element that so many of a hundred are not above. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
