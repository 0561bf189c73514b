// What the main thread and the workers of a team agree on: the words of the control block and the program of a worker.
//
// A job is opened by writing its words, then `open`, then `epoch` (all sequentially consistent). A worker that sees a new epoch marks itself
// active and only then looks at `open`; the main thread closes `open` and waits until nobody is active before it writes the next job.
// So a late worker can never claim a grain of a job it has not seen.

/** Positions of the job's words in the control block (Int32). */
export const WORD = {
  epoch: 0, open: 1, next: 2, done: 3, failed: 4, grains: 5, end: 6, grain: 7, params: 8, module: 9, name: 10, participants: 11, reports: 12,
} as const;

/** First word of the worker slots, words a slot has, and its words: state, and the grain in work + 1 (negative: lost). */
export const SLOT = { first: 16, words: 4, state: 0, claim: 1 } as const;

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

/** Sent to every worker before the first job that uses the module. `importsSource` is a JavaScript expression for its imports, or ''. */
export interface ModuleMessage {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly names: readonly string[];
  readonly importsSource: string;
}

// Rounds a worker polls before it sleeps: about 50 µs, so that the phases of one product do not pay for wake-ups.
const POLLS = 20000;

/**
 * The worker's program, as text: it must run the same from source, from dist and from a minified bundle. The host puts a prelude before it that
 * defines `payload` (WorkerPayload), `receive()` (next message or undefined, without waiting) and `report(value)` (message to the main thread).
 */
export const WORKER_SOURCE = `
const words = new Int32Array(payload.control);
const slot = ${SLOT.first} + payload.index * ${SLOT.words};
const modules = new Map();
function kernel() {
  const id = words[${WORD.module}];
  while (!modules.has(id)) {
    const message = receive();
    if (message === undefined) return undefined;
    const imports = message.importsSource === '' ? {} : new Function('return (' + message.importsSource + ')')();
    const instance = new WebAssembly.Instance(message.module, { ...imports, env: { ...imports.env, memory: payload.memory } });
    modules.set(message.id, message.names.map((name) => instance.exports[name]));
  }
  return modules.get(id)[words[${WORD.name}]];
}
function finished() {
  return Atomics.load(words, ${WORD.done}) + Atomics.load(words, ${WORD.failed}) === words[${WORD.grains}];
}
function work(run, epoch) {
  const grains = words[${WORD.grains}], grain = words[${WORD.grain}], end = words[${WORD.end}], params = words[${WORD.params}];
  for (;;) {
    const index = Atomics.add(words, ${WORD.next}, 1);
    if (index >= grains) return;
    Atomics.store(words, slot + ${SLOT.claim}, index + 1);
    try {
      run(params, index * grain, Math.min(end, (index + 1) * grain));
    } catch {
      Atomics.store(words, slot + ${SLOT.claim}, -(index + 1));
      Atomics.add(words, ${WORD.failed}, 1);
      if (finished() && words[${WORD.reports}] === 1) report(epoch);
      return;
    }
    Atomics.store(words, slot + ${SLOT.claim}, 0);
    Atomics.add(words, ${WORD.done}, 1);
    if (!finished()) continue;
    Atomics.notify(words, ${WORD.done});
    if (words[${WORD.reports}] === 1) report(epoch);
  }
}
let seen = 0;
Atomics.store(words, slot, ${STATE.idle});
for (;;) {
  let polls = ${POLLS};
  while (Atomics.load(words, ${WORD.epoch}) === seen && --polls > 0);
  const epoch = Atomics.load(words, ${WORD.epoch});
  if (epoch === seen) { Atomics.wait(words, ${WORD.epoch}, seen); continue; }
  if (epoch === ${CLOSED}) break;
  seen = epoch;
  Atomics.store(words, slot, ${STATE.active});
  if (Atomics.load(words, ${WORD.open}) === epoch && payload.index < words[${WORD.participants}]) {
    let run;
    try { run = kernel(); } catch { run = undefined; }
    if (run !== undefined) work(run, epoch); else if (words[${WORD.reports}] === 1) report(-epoch);
  }
  Atomics.store(words, slot, ${STATE.idle});
}
Atomics.store(words, slot, ${STATE.dead});
`;
