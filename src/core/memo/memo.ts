// sheet.memo: a function whose results are kept by name, deps and arguments. Calls under way are shared, errors are not
// kept.
import { AttributeError } from '../errors.ts';
import type { Call } from '../engine/call.ts';
import { equalBytes, toHex } from '../fingerprint/digest.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { tensorType } from '../tensor/type.ts';
import { judgeArguments, judgeTree, judgeTensor } from './judging.ts';
import type { KeptResult } from './kept.ts';
import { copyArguments, identify, settleArguments, unidentified } from './key.ts';
import { callRows, hasRows, forgetRows } from './rows.ts';
import { type Definition, type PendingRun, freshStats, type MemoStats, type Piece, reuses } from './store.ts';
import { decodeTree, encodeTree } from './tree.ts';
import { takeValue, timed } from './values.ts';
import type { MemoCall, MemoView } from './view.ts';
import type { ViewOptions } from '../engine/settings.ts';
import { orAborted } from '../engine/signals.ts';
import { Tensor } from '../handle/tensor.ts';

/** Options of `sheet.memo`. */
export interface MemoOptions {
  /** What results depend on beside the arguments: model names, versions, weights. JSON, bigints and tensors. */
  readonly deps?: readonly unknown[];
  /**
   * The first argument is a batch: an array of strings or JSON, or a tensor whose leading axis counts rows. Each row is
   * kept on its own, and the function runs on unseen rows only, at most this many at once, and gives one row for each.
   */
  readonly rows?: number;
  /**
   * The share of hits, 0 to 1, at which the function runs all the same and its result is compared with what is kept. If
   * it differs, the function always runs from then on. Default 0.
   */
  readonly check?: number;
}

/** Arrays that no tensor stands for: they come back as they were, each time a copy. The first is Node's Buffer. */
type OpaqueArray = (Uint8Array & { readonly readInt8: unknown }) | DataView | Uint8ClampedArray;

/**
 * Results as callers get them: tensors of any library and other typed arrays are tensors of the sheet, JSON stays what
 * it is.
 */
export type Memoised<R> =
  R extends Tensor<infer D>
    ? Tensor<D>
    : R extends OpaqueArray
      ? R
      : R extends
            | ArrayBufferView
            | { readonly dims: unknown; readonly type: unknown; readonly size: unknown }
            | { readonly dataId: unknown }
            | { readonly data: unknown; readonly shape: unknown; readonly stride: unknown }
        ? Tensor
        : R extends object
          ? { -readonly [K in keyof R]: Memoised<R[K]> }
          : R;

/** A memoised function. Every result is the caller's own: writing to it changes nothing that is kept. */
export interface Memo<A extends readonly unknown[], R> {
  (...args: A): Promise<R>;
  /** Whether a call with these arguments would run nothing; in rows mode, whether every row is kept. */
  has(...args: A): Promise<boolean>;
  /**
   * Drops what is kept for these arguments (in rows mode, for these rows), or everything; answers how many results that
   * were.
   */
  forget(...args: A | []): Promise<number>;
  /**
   * The same memo seen through another view: a signal ends the wait, not a run that others share; cache 'off' always
   * runs.
   */
  with(options: ViewOptions): Memo<A, R>;
  readonly stats: Readonly<MemoStats>;
}

/** Makes a memo. AttributeError for a name, deps or rows it cannot take. */
export function makeMemo<A extends readonly unknown[], R>(
  view: MemoView,
  name: string,
  run: (...args: A) => unknown,
  options: MemoOptions,
): Memo<A, R> {
  const { rows, check } = checkOptions(name, options);
  const define = definer(view, name, run, options.deps ?? []);
  return bind<A, R>(view, { name, rows, check, run: run as MemoCall['run'] }, define);
}

type Define = { (): Promise<Definition>; known(): Definition | undefined };
type Settled = Omit<MemoCall, 'view' | 'definition'>;

function bind<A extends readonly unknown[], R>(view: MemoView, settled: Settled, define: Define): Memo<A, R> {
  const ask = async <T>(
    args: readonly unknown[],
    then: (memo: MemoCall, args: readonly unknown[]) => Promise<T>,
  ): Promise<T> => {
    view.checkOpen();
    const given = settleArguments(withoutTail(args));
    const open = view.reuse ? unidentified(given) : [];
    const known = define.known();
    // Where this has to wait before arguments are read, the caller may write to them meanwhile.
    const own = open.length > 0 || known === undefined || settled.rows > 0 ? copyArguments(given) : given;
    const definition = known ?? (await orAborted(define(), view.signal));
    if (open.length > 0) await orAborted(identify(open), view.signal);
    view.memos.touch(definition);
    return then({ ...settled, view, definition }, own);
  };
  const memo = Object.assign((...args: A) => ask(args, call) as Promise<R>, {
    has: (...args: A) => ask(args, has),
    // At once where it can, so that a call after it never joins a run before it.
    forget: async (...args: A | []) =>
      args.length === 0 ? (define.known() ?? (await define())).clear() : ask(args, forget),
    with: (options: ViewOptions) => bind<A, R>(view.with(options), settled, define),
  });
  return Object.defineProperty(memo, 'stats', {
    get: () => ({ ...(define.known()?.stats ?? freshStats()) }),
  }) as unknown as Memo<A, R>;
}

const OPTIONS: readonly string[] = ['deps', 'rows', 'check'];

function checkOptions(name: unknown, options: MemoOptions): Required<Pick<MemoOptions, 'rows' | 'check'>> {
  if (typeof name !== 'string' || name === '')
    throw new AttributeError(
      `memo: its name is ${JSON.stringify(name)}; give a string that names what the function computes.`,
      { name },
    );
  const stranger = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (stranger !== undefined)
    throw new AttributeError(`memo "${name}": there is no option "${stranger}"; known are ${OPTIONS.join(', ')}.`, {
      option: stranger,
    });
  if (options.deps !== undefined && !Array.isArray(options.deps))
    throw new AttributeError(`memo "${name}": deps is ${typeof options.deps}; give a list, as ['model-name', 'v2'].`, {
      deps: options.deps,
    });
  const { rows = 0, check = 0 } = options;
  if (!(typeof check === 'number' && check >= 0 && check <= 1))
    throw new AttributeError(`memo "${name}": check is ${check}; give a share of hits from 0 to 1.`, { check });
  if (options.rows !== undefined && !(Number.isSafeInteger(rows) && rows > 0))
    throw new AttributeError(`memo "${name}": rows is ${rows}; give the most rows the function takes at once.`, {
      rows,
    });
  return { rows, check };
}

/** The definition, found once. Deps are read now; only tensors that are not computed yet make it wait. */
function definer(view: MemoView, name: string, run: unknown, given: readonly unknown[]): Define {
  const deps = copyArguments(given);
  const make = (): Definition => view.memos.define(name, view.memoKeys.definition(name, deps), String(run));
  const open = unidentified(deps);
  let known = open.length === 0 ? make() : undefined;
  const current = (): Definition | undefined => (known?.isRetired === true ? (known = make()) : known);
  return Object.assign(async () => current() ?? identify(open).then(() => (known ??= make())), { known: current });
}

/** Trailing undefined arguments are as if they were left out. */
function withoutTail(args: readonly unknown[]): readonly unknown[] {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  return args.slice(0, count);
}

async function call(memo: MemoCall, args: readonly unknown[]): Promise<unknown> {
  memo.view.engine.sweep();
  memo.definition.stats.calls++;
  judgeArguments(memo, args);
  const turn = memo.view.engine.parts.pins.turnIfDue();
  if (turn === undefined) return answer(memo, args);
  // The caller may write to them while the event loop turns.
  const own = copyArguments(args);
  await turn;
  return answer(memo, own);
}

const answer = (memo: MemoCall, args: readonly unknown[]): Promise<unknown> =>
  memo.rows > 0 ? callRows(memo, args) : callWhole(memo, args);

async function has(memo: MemoCall, args: readonly unknown[]): Promise<boolean> {
  if (!reuses(memo)) return false;
  if (memo.rows > 0) return hasRows(memo, args);
  const key = keyOf(memo, args);
  return memo.definition.has(key) || (await memo.definition.readKept(key, memo.view.signal)) !== undefined;
}

async function forget(memo: MemoCall, args: readonly unknown[]): Promise<number> {
  return memo.rows > 0 ? forgetRows(memo, args) : Number(memo.definition.forget(keyOf(memo, args)));
}

const keyOf = ({ view, definition, name }: MemoCall, args: readonly unknown[]): string =>
  toHex(view.memoKeys.call(definition.id, view.author, args, name));

/** A result before it is handed out: its tree, and the roots of its tensors. */
interface Outcome {
  readonly bytes: Uint8Array | undefined;
  readonly roots: readonly Call[];
}

const outcome = (bytes: Uint8Array | undefined, roots: readonly Call[], origin: Call['origin']): Outcome => {
  for (const root of roots) root.origin = origin;
  return { bytes, roots };
};

async function callWhole(memo: MemoCall, args: readonly unknown[]): Promise<unknown> {
  const { view, definition } = memo;
  if (!reuses(memo)) return handOut(view, await orAborted(runOnce(memo, args), view.signal));
  const key = keyOf(memo, args);
  const kept = definition.read(key);
  if (kept !== undefined) {
    definition.stats.hits++;
    if (definition.isCheckDue(memo.check))
      return handOut(view, await orAborted(runAgain(memo, key, args, kept.pieces), view.signal));
    definition.stats.savedNs += kept.costNs;
    return handOut(view, recall(memo, kept.pieces));
  }
  const pending = definition.pendingRun<Outcome>(key);
  if (pending !== undefined) definition.stats.hits++;
  return handOut(view, await orAborted(pending ?? begin(memo, key, args), view.signal));
}

/** Runs the function where its result is kept, and compares. */
async function runAgain(
  memo: MemoCall,
  key: string,
  args: readonly unknown[],
  kept: readonly Piece[],
): Promise<Outcome> {
  let fresh: readonly Piece[] = [];
  const own = copyArguments(args);
  const result = await runOnce(memo, own, (pieces) => (fresh = pieces));
  memo.definition.checked(key, isSameResult(kept, fresh));
  return result;
}

/** Tensors are compared by their contents. */
const isSameResult = (a: readonly Piece[], b: readonly Piece[]): boolean =>
  a.length === b.length && a.every((piece, i) => equalBytes(idOf(piece), idOf(b[i]!)));

/** A content id, or the bytes of a tree. */
const idOf = ({ id, value }: Piece): Uint8Array => id ?? (value.array as Uint8Array);

function begin(memo: MemoCall, key: string, args: readonly unknown[]): Promise<Outcome> {
  const { definition } = memo;
  // A copy: what the function, or the caller meanwhile, writes to must not come under this key.
  const own = copyArguments(args);
  const run: PendingRun<Outcome> = { result: undefined };
  definition.begin(key, run);
  const compute = (): Promise<Outcome> =>
    runOnce(memo, own, (pieces, costNs) => {
      if (!definition.isUnderWay(key, run)) return;
      definition.keep(key, pieces, costNs);
      definition.writeKept(key, keptOf(pieces, costNs));
    });
  const kept = definition.readKept(key);
  const result = kept === undefined ? compute() : kept.then((found) => answerFrom(memo, key, run, found, compute));
  return (run.result = result.finally(() => definition.finish(key, run)));
}

/** The result that an earlier run kept, or that of a run. A call from within that run cannot wait for it. */
function answerFrom(
  memo: MemoCall,
  key: string,
  run: PendingRun<Outcome>,
  found: KeptResult | undefined,
  compute: () => Promise<Outcome>,
): Promise<Outcome> | Outcome {
  const { definition, view } = memo;
  if (found === undefined) {
    const shared = run.result;
    run.result = undefined;
    const computing = compute();
    run.result = shared;
    return computing;
  }
  definition.stats.hits++;
  definition.stats.savedNs += found.costNs;
  const { pieces } = placed(view, found.tensors, found.tree);
  if (definition.isUnderWay(key, run)) definition.keep(key, pieces, found.costNs);
  const { bytes, roots } = recall(memo, pieces);
  return outcome(bytes, roots, 'stored');
}

/** What is written of a result. */
function keptOf(pieces: readonly Piece[], costNs: number): KeptResult {
  const tree = pieces.find((piece) => piece.id === undefined);
  const tensors = pieces.filter((piece) => piece.id !== undefined).map(({ value }) => value);
  return { tensors, tree: tree?.value.array as Uint8Array | undefined, costNs };
}

/** A result as it is kept: its tensors known by their contents, its tree beside them. */
function placed(
  view: MemoView,
  values: readonly Value[],
  tree: Uint8Array | undefined,
): { readonly roots: readonly Call[]; readonly pieces: readonly Piece[] } {
  const roots = values.map((value) => view.roots.place(value));
  const pieces: Piece[] = roots.map((root) => ({
    value: root.value!,
    node: root.node(view.engine.parts.table),
    id: root.contentId!,
  }));
  if (tree !== undefined) pieces.push({ value: valueOfArray(tensorType('uint8', [tree.length]), tree) });
  return { roots, pieces };
}

/** Runs the function and judges what it gave, before any of it is kept. */
async function runOnce(
  memo: MemoCall,
  args: readonly unknown[],
  keep?: (pieces: readonly Piece[], costNs: number) => void,
): Promise<Outcome> {
  const { view, name } = memo;
  const { result, costNs } = await timed(memo, args);
  judgeTree(memo, result);
  const owner = `memo "${name}": result`;
  const { bytes, tensors } = encodeTree(result, owner);
  const values = await Promise.all(tensors.map((tensor) => takeValue(view, tensor, owner)));
  for (const value of values) judgeTensor(memo, value);
  if (keep === undefined)
    return outcome(
      bytes,
      values.map((value) => view.engine.root(value.type, value)),
      'computed',
    );
  const { roots, pieces } = placed(view, values, bytes);
  keep(pieces, costNs);
  return outcome(bytes, roots, 'computed');
}

function recall(memo: MemoCall, pieces: readonly Piece[]): Outcome {
  const { engine, roots: inputs } = memo.view;
  const tree = pieces.find((piece) => piece.id === undefined);
  const bytes = tree?.value.array as Uint8Array | undefined;
  if (!engine.parts.lawless && bytes !== undefined) judgeTree(memo, decodeTree(bytes, []));
  for (const { id, value, known } of pieces) if (id !== undefined) judgeTensor(memo, value, known);
  const roots = pieces
    .filter((piece) => piece.id !== undefined)
    .map(({ value, id }) => {
      value.block.hold();
      return inputs.place(value, id);
    });
  return outcome(bytes, roots, 'ram');
}

const handOut = (view: MemoView, { bytes, roots }: Outcome): unknown =>
  decodeTree(
    bytes,
    roots.map((root) => new Tensor(view.owner, root)),
  );
