// Redis and S3 as stores, on real servers: both pass the suite of stores, and programs share results through them. What
// one process computed and signed another finds, and its bits are those that it would have computed.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { S3mini } from 's3mini';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/core/fingerprint/digest.ts';
import type { RemoteOptions } from '../../../src/host/node/remote-options.ts';
import { createKey, redisStore, s3Store } from '../../../src/host/node/remote.ts';
import { storeConformance } from '../../../src/testing/store.ts';
import type { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import { conforms } from '../../device/conforms.ts';
import { programOf } from '../../run/program.ts';
import {
  isMissing,
  redisProgram,
  S3_ACCOUNT,
  type Server,
  startRedis,
  startS3,
  weedProgram,
} from '../../run/servers.ts';
import type { Shared, Sharing } from './sharing-process.ts';
import { digest, resultOf, WORTH } from './world.ts';

const program = await programOf('tests/tiers/remote/sharing-process.ts');

let redis: Server | undefined;
let s3: Awaited<ReturnType<typeof startS3>> | undefined;
beforeAll(async () => {
  [redis, s3] = await Promise.all([
    isMissing(redisProgram) ? undefined : startRedis(redisProgram),
    isMissing(weedProgram) ? undefined : startS3(weedProgram, 'results'),
  ]);
});
afterAll(() => Promise.all([redis?.stop(), s3?.stop()]));

const url = (): string => `redis://127.0.0.1:${redis?.port}`;
const account = () => ({ ...S3_ACCOUNT, endpoint: s3?.endpoint ?? '' });
const patient = { trust: 'all-writers', write: 'unsigned', deadlineMs: 5000, leastNs: 0 } as const;

interface Kind {
  readonly name: string;
  readonly program: typeof redisProgram;
  readonly open: (options: Partial<RemoteOptions>) => Promise<RemoteStore>;
}

const KINDS: readonly Kind[] = [
  { name: 'Redis', program: redisProgram, open: (options) => redisStore({ url: url(), ...patient, ...options }) },
  { name: 'S3', program: weedProgram, open: (options) => s3Store({ ...account(), ...patient, ...options }) },
];

let opened = 0;
describe.each(KINDS)('a store in $name', ({ program: needed, open }) => {
  beforeEach((context) => {
    if (isMissing(needed)) context.skip(needed.missing);
  });
  conforms(
    storeConformance(() => open({ namespace: `suite-${++opened}` }), {
      digest,
      settle: async (store) => store.flush?.(),
      reopen: () => open({ namespace: `suite-${opened}` }),
    }),
  );

  it('keeps what is larger than a claim may be beside it', async () => {
    await using store = await open({ namespace: `suite-${++opened}`, maxBytes: 2 ** 23 });
    const large = resultOf(1, 2 ** 18);
    store.put(large.key, large, WORTH);
    await store.flush();
    const found = await store.get(large.key);
    expect(equalBytes(found?.elements as Uint8Array, large.elements as Uint8Array)).toBe(true);
    expect(store.figures()).toMatchObject({ hits: 1, written: 1, failed: 0, late: 0 });
  });

  it('says where it is without a password, and what it was asked', async () => {
    await using store = await open({ namespace: `suite-${++opened}` });
    expect(await store.get('0'.repeat(64))).toBeUndefined();
    expect(store.figures()).toMatchObject({ misses: 1, hits: 0, failed: 0, late: 0 });
    expect(store.place).toContain('127.0.0.1');
  });
});

describe('a client that a program has opened', () => {
  const one = resultOf(1);
  const usedBy = async (store: RemoteStore): Promise<void> => {
    store.put(one.key, one, WORTH);
    await store.flush();
    expect((await store.get(one.key))?.digest).toBe(one.digest);
    await store.close();
  };

  it('is used for Redis, and stays open', async (context) => {
    if (isMissing(redisProgram)) return context.skip(redisProgram.missing);
    const client = createClient({ url: url() });
    await client.connect();
    await usedBy(await redisStore({ client, ...patient, namespace: 'given' }));
    expect(await client.ping()).toBe('PONG');
    client.destroy();
  });

  it('is used for S3', async (context) => {
    if (isMissing(weedProgram)) return context.skip(weedProgram.missing);
    await usedBy(await s3Store({ client: new S3mini(account()), ...patient, namespace: 'given' }));
  });
});

describe('two programs', () => {
  const [ci, stranger] = [createKey('ci-1'), createKey('stranger-1')];
  const trust = [{ key: ci.public, scopes: ['ci'] }];
  const run = async (sharing: Omit<Sharing, 'redis' | 's3'>, which: readonly ('redis' | 's3')[]): Promise<Shared> => {
    const told: Sharing = {
      ...sharing,
      redis: which.includes('redis') ? url() : undefined,
      s3: which.includes('s3') ? account() : undefined,
    };
    const env = { ...process.env, SYMBOLIC_SHEET_STORE: 'off' };
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(told)], {
      env,
      timeout: 60_000,
    });
    return JSON.parse(stdout) as Shared;
  };
  beforeEach((context) => {
    for (const needed of [redisProgram, weedProgram]) if (isMissing(needed)) context.skip(needed.missing);
  });

  it('share results through Redis and S3: the one that may write computes, the other finds', async () => {
    const alone = await run({ trust }, []);
    expect(alone.source).toBe('computed');
    const writer = await run({ trust, write: { key: ci.secret, scope: 'ci' } }, ['redis', 's3']);
    expect(writer).toMatchObject({ source: 'computed', bits: alone.bits });
    for (const written of writer.written) expect(written).toBeGreaterThan(0);
    const [quick, slow] = await Promise.all([run({ trust }, ['redis']), run({ trust }, ['s3'])]);
    for (const reader of [quick, slow]) {
      expect(reader).toMatchObject({ source: 'stored', bits: alone.bits, written: [0] });
      expect(reader.hits[0]).toBeGreaterThan(0);
    }
  });

  it('do not share what a stranger has signed', async () => {
    const others = [{ key: stranger.public, scopes: ['ci'] }];
    const reader = await run({ trust: others }, ['redis', 's3']);
    expect(reader).toMatchObject({ source: 'computed', hits: [0, 0] });
  });

  it('end when they are done, though they forget to close their stores', async () => {
    const reader = await run({ trust, forgets: true }, ['redis', 's3']);
    expect(reader.source).toBe('stored');
  });
});
