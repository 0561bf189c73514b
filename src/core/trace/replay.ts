// Runs the program of a trace again, anywhere, and compares what comes out with the digests that were recorded.
import { FormatError, LimitError, SheetError, UnknownOpError } from '../errors.ts';
import type { ProgramEvent } from '../events.ts';
import type { Executor } from '../executor.ts';
import { type Digest, toHex } from '../fingerprint/digest.ts';
import { boundOf } from '../ops/define.ts';
import { findOp } from '../ops/index.ts';
import type { LawSet } from '../policy/laws.ts';
import { parseDType, type TypedArray } from '../tensor/dtype.ts';
import { compareResult, type Recorded } from './compare.ts';
import { type CallAttributes, ROOT_NAME } from './records.ts';
import { contentOf } from './roots.ts';
import type { Trace, TraceRoot } from './trace.ts';

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
  /**
   * Supplies the bytes (row-major, little-endian) of roots that are not in the trace. Checked against the content id.
   */
  readonly roots?: (root: WantedRoot) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Class tolerance: allowed relative distance in units of (epsilon × bounds of the ops on the longest path). Default
   * 16.
   */
  readonly slack?: number;
  /**
   * Laws the replay is under, as those of a sheet: every call of the trace is computed and judged. What they deny is a
   * difference. A sheet without laws records no call that changes nothing, and a trace tells no scalar from a literal.
   */
  readonly policy?: LawSet;
  /**
   * Most bytes that results which are still used may take together; a call beyond it is a difference and is not made.
   * Default 4 GiB.
   */
  readonly maxBytes?: number;
}

/** What a replay needs besides its options: how to open the executor that plays it, and what digests results. */
export interface ReplayOptions<H> extends Omit<ReplayTraceOptions, 'device'> {
  readonly open: () => Promise<Executor<H>>;
  readonly digest: Digest;
}

/** The first call that did not come out as recorded: other bits, another type, or an error. */
export interface Divergence {
  readonly seq: number;
  readonly op: string;
  readonly reason: string;
}

/**
 * What a replay found. `compared` = `equal` + `within` + divergent ones, with calls that could not be made as recorded
 * among the latter.
 */
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
const DEFAULT_MAX_BYTES = 2 ** 32;

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
  #heldBytes = 0;
  readonly #bounds = new Map<number, number>();
  readonly #lastUse = new Map<number, number>();
  readonly #recorded: ReadonlyMap<number, Recorded>;
  readonly #contents: ReadonlyMap<string, TraceRoot>;
  readonly #contentIds: ReadonlyMap<number, Uint8Array>;
  /** Calls that had no result when they were recorded. */
  readonly #ended: ReadonlySet<number>;
  /** By number: a root is asked for again at every use of it. */
  readonly #missing = new Map<number, WantedRoot>();
  #counts = { compared: 0, same: 0, within: 0, skipped: 0 };
  #first: Divergence | undefined;

  constructor(trace: Trace, executor: Executor<H>, options: ReplayOptions<H>) {
    this.#trace = trace;
    this.#executor = executor;
    this.#options = options;
    this.#contents = new Map(trace.roots.map((root) => [toHex(root.contentId), root]));
    this.#contentIds = new Map(
      trace.annotations.flatMap((record) => (record.kind === 'root' ? [[record.seq, record.contentId]] : [])),
    );
    this.#recorded = new Map(
      trace.annotations.flatMap((record) =>
        record.kind === 'digest' || record.kind === 'bytes' ? [[record.seq, record]] : [],
      ),
    );
    this.#ended = new Set(
      trace.annotations.flatMap((record) =>
        record.kind === 'answer' && (record.decision === 'failed' || record.decision === 'denied') ? [record.seq] : [],
      ),
    );
    trace.events.forEach(({ operands }, at) => operands.forEach((operand) => this.#lastUse.set(operand, at)));
  }

  async finish(): Promise<ReplayReport> {
    const { events } = this.#trace;
    for (const [at, event] of events.entries()) {
      await this.#again(event);
      for (const operand of event.operands) if (this.#lastUse.get(operand) === at) this.#letGo(operand);
      if (!this.#lastUse.has(event.seq)) this.#letGo(event.seq);
    }
    const { same, ...counts } = this.#counts;
    return {
      events: events.length,
      ...counts,
      equal: same,
      missing: [...this.#missing.values()],
      ...(this.#first && { firstDivergence: this.#first }),
    };
  }

  async #again(event: ProgramEvent): Promise<void> {
    if (event.op === ROOT_NAME) return this.#root(event.seq, event);
    for (const operand of event.operands) if (!this.#handles.has(operand)) await this.#fromBefore(operand);
    const operands = event.operands.map((operand) => this.#handles.get(operand));
    if (operands.includes(undefined)) {
      this.#counts.skipped++;
      return;
    }
    this.#bounds.set(
      event.seq,
      boundOfCall(event) + Math.max(0, ...event.operands.map((operand) => this.#bounds.get(operand) ?? 0)),
    );
    try {
      const handle = this.#call(event, operands as H[]);
      const recorded = this.#recorded.get(event.seq);
      if (recorded !== undefined) await this.#executor.read(handle, (array) => this.#compare(event, recorded, array));
      else await this.#judge(handle);
    } catch (error) {
      this.#failed(event, error);
    }
  }

  /** Laws speak of what is computed, so that everything is where there are some. */
  async #judge(handle: H): Promise<void> {
    if (this.#options.policy !== undefined) await this.#executor.read(handle, () => undefined);
  }

  /** Whatever a file made an op do is found out about the file, and ends no replay. Numbers are those of the file. */
  #failed(event: Pick<ProgramEvent, 'seq' | 'op'>, error: unknown): void {
    if (this.#ended.has(event.seq)) return;
    const reason = error instanceof SheetError ? error.message : String(error);
    this.#diverged(event, reason.replace(/\bEvent #\d+/, `Event #${event.seq}`));
  }

  /** Makes a call as it was recorded, or throws what tells it from the record. */
  #call(event: ProgramEvent, operands: readonly H[]): H {
    const { op, version, attrs, dtype, shape, numerics, seq } = event;
    const row = findOp(op);
    if (row === undefined) {
      const remedy = 'define it as the program did that wrote the trace (defineOp), before replaying';
      throw new UnknownOpError(`${op}@${version} is no op of the library, and is not defined here; ${remedy}.`, {
        op,
        version,
      });
    }
    if (row.version !== version) {
      throw new FormatError(
        `${op} is of version ${version} in the trace and ${row.version} here, which may have other results; ` +
          'replay it with the release, or the definition, that wrote it.',
        { code: 'version', op, version },
      );
    }
    const handle = this.#executor.call(op, operands, attrs as CallAttributes, numerics);
    const type = this.#executor.typeOf(handle);
    if (type.dtype !== dtype || type.shape.join() !== shape.join()) {
      throw new FormatError(
        `${op} gives ${type.dtype} [${type.shape.join()}], recorded was ${dtype} [${shape.join()}]; the trace ` +
          'was changed, or written by a faulty release.',
        { code: 'type', op },
      );
    }
    this.#hold(seq, handle, op);
    return handle;
  }

  #hold(seq: number, handle: H, op: string): void {
    const { maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    const { sizeBytes } = this.#executor.typeOf(handle);
    if (this.#heldBytes + sizeBytes > maxBytes) {
      throw new LimitError(
        `${op} would make ${sizeBytes} bytes beside ${this.#heldBytes} that are still used, more than ` +
          `${maxBytes} together; raise maxBytes of replayTrace.`,
        { sizeBytes, heldBytes: this.#heldBytes, maxBytes },
      );
    }
    this.#letGo(seq);
    this.#heldBytes += sizeBytes;
    this.#handles.set(seq, handle);
  }

  #letGo(seq: number): void {
    const handle = this.#handles.get(seq);
    if (handle === undefined) return;
    this.#heldBytes -= this.#executor.typeOf(handle).sizeBytes;
    this.#handles.delete(seq);
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
    if (array === undefined) {
      this.#missing.set(seq, wanted);
      return;
    }
    const root = this.#executor.root(array, dtype, shape);
    this.#hold(seq, root, ROOT_NAME);
    try {
      await this.#judge(root);
    } catch (error) {
      this.#failed({ seq, op: ROOT_NAME }, error);
    }
  }

  #compare(event: ProgramEvent, recorded: Recorded, array: TypedArray): void {
    const { digest, slack = DEFAULT_SLACK } = this.#options;
    const bound = event.numerics === 'exact' ? 0 : slack * (this.#bounds.get(event.seq) ?? 0);
    const { verdict, reason } = compareResult(recorded, { array, dtype: parseDType(event.dtype) }, bound, digest);
    if (verdict === 'differs') return this.#diverged(event, reason);
    this.#counts.compared++;
    this.#counts[verdict]++;
  }

  #diverged({ seq, op }: Pick<ProgramEvent, 'seq' | 'op'>, reason: string): void {
    this.#counts.compared++;
    this.#first ??= { seq, op, reason };
  }
}

function boundOfCall({ op, attrs }: ProgramEvent): number {
  const row = findOp(op);
  return row === undefined ? 0 : boundOf(row, attrs as CallAttributes);
}
