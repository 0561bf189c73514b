// What a Redis that is killed, stopped, slow, full or lying does to a program: it takes a little longer, and computes
// the same bits. The server is a real one.
import { type AddressInfo, createServer } from 'node:net';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRedis } from '../../../src/host/node/redis.ts';
import { equalBytes } from '../../../src/core/fingerprint/digest.ts';
import type { Stored } from '../../../src/kit.ts';
import { redisBlobs } from '../../../src/tiers/remote/redis-blobs.ts';
import type { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import { extent } from '../../run/extent.ts';
import { freePort, isMissing, redisProgram, type Server, startRedis } from '../../run/servers.ts';
import { type RedisProxy, startRedisProxy } from './redis-proxy.ts';
import { percentile, programBits, remoteOn, resultOf, type TestWorld, testWorld, WORTH } from './world.ts';

const LOOKUPS = extent(200, 2000);
const RESULTS = Array.from({ length: 40 }, (_, i) => resultOf(i, 128));
/** The fault begins after so many look-ups. */
const SOUND = 40;
const EXPECTED = await programBits([]);

interface Scene {
  readonly server: Server;
  readonly proxy: RedisProxy;
  readonly store: RemoteStore;
  readonly world: TestWorld;
}

interface Fault {
  readonly name: string;
  readonly begin: (scene: Scene) => Promise<unknown> | void;
  readonly end?: (scene: Scene) => Promise<unknown> | void;
  /** Whether the server is left alone: it does not work, or nothing that it gives is of use. */
  readonly opens: boolean;
}

const clientOf = (port: number) => createClient({ url: `redis://127.0.0.1:${port}` });
type Client = ReturnType<typeof clientOf>;

const run = async ({ server }: Scene, work: (client: Client) => Promise<unknown>): Promise<void> => {
  const client = clientOf(server.port);
  await client.connect();
  await work(client);
  client.destroy();
};
const keysOf = async (client: Client): Promise<string[]> => (await client.keys('*')).sort();

let restarted: Server | undefined;
const FAULTS: readonly Fault[] = [
  {
    name: 'is killed',
    begin: ({ server }) => void server.process.kill('SIGKILL'),
    end: async ({ server }) => void (restarted = await startRedis(redisProgram as string, [], server.port)),
    opens: true,
  },
  {
    name: 'is stopped',
    begin: ({ server }) => void server.process.kill('SIGSTOP'),
    end: ({ server }) => void server.process.kill('SIGCONT'),
    opens: true,
  },
  {
    name: 'refuses connections',
    begin: async ({ proxy }) => proxy.stop(),
    opens: true,
  },
  { name: 'takes 200 ms', begin: ({ proxy }) => void (proxy.does = 'lag'), opens: true },
  { name: 'resets connections within an answer', begin: ({ proxy }) => void (proxy.does = 'reset'), opens: true },
  { name: 'answers with garbage', begin: ({ proxy }) => void (proxy.does = 'garbage'), opens: true },
  { name: 'answers what was asked before', begin: ({ proxy }) => void (proxy.does = 'shift'), opens: true },
  {
    name: 'has one megabyte and evicts',
    begin: (scene) =>
      run(scene, async (client) => {
        await client.configSet({ maxmemory: '1mb', 'maxmemory-policy': 'allkeys-lru' });
        await Promise.all(Array.from({ length: 40 }, (_, i) => client.set(`other-${i}`, 'x'.repeat(50_000)))).catch(
          () => {},
        );
      }),
    opens: false,
  },
  {
    name: 'has results under each other’s names',
    begin: (scene) =>
      run(scene, async (client) => {
        const names = await keysOf(client);
        for (const name of names) await client.rename(name, `${name}-old`);
        for (const [i, name] of names.entries()) await client.rename(`${names[(i + 1) % names.length]}-old`, name);
      }),
    opens: true,
  },
  {
    name: 'has wrong bytes under every name',
    begin: (scene) =>
      run(scene, async (client) => {
        for (const name of await keysOf(client)) await client.setRange(name, (await client.strLen(name)) - 9, '!');
      }),
    opens: true,
  },
];

describe.each(FAULTS)('a Redis that $name', ({ begin, end, opens }) => {
  let scene: Scene;
  beforeEach(async (context) => {
    if (isMissing(redisProgram)) return context.skip(redisProgram.missing);
    const server = await startRedis(redisProgram, [], await freePort());
    const proxy = await startRedisProxy(server.port);
    const world = testWorld(1, 'real');
    world.patience = 100;
    const { store } = remoteOn(redisBlobs(await openRedis(`redis://127.0.0.1:${proxy.port}`)), world);
    for (const result of RESULTS) store.put(result.key, result, WORTH);
    await store.flush();
    scene = { server, proxy, store, world };
  });
  afterEach(async () => {
    if (isMissing(redisProgram)) return;
    await scene.store.close();
    await scene.proxy.stop();
    await scene.server.stop();
    await restarted?.stop();
    restarted = undefined;
  });

  it('gives nothing wrong, costs a caller no more than 50 ms, and the program computes the same bits', async () => {
    const { store, world } = scene;
    const times: number[] = [];
    let [hits, wrong] = [0, 0];
    const look = async (result: Stored): Promise<void> => {
      const start = performance.now();
      const found = await store.get(result.key);
      times.push(performance.now() - start);
      if (found === undefined) return;
      hits++;
      if (!equalBytes(found.elements as Uint8Array, result.elements as Uint8Array)) wrong++;
    };
    for (let i = 0; i < SOUND; i++) await look(RESULTS[i % RESULTS.length]!);
    expect(hits).toBe(SOUND);
    await begin(scene);
    // A server that works is not to be late because of others on this machine.
    world.patience = opens ? 1 : 100;
    for (let i = SOUND; i < LOOKUPS; i++) {
      await look(RESULTS[i % RESULTS.length]!);
      const { failed, late, corrupt, openings } = store.figures();
      // At most five before it is left alone, and each later try is one.
      if (opens) expect(failed + late + corrupt).toBeLessThanOrEqual(openings === 0 ? 5 : 4 + openings);
    }
    expect(wrong).toBe(0);
    expect(percentile(times, 0.99)).toBeLessThanOrEqual(50);
    expect(store.figures().openings > 0).toBe(opens);
    expect(await programBits([store])).toBe(EXPECTED);
    if (end === undefined) return;
    await end(scene);
    world.patience = 100;
    await backAt(scene, world);
  });
});

/** One look-up tries whether the server is back, and those after it find it so. */
async function backAt({ store }: Scene, world: TestWorld): Promise<void> {
  const fresh = resultOf(1000);
  await expect
    .poll(
      async () => {
        world.advance(30_000);
        store.put(fresh.key, fresh, WORTH);
        await store.flush();
        return (await store.get(fresh.key))?.digest;
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(fresh.digest);
}

describe('a server that takes connections and says nothing', () => {
  it('is given up, so that it keeps no program from ending', async () => {
    const mute = createServer((socket) => void socket.resume().on('error', () => {}));
    await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve));
    const connection = await openRedis(`redis://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    await expect(connection.client()).rejects.toThrow();
    await connection.close();
    await new Promise<void>((resolve) => void mute.close(() => resolve()));
  });
});
