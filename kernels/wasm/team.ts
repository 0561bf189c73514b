// A team of threads that runs kernels over a range: grains handed out by an atomic counter, on one shared linear memory.
//
// `runNow` blocks: the calling thread takes part and waits at the end. `run` leaves the calling thread free: workers only, a Promise.
// Workers start at the first parallel job. Without them (no SharedArrayBuffer, no host, closed, all dead) the calling thread does the grains.
// A grain whose worker trapped or died is repeated on the calling thread, unless the job says that repeating it would not be sound.
import { instantiate } from './abi.ts';
import type { Kernel, KernelImports } from './abi.ts';
import { CLOSED, SLOT, STATE, WORD, WORKER_SOURCE } from './team-protocol.ts';
import type { ModuleMessage, WorkerPayload } from './team-protocol.ts';

/** A running worker, as the host sees it. */
export interface WorkerHandle {
  post(message: ModuleMessage): void;
  /** Whether the worker keeps the process alive: only while an asynchronous job runs. */
  hold(): void;
  release(): void;
  terminate(): Promise<void>;
}

/** What a team needs from the platform. `source` is plain JavaScript (team-protocol.ts says what the host defines for it). */
export interface TeamHost {
  /** Threads worth using, the calling one included. */
  readonly parallelism: number;
  spawn(source: string, payload: WorkerPayload, events: { readonly message: (value: number) => void; readonly exit: () => void }): WorkerHandle;
  /** Lets other tasks of the calling thread run. */
  pause(): Promise<void>;
}

export interface TeamOptions {
  readonly memory: WebAssembly.Memory;
  readonly kind: 'shared' | 'private';
  readonly host?: TeamHost;
  /** Threads to use, the calling one included; default: the host's parallelism. */
  readonly threads?: number;
  /** How long `runNow` waits for a worker inside one grain before it takes it for dead; default 60 s. */
  readonly stallMs?: number;
}

/** A kernel known to the team; `call` runs it on the calling thread. */
export interface TeamKernel {
  readonly call: Kernel;
  readonly module: number;
  readonly name: number;
  /** `everywhere`, or `here` when its imports exist on the calling thread only. */
  readonly runs: 'everywhere' | 'here';
}

/** A module to load; `importsSource` is the text of a JavaScript expression that makes its imports in a worker. */
export interface TeamModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports?: KernelImports;
  readonly importsSource?: string;
}

/** What to do with a grain that a worker began and did not end: `repeat` suits kernels that overwrite their output. */
export type LostGrain = 'repeat' | 'fail';

/** A worker died inside a grain that must not be repeated; the output of the job is not usable. */
export class GrainLostError extends RangeError {
  readonly code = 'grain_lost';
  readonly grain: number;
  constructor(grain: number) {
    super(`a worker ended inside grain ${grain} of a kernel that updates in place: its output is unusable; compute it again from its inputs`);
    this.grain = grain;
  }
}

interface Job {
  readonly kernel: TeamKernel;
  readonly params: number;
  readonly range: number;
  readonly grain: number;
  readonly lost: LostGrain;
}

/** Rounds the calling thread polls before it sleeps at the end of a job. */
const POLLS = 50000;
const SLEEP_MS = 1;

/** Threads over one memory. */
export class Team {
  readonly threads: number;
  readonly #memory: WebAssembly.Memory;
  readonly #host: TeamHost | undefined;
  readonly #words: Int32Array;
  readonly #stallMs: number;
  readonly #workers: (WorkerHandle | undefined)[] = [];
  readonly #modules: ModuleMessage[] = [];
  #epoch = 0;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();
  #busy = false;
  #wake: () => void = () => undefined;
  /** A worker could not load the job's kernel, so the calling thread takes grains too. */
  #helpWanted = false;

  constructor(options: TeamOptions) {
    const canShare = options.kind === 'shared' && options.host !== undefined;
    this.#memory = options.memory;
    this.#host = options.host;
    this.#stallMs = options.stallMs ?? 60_000;
    this.threads = canShare ? Math.max(1, options.threads ?? options.host.parallelism) : 1;
    const sizeBytes = 4 * (SLOT.first + this.threads * SLOT.words);
    this.#words = new Int32Array(canShare ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes));
  }

  /** Compiles a module and makes it known to all threads; kernels by exported name. */
  load(module: TeamModule): Readonly<Record<string, TeamKernel>> {
    const compiled = new WebAssembly.Module(module.bytes);
    const kernels = instantiate(compiled, this.#memory, module.imports);
    const names = Object.keys(kernels);
    const message: ModuleMessage = { id: this.#modules.length, module: compiled, names, importsSource: module.importsSource ?? '' };
    this.#modules.push(message);
    for (const worker of this.#workers) worker?.post(message);
    const runs = module.imports !== undefined && module.importsSource === undefined ? 'here' : 'everywhere';
    return Object.fromEntries(names.map((name, index) => [name, { call: kernels[name]!, module: message.id, name: index, runs }]));
  }

  /** Runs the kernel over [0, range) in grains and returns when all are done. */
  runNow(kernel: TeamKernel, params: number, range: number, grain: number, lost: LostGrain = 'repeat'): void {
    const job = { kernel, params, range, grain, lost };
    if (range <= grain || this.#busy || !this.#canShare(job, this.threads - 1)) return runHere(job);
    this.#open(job, this.threads - 1, 0);
    try {
      while (this.#takeGrain(job));
      this.#waitForWorkers(Math.ceil(range / grain));
    } finally {
      this.#close(job);
    }
    this.#repeatLost(job);
  }

  /** Runs the kernel over [0, range) in grains on the workers; the calling thread stays free. Jobs wait for each other. */
  run(kernel: TeamKernel, params: number, range: number, grain: number, lost: LostGrain = 'repeat'): Promise<void> {
    const job = { kernel, params, range, grain, lost };
    const result = this.#queue.then(() => this.#canShare(job, this.threads) ? this.#runOnWorkers(job) : this.#runInTurns(job));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Ends the workers; jobs after it run on the calling thread. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
    Atomics.store(this.#words, WORD.epoch, CLOSED);
    if (this.#workers.length > 0) Atomics.notify(this.#words, WORD.epoch);
    await Promise.all(this.#workers.flatMap((worker) => worker?.terminate() ?? []));
    this.#workers.length = 0;
  }

  #canShare(job: Job, workers: number): boolean {
    if (this.#closed || this.threads === 1 || job.kernel.runs === 'here') return false;
    while (this.#workers.length < workers) this.#spawn(this.#workers.length);
    return this.#workers.some((worker) => worker !== undefined);
  }

  #spawn(index: number): void {
    const payload = { memory: this.#memory, control: this.#words.buffer as SharedArrayBuffer, index };
    const events = { message: (value: number) => this.#reported(value), exit: () => this.#workerEnded(index) };
    const worker = this.#host!.spawn(WORKER_SOURCE, payload, events);
    this.#workers.push(worker);
    worker.release();
    for (const message of this.#modules) worker.post(message);
  }

  #reported(value: number): void {
    if (value === -this.#epoch) this.#helpWanted = true;
    this.#wake();
  }

  #workerEnded(index: number): void {
    if (this.#workers[index] === undefined) return;
    this.#workers[index] = undefined;
    const slot = SLOT.first + index * SLOT.words;
    Atomics.store(this.#words, slot + SLOT.state, STATE.dead);
    const claim = Atomics.load(this.#words, slot + SLOT.claim);
    if (claim > 0) {
      Atomics.store(this.#words, slot + SLOT.claim, -claim);
      Atomics.add(this.#words, WORD.failed, 1);
    }
    this.#wake();
  }

  #open(job: Job, participants: number, reports: number): void {
    const words = this.#words;
    const fields: readonly (readonly [number, number])[] = [
      [WORD.next, 0], [WORD.done, 0], [WORD.failed, 0], [WORD.grains, Math.ceil(job.range / job.grain)], [WORD.end, job.range], [WORD.grain, job.grain],
      [WORD.params, job.params], [WORD.module, job.kernel.module], [WORD.name, job.kernel.name], [WORD.participants, participants], [WORD.reports, reports],
    ];
    for (let index = 0; index < this.threads; index++) Atomics.store(words, SLOT.first + index * SLOT.words + SLOT.claim, 0);
    for (const [word, value] of fields) Atomics.store(words, word, value);
    this.#epoch += 1;
    Atomics.store(words, WORD.open, this.#epoch);
    Atomics.store(words, WORD.epoch, this.#epoch);
    Atomics.notify(words, WORD.epoch);
  }

  #takeGrain(job: Job): boolean {
    const index = Atomics.add(this.#words, WORD.next, 1);
    if (index * job.grain >= job.range) return false;
    runGrain(job, index);
    Atomics.add(this.#words, WORD.done, 1);
    return true;
  }

  #pending(grains: number): boolean {
    return Atomics.load(this.#words, WORD.done) + Atomics.load(this.#words, WORD.failed) < grains;
  }

  #waitForWorkers(grains: number): void {
    let sleeps = 0;
    for (let polls = 0; this.#pending(grains); polls++) {
      if (polls > POLLS && sleep(this.#words)) sleeps++;
      if (sleeps * SLEEP_MS > this.#stallMs) this.#abandonWorkers();
    }
  }

  // The thread that waits gets no events: workers inside a grain for longer than any grain takes have died.
  #abandonWorkers(): void {
    this.#workers.forEach((worker, index) => {
      if (worker === undefined || Atomics.load(this.#words, SLOT.first + index * SLOT.words + SLOT.claim) <= 0) return;
      void worker.terminate();
      this.#workerEnded(index);
    });
  }

  // No grain is handed out any more, and no worker looks at the job.
  #close(job: Job): void {
    Atomics.store(this.#words, WORD.open, 0);
    Atomics.store(this.#words, WORD.next, Math.ceil(job.range / job.grain));
    for (let index = 0; index < this.#workers.length; index++) {
      while (Atomics.load(this.#words, SLOT.first + index * SLOT.words + SLOT.state) === STATE.active);
    }
  }

  #repeatLost(job: Job): void {
    for (let index = 0; index < this.#workers.length; index++) {
      const claim = Atomics.exchange(this.#words, SLOT.first + index * SLOT.words + SLOT.claim, 0);
      if (claim >= 0) continue;
      if (job.lost === 'fail') throw new GrainLostError(-claim - 1);
      runGrain(job, -claim - 1);
    }
  }

  async #runOnWorkers(job: Job): Promise<void> {
    const grains = Math.ceil(job.range / job.grain);
    this.#busy = true;
    this.#helpWanted = false;
    for (const worker of this.#workers) worker?.hold();
    try {
      this.#open(job, this.#workers.length, 1);
      while (this.#pending(grains)) {
        const alone = this.#workers.every((worker) => worker === undefined);
        if ((alone || this.#helpWanted) && this.#takeGrain(job)) await this.#host!.pause();
        else await this.#report(grains);
      }
    } finally {
      this.#close(job);
      this.#busy = false;
      for (const worker of this.#workers) worker?.release();
    }
    this.#repeatLost(job);
  }

  // Resolves at the next message of a worker, or its end, unless the job is already over.
  #report(grains: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (!this.#pending(grains)) resolve();
    });
  }

  async #runInTurns(job: Job): Promise<void> {
    for (let index = 0; index * job.grain < job.range; index++) {
      runGrain(job, index);
      if (this.#host !== undefined) await this.#host.pause();
    }
  }
}

// Grain by grain also on one thread: short calls let V8's optimised code take over.
function runHere(job: Job): void {
  for (let index = 0; index * job.grain < job.range; index++) runGrain(job, index);
}

function runGrain(job: Job, index: number): void {
  job.kernel.call(job.params, index * job.grain, Math.min(job.range, (index + 1) * job.grain));
}

// Gives the processor away for a moment where the platform lets this thread sleep (a browser's main thread may not).
function sleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, WORD.done, Atomics.load(words, WORD.done), SLEEP_MS);
    return true;
  } catch {
    return false;
  }
}
