// The parts of a remote store by themselves, on a clock that is moved by hand: when a service is left alone and tried
// again, and what waits to be written.
import { describe, expect, it } from 'vitest';
import type { Blobs } from '../../../src/tiers/remote/blobs.ts';
import { Breaker } from '../../../src/tiers/remote/breaker.ts';
import { type WritableResult, WriteBehind } from '../../../src/tiers/remote/write-behind.ts';
import { remoteOn, resultOf, testWorld, WORTH } from './world.ts';

describe('a breaker', () => {
  const made = () => {
    const world = testWorld();
    let openings = 0;
    return { world, breaker: new Breaker(world, () => openings++), openings: () => openings };
  };
  const fail = (breaker: Breaker, kind: 'late' | 'failed' = 'failed'): void => breaker.failed(breaker.admit()!, kind);

  it('leaves a service alone after five failures in a row, or two late answers', () => {
    const failing = made();
    for (let i = 0; i < 5; i++) fail(failing.breaker);
    expect([failing.breaker.admit(), failing.openings()]).toEqual([undefined, 1]);
    const late = made();
    for (let i = 0; i < 2; i++) fail(late.breaker, 'late');
    expect(late.breaker.admit()).toBeUndefined();
    const recovering = made();
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 4; j++) fail(recovering.breaker);
      recovering.breaker.succeeded(recovering.breaker.admit()!);
    }
    expect(recovering.openings()).toBe(0);
  });

  it('lets one try after a pause, which is twice as long after each that fails, and half a minute at most', () => {
    const { breaker, world } = made();
    for (let i = 0; i < 5; i++) fail(breaker);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const start = world.nowMs();
      let leave = breaker.admit();
      for (; leave === undefined; leave = breaker.admit()) world.advance(10);
      expect(leave.isProbe).toBe(true);
      expect(breaker.admit()).toBeUndefined();
      pauses.push(world.nowMs() - start);
      breaker.failed(leave, 'failed');
    }
    for (const [i, pause] of pauses.entries()) {
      const whole = Math.min(30_000, 1000 * 2 ** i);
      expect(pause).toBeGreaterThanOrEqual(0.75 * whole);
      expect(pause).toBeLessThanOrEqual(1.25 * whole + 10);
    }
  });

  it('lets all ask again when a try succeeds, and starts over with short pauses', () => {
    const { breaker, world, openings } = made();
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 5; i++) fail(breaker);
      world.advance(1500);
      breaker.succeeded(breaker.admit()!);
      expect([breaker.admit(), openings()]).toEqual([{ isProbe: false }, round]);
    }
  });

  it('takes no heed of what was asked before, and lets another try where one was given up', () => {
    const { breaker, world } = made();
    const [early, other] = [breaker.admit()!, breaker.admit()!];
    for (let i = 0; i < 5; i++) fail(breaker);
    breaker.succeeded(early);
    breaker.failed(other, 'failed');
    expect(breaker.admit()).toBeUndefined();
    world.advance(1500);
    breaker.abandoned(breaker.admit()!);
    expect(breaker.admit()).toEqual({ isProbe: true });
  });
});

describe('a store whose service was left alone', () => {
  it('has nobody wait for the look-up that tries whether it is back', async () => {
    const world = testWorld();
    let answer: () => void = () => {};
    let fails = true;
    const blobs: Blobs = {
      place: 'a service',
      get: () =>
        fails ? Promise.reject(new TypeError('no')) : new Promise((resolve) => (answer = () => resolve(undefined))),
      put: async () => 'stored',
      reset: () => {},
      close: async () => {},
    };
    const { store } = remoteOn(blobs, world);
    const { key } = resultOf(1);
    for (let i = 0; i < 9; i++) await store.get(key);
    expect(store.figures()).toMatchObject({ failed: 5, skipped: 4, openings: 1 });
    fails = false;
    world.advance(1500);
    // Its answer has not come, and nobody waits for it.
    expect(await store.get(key)).toBeUndefined();
    expect(await store.get(key)).toBeUndefined();
    answer();
    await new Promise((resolve) => void setImmediate(resolve));
    const asked = store.get(key);
    answer();
    await asked;
    expect(store.figures()).toMatchObject({ misses: 2, skipped: 5 });
  });
});

describe('results that wait to be written', () => {
  const sized = (number: number, digest = String(number)): WritableResult => {
    const stored = { ...resultOf(number), digest };
    return { stored, elements: stored.elements as Uint8Array };
  };

  it('hold no more bytes than they may, are written four at a time, and flush waits for all', async () => {
    const ends: (() => void)[] = [];
    let [atOnce, most] = [0, 0];
    const queue = new WriteBehind(128 * 10, async () => {
      most = Math.max(most, ++atOnce);
      await new Promise<void>((resolve) => void ends.push(resolve));
      atOnce--;
    });
    const taken = Array.from({ length: 14 }, (_, i) => queue.put(sized(i)));
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(queue.sizeBytes).toBe(1280);
    let isFlushed = false;
    const flushed = queue.flush().then(() => (isFlushed = true));
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => void setImmediate(resolve));
      expect(isFlushed).toBe(false);
      ends.shift()!();
    }
    await flushed;
    expect([most, queue.sizeBytes, queue.entries, queue.put(sized(20))]).toEqual([4, 0, 0, true]);
  });

  it('can be seen until they are written, and of two under a key the later one is written last', async () => {
    const written: string[] = [];
    const queue = new WriteBehind(1e6, async ({ stored }) => {
      await new Promise((resolve) => void setImmediate(resolve));
      written.push(stored.digest);
    });
    const { key } = resultOf(1);
    queue.put(sized(1, 'first'));
    await Promise.resolve();
    queue.put(sized(1, 'second'));
    queue.put(sized(1, 'third'));
    expect(queue.peek(key)?.digest).toBe('third');
    await queue.flush();
    expect(written).toEqual(['first', 'third']);
    expect([queue.peek(key), queue.sizeBytes]).toEqual([undefined, 0]);
  });

  it('are given up when the service fails, and a flush ends all the same', async () => {
    const world = testWorld(1, 'virtual', 64);
    const blobs: Blobs = {
      place: 'a service',
      get: async () => undefined,
      put: () => Promise.reject(new TypeError('no')),
      reset: () => {},
      close: async () => {},
    };
    const { store, told } = remoteOn(blobs, world);
    for (let i = 0; i < 40; i++) store.put(resultOf(i).key, resultOf(i), WORTH);
    await store.flush();
    const { failed, skipped, written } = store.figures();
    expect([failed + skipped, written, store.stats()]).toEqual([40, 0, { entries: 0, sizeBytes: 0 }]);
    expect(failed).toBeLessThanOrEqual(8);
    expect(told.every(({ kind }) => kind === 'failed')).toBe(true);
    await store.close();
  });
});
