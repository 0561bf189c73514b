// Partial reuse from the data: a result that is computed row by row, of an array like one that it was computed of
// before, by the rows in which the two differ. What is like it is told by the digests of its panels, and where its
// bytes are still there by those.
import { SheetError } from '../errors.ts';
import { NO_ATTRIBUTES } from '../expr/attributes.ts';
import { canonicalise } from '../expr/canonicalise.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { toHex } from '../fingerprint/digest.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { SLICE } from '../ops/movement/movement.ts';
import { scatterRow } from '../ops/named.ts';
import { type RowWise, rowWiseOf, someRows } from '../pattern/row-wise.ts';
import { scoreOf } from '../pattern/score.ts';
import type { Entry } from '../store/entry.ts';
import type { Key, Stored } from '../store/store.ts';
import { storedDType } from '../store/verified.ts';
import { valueOfArray } from '../tensor/block.ts';
import { tensorType } from '../tensor/type.ts';
import { mayHaveParts } from '../pattern/part-rules.ts';
import { mayHaveRows } from '../pattern/row-wise.ts';
import { Call, rootCall } from './call.ts';
import { changedRows } from './changed-rows.ts';
import { expectedNs } from './judge.ts';
import {
  decodeRevision,
  encodeRevision,
  isWorthDigests,
  type KeptRevision,
  revisionName,
  digestsOfRows,
} from './kept-revisions.ts';
import type { LowerTiers, Parts, View } from './parts.ts';
import { arrayOver } from './stored-residence.ts';

/** Fewer operations are sooner done than an array is compared. */
const LEAST_FLOPS = 1e7;
/** Operations for each byte of the array, below which comparing costs more than it saves, unless they take as long. */
const FLOPS_PER_BYTE = 16;
const LEAST_NS = 1e6;
const NS_PER_BYTE = 4;
/** The largest share of rows that may have changed. */
const MOST_CHANGED = 0.5;
/** What a result should take for later runs to be told of its rows. */
const LEAST_KEPT_NS = 2e7;
/** Names that earlier runs were asked for, and calls that are looked at for one demand. */
const MAX_ASKED = 4096;
const MAX_LOOKED_AT = 64;
/** Results that are remembered. */
const MAX_REMEMBERED = 1024;

type Subject = RowWise<Call>;

interface Revision {
  /** Undefined of what an earlier run has kept. */
  readonly root: WeakRef<Call> | undefined;
  readonly panels: Uint8Array | undefined;
  readonly digests: Uint8Array | undefined;
  readonly rowCount: number;
  readonly product: NodeId;
  readonly generation: number;
  /** The one before it. */
  readonly before: Revision | undefined;
}

/** The last result of every kind, and what a new one has in common with it. */
export class Revisions {
  readonly #parts: Parts;
  readonly #known = new Map<string, Revision>();
  readonly #digests = new WeakMap<Call, Uint8Array>();
  /** Names that earlier runs were asked for. */
  readonly #asked = new Set<Key>();
  /** What was looked at as a part of another. */
  readonly #covered = new WeakSet<Call>();
  /** Rows in which an array differs from another, by the first: several results of it ask. */
  readonly #compared = new WeakMap<Call, { readonly before: Call | undefined; readonly rows: number[] | undefined }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The result by its changed rows and the last one like it; undefined where it is best computed whole. */
  planOf(call: Call, view: View): Call | undefined {
    if (this.#covered.has(call)) return undefined;
    const subject = this.#subjectOf(call);
    if (subject === undefined) return undefined;
    for (const each of subject.order) if (each !== call && each.row !== MATMUL) this.#covered.add(each);
    const costNs = this.#worthOf(call, subject, view);
    if (costNs === undefined) return undefined;
    const before = this.#before(subject, call, costNs);
    return before === undefined ? undefined : this.#told(call, subject, before, view);
  }

  #subjectOf(call: Call): Subject | undefined {
    const isRoot = ({ row, type, value }: Call): boolean =>
      row === undefined && type.shape.length > 1 && value?.block.isLocal === true;
    return rowWiseOf(call, isRoot, (each) => placeOf(each, this.#parts.table));
  }

  /**
   * What computing it should take, in nanoseconds; undefined where that is so little that the array is not compared for
   * it.
   */
  #worthOf(call: Call, { root, order }: Subject, view: View): number | undefined {
    const { store, table } = this.#parts;
    const missing = order.filter((each) => each === call || store.peek(each.node(table)) === undefined);
    const flops = missing.reduce((sum, each) => sum + each.flops, 0);
    const costNs = missing.reduce((sum, each) => sum + expectedNs(this.#parts, each, view), 0);
    if (flops >= LEAST_FLOPS && flops >= FLOPS_PER_BYTE * root.type.sizeBytes) return costNs;
    const leastNs = Math.max(LEAST_NS, NS_PER_BYTE * (root.type.sizeBytes + call.type.sizeBytes));
    return costNs >= leastNs ? costNs : undefined;
  }

  /** The result before this one, which is remembered from now on; one that was not kept is asked for again. */
  #before(subject: Subject, call: Call, costNs: number): Revision | undefined {
    const last = this.#known.get(subject.key);
    if (last?.product === call.node(this.#parts.table)) return last.before;
    this.#remember(subject, call, last && { ...last, before: undefined }, costNs);
    return last;
  }

  #remember(subject: Subject, call: Call, before: Revision | undefined, costNs: number): void {
    const { table, contents } = this.#parts;
    const { key, root } = subject;
    const product = call.node(table);
    const digests = this.#leave(subject, call, costNs);
    this.#known.set(key, {
      root: new WeakRef(root),
      panels: contents.panelsOf(root),
      digests,
      rowCount: root.type.shape[0]!,
      product,
      generation: table.generationOf(product),
      before,
    });
    if (this.#known.size > MAX_REMEMBERED) this.#known.clear();
  }

  /** Leaves digests of the rows for later runs, where the result takes many times as long. */
  #leave(subject: Subject, call: Call, costNs: number): Uint8Array | undefined {
    const { lower, keys, host } = this.#parts;
    const { root } = subject;
    if (lower === undefined || costNs < LEAST_KEPT_NS || !isWorthDigests(root, costNs)) return undefined;
    const name = this.#nameOf(subject);
    if (name === undefined) return undefined;
    const digests = this.#digestsOf(root);
    const revision = { product: toHex(keys.of(call)), rowCount: root.type.shape[0]!, digests };
    lower.put(digests.length, costNs, () => encodeRevision(name, revision, costNs, host.digest));
    return digests;
  }

  /** Digests of the rows of an array, taken once. */
  #digestsOf(root: Call): Uint8Array {
    const known = this.#digests.get(root) ?? digestsOfRows(root.value!, this.#parts.host.digest);
    this.#digests.set(root, known);
    return known;
  }

  #nameOf(subject: Subject): Key | undefined {
    try {
      return revisionName(subject, this.#parts);
    } catch (error) {
      // An operand lies on a device, or has no content that can be read now.
      if (error instanceof SheetError) return undefined;
      throw error;
    }
  }

  /**
   * Brings what earlier runs kept of results like those that are missing under some calls, with the digests of the rows
   * they were computed of; undefined where nothing is worth asking for.
   */
  recall(targets: readonly Call[], view: View): Promise<void> | undefined {
    const { lower, table, store } = this.#parts;
    if (lower === undefined || this.#asked.size >= MAX_ASKED) return undefined;
    const wanted: { readonly call: Call; readonly subject: Subject; readonly name: Key }[] = [];
    const seen = new Set<Call>(targets);
    for (const call of seen) {
      if (seen.size > MAX_LOOKED_AT) break;
      if (call.value !== undefined || store.peek(call.knownNode(table)) !== undefined) continue;
      for (const operand of call.operands) seen.add(operand);
      if (!(mayHaveRows(call) || (mayHaveParts(call) && call.flops >= LEAST_FLOPS))) continue;
      const subject = this.#subjectOf(call);
      if (subject === undefined || this.#known.has(subject.key)) continue;
      const costNs = this.#worthOf(call, subject, view) ?? 0;
      const name = costNs >= LEAST_KEPT_NS && isWorthDigests(subject.root, costNs) ? this.#nameOf(subject) : undefined;
      if (name === undefined || this.#asked.size === this.#asked.add(name).size) continue;
      wanted.push({ call, subject, name });
    }
    return wanted.length === 0 ? undefined : this.#recallAll(wanted, lower, view.signal);
  }

  /** The outermost that is found stands for all that is computed for it. */
  async #recallAll(
    wanted: readonly { readonly call: Call; readonly subject: Subject; readonly name: Key }[],
    lower: LowerTiers,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const covered = new Set<Call>();
    for (const { call, subject, name } of wanted) {
      if (covered.has(call)) continue;
      const record = await lower.get(name, signal);
      const revision = record && decodeRevision(record);
      const stored = revision && (await lower.get(revision.product, signal));
      if (stored === undefined || !this.#recalled(call, subject, revision!, stored)) continue;
      for (const each of subject.order) covered.add(each);
    }
  }

  /** Keeps a result of an earlier run in RAM as a root, for it is of an array that this run does not have. */
  #recalled(call: Call, { key }: Subject, revision: KeptRevision, stored: Stored): boolean {
    const { table, store } = this.#parts;
    const { rowCount, digests } = revision;
    const type = tensorType(call.type.dtype, [rowCount, ...call.type.shape.slice(1)]);
    const isOfType =
      storedDType(stored.dtype) === type.dtype &&
      stored.shape.join() === type.shape.join() &&
      stored.elements instanceof Uint8Array;
    if (!isOfType || rowCount === 0) return false;
    const value = valueOfArray(type, arrayOver(type, stored.elements as Uint8Array));
    const kept = rootCall(type, value, 0);
    const product = kept.node(table);
    const { pathNs, ownNs } = stored.costs;
    const entry: Entry = {
      node: product,
      op: call.row!.name,
      value,
      attributes: NO_ATTRIBUTES,
      costNs: Math.round(pathNs),
      ownNs: Math.round(ownNs),
      device: String(stored.producer),
      from: stored.from,
      away: false,
      facts: 0,
      score: scoreOf(value, pathNs),
      hits: 0,
      touched: 0,
      slot: 0,
    };
    if (!store.put(entry)) return false;
    const generation = table.generationOf(product);
    this.#known.set(key, {
      root: undefined,
      panels: undefined,
      digests,
      rowCount,
      product,
      generation,
      before: undefined,
    });
    return true;
  }

  #told(call: Call, subject: Subject, before: Revision, { author }: View): Call | undefined {
    const { table, store } = this.#parts;
    const entry = table.isAlive(before.product, before.generation) ? store.peek(before.product) : undefined;
    if (entry === undefined || entry.value.block.isLost) return undefined;
    const changed = this.#changed(subject.root, before);
    const rowCount = call.type.shape[0]!;
    if (changed === undefined || changed.length > MOST_CHANGED * rowCount) return undefined;
    const kept = new Call(undefined, NO_ATTRIBUTES, entry.value.type, 0, []);
    kept.standAt(before.product, table);
    const told = assembled(call, kept, changed, subject, author);
    if (told !== undefined) told.note = `${changed.length} of ${rowCount} rows were computed, the others kept`;
    return told;
  }

  #changed(root: Call, before: Revision): number[] | undefined {
    const { contents } = this.#parts;
    const old = before.root?.deref();
    const known = this.#compared.get(root);
    if (known !== undefined && old !== undefined && known.before === old) return known.rows;
    const panels = contents.panelsOf(root);
    const rows = changedRows(root.value!, panels, { ...before, value: old?.value }, () => this.#digestsOf(root));
    this.#compared.set(root, { before: old, rows });
    return rows;
  }
}

const placeOf = (call: Call, table: InterningTable): string => {
  const node = call.node(table);
  return `${node}.${table.generationOf(node)}`;
};

/** The kept result with other rows in their places, and with those after it. */
function assembled(
  call: Call,
  kept: Call,
  changed: readonly number[],
  subject: Subject,
  author: View['author'],
): Call | undefined {
  const [rowCount, oldCount] = [call.type.shape[0]!, kept.type.shape[0]!];
  const scatter = scatterRow();
  const inside = changed.filter((row) => row < oldCount);
  const after = changed.slice(inside.length);
  if (changed.length === 0 || (inside.length > 0 && scatter === undefined)) return undefined;
  const others = rowCount < oldCount ? canonicalise(SLICE, [kept], { start: [0], stop: [rowCount] }, author) : kept;
  const within = (): Call => {
    const [indices, rows] = rowsOf(subject, inside, author);
    return canonicalise(scatter!, [others, indices, rows], undefined, author);
  };
  const base = inside.length === 0 ? others : within();
  return after.length === 0
    ? base
    : canonicalise(CONCAT, [base, rowsOf(subject, after, author)[1]], { axis: 0 }, author);
}

/** Some rows of the result, after their indices. */
function rowsOf(subject: Subject, rows: readonly number[], author: View['author']): readonly [Call, Call] {
  const type = tensorType('int32', [rows.length]);
  const indices = rootCall(type, valueOfArray(type, Int32Array.from(rows)), 0);
  return [indices, someRows(subject, indices, author)];
}
