// What the main thread and the workers of a team agree on: the words of the control block and the program of a worker.
//
// A job is opened by writing its words, then `open`, then `epoch` (all sequentially consistent). A worker that sees a
// new epoch marks itself active and only then looks at `open`; the main thread closes `open` and waits until nobody is
// active before it writes the next job. So a late worker can never claim a grain of a job it has not seen.
//
// A job has phases, and workers go from one to the next by themselves: who claims a grain of a later phase waits until
// all grains before the phase are done. Handing over to the main thread between phases took milliseconds where every
// processor had a worker on it. The last worker to leave a job reports, after it marked itself idle: a main thread that
// wakes finds nobody to wait for.

/** Positions of the job's words in the control block (Int32). */
export const WORD = {
  epoch: 0,
  open: 1,
  next: 2,
  done: 3,
  failed: 4,
  grains: 5,
  phases: 6,
  participants: 7,
  reports: 8,
} as const;

/**
 * The table of phases: its first word, words a phase has, how many there may be, and the words of a phase (`end`:
 * grains up to its end; team-job.ts).
 */
export const PHASE = {
  first: 16,
  words: 8,
  most: 32,
  end: 0,
  range: 1,
  grain: 2,
  whole: 3,
  lastGrain: 4,
  params: 5,
  module: 6,
  name: 7,
} as const;

/**
 * First word of the worker slots, words a slot has, and its words: state, and the grain in work + 1 (negative: lost).
 */
export const SLOT = { first: PHASE.first + PHASE.most * PHASE.words, words: 4, state: 0, claim: 1 } as const;

/** Values of a slot's state. */
export const STATE = { starting: 0, idle: 1, active: 2, dead: 3 } as const;

/** Epoch that ends the workers. */
export const CLOSED = -1;

/** What a worker is started with, besides what the host adds. */
export interface WorkerPayload {
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly index: number;
}

/** Sent to every worker before the first job that uses the module. */
export interface ModuleMessage {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly names: readonly string[];
}

/**
 * Rounds a worker polls before it sleeps (9 ns each), so that steps that follow each other closely do not pay for
 * wake-ups.
 */
const POLLS = 20000;
/** Longest sleep before a phase; a notification ends it sooner. */
const SLEEP_MS = 1;

/**
 * The worker's program, as text: it must run the same from source, from dist and from a minified bundle. The host makes
 * it the body of an async function and defines for it `payload` (WorkerPayload), `receive()` (next message or
 * undefined, without waiting), `report(value)` (message to the main thread), and `arrival`: undefined where `receive`
 * sees every message that was sent, else a function that answers a promise of the next one, for workers of browsers get
 * messages between tasks only.
 */
export const WORKER_SOURCE = `
const words = new Int32Array(payload.control);
const slot = ${SLOT.first} + payload.index * ${SLOT.words};
const modules = new Map();
let seen = 0, patience = ${POLLS}, isEarly = false;
function kernel(id, name) {
  while (!modules.has(id)) {
    const message = receive();
    if (message === undefined) {
      isEarly = arrival !== undefined;
      return undefined;
    }
    modules.set(message.id, []); // It has no kernels where it does not load.
    const instance = new WebAssembly.Instance(message.module, { env: { memory: payload.memory } });
    modules.set(message.id, message.names.map((name) => instance.exports[name]));
  }
  return modules.get(id)[name];
}
function kernels() {
  const runs = [];
  for (let at = ${PHASE.first}; runs.length < words[${WORD.phases}]; at += ${PHASE.words})
    runs.push(kernel(words[at + ${PHASE.module}], words[at + ${PHASE.name}]));
  return runs.includes(undefined) ? undefined : runs;
}
function reached(start) {
  for (let polls = 0; ; polls++) {
    const done = Atomics.load(words, ${WORD.done});
    if (done >= start) return true;
    if (Atomics.load(words, ${WORD.failed}) > 0) return false;
    if (polls > ${POLLS}) Atomics.wait(words, ${WORD.done}, done, ${SLEEP_MS});
  }
}
function work(runs) {
  const grains = words[${WORD.grains}];
  let phase = -1, at = ${PHASE.first - PHASE.words}, start = 0, end = 0;
  for (;;) {
    const index = Atomics.add(words, ${WORD.next}, 1);
    if (index >= grains) return;
    Atomics.store(words, slot + ${SLOT.claim}, index + 1);
    for (; index >= end; start = end, end = words[at + ${PHASE.end}]) { phase++; at += ${PHASE.words}; }
    if (!reached(start)) return Atomics.store(words, slot + ${SLOT.claim}, -(index + 1));
    const run = runs[phase], params = words[at + ${PHASE.params}], range = words[at + ${PHASE.range}];
    const grain = words[at + ${PHASE.grain}], last = words[at + ${PHASE.lastGrain}];
    const rest = index - start - words[at + ${PHASE.whole}];
    const first = rest < 0 ? (index - start) * grain : (index - start - rest) * grain + rest * last;
    try {
      run(params, first, Math.min(range, first + (rest < 0 ? grain : last)));
    } catch {
      Atomics.store(words, slot + ${SLOT.claim}, -(index + 1));
      Atomics.add(words, ${WORD.failed}, 1);
      Atomics.notify(words, ${WORD.done});
      return;
    }
    Atomics.store(words, slot + ${SLOT.claim}, 0);
    if (Atomics.add(words, ${WORD.done}, 1) + 1 === end) Atomics.notify(words, ${WORD.done});
  }
}
function isLast() {
  const isDone = Atomics.load(words, ${WORD.done}) >= words[${WORD.grains}];
  if (!isDone && Atomics.load(words, ${WORD.failed}) === 0) return false;
  for (let index = 0; index < words[${WORD.participants}]; index++) {
    if (Atomics.load(words, ${SLOT.first} + index * ${SLOT.words}) === ${STATE.active}) return false;
  }
  return true;
}
function nextEpoch() {
  for (;;) {
    let polls = patience;
    while (Atomics.load(words, ${WORD.epoch}) === seen && --polls > 0);
    const epoch = Atomics.load(words, ${WORD.epoch});
    if (epoch !== seen) return epoch;
    Atomics.wait(words, ${WORD.epoch}, seen);
  }
}
Atomics.store(words, slot, ${STATE.idle});
for (;;) {
  const epoch = nextEpoch();
  if (epoch === ${CLOSED}) break;
  seen = epoch;
  patience = ${POLLS};
  let reports = 0;
  Atomics.store(words, slot, ${STATE.active});
  if (Atomics.load(words, ${WORD.open}) === epoch && payload.index < words[${WORD.participants}]) {
    reports = words[${WORD.reports}];
    let runs;
    try { runs = kernels(); } catch { runs = undefined; }
    if (runs !== undefined) work(runs); else if (reports === 1 && !isEarly) report(-epoch);
  }
  Atomics.store(words, slot, ${STATE.idle});
  if (reports === 1 && isLast()) {
    report(epoch);
    patience = 0; // The main thread needs a processor now.
  }
  if (isEarly) {
    isEarly = false;
    await arrival();
    seen = 0; // The job may still be open.
  }
}
Atomics.store(words, slot, ${STATE.dead});
`;
