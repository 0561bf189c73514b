// A team of threads that runs kernels over a range: grains handed out by an atomic counter, on one shared linear
// memory.
//
// `runNow` blocks: the calling thread takes part and waits at the end. `run` leaves the calling thread free: workers
// only, a Promise. Work in phases is one job: the threads wait for each other between phases, without the calling
// thread. Workers start at the first parallel job. Without them (no SharedArrayBuffer, no host, closed, all dead) the
// calling thread does the grains. A grain whose worker trapped or died is repeated on the calling thread, unless the
// job says that repeating it would not be sound.
import { type TurnHost, Turns } from '../../turns.ts';
import { instantiate, moduleOf } from '../code/abi.ts';
import {
  type TeamCut,
  GrainLostError,
  type Job,
  jobsOf,
  type LostGrain,
  type Phase,
  phaseOf,
  runGrain,
  runHere,
  type TeamKernel,
} from './job.ts';
import { CLOSED, PHASE, SLOT, STATE, WORD, WORKER_SOURCE } from './protocol.ts';
import type { ModuleMessage, WorkerPayload } from './protocol.ts';

export { GrainLostError, type LostGrain, type Phase, type TeamKernel } from './job.ts';

/** A running worker, as the host sees it. */
interface WorkerHandle {
  post(message: ModuleMessage): void;
  /** Whether the worker keeps the process alive: only while an asynchronous job runs. */
  hold(): void;
  release(): void;
  terminate(): Promise<void>;
}

/** Starts a worker. `source` is plain JavaScript (team-protocol.ts says what the host defines for it). */
export type Spawn = (
  source: string,
  payload: WorkerPayload,
  events: { readonly message: (value: number) => void; readonly exit: () => void },
) => WorkerHandle;

/** What a team needs from the platform. */
export interface TeamHost extends TurnHost {
  /** Threads worth using, the calling one included. */
  readonly parallelism: number;
  /** How workers are started, or why there can be none. */
  readonly spawn: Spawn | string;
}

interface TeamOptions {
  readonly memory: WebAssembly.Memory;
  readonly kind: 'shared' | 'private';
  readonly host?: TeamHost;
  /** Threads to use, the calling one included; default: the host's parallelism. */
  readonly threads?: number;
  /** How long `runNow` waits for a worker inside one grain before it takes it for dead; default 60 s. */
  readonly stallMs?: number;
}

/** A module to load. */
export interface TeamModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Rounds the calling thread polls before it sleeps at the end of a job. */
const POLLS = 50000;
const SLEEP_MS = 1;

/** Threads over one memory. */
export class Team {
  readonly threads: number;
  /** For work that answers a promise and is done on the calling thread. */
  readonly turns: Turns;
  /** Why the host started no worker when one was asked for. */
  refusal: string | undefined;
  readonly #memory: WebAssembly.Memory;
  readonly #host: TeamHost | undefined;
  readonly #words: Int32Array;
  readonly #stallMs: number;
  readonly #workers: (WorkerHandle | undefined)[] = [];
  readonly #modules: ModuleMessage[] = [];
  readonly #cut: TeamCut;
  #epoch = 0;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();
  #busy = false;
  #wake: () => void = () => undefined;
  /** A worker could not load the job's kernel, so the calling thread takes grains too. */
  #helpWanted = false;

  constructor(options: TeamOptions) {
    const canShare = options.kind === 'shared' && typeof options.host?.spawn === 'function';
    this.#memory = options.memory;
    this.#host = options.host;
    this.turns = new Turns(options.host);
    this.#stallMs = options.stallMs ?? 60_000;
    this.threads = canShare ? Math.max(1, options.threads ?? options.host!.parallelism) : 1;
    this.#cut = { phases: PHASE.most, threads: this.threads };
    const sizeBytes = 4 * (SLOT.first + this.threads * SLOT.words);
    this.#words = new Int32Array(canShare ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes));
  }

  /** Compiles a module and makes it known to all threads; kernels by exported name. */
  load(module: TeamModule): Readonly<Record<string, TeamKernel>> {
    const kernels = instantiate(module.bytes, this.#memory);
    const names = Object.keys(kernels);
    const message: ModuleMessage = { id: this.#modules.length, module: moduleOf(module.bytes), names };
    this.#modules.push(message);
    for (const worker of this.#workers) worker?.post(message);
    return Object.fromEntries(
      names.map((name, index) => [name, { call: kernels[name]!, module: message.id, name: index }]),
    );
  }

  /** Runs the kernel over [0, range) in grains and returns when all are done. */
  runNow(kernel: TeamKernel, params: number, range: number, grain: number, lost: LostGrain = 'repeat'): void {
    this.runPhasesNow([{ kernel, params, range, grain }], lost);
  }

  /** Runs phases one after another and returns when all are done. */
  runPhasesNow(phases: readonly Phase[], lost: LostGrain = 'repeat'): void {
    for (const job of jobsOf(phases, lost, this.#cut)) this.#runJobNow(job);
  }

  /**
   * Runs the kernel over [0, range) in grains on the workers; the calling thread stays free. Jobs wait for each other.
   */
  run(kernel: TeamKernel, params: number, range: number, grain: number, lost: LostGrain = 'repeat'): Promise<void> {
    return this.runPhases([{ kernel, params, range, grain }], lost);
  }

  /** Runs phases one after another on the workers; the calling thread stays free. */
  runPhases(phases: readonly Phase[], lost: LostGrain = 'repeat'): Promise<void> {
    const result = this.#queue.then(async () => {
      for (const job of jobsOf(phases, lost, this.#cut))
        await (this.#canShare(this.threads) ? this.#runOnWorkers(job) : this.#runInTurns(job));
    });
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

  #canShare(workers: number): boolean {
    if (this.#closed || this.threads === 1) return false;
    while (this.#workers.length < workers) this.#spawn(this.#workers.length);
    return this.#workers.some((worker) => worker !== undefined);
  }

  #spawn(index: number): void {
    const payload = { memory: this.#memory, control: this.#words.buffer as SharedArrayBuffer, index };
    const events = { message: (value: number) => this.#reported(value), exit: () => this.#workerEnded(index) };
    const worker = this.#start(payload, events);
    this.#workers.push(worker);
    if (worker === undefined) return;
    worker.release();
    for (const message of this.#modules) worker.post(message);
  }

  /**
   * A worker, or nothing where the host refuses one: a limit of threads or memory, a permission. The others do its
   * grains.
   */
  #start(...started: [payload: WorkerPayload, events: Parameters<Spawn>[2]]): WorkerHandle | undefined {
    try {
      return (this.#host!.spawn as Spawn)(WORKER_SOURCE, ...started);
    } catch (error) {
      this.refusal = String(error);
      return undefined;
    }
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

  #runJobNow(job: Job): void {
    if (job.grains <= job.phases.length || this.#busy || !this.#canShare(this.threads - 1)) return runHere(job);
    this.#open(job, this.threads - 1, 0);
    let unclaimed: number;
    try {
      while (this.#takeGrain(job));
      this.#waitUntil(() => !this.#isPending(job));
    } finally {
      unclaimed = this.#close(job);
    }
    for (const index of this.#leftGrains(job, unclaimed)) runGrain(phaseOf(job, index), index);
  }

  async #runOnWorkers(job: Job): Promise<void> {
    this.#busy = true;
    this.#helpWanted = false;
    for (const worker of this.#workers) worker?.hold();
    let unclaimed: number;
    try {
      this.#open(job, this.#workers.length, 1);
      while (this.#isPending(job)) {
        const alone = this.#workers.every((worker) => worker === undefined);
        if ((alone || this.#helpWanted) && this.#takeGrain(job)) await this.#host!.pause();
        else await this.#report(job);
      }
    } finally {
      unclaimed = this.#close(job);
      this.#busy = false;
      for (const worker of this.#workers) worker?.release();
    }
    for (const index of this.#leftGrains(job, unclaimed)) runGrain(phaseOf(job, index), index);
  }

  async #runInTurns(job: Job): Promise<void> {
    for (let index = 0; index < job.grains; index++) {
      runGrain(phaseOf(job, index), index);
      await this.turns.turn();
    }
  }

  #open({ phases, grains }: Job, participants: number, reports: number): void {
    const words = this.#words;
    for (let index = 0; index < this.threads; index++)
      Atomics.store(words, SLOT.first + index * SLOT.words + SLOT.claim, 0);
    phases.forEach(({ end, range, grain, whole, lastGrain, params, kernel }, i) => {
      words.set(
        [end, range, grain, whole, lastGrain, params, kernel.module, kernel.name],
        PHASE.first + i * PHASE.words,
      );
    });
    const fields: readonly (readonly [number, number])[] = [
      [WORD.next, 0],
      [WORD.done, 0],
      [WORD.failed, 0],
      [WORD.grains, grains],
      [WORD.phases, phases.length],
      [WORD.participants, participants],
      [WORD.reports, reports],
    ];
    for (const [word, value] of fields) Atomics.store(words, word, value);
    this.#epoch += 1;
    Atomics.store(words, WORD.open, this.#epoch);
    Atomics.store(words, WORD.epoch, this.#epoch);
    Atomics.notify(words, WORD.epoch);
  }

  #takeGrain(job: Job): boolean {
    const words = this.#words;
    const index = Atomics.add(words, WORD.next, 1);
    if (index >= job.grains) return false;
    const phase = phaseOf(job, index);
    this.#waitUntil(() => Atomics.load(words, WORD.done) >= phase.start || Atomics.load(words, WORD.failed) > 0);
    if (Atomics.load(words, WORD.done) < phase.start) {
      job.skipped.push(index);
      return false;
    }
    runGrain(phase, index);
    if (Atomics.add(words, WORD.done, 1) + 1 === phase.end) Atomics.notify(words, WORD.done);
    return true;
  }

  // There are grains to do, or somebody is inside one.
  #isPending({ grains }: Job): boolean {
    return (
      (Atomics.load(this.#words, WORD.done) < grains && Atomics.load(this.#words, WORD.failed) === 0) ||
      this.#isAnyoneActive()
    );
  }

  #isAnyoneActive(): boolean {
    for (let index = 0; index < this.#workers.length; index++) {
      if (Atomics.load(this.#words, SLOT.first + index * SLOT.words + SLOT.state) === STATE.active) return true;
    }
    return false;
  }

  #waitUntil(isOver: () => boolean): void {
    let sleeps = 0;
    for (let polls = 0; !isOver(); polls++) {
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

  // No grain is handed out any more, and no worker looks at the job. Answers the first grain that nobody claimed.
  #close({ grains }: Job): number {
    const words = this.#words;
    Atomics.store(words, WORD.open, 0);
    const next = Atomics.exchange(words, WORD.next, grains);
    // Where the calling thread trapped, workers may wait for a phase that will not come.
    if (Atomics.load(words, WORD.done) < grains) Atomics.add(words, WORD.failed, 1);
    this.#waitUntil(() => !this.#isAnyoneActive());
    return Math.min(next, grains);
  }

  // What is left of a job after a grain of it was lost, in order: a phase may need all of the one before it.
  #leftGrains(job: Job, unclaimed: number): number[] {
    const lost: number[] = [];
    for (let index = 0; index < this.#workers.length; index++) {
      const claim = Atomics.exchange(this.#words, SLOT.first + index * SLOT.words + SLOT.claim, 0);
      if (claim < 0) lost.push(-claim - 1);
    }
    if (lost.length > 0 && job.lost === 'fail') throw new GrainLostError(Math.min(...lost));
    const never = Array.from({ length: job.grains - unclaimed }, (_, i) => unclaimed + i);
    return [...lost, ...job.skipped, ...never].sort((a, b) => a - b);
  }

  // Resolves at the next message of a worker, or its end, unless the job is already over.
  #report(job: Job): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (!this.#isPending(job)) resolve();
    });
  }
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
