// Redis as a store, on a real server: it passes the suite of stores.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openNodeDigest } from '../../../src/host/node/digest.ts';
import { redisStore, type RedisStoreOptions } from '../../../src/host/node/remote.ts';
import { storeConformance } from '../../../src/testing/store.ts';
import type { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import { conforms } from '../../device/conforms.ts';
import { isMissing, redisProgram, type Server, startRedis } from '../../run/servers.ts';

const digest = await openNodeDigest();
let server: Server | undefined;
beforeAll(async () => {
  server = isMissing(redisProgram) ? undefined : await startRedis(redisProgram);
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (isMissing(redisProgram)) context.skip(redisProgram.missing);
});

let opened = 0;
const open = (namespace: string, options: Partial<RedisStoreOptions> = {}): Promise<RemoteStore> =>
  redisStore({
    url: `redis://127.0.0.1:${server?.port}`,
    trust: 'all-writers',
    write: 'unsigned',
    namespace,
    deadlineMs: 5000,
    leastNs: 0,
    ...options,
  });

describe('a store in Redis', () => {
  conforms(
    storeConformance(() => open(`suite-${++opened}`), {
      digest,
      settle: (store) => store.flush?.() ?? Promise.resolve(),
      reopen: () => open(`suite-${opened}`),
    }),
  );

  it('counts what it was asked', async () => {
    await using store = await open(`suite-${++opened}`);
    expect(await store.get('0'.repeat(64))).toBeUndefined();
    expect(store.figures()).toMatchObject({ misses: 1, hits: 0, failed: 0, late: 0 });
  });
});
