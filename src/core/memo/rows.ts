// Rows mode of a memo: rows are kept one by one, the function sees only those that are not, in batches.
import { ShapeError } from '../errors.ts';
import { equalBytes } from '../fingerprint/digest.ts';
import type { Call } from '../engine/call.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { allocate, bytesOf } from '../tensor/dtype.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { formatType, tensorType } from '../tensor/type.ts';
import { openRows, type RowSource } from './batch.ts';
import { judgeTensor } from './judging.ts';
import { copyArguments, kindIn } from './key.ts';
import { isTensorLike } from './leaves.ts';
import { type PendingRun, reuses } from './store.ts';
import { takeValue, timed } from './values.ts';
import type { MemoCall } from './view.ts';
import { checkSignal, orAborted } from '../engine/signals.ts';
import { Tensor } from '../handle/tensor.ts';

type RowValues = ReadonlyMap<string, Value>;

/**
 * One tensor, row i of it being the function's result for row i of the first argument; equal rows are computed once.
 */
export async function callRows(memo: MemoCall, args: readonly unknown[]): Promise<Tensor> {
  const { view, name } = memo;
  const source = await openRows(view, name, args[0]);
  try {
    if (source.count === 0) return await callEmpty(memo, source, args.slice(1));
    const keys = keysOf(memo, source, args);
    const search = new Search(memo, source, args.slice(1), keys);
    const found = await search.all();
    return assemble(
      memo,
      keys.map((key) => found.get(key)!),
      search.origin,
    );
  } finally {
    source.release();
  }
}

/** Whether every row is kept. */
export async function hasRows(memo: MemoCall, args: readonly unknown[]): Promise<boolean> {
  const { definition, view } = memo;
  const missing = await withKeys(memo, args, (keys) => keys.filter((key) => !definition.has(key)));
  for (const key of missing) if ((await definition.readKept(key, view.signal)) === undefined) return false;
  return true;
}

/** Drops the rows; answers how many were kept. */
export async function forgetRows(memo: MemoCall, args: readonly unknown[]): Promise<number> {
  return withKeys(memo, args, (keys) => keys.filter((key) => memo.definition.forget(key)).length);
}

async function withKeys<T>(memo: MemoCall, args: readonly unknown[], use: (keys: readonly string[]) => T): Promise<T> {
  const source = await openRows(memo.view, memo.name, args[0]);
  try {
    return use(keysOf(memo, source, args));
  } finally {
    source.release();
  }
}

/** Row keys; without reuse every row is its own. */
function keysOf(memo: MemoCall, source: RowSource, args: readonly unknown[]): string[] {
  const { view, definition, name } = memo;
  const rest = reuses(memo)
    ? view.memoKeys.call(
        definition.id,
        view.author,
        [isTensorLike(args[0]) ? kindIn(args[0], view.author) : null, ...args.slice(1)],
        name,
      )
    : undefined;
  return Array.from({ length: source.count }, (_, i) => (rest === undefined ? String(i) : source.keyOf(rest, i)));
}

/** One call on its way: rows that were found, and those that still have to be run or waited for. */
class Search {
  readonly #memo: MemoCall;
  readonly #source: RowSource;
  readonly #rest: readonly unknown[];
  readonly #found = new Map<string, Value>();
  /** Keys of rows without a result, with the first row of each. */
  readonly #unseen = new Map<string, number>();
  readonly #keys: readonly string[];
  #computed = 0;
  /** Rows that an earlier run kept. */
  #stored = 0;

  constructor(memo: MemoCall, source: RowSource, rest: readonly unknown[], keys: readonly string[]) {
    this.#memo = memo;
    this.#source = source;
    this.#rest = rest;
    this.#keys = keys;
    keys.forEach((key, i) => {
      if (!this.#unseen.has(key)) this.#unseen.set(key, i);
    });
  }

  /** Rows of other calls under way are waited for, but only when there are no others left to run. */
  async all(): Promise<RowValues> {
    const {
      definition,
      definition: { stats },
      view: { signal },
      rows,
    } = this.#memo;
    for (let batch = this.#claim(rows); this.#unseen.size > 0; batch = this.#claim(rows)) {
      checkSignal(signal);
      const [first] = this.#unseen.keys();
      const result =
        batch.length > 0
          ? this.#begin(batch)
          : (definition.pendingRun<RowValues>(first as string) as Promise<RowValues>);
      const values = await orAborted(result, signal);
      for (const [key, value] of values) if (this.#unseen.delete(key)) this.#found.set(key, value);
    }
    stats.rowsReused += this.#keys.length - this.#computed;
    stats.rowsComputed += this.#computed;
    if (this.#computed === 0) stats.hits++;
    else if (this.#computed < this.#keys.length) stats.parts++;
    if (this.#computed === 0 && definition.isCheckDue(this.#memo.check)) await this.#checkOne();
    return this.#found;
  }

  /** Runs a row that was found again, and compares. */
  async #checkOne(): Promise<void> {
    const { definition, view } = this.#memo;
    const [key, kept] = this.#found.entries().next().value!;
    const [fresh] = await orAborted(this.#rowsOf([this.#keys.indexOf(key)]), view.signal);
    definition.checked(key, isSameRow(kept, fresh!.value));
    this.#found.set(key, fresh!.value);
  }

  get origin(): Call['origin'] {
    if (this.#computed === 0) return this.#stored === 0 ? 'ram' : 'stored';
    return this.#computed < this.#keys.length ? 'part' : 'computed';
  }

  /** Takes what others have kept by now, and claims the first rows that nobody runs. */
  #claim(limit: number): string[] {
    const { definition } = this.#memo;
    const isReusing = reuses(this.#memo);
    const batch: string[] = [];
    for (const key of this.#unseen.keys()) {
      if (batch.length === limit) break;
      const kept = isReusing ? definition.read(key) : undefined;
      if (kept === undefined && definition.pendingRun(key) === undefined) batch.push(key);
      if (kept === undefined) continue;
      this.#unseen.delete(key);
      this.#found.set(key, kept.pieces[0]!.value);
      definition.stats.savedNs += kept.costNs;
    }
    return batch;
  }

  #begin(batch: readonly string[]): Promise<RowValues> {
    const { definition } = this.#memo;
    const reuse = reuses(this.#memo);
    const run: PendingRun<RowValues> = { result: undefined };
    if (reuse) for (const key of batch) definition.begin(key, run);
    const kept = reuse ? this.#readKept(batch, run) : undefined;
    const answered =
      kept === undefined ? this.#run(batch, run) : kept.then((rows) => this.#runOthers(batch, rows, run));
    const result = answered.finally(() => {
      for (const key of batch) definition.finish(key, run);
    });
    return (run.result = result);
  }

  /** Rows that earlier runs kept; undefined at once where there is no store of such results. */
  #readKept(batch: readonly string[], run: PendingRun): Promise<Map<string, Value>> | undefined {
    const { definition } = this.#memo;
    if (!definition.hasKept) return undefined;
    return Promise.all(batch.map(async (key) => definition.readKept(key))).then((found) => {
      const rows = new Map<string, Value>();
      for (const [i, kept] of found.entries()) {
        const [value] = kept?.tensors ?? [];
        if (kept === undefined || value === undefined || kept.tensors.length !== 1) continue;
        rows.set(batch[i]!, value);
        if (definition.isUnderWay(batch[i]!, run)) definition.keep(batch[i]!, [{ value }], kept.costNs);
        definition.stats.savedNs += kept.costNs;
      }
      return rows;
    });
  }

  /** Runs the rows that no earlier run kept. A call from within that run cannot wait for it. */
  async #runOthers(batch: readonly string[], kept: Map<string, Value>, run: PendingRun): Promise<RowValues> {
    this.#stored += kept.size;
    const others = batch.filter((key) => !kept.has(key));
    if (others.length === 0) return kept;
    const shared = run.result;
    run.result = undefined;
    const running = this.#run(others, run);
    run.result = shared;
    return new Map([...kept, ...(await running)]);
  }

  async #run(batch: readonly string[], run: PendingRun): Promise<RowValues> {
    const { definition } = this.#memo;
    this.#computed += batch.length;
    const rows = await this.#rowsOf(batch.map((key) => this.#unseen.get(key)!));
    rows.forEach(({ value, costNs }, i) => {
      if (!definition.isUnderWay(batch[i]!, run)) return;
      definition.keep(batch[i]!, [{ value }], costNs);
      definition.writeKept(batch[i]!, { tensors: [value], tree: undefined, costNs });
    });
    return new Map(rows.map(({ value }, i) => [batch[i]!, value]));
  }

  /** The function on some rows of the argument: what it gives for each, and a row's share of what that took. */
  async #rowsOf(rows: readonly number[]): Promise<{ readonly value: Value; readonly costNs: number }[]> {
    const given = this.#source.batch(rows);
    try {
      const { result, costNs } = await timed(this.#memo, [given.rows, ...copyArguments(this.#rest)]);
      const values = await splitRows(this.#memo, result, rows.length);
      return values.map((value) => ({ value, costNs: costNs / rows.length }));
    } finally {
      given.release();
    }
  }
}

const isSameRow = (a: Value, b: Value): boolean =>
  formatType(a.type) === formatType(b.type) && equalBytes(bytesOf(a.array), bytesOf(b.array));

/** The rows of a batch's result, each in an array of its own. */
async function splitRows(memo: MemoCall, result: unknown, count: number): Promise<Value[]> {
  const { view, name } = memo;
  const whole = await takeValue(view, result, `memo "${name}": result`);
  const {
    type: { dtype, shape },
    array,
    block,
  } = whole;
  try {
    judgeTensor(memo, whole);
    checkCount(name, shape, count);
    const type = tensorType(dtype, shape.slice(1));
    return Array.from({ length: count }, (_, i) => valueOfArray(type, array.slice(i * type.size, (i + 1) * type.size)));
  } finally {
    block.release();
  }
}

function checkCount(name: string, shape: Shape, count: number): void {
  if (shape[0] === count) return;
  throw new ShapeError(
    `memo "${name}": it was given ${count} rows and its result is ${formatShape(shape)}; return a tensor whose ` +
      `first axis has length ${count}, or leave rows out.`,
    { count, shape },
  );
}

/**
 * Rows one after the other as a tensor that is known by its content: the same rows in the same order are one operand.
 */
function assemble(memo: MemoCall, rows: readonly Value[], origin: Call['origin']): Tensor {
  const {
    view: { engine, roots, owner, reuse },
    name,
  } = memo;
  const { type } = rows[0]!;
  const other = rows.find((row) => row.type !== type);
  if (other !== undefined) {
    throw new ShapeError(
      `memo "${name}": one row is ${formatType(type)}, another ${formatType(other.type)}; give every row the ` +
        'same type: pad or pool what varies, and forget() older rows.',
      { shapes: [type.shape, other.type.shape] },
    );
  }
  const whole = tensorType(type.dtype, [rows.length, ...type.shape]);
  const value = valueOfArray(whole, allocate(whole.dtype, whole.size));
  rows.forEach((row, i) => value.array.set(row.array as never, i * type.size));
  judgeTensor(memo, value);
  const root = reuse ? roots.place(value) : engine.root(whole, value);
  root.origin = origin;
  return new Tensor(owner, root);
}

/** Without rows only the function knows what a row of the result is. */
async function callEmpty(memo: MemoCall, source: RowSource, rest: readonly unknown[]): Promise<Tensor> {
  const { engine, owner } = memo.view;
  const given = source.batch([]);
  try {
    const { result } = await timed(memo, [given.rows, ...rest]);
    const value = await takeValue(memo.view, result, `memo "${memo.name}": result`);
    checkCount(memo.name, value.type.shape, 0);
    const root = engine.root(value.type, value);
    root.origin = 'computed';
    return new Tensor(owner, root);
  } finally {
    given.release();
  }
}
