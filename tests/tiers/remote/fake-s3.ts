// A bucket in the process of a test, over HTTP, which does to requests what networks and broken services do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { S3mini } from 's3mini';
import type { S3Client } from '../../../src/tiers/remote/s3-blobs.ts';

/** A request that a bucket was asked. */
export interface Asked {
  readonly method: string;
  readonly name: string;
  readonly status: number;
}

/** Answers a request in the place of the bucket; false where the bucket does as it should. */
export type Mischief = (request: { method: string; name: string }, response: ServerResponse) => boolean;

export interface FakeS3 {
  readonly client: S3Client;
  readonly objects: Map<string, Buffer>;
  readonly asked: Asked[];
  /** Bytes that were handed to connections. */
  sentBytes: number;
  does: Mischief;
  stop(): Promise<void>;
}

const SOUND: Mischief = () => false;

export async function startFakeS3(): Promise<FakeS3> {
  const server = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    const name = decodeURIComponent(url.split('?')[0]!.replace('/bucket/', ''));
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.on('error', () => {});
    response.on('close', () => {
      fake.asked.push({ method, name, status: response.statusCode });
    });
    if (fake.does({ method, name }, response)) return;
    const found = fake.objects.get(name);
    if (method === 'PUT') {
      const isTaken = request.headers['if-none-match'] === '*' && found !== undefined;
      if (!isTaken) fake.objects.set(name, Buffer.concat(pieces));
      return void response.writeHead(isTaken ? 412 : 200).end();
    }
    if (found === undefined) return void response.writeHead(404).end();
    fake.sentBytes += found.length;
    response.writeHead(200, { 'content-length': found.length }).end(found);
  };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket`;
  const fake: FakeS3 = {
    client: new S3mini({ accessKeyId: 'tester', secretAccessKey: 'tests', endpoint, region: 'auto' }),
    objects: new Map(),
    asked: [],
    sentBytes: 0,
    does: SOUND,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return fake;
}

/** Many more bytes than were asked for, in few that are sent. */
export const bomb = (): Buffer => gzipSync(Buffer.alloc(2 ** 23));
