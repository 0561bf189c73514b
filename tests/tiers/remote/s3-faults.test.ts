// What an S3 that fails, stalls or lies does to a store: look-ups end in time and give nothing wrong. The bucket is a
// server in this process, the clock is moved by hand, and every run is told by its seed.
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/core/fingerprint/digest.ts';
import { decodeClaim, encodeClaim } from '../../../src/tiers/remote/claim.ts';
import { decodeEnvelope, encodeEnvelope } from '../../../src/tiers/remote/envelope.ts';
import { s3Blobs } from '../../../src/tiers/remote/s3-blobs.ts';
import { extent } from '../../run/extent.ts';
import { bomb, type FakeS3, type Mischief, startFakeS3 } from './fake-s3.ts';
import { chance, percentile, programBits, remoteOn, resultOf, type TestWorld, testWorld, WORTH } from './world.ts';

const SEEDS = extent(1, 100);
const LOOKUPS = extent(24, 40);
/** Larger than what stands with its claim, in part, so that both planes are met. */
const RESULTS = Array.from({ length: 8 }, (_, i) => resultOf(i, i === 0 ? 2 ** 17 + 64 : 64));
const DEADLINE_MS = 200;
const WRITE_DEADLINE_MS = 1000;
/** Pauses before another try are shorter, deadlines longer. */
const PASSING_MS = 64;
const DAY_MS = 24 * 3600 * 1000;
const MAX_BYTES = 2 ** 21;
const BOMB = bomb();
const EXPECTED = await programBits([]);

let s3: FakeS3;
beforeEach(async () => {
  s3 = await startFakeS3();
});
afterEach(() => s3.stop());

const open = (world: TestWorld, options = {}) =>
  remoteOn(s3Blobs(s3.client, globalThis.fetch), world, {
    deadlineMs: DEADLINE_MS,
    retries: 3,
    maxBytes: MAX_BYTES,
    ...options,
  });

const answer =
  (status: number): Mischief =>
  (_request, response) => (response.writeHead(status).end('<Error/>'), true);

/** Answers of objects alone are met; writes go through. */
const ofReads =
  (then: (body: Buffer, response: ServerResponse, name: string) => void): Mischief =>
  ({ method, name }, response) => {
    const body = s3.objects.get(name);
    if (method !== 'GET' || body === undefined) return false;
    then(body, response, name);
    return true;
  };

/** Sends an object a byte at a time, a second between two, until the other side has enough. */
const drip = (world: TestWorld) => (body: Buffer, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': body.length });
  const next = (at: number): void => {
    if (response.destroyed || at >= body.length) return;
    response.write(body.subarray(at, at + 1), () => setImmediate(() => (world.advance(1000), next(at + 1))));
  };
  next(0);
};

const endless = (response: ServerResponse): void => {
  response.writeHead(200);
  const piece = Buffer.alloc(2 ** 16);
  const more = (): void => {
    if (response.destroyed) return;
    s3.sentBytes += piece.length;
    response.write(piece, () => setImmediate(more));
  };
  more();
};

/** An envelope as it would have been written at another time. */
function asOf(bytes: Buffer, nowMs: number): Uint8Array {
  const envelope = decodeEnvelope(bytes);
  const claim = envelope && decodeClaim(envelope.claim);
  if (envelope === undefined || claim === undefined) return bytes;
  const lasts = claim.expiresMs - claim.issuedMs;
  return encodeEnvelope({ ...envelope, claim: encodeClaim({ ...claim, issuedMs: nowMs, expiresMs: nowMs + lasts }) });
}

const KINDS: Readonly<Record<string, (world: TestWorld) => Mischief>> = {
  'answers 500': () => answer(500),
  'answers 503': () => answer(503),
  'answers 403': () => answer(403),
  'says that somebody else is writing (409)': () => (request, response) =>
    request.method === 'PUT' && answer(409)(request, response),
  'does not answer': (world) => () => (setImmediate(() => world.advance(WRITE_DEADLINE_MS)), true),
  'cuts objects': () =>
    ofReads((body, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    }),
  'cuts objects and says so nowhere': () =>
    ofReads((body, response) => void response.writeHead(200).end(body.subarray(0, body.length - 9))),
  'gives other objects': () =>
    ofReads((_body, response, name) => {
      const others = [...s3.objects].filter(([other]) => other !== name);
      response.writeHead(200).end(others[0]![1]);
    }),
  'gives objects of long ago': (world) => {
    const past = new Map([...s3.objects].map(([name, bytes]) => [name, asOf(bytes, world.nowMs() - 40 * DAY_MS)]));
    return ofReads((body, response, name) => void response.writeHead(200).end(past.get(name) ?? body));
  },
  'gives other bytes under the right tag': () =>
    ofReads((body, response) => {
      const wrong = Buffer.from(body);
      wrong[wrong.length - 3]! ^= 4;
      response.writeHead(200, { etag: '"the right one"' }).end(wrong);
    }),
  'gives a byte a second': (world) => ofReads(drip(world)),
  'does not end its answers': () => ofReads((_body, response) => endless(response)),
  'gives much more than it says': () =>
    ofReads((_body, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB)),
  'sends elsewhere': () =>
    ofReads((_body, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
};

describe.each(Object.entries(KINDS))('an S3 that %s', (_kind, mischiefOf) => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'gives nothing wrong, in time, and with three more tries at most (seed %i)',
    async (seed) => {
      const world = testWorld(seed, 'virtual', PASSING_MS);
      const { store } = open(world);
      for (const result of RESULTS) store.put(result.key, result, WORTH);
      await store.flush();
      const [mischief, draw] = [mischiefOf(world), chance(seed)];
      s3.does = (request, response) => draw() < 0.7 && mischief(request, response);
      const waits: number[] = [];
      for (let i = 0; i < LOOKUPS; i++) {
        const [wanted, before, start] = [RESULTS[i % RESULTS.length]!, s3.asked.length, world.nowMs()];
        const found = await store.get(wanted.key);
        waits.push(world.nowMs() - start);
        if (found !== undefined)
          expect(equalBytes(found.elements as Uint8Array, wanted.elements as Uint8Array)).toBe(true);
        // Two objects at most, each asked for four times at most.
        expect(s3.asked.length - before).toBeLessThanOrEqual(8);
        store.put(wanted.key, wanted, WORTH);
        await store.flush();
      }
      // A second is one step of this clock, where something takes that long.
      expect(percentile(waits, 1)).toBeLessThanOrEqual(DEADLINE_MS + 1000);
      expect(percentile(waits, 0.9)).toBeLessThanOrEqual(DEADLINE_MS);
      expect(s3.sentBytes).toBeLessThan(LOOKUPS * 2 ** 22);
      await store.close();
    },
  );

  it('has a program compute the same bits', async () => {
    const world = testWorld(5, 'virtual', PASSING_MS);
    const { store } = open(world);
    expect(await programBits([store])).toBe(EXPECTED);
    s3.does = mischiefOf(world);
    expect(await programBits([store])).toBe(EXPECTED);
  });
});

describe('a store in S3', () => {
  it('tries again after pauses that are random shares of longer and longer ones', async () => {
    const world = testWorld(3, 'virtual', PASSING_MS);
    const { store, told } = open(world);
    s3.does = answer(503);
    await store.get(RESULTS[1]!.key);
    expect(s3.asked.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    const pauses = world.asked.filter((ms) => ms <= PASSING_MS);
    expect(pauses).toHaveLength(3);
    for (const [i, ms] of pauses.entries()) expect(ms).toBeLessThanOrEqual(8 * 2 ** i);
    expect(new Set(pauses).size).toBe(3);
    expect(store.figures()).toMatchObject({ retries: 3, failed: 1 });
    expect(told).toHaveLength(1);
  });

  it('leaves what others have written where it is whole, and writes over what is not', async () => {
    const [first, second] = [open(testWorld()).store, open(testWorld()).store];
    const result = RESULTS[1]!;
    first.put(result.key, result, WORTH);
    await first.flush();
    const written = [...s3.objects];
    second.put(result.key, result, WORTH);
    await second.flush();
    expect(s3.asked.filter(({ status }) => status === 412).length).toBeGreaterThan(0);
    expect(second.figures()).toMatchObject({ present: 1, written: 0 });
    expect([...s3.objects]).toEqual(written);
    for (const [name, bytes] of written) s3.objects.set(name, bytes.subarray(0, 40));
    const third = open(testWorld()).store;
    third.put(result.key, result, WORTH);
    await third.flush();
    expect(third.figures()).toMatchObject({ written: 1 });
    expect((await third.get(result.key))?.digest).toBe(result.digest);
  });

  it('puts elements before the claim that names them, and finds a claim without them out', async () => {
    const { store } = open(testWorld());
    const [large] = RESULTS as [ReturnType<typeof resultOf>];
    store.put(large.key, large, WORTH);
    await store.flush();
    expect(s3.asked.map(({ name }) => name.split('/')[3])).toEqual(['content', 'claim']);
    for (const name of s3.objects.keys()) if (name.includes('/content/')) s3.objects.delete(name);
    expect(await store.get(large.key)).toBeUndefined();
    store.put(large.key, large, WORTH);
    await store.flush();
    expect((await store.get(large.key))?.digest).toBe(large.digest);
  });

  it('refuses what is too large, and what there is no room for, and counts it', async () => {
    const { store } = open(testWorld(), { maxBytes: 1000 });
    for (const result of RESULTS) store.put(result.key, result, WORTH);
    await store.flush();
    expect(store.figures()).toMatchObject({ dropped: 1, written: RESULTS.length - 1 });
  });

  it('is not asked for what takes less to compute than an answer, and has none of it', async () => {
    const { store } = open(testWorld(), { leastNs: 5e7 });
    const cheap = RESULTS[1]!;
    store.put(cheap.key, cheap, { costNs: 4e7, score: 1 });
    await store.flush();
    expect(await store.get(cheap.key, undefined, 4e7)).toBeUndefined();
    expect(s3.asked).toEqual([]);
    await store.get(cheap.key, undefined, 6e7);
    await store.get(cheap.key);
    expect(s3.asked).toHaveLength(2);
    // A program whose results are cheap does without.
    await programBits([open(testWorld(), { leastNs: 1e12 }).store]);
    expect(s3.asked).toHaveLength(2);
  });

  it('is read only unless it is said who writes', async () => {
    const { store } = open(testWorld(), { write: undefined });
    store.put(RESULTS[1]!.key, RESULTS[1]!, WORTH);
    await store.flush();
    expect(s3.asked).toEqual([]);
  });
});
