// S3 as a store, on a real server: it passes the suite of stores.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openNodeDigest } from '../../../src/host/node/digest.ts';
import { s3Store, type S3StoreOptions } from '../../../src/host/node/remote.ts';
import { storeConformance } from '../../../src/testing/store.ts';
import type { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import { conforms } from '../../device/conforms.ts';
import { isMissing, S3_ACCOUNT, startS3, weedProgram } from '../../run/servers.ts';

const digest = await openNodeDigest();
let server: Awaited<ReturnType<typeof startS3>> | undefined;
beforeAll(async () => {
  server = isMissing(weedProgram) ? undefined : await startS3(weedProgram, 'results');
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (isMissing(weedProgram)) context.skip(weedProgram.missing);
});

let opened = 0;
const open = (namespace: string, options: Partial<S3StoreOptions> = {}): Promise<RemoteStore> =>
  s3Store({
    ...S3_ACCOUNT,
    endpoint: server?.endpoint ?? '',
    trust: 'all-writers',
    write: 'unsigned',
    namespace,
    deadlineMs: 5000,
    leastNs: 0,
    ...options,
  });

describe('a store in S3', () => {
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
