// A proxy before Redis that does to answers what networks and broken servers do.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What is done to answers. */
export type Mischief = 'none' | 'lag' | 'reset' | 'garbage' | 'shift';

export interface RedisProxy {
  readonly port: number;
  does: Mischief;
  stop(): Promise<void>;
}

const LAG_MS = 200;
const GARBAGE = Buffer.from('\u0000\u00ff\r\n*not a reply\r\n$-7\r\n\r\n:abc\r\n', 'latin1');

export async function startRedisProxy(upstream: number): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const redis = connect(upstream, '127.0.0.1');
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => (sockets.delete(socket), client.destroy(), redis.destroy()));
    }
    client.on('data', (bytes) => redis.write(bytes));
    redis.on('data', (bytes) => void answer(client, bytes));
  });
  const answer = async (client: Socket, bytes: Buffer): Promise<void> => {
    if (proxy.does === 'lag') await pause(LAG_MS);
    if (client.destroyed) return;
    if (proxy.does === 'garbage') return void client.write(GARBAGE);
    // An answer that nobody asked for comes first: from then on each is that of the command before.
    if (proxy.does === 'shift') client.write('$3\r\nfoo\r\n');
    if (proxy.does !== 'reset') return void client.write(bytes);
    client.write(bytes.subarray(0, bytes.length >> 1), () => client.resetAndDestroy());
  };
  const proxy: RedisProxy = {
    port: 0,
    does: 'none',
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port });
}
