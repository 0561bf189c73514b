// The WASM device: SIMD kernels on one heap, matrix products on a team of threads, all in the bits of the
// specification.
import { Heap } from '../../../../kernels/wasm/memory/heap.ts';
import type { Team } from '../../../../kernels/wasm/team/team.ts';
import { type Block, heapMemory, type Memory } from '../../tensor/block.ts';
import {
  type Device,
  IN_PARTS,
  NO_ELEMENTS,
  NO_KERNEL,
  type Promptness,
  type Refusal,
  type Task,
  taskBytes,
} from '../device.ts';
import { HeapMemory } from './heap-memory.ts';
import type { JsDevice } from '../js/device.ts';
import { elementsOf, isDense, type ThreadOptions, WasmKernels, workOf } from './kernels.ts';

/** Expected speed of one thread before anything was measured. */
const FLOPS_PER_NS = 40;
const NS_PER_FLOP_SIMD = 0.12;
const NS_PER_BYTE = 0.06;
const CALL_NS = 400;
/** Products of more floating-point operations keep all threads busy. */
const SHARED_FLOPS = 1.5e8;

/** Bytes that a new memory must save: it takes its kernels and threads anew. */
const MIN_TRIMMED_BYTES = 2 ** 24;

/** After so long a memory whose tasks were still running is looked at again. */
const TRIM_RETRY_MS = 20;

/** Kernels count elements in signed words. */
const COUNTED_ELEMENTS = 2 ** 31;
const TOO_MANY: Refusal = 'its kernels count no more than 2147483647 elements';

const SKELETONS: ReadonlySet<string> = new Set([
  'map',
  'reduce',
  'rows',
  'contract',
  'linalg',
  'random',
  'window',
  'rearrange',
]);

/** What the WASM device is opened with. */
export interface WasmOptions extends ThreadOptions {
  /** Bytes of results it should have room for without growing. */
  readonly roomBytes: number;
  /** Bytes its memory can have at most; default the 4 GiB that WebAssembly can address. */
  readonly maximumBytes?: number;
  /** Elements from which a task is left to plain JavaScript; default the 2³¹ that kernels can count. */
  readonly maximumElements?: number;
}

/** SIMD kernels of `sqs-num/1`; needs WebAssembly, uses threads where memory can be shared. */
export class WasmDevice implements Device {
  readonly name = 'wasm';
  readonly exact = true;
  /** Where results lie so that its kernels reach them without a copy. */
  readonly linearMemory: Memory;
  readonly #results: HeapMemory | undefined;
  readonly #options: WasmOptions;
  readonly #js: JsDevice;
  #kernels: WasmKernels;
  /** Tasks that run beside the event loop. */
  #running = 0;
  #isTrimDue = false;

  constructor(js: JsDevice, options: WasmOptions) {
    this.#js = js;
    this.#options = options;
    this.#kernels = this.#over(openHeap(options));
    const { heap } = this.#kernels;
    // A private memory that grows detaches every view of it: it holds working copies only.
    const trim = (settled?: () => Iterable<Block>): void => this.#trim(settled);
    this.#results = heap.kind === 'shared' ? new HeapMemory(heap, trim) : undefined;
    this.linearMemory = this.#results ?? { take: (type) => heapMemory.take(type), trim };
  }

  #over(heap: Heap): WasmKernels {
    const kernels = new WasmKernels(this.#js, heap, this.#options);
    abandoned.register(this, kernels.team, kernels.team);
    return kernels;
  }

  get detail(): string {
    const {
      heap,
      team: { threads, refusal },
    } = this.#kernels;
    if (threads === 1) return `SIMD kernels, 1 thread: ${whyOne(this.#options, heap.kind)}`;
    return (
      `SIMD kernels, ${threads} ` +
      `threads${refusal === undefined ? '' : `, of which not all start: ${refusal}; the others do their work`}`
    );
  }

  supports(task: Task): true | Refusal {
    const { kernel, throughCodecs, parts } = task.row;
    if (!SKELETONS.has(kernel.skeleton)) return NO_KERNEL;
    if (throughCodecs) return 'its kernels do not read elements as codecs store them';
    if (task.type.size === 0) return NO_ELEMENTS;
    // Products go through tiles, of which none has so many.
    if (!isDense(task) && elementsOf(task) >= (this.#options.maximumElements ?? COUNTED_ELEMENTS)) return TOO_MANY;
    return parts === undefined || kernel.skeleton === 'map' || this.#kernels.joins(task) ? true : IN_PARTS;
  }

  estimateNs(task: Task): number {
    const flops = workOf(task);
    const compute = isDense(task)
      ? flops / (FLOPS_PER_NS * (flops > SHARED_FLOPS ? this.#kernels.team.threads : 1))
      : flops * NS_PER_FLOP_SIMD;
    return CALL_NS + compute + taskBytes(task) * NS_PER_BYTE;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    const running = mode === 'free' ? this.#kernels.runBeside(task, out) : undefined;
    if (running === undefined) return this.#kernels.runNow(task, out);
    this.#running++;
    return running.finally(() => this.#running--);
  }

  /**
   * Gives the pages back that were touched and are free: a memory cannot shrink, so what is in use moves to a new one,
   * and the old goes with the collector. Not while a task runs; a moment after it then.
   */
  #trim(settled: () => Iterable<Block> = () => []): void {
    if (this.#running > 0) return this.#trimSoon(settled);
    const { heap, team } = this.#kernels;
    if (heap.touchedBytes - heap.usedBytes < MIN_TRIMMED_BYTES) return;
    const fresh = reopened(this.#options, heap.kind);
    if (fresh === undefined) return;
    this.#results?.moveTo(fresh, new Set(Array.from(settled(), ({ home }) => home)));
    abandoned.unregister(team);
    void team.close();
    this.#kernels = this.#over(fresh);
  }

  #trimSoon(settled: () => Iterable<Block>): void {
    if (this.#isTrimDue) return;
    this.#isTrimDue = true;
    const timer = setTimeout(() => {
      this.#isTrimDue = false;
      this.#trim(settled);
    }, TRIM_RETRY_MS) as unknown as { unref?: () => void };
    timer.unref?.();
  }

  close(): void {
    abandoned.unregister(this.#kernels.team);
    void this.#kernels.team.close();
  }
}

/** Ends the threads of devices that nobody closed. One registry for the process, as in sheet/pins.ts. */
const abandoned = new FinalizationRegistry<Team>((team) => void team.close());

/**
 * A shared memory of which untouched pages cost nothing; smaller where the system refuses so much address space,
 * private where it refuses any that is shared.
 */
function openHeap({ roomBytes, maximumBytes = 2 ** 32 }: WasmOptions): Heap {
  let last: Heap | undefined;
  for (let maximumPages = Math.floor(maximumBytes / 65536); maximumPages >= 64; maximumPages >>= 2) {
    const initialPages = Math.min(maximumPages, Math.ceil((roomBytes * 1.5) / 65536) + 8192);
    try {
      last = new Heap({ initialPages, maximumPages });
      if (last.kind === 'shared' || typeof SharedArrayBuffer === 'undefined') return last;
    } catch {
      // Less address space than asked for: try a quarter.
    }
  }
  return last ?? new Heap({ maximumPages: 256 });
}

function whyOne({ threads, host }: WasmOptions, kind: 'shared' | 'private'): string {
  if (threads === 1) return 'as asked for';
  if (typeof host?.spawn === 'string') return host.spawn;
  return kind === 'private' ? 'memory cannot be shared here' : 'there is one core';
}

/** Another memory of the same kind; undefined where the system has no room for it beside the first. */
function reopened(options: WasmOptions, kind: Heap['kind']): Heap | undefined {
  try {
    const heap = openHeap(options);
    return heap.kind === kind ? heap : undefined;
  } catch {
    return undefined;
  }
}
