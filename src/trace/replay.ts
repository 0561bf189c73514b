// Runs the program of a trace again, anywhere, and compares what comes out with the digests that were recorded.
import { SheetError } from '../errors.ts';
import type { NumericsClass, ProgramEvent } from '../events.ts';
import { type Digest, toHex } from '../fingerprint/digest.ts';
import { boundOf } from '../ops/define.ts';
import { OPS } from '../ops/index.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import { compareResult, type Recorded } from './compare.ts';
import { type CallAttributes, ROOT_NAME } from './records.ts';
import { contentOf } from './roots.ts';
import type { Trace, TraceRoot } from './trace.ts';

/** What replays calls: a sheet, or anything that can stand for one. `H` is its handle of a result. */
export interface Executor<H> {
  root(array: TypedArray, dtype: string, shape: readonly number[]): H;
  call(op: string, operands: readonly H[], attrs: CallAttributes, numerics: NumericsClass): H;
  /** Lends the elements of a result. */
  read<R>(handle: H, use: (array: TypedArray) => R): Promise<R>;
  close(): Promise<void>;
}

/** A root that replay needs. `contentId` is undefined where the trace never knew it. */
export interface WantedRoot {
  readonly seq: number;
  readonly contentId: string | undefined;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What a replay may be told. */
export interface ReplayTraceOptions {
  /** Device to compute on where it has the op, as `js`, `wasm`, `blas`. */
  readonly device?: string;
  /** Supplies the bytes (row-major, little-endian) of roots that are not in the trace. Checked against the content id. */
  readonly roots?: (root: WantedRoot) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Class tolerance: allowed relative distance in units of (epsilon × bounds of the ops on the longest path). Default 16. */
  readonly slack?: number;
}

/** With what it stands on. */
export interface ReplayOptions<H> extends Omit<ReplayTraceOptions, 'device'> {
  readonly open: () => Promise<Executor<H>>;
  readonly digest: Digest;
}

/** The first result that did not come out as recorded. */
export interface Divergence {
  readonly seq: number;
  readonly op: string;
  readonly reason: string;
}

/** What a replay found. `compared` = `equal` + `within` + divergent ones. */
export interface ReplayReport {
  readonly events: number;
  readonly compared: number;
  readonly equal: number;
  /** Class tolerance: other bits, within the bound. */
  readonly within: number;
  readonly missing: readonly WantedRoot[];
  /** Calls that could not be made because a root, or a call before the kept part of the trace, is missing. */
  readonly skipped: number;
  readonly firstDivergence?: Divergence;
}

const DEFAULT_SLACK = 16;

/** Replays a trace. A result that was recorded with a digest is read and compared where it was called. */
export async function replay<H>(trace: Trace, options: ReplayOptions<H>): Promise<ReplayReport> {
  const executor = await options.open();
  try {
    return await new Run(trace, executor, options).finish();
  } finally {
    await executor.close();
  }
}

class Run<H> {
  readonly #trace: Trace;
  readonly #executor: Executor<H>;
  readonly #options: ReplayOptions<H>;
  readonly #handles = new Map<number, H>();
  readonly #bounds = new Map<number, number>();
  readonly #lastUse = new Map<number, number>();
  readonly #recorded: ReadonlyMap<number, Recorded>;
  readonly #contents: ReadonlyMap<string, TraceRoot>;
  readonly #contentIds: ReadonlyMap<number, Uint8Array>;
  readonly #missing: WantedRoot[] = [];
  #counts = { compared: 0, same: 0, within: 0, skipped: 0 };
  #first: Divergence | undefined;

  constructor(trace: Trace, executor: Executor<H>, options: ReplayOptions<H>) {
    this.#trace = trace;
    this.#executor = executor;
    this.#options = options;
    this.#contents = new Map(trace.roots.map((root) => [toHex(root.contentId), root]));
    this.#contentIds = new Map(trace.annotations.flatMap((record) => (record.kind === 'root' ? [[record.seq, record.contentId]] : [])));
    this.#recorded = new Map(trace.annotations.flatMap((record) => (record.kind === 'digest' || record.kind === 'bytes' ? [[record.seq, record]] : [])));
    trace.events.forEach(({ operands }, at) => operands.forEach((operand) => this.#lastUse.set(operand, at)));
  }

  async finish(): Promise<ReplayReport> {
    const { events } = this.#trace;
    for (const [at, event] of events.entries()) {
      await this.#again(event);
      for (const operand of event.operands) if (this.#lastUse.get(operand) === at) this.#handles.delete(operand);
      if (!this.#lastUse.has(event.seq)) this.#handles.delete(event.seq);
    }
    const { same, ...counts } = this.#counts;
    return { events: events.length, ...counts, equal: same, missing: this.#missing, ...(this.#first && { firstDivergence: this.#first }) };
  }

  async #again(event: ProgramEvent): Promise<void> {
    if (event.op === ROOT_NAME) return this.#root(event.seq, event);
    for (const operand of event.operands) if (!this.#handles.has(operand)) await this.#fromBefore(operand);
    const operands = event.operands.map((operand) => this.#handles.get(operand));
    if (operands.includes(undefined)) {
      this.#counts.skipped++;
      return;
    }
    this.#bounds.set(event.seq, boundOfCall(event) + Math.max(0, ...event.operands.map((operand) => this.#bounds.get(operand) ?? 0)));
    try {
      const handle = this.#executor.call(event.op, operands as H[], event.attrs as CallAttributes, event.numerics);
      this.#handles.set(event.seq, handle);
      const recorded = this.#recorded.get(event.seq);
      if (recorded !== undefined) await this.#executor.read(handle, (array) => this.#compare(event, recorded, array));
    } catch (error) {
      if (!(error instanceof SheetError)) throw error;
      this.#failed(event, error);
    }
  }

  /** An operand whose call is not in the kept part of the trace: a root can still be supplied by its content. */
  async #fromBefore(seq: number): Promise<void> {
    const id = this.#contentIds.get(seq);
    const root = id === undefined ? undefined : this.#contents.get(toHex(id));
    if (root !== undefined) await this.#root(seq, root);
  }

  async #root(seq: number, { dtype, shape }: Pick<ProgramEvent, 'dtype' | 'shape'>): Promise<void> {
    const id = this.#contentIds.get(seq);
    const wanted: WantedRoot = { seq, contentId: id && toHex(id), dtype, shape };
    const bytes = (id && this.#contents.get(toHex(id))?.bytes) ?? (await this.#options.roots?.(wanted));
    const array = bytes && contentOf({ contentId: id, dtype, shape }, bytes, this.#options.digest);
    if (array === undefined) this.#missing.push(wanted);
    else this.#handles.set(seq, this.#executor.root(array, dtype, shape));
  }

  #compare(event: ProgramEvent, recorded: Recorded, array: TypedArray): void {
    const { digest, slack = DEFAULT_SLACK } = this.#options;
    const bound = event.numerics === 'exact' ? 0 : slack * (this.#bounds.get(event.seq) ?? 0);
    const { verdict, reason } = compareResult(recorded, array, bound, digest);
    this.#counts.compared++;
    if (verdict === 'differs') this.#diverged(event, reason);
    else this.#counts[verdict]++;
  }

  /** An error is what was recorded if the call was denied or failed then, too, or if nobody read it. */
  #failed(event: ProgramEvent, error: SheetError): void {
    const ended = this.#trace.annotations.some((record) => record.kind === 'answer' && record.seq === event.seq && (record.decision === 'failed' || record.decision === 'denied'));
    if (!ended) this.#diverged(event, error.message);
  }

  #diverged({ seq, op }: ProgramEvent, reason: string): void {
    this.#first ??= { seq, op, reason };
  }
}

function boundOfCall({ op, attrs }: ProgramEvent): number {
  const row = OPS.get(op);
  return row === undefined ? 0 : boundOf(row, attrs as CallAttributes);
}
