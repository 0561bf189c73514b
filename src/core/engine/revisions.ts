// Partial reuse from the data: a result that is computed row by row, of an array like one that it was computed of
// before, by the rows in which the two differ. What is like it is told by the digests of its panels, and where its
// bytes are still there by those.
import { NO_ATTRIBUTES } from '../expr/attributes.ts';
import { canonicalise } from '../expr/canonicalise.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { changedPanels, panelLayout } from '../fingerprint/content.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { SLICE } from '../ops/movement/movement.ts';
import { scatterRow } from '../ops/named.ts';
import { type RowWise, rowWiseOf, someRows } from '../pattern/row-wise.ts';
import { valueOfArray } from '../tensor/block.ts';
import { bytesOf, type TypedArray } from '../tensor/dtype.ts';
import { tensorType } from '../tensor/type.ts';
import { Call, rootCall } from './call.ts';
import { expectedNs } from './judge.ts';
import type { Parts, View } from './parts.ts';

/** Fewer operations are sooner done than an array is compared. */
const LEAST_FLOPS = 1e7;
/** Operations for each byte of the array, below which comparing costs more than it saves, unless they take as long. */
const FLOPS_PER_BYTE = 16;
const LEAST_NS = 1e6;
const NS_PER_BYTE = 4;
/** The largest share of rows that may have changed. */
const MOST_CHANGED = 0.5;
/** Results that are remembered. */
const MAX_REMEMBERED = 1024;

type Subject = RowWise<Call>;

interface Revision {
  readonly root: WeakRef<Call>;
  readonly panels: Uint8Array | undefined;
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
    const { table } = this.#parts;
    const isRoot = ({ row, type, value }: Call): boolean =>
      row === undefined && type.shape.length > 1 && value?.block.isLocal === true;
    const subject = rowWiseOf(call, isRoot, (each) => placeOf(each, table));
    if (subject === undefined) return undefined;
    for (const each of subject.order) if (each !== call && each.row !== MATMUL) this.#covered.add(each);
    if (!this.#pays(call, subject, view)) return undefined;
    const before = this.#before(subject, call);
    return before === undefined ? undefined : this.#told(call, subject, before, view);
  }

  /** Whether so much is to be computed that the array is compared for it. */
  #pays(call: Call, { root, order }: Subject, view: View): boolean {
    const { store, table } = this.#parts;
    const missing = order.filter((each) => each === call || store.peek(each.node(table)) === undefined);
    const flops = missing.reduce((sum, each) => sum + each.flops, 0);
    if (flops >= LEAST_FLOPS && flops >= FLOPS_PER_BYTE * root.type.sizeBytes) return true;
    const leastNs = Math.max(LEAST_NS, NS_PER_BYTE * (root.type.sizeBytes + call.type.sizeBytes));
    return missing.reduce((sum, each) => sum + expectedNs(this.#parts, each, view), 0) >= leastNs;
  }

  /** The result before this one, which is remembered from now on; one that was not kept is asked for again. */
  #before(subject: Subject, call: Call): Revision | undefined {
    const last = this.#known.get(subject.key);
    if (last?.product === call.node(this.#parts.table)) return last.before;
    this.#remember(subject, call, last && { ...last, before: undefined });
    return last;
  }

  #remember({ key, root }: Subject, call: Call, before: Revision | undefined): void {
    const { table, contents } = this.#parts;
    const product = call.node(table);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(key, {
      root: new WeakRef(root),
      panels: contents.panelsOf(root),
      rowCount: root.type.shape[0]!,
      product,
      generation: table.generationOf(product),
      before,
    });
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
    const old = before.root.deref();
    const known = this.#compared.get(root);
    if (known !== undefined && old !== undefined && known.before === old) return known.rows;
    const rows = changedRows(root, this.#parts.contents.panelsOf(root), before);
    this.#compared.set(root, { before: old, rows });
    return rows;
  }
}

const placeOf = (call: Call, table: InterningTable): string => {
  const node = call.node(table);
  return `${node}.${table.generationOf(node)}`;
};

/** Rows that an array before does not have at the same place; undefined where that cannot be told. */
function changedRows(root: Call, panels: Uint8Array | undefined, before: Revision): number[] | undefined {
  const { shape, dtype } = root.type;
  const { rowBytes, rowsPerPanel } = panelLayout(shape, dtype);
  const [rowCount, old] = [shape[0]!, before.root.deref()?.value];
  const isThere = old?.block.isLocal === true && old.type.dtype === dtype;
  const known = panels !== undefined && before.panels !== undefined;
  if (!isThere && !known) return undefined;
  const [words, oldWords] = [wordsOf(root.value!.array, rowBytes), isThere ? wordsOf(old.array, rowBytes) : undefined];
  const length = rowBytes / words.BYTES_PER_ELEMENT;
  const isComparable = oldWords?.BYTES_PER_ELEMENT === words.BYTES_PER_ELEMENT;
  const changed: number[] = [];
  const suspects = known ? changedPanels(before.panels, panels) : [...Array(Math.ceil(rowCount / rowsPerPanel)).keys()];
  for (const panel of suspects) {
    const end = Math.min((panel + 1) * rowsPerPanel, rowCount);
    for (let row = panel * rowsPerPanel; row < end; row++) {
      const isSame = isComparable && row < before.rowCount && isSameRow(words, oldWords, row * length, length);
      if (!isSame) changed.push(row);
    }
  }
  return changed;
}

/** Elements as words of four bytes where they are made of such. */
function wordsOf(array: TypedArray, rowBytes: number): Uint8Array | Uint32Array {
  const bytes = bytesOf(array);
  return rowBytes % 4 === 0 && bytes.byteOffset % 4 === 0
    ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    : bytes;
}

type Words = ArrayLike<number>;

function isSameRow(a: Words, b: Words, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (a[i] !== b[i]) return false;
  return true;
}

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
