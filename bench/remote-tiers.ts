// What sharing results costs: signed puts and checked gets through a Redis and an S3 of this machine, beside the bare
// clients. Where a server is not installed its rows are left out, and that is said.
import { performance } from 'node:perf_hooks';
import { createClient } from 'redis';
import { S3mini } from 's3mini';
import type { Stored } from 'symbolic-sheet/kit';
import { createKey, redisStore, type RemoteOptions, type RemoteStore, s3Store } from 'symbolic-sheet/tiers';
import { isMissing, redisProgram, S3_ACCOUNT, startRedis, startS3, weedProgram } from '../tests/run/servers.ts';
import { quantile } from './measure/harness.ts';

/** Medians of one tier and size, in microseconds. */
export interface RemoteTimes {
  readonly tier: string;
  readonly bytes: number;
  readonly putUs: number;
  readonly getUs: number;
  readonly missUs: number;
  readonly rawGetUs: number;
}

/** A tier that is measured: its stores, and the bare client. */
interface Measured {
  readonly tier: string;
  readonly open: (options: RemoteOptions) => Promise<RemoteStore>;
  readonly rawPut: (name: string, bytes: Uint8Array) => Promise<unknown>;
  readonly rawGet: (name: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const WORTH = { costNs: 1e9, score: 0.5 };
const ROUND_BYTES = 2 ** 25;
/** What Redis is given at most. */
const MAX_BYTES = 2 ** 20;

/** Times of every tier whose server is installed; `hold` is told what came back of what was put. */
export async function remoteTimes(
  resultsOf: (bytes: number, rounds: number) => readonly Stored[],
  hold: (store: RemoteStore, result: Stored) => Promise<void>,
  tell: (line: string) => void,
): Promise<readonly RemoteTimes[]> {
  const times: RemoteTimes[] = [];
  for (const start of [startedRedis, startedS3]) {
    const measured = await start();
    if (typeof measured === 'string') {
      tell(`no rows: ${measured}`);
      continue;
    }
    try {
      for (const bytes of [4096, 65_536, MAX_BYTES]) {
        const rounds = Math.max(10, Math.min(100, Math.floor(ROUND_BYTES / bytes)));
        times.push(await timesOf(measured, resultsOf(bytes, rounds), hold));
        tell(`store ${measured.tier} ${bytes} B done`);
      }
    } finally {
      await measured.stop();
    }
  }
  return times;
}

async function timesOf(
  { tier, open, rawPut, rawGet }: Measured,
  results: readonly Stored[],
  hold: (store: RemoteStore, result: Stored) => Promise<void>,
): Promise<RemoteTimes> {
  const { secret, public: key } = createKey('bench-1');
  const bytes = (results[0]!.elements as Uint8Array).length;
  const trust = [{ key, scopes: ['bench'] }];
  const store = await open({ trust, write: { key: secret, scope: 'bench' }, namespace: `b${bytes}`, deadlineMs: 5000 });
  try {
    const putUs = await medianUs(results, async (result) => {
      store.put(result.key, result, WORTH);
      await store.flush();
    });
    for (const result of results) await hold(store, result);
    const getUs = await medianUs(results, ({ key: wanted }) => store.get(wanted));
    const missUs = await medianUs(results, ({ digest }) => store.get(digest));
    await rawPut('raw', results[0]!.elements as Uint8Array);
    const rawGetUs = await medianUs(results, () => rawGet('raw'));
    return { tier, bytes, putUs, getUs, missUs, rawGetUs };
  } finally {
    await store.close();
  }
}

async function startedRedis(): Promise<Measured | string> {
  if (isMissing(redisProgram)) return redisProgram.missing;
  const server = await startRedis(redisProgram);
  const url = `redis://127.0.0.1:${server.port}`;
  const client = createClient({ url }).withTypeMapping({ 36: Buffer });
  await client.connect();
  return {
    tier: 'redis',
    open: (options) => redisStore({ url, ...options }),
    rawPut: (name, bytes) => client.set(name, Buffer.from(bytes)),
    rawGet: (name) => client.get(name),
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
}

async function startedS3(): Promise<Measured | string> {
  if (isMissing(weedProgram)) return weedProgram.missing;
  const server = await startS3(weedProgram, 'results');
  const account = { ...S3_ACCOUNT, endpoint: server.endpoint };
  const client = new S3mini(account);
  return {
    tier: 's3',
    open: (options) => s3Store({ ...account, ...options }),
    rawPut: (name, bytes) => client.putObject(name, bytes),
    rawGet: (name) => client.getObjectArrayBuffer(name),
    stop: () => server.stop(),
  };
}

async function medianUs(results: readonly Stored[], run: (result: Stored) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const result of results) {
    const start = performance.now();
    await run(result);
    times.push((performance.now() - start) * 1e3);
  }
  return quantile(times, 0.5);
}
