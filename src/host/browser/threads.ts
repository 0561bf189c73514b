// Threads for kernels in a browser: workers from a Blob URL, which works the same in every bundle, and turns of the
// event loop where there can be none.
import type { TurnHost } from '../../../kernels/turns.ts';
import type { Spawn, TeamHost } from '../../../kernels/wasm/team/team.ts';
import { pageCores } from './cores.ts';

/** How long a page waits for its first worker; one that is busy with other things is not refused workers for that. */
const ANSWER_MS = 5000;

/** A worker gets its payload as the first message, modules as others. A rejection reaches the page as an error. */
const program = (source: string): string => `
'use strict';
const arrived = [];
let wake = () => {};
const receive = () => arrived.shift();
const report = (value) => postMessage(value);
const arrival = () => new Promise((resolve) => { wake = resolve; });
const run = async (payload) => {${source}};
let start = run;
onmessage = ({ data }) => {
  if (start !== undefined) { start(data); start = undefined; return; }
  arrived.push(data);
  wake();
};
onmessageerror = () => { throw new TypeError('a message could not be read'); };
onunhandledrejection = ({ reason }) => { throw reason; };
`;

/**
 * A team host on the page's workers. Where they are refused, and where `threads` is 1, work is done on the calling
 * thread in turns.
 */
export async function browserThreads(threads: number | undefined): Promise<TeamHost> {
  const parallelism = pageCores();
  const refusal = (threads ?? parallelism) === 1 ? '' : await (refused ??= findRefusal());
  return { parallelism, spawn: refusal === '' ? spawn : refusal, ...pageTurns };
}

/** Turns of a page's event loop. */
export const pageTurns: TurnHost = { pause, now: () => performance.now() };

/** What the page answered: it does not change. */
let refused: Promise<string> | undefined;

/**
 * Why this page has no workers that share memory, '' where it has. A content security policy shows in the attempt only.
 */
async function findRefusal(): Promise<string> {
  if (!globalThis.crossOriginIsolated)
    return (
      'the page is not cross-origin isolated; for more, serve it with the headers Cross-Origin-Opener-Policy: ' +
      'same-origin and Cross-Origin-Embedder-Policy: require-corp'
    );
  const blocked =
    'workers are refused here; for more, add "worker-src blob:" to the content security policy of the page';
  try {
    return await new Promise<string>((resolve) => {
      const worker = new Worker(urlOf('postMessage(0)'));
      const settle = (refusal: string): void => {
        clearTimeout(timer);
        worker.terminate();
        resolve(refusal);
      };
      const timer = setTimeout(() => {
        refused = undefined;
        settle('no worker answered; for more, open the sheet again');
      }, ANSWER_MS);
      worker.onmessage = () => settle('');
      worker.onerror = (event) => {
        event.preventDefault();
        settle(blocked);
      };
    });
  } catch {
    return blocked;
  }
}

const spawn: Spawn = (source, payload, events) => {
  const worker = new Worker(urlOf(program(source)), { name: 'symbolic-sheet kernels' });
  worker.onmessage = ({ data }) => events.message(data as number);
  // The page goes on without it, so this is no error of the page.
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    events.exit();
  };
  worker.postMessage(payload);
  return {
    post: (message) => worker.postMessage(message),
    hold: () => {},
    release: () => {},
    terminate: async () => worker.terminate(),
  };
};

const urls = new Map<string, string>();

/** One URL a program, for as long as the page lives: a worker may load it later than it is started. */
function urlOf(source: string): string {
  let url = urls.get(source);
  if (url === undefined) urls.set(source, (url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))));
  return url;
}

const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** A message, for timers that follow each other are put off by milliseconds; a timer where there are no channels. */
function pause(): Promise<void> {
  if (typeof MessageChannel !== 'function')
    return new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  channel ??= openChannel();
  const { port2 } = channel;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(0);
  });
}

/**
 * A channel that is open while somebody waits for a message: an open one keeps a process alive that has nothing else to
 * do.
 */
function openChannel(): MessageChannel {
  const opened = new MessageChannel();
  opened.port1.onmessage = () => {
    waiting.shift()?.();
    if (waiting.length > 0) return;
    opened.port1.close();
    channel = undefined;
  };
  return opened;
}
