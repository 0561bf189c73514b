// The remote tiers of a Node process: Redis and S3 by packages that the program has installed.
import { AttributeError, type Digest, type TellTrouble } from '../../kit.ts';
import { makeKey } from '../../tiers/remote/keys.ts';
import { type RedisClient, redisBlobs } from '../../tiers/remote/redis-blobs.ts';
import { type S3Client, s3Blobs } from '../../tiers/remote/s3-blobs.ts';
import { RemoteStore } from '../../tiers/remote/remote-store.ts';
import type { RemoteWorld } from '../../tiers/remote/world.ts';
import { nodeCryptography } from './cryptography.ts';
import { nodeHost } from './host.ts';
import { openS3, type S3Account } from './s3.ts';
import { givenRedis, openRedis } from './redis.ts';
import { type RemoteDefaults, type RemoteOptions, settleRemote } from './remote-options.ts';

/** Options of `redisStore`: an address, or a client that the program has connected and closes. */
export interface RedisStoreOptions extends RemoteOptions {
  readonly url?: string;
  readonly client?: RedisClient;
}

const REDIS: RemoteDefaults = {
  deadlineMs: 40,
  writeDeadlineMs: 2000,
  retries: 1,
  leastNs: 5e6,
  maxBytes: 2 ** 20,
};

/**
 * Opens a store in Redis or Valkey, read only unless `write` says who writes. No server is asked yet: one that is not
 * there costs results, never an error. Throws an UnavailableError where the package `redis` is not installed.
 */
export async function redisStore(options: RedisStoreOptions): Promise<RemoteStore> {
  const [world, host] = [await nodeWorld(), await nodeHost()];
  const tell = sayOnce((line) => host.warn(line));
  const settled = settleRemote('redisStore', options, ['url', 'client'], REDIS, world, tell);
  const { url, client } = options;
  if ((url === undefined) === (client === undefined))
    throw new AttributeError("redisStore: give one of url, as 'redis://127.0.0.1:6379', and client.", {});
  const connection = client === undefined ? await openRedis(url as string) : givenRedis(client);
  return new RemoteStore(redisBlobs(connection), settled, world);
}

/** Options of `s3Store`: a bucket and who asks, or a client of s3mini that the program has made. */
export interface S3StoreOptions extends RemoteOptions, Partial<S3Account> {
  readonly client?: S3Client;
  /** What requests are made with. Default that of the platform. */
  readonly fetch?: typeof globalThis.fetch;
}

const S3: RemoteDefaults = {
  deadlineMs: 500,
  writeDeadlineMs: 30_000,
  retries: 3,
  leastNs: 5e7,
  maxBytes: 2 ** 28,
};

/**
 * Opens a store in a bucket of S3, read only unless `write` says who writes. No server is asked yet: one that is not
 * there costs results, never an error. Throws an UnavailableError where the package `s3mini` is not installed.
 */
export async function s3Store(options: S3StoreOptions): Promise<RemoteStore> {
  const [world, host] = [await nodeWorld(), await nodeHost()];
  const tell = sayOnce((line) => host.warn(line));
  const own = ['client', 'fetch', 'endpoint', 'accessKeyId', 'secretAccessKey', 'region'] as const;
  const settled = settleRemote('s3Store', options, own, S3, world, tell);
  const client = options.client ?? (await openS3(accountOf(options)));
  return new RemoteStore(s3Blobs(client, options.fetch ?? globalThis.fetch), settled, world);
}

function accountOf({ endpoint, accessKeyId, secretAccessKey, region }: S3StoreOptions): S3Account {
  if (endpoint === undefined || accessKeyId === undefined || secretAccessKey === undefined)
    throw new AttributeError(
      "s3Store: give endpoint, as 'https://s3.eu-central-1.amazonaws.com/bucket', with accessKeyId and " +
        'secretAccessKey; or give client.',
      {},
    );
  return { endpoint, accessKeyId, secretAccessKey, ...(region !== undefined && { region }) };
}

/** The digest of this process, for `verified(store, digest)`. */
export const openDigest = async (): Promise<Digest> => (await nodeHost()).digest;

/**
 * Makes a key for who writes results, of a name and a number as `ci-1`: the secret for the writer, the public one for
 * those who trust it.
 */
export const createKey = (id: string): { readonly secret: string; readonly public: string } =>
  makeKey(id, nodeCryptography);

/** The world of this process. */
async function nodeWorld(): Promise<RemoteWorld> {
  const { digest } = await nodeHost();
  return {
    digest,
    cryptography: nodeCryptography,
    nowMs: Date.now,
    random: Math.random,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** Says each kind of trouble, and each reason to refuse, once. */
export function sayOnce(warn: (line: string) => void): TellTrouble {
  const said = new Set<string>();
  return ({ kind, reason, detail }) => {
    if (said.size === said.add(`${kind} ${reason}`).size) return;
    warn(`A remote store is ${SAID[kind]}: ${detail.replace(/\.$/, '')}. Results are computed instead.`);
  };
}

const SAID = { failed: 'failing', late: 'late', corrupt: 'corrupt', refused: 'not believed' } as const;
