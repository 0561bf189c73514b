// A connection to Redis or Valkey by the package `redis`, which a program has installed or has opened itself.
import { UnavailableError } from '../../kit.ts';
import type { RedisClient, RedisConnection } from '../../tiers/remote/redis-blobs.ts';
import { loadPeer } from './packages.ts';

/** What is used of a client that this file makes. */
interface OwnClient extends RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  unref(): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

interface RedisPackage {
  createClient(options: object): OwnClient;
}

const CONNECT_MS = 2000;
/** Commands that wait for an answer at most. */
const MAX_COMMANDS = 10_000;

/** The client of a program: it is neither connected nor closed here. */
export const givenRedis = (client: RedisClient): RedisConnection => ({
  place: 'Redis',
  client: async () => client,
  reset: () => {},
  close: async () => {},
});

/**
 * A connection to the server of an address, `redis://` or `rediss://`. It is made when it is first asked for, and anew
 * after a fault. It keeps no process from ending.
 */
export async function openRedis(url: string): Promise<RedisConnection> {
  const place = placeOf(url);
  const redis = (await loadPeer('redis', 'Or give a client: redisStore({ client }).')) as RedisPackage;
  let current: Promise<OwnClient> | undefined;
  let end = (): void => {};
  const reset = (): void => {
    current = undefined;
    end();
  };
  const connect = (): Promise<OwnClient> => {
    const client = redis.createClient(optionsOf(url));
    end = () => endClient(client);
    const connected = client.connect().then(() => {
      // Before it is connected that has no effect: its handle is not there yet.
      client.unref();
      return client;
    });
    // Replies that could not be read are out of order from then on, and a socket that broke is of no use.
    const drop = (): void => {
      endClient(client);
      if (current === connected) current = undefined;
    };
    client.on('error', drop);
    // A server that takes the connection and says nothing keeps the process no longer than this.
    const timer = setTimeout(drop, CONNECT_MS);
    timer.unref();
    connected.finally(() => clearTimeout(timer)).catch(() => {});
    connected.catch(drop);
    return connected;
  };
  return { place, client: () => (current ??= connect()), reset, close: async () => reset() };
}

const optionsOf = (url: string): object => ({
  url,
  // What cannot be asked now is computed, and who asks next connects: the client tries nothing again by itself.
  disableOfflineQueue: true,
  commandsQueueMaxLength: MAX_COMMANDS,
  maintNotifications: 'disabled',
  socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
});

function endClient(client: OwnClient): void {
  try {
    client.destroy();
  } catch {
    // It was not connected, or no longer.
  }
}

/** The address without a name and a password. */
function placeOf(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch (error) {
    throw new UnavailableError(
      'The address of Redis is no URL; give one as redis://127.0.0.1:6379.',
      {},
      {
        cause: error,
      },
    );
  }
}
