// Threads for kernels on Node: worker_threads, started from text so that it works from source, from dist and from a
// bundle.
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { Spawn, TeamHost } from '../../../kernels/wasm/team/team.ts';
import { checkRoom } from './address-space.ts';

const program = (source: string): string => `
'use strict';
const { parentPort, receiveMessageOnPort, workerData: payload } = require('node:worker_threads');
const receive = () => receiveMessageOnPort(parentPort)?.message;
const report = (value) => parentPort.postMessage(value);
const arrival = undefined;
(async () => {${source}})();
`;

/** A team host on worker_threads; workers never keep the process alive, but for the length of an asynchronous job. */
export function nodeThreads(): TeamHost {
  return {
    parallelism: availableParallelism(),
    spawn: mayStart() ? spawn : 'workers need a permission here; for more, run node with --allow-worker',
    pause,
    now: () => performance.now(),
  };
}

/** Node's permission model, where it is on. */
const mayStart = (): boolean =>
  (process as { permission?: { has(scope: string): boolean } }).permission?.has('worker') !== false;

/** Workers that have not said yet that they run. */
let starting = 0;

const spawn: Spawn = (source, payload, events) => {
  checkRoom(starting + 1);
  const worker = new Worker(program(source), {
    eval: true,
    workerData: payload,
    execArgv: [],
    name: 'symbolic-sheet kernels',
  });
  starting++;
  let isStarting = true;
  const settle = (): void => {
    if (isStarting) starting--;
    isStarting = false;
  };
  worker.on('online', settle);
  worker.on('message', events.message);
  // 'exit' follows; an 'error' without a listener would end the process although the team copes.
  worker.on('error', () => undefined);
  worker.on('exit', () => {
    settle();
    events.exit();
  });
  return {
    post: (message) => worker.postMessage(message),
    hold: () => worker.ref(),
    release: () => worker.unref(),
    terminate: async () => {
      await worker.terminate();
    },
  };
};

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
