// Partial reuse from the data: a product of an array like one that was multiplied before, by the rows in which the two
// differ. What is like it is told by the digests of its panels, and where its bytes are still there by those.
import { NO_ATTRIBUTES } from '../expr/attributes.ts';
import { canonicalise } from '../expr/canonicalise.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { changedPanels, panelLayout } from '../fingerprint/content.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { SLICE } from '../ops/movement/movement.ts';
import { scatterRow, TAKE } from '../ops/named.ts';
import { valueOfArray } from '../tensor/block.ts';
import { bytesOf, type TypedArray } from '../tensor/dtype.ts';
import { sameShape } from '../tensor/shape.ts';
import { tensorType } from '../tensor/type.ts';
import { Call, rootCall } from './call.ts';
import type { Parts, View } from './parts.ts';

/** A smaller product is sooner computed than compared. */
const LEAST_FLOPS = 1e7;
/** Operations for each byte of the array, below which comparing costs more than it saves. */
const FLOPS_PER_BYTE = 16;
/** The largest share of rows that may have changed. */
const MOST_CHANGED = 0.5;
/** Products that are remembered. */
const MAX_REMEMBERED = 1024;
const MAX_LEVELS = 8;

/** A product as a function of one array: what it is made of beside that. */
interface Subject {
  readonly key: string;
  readonly root: Call;
  /** From the product down to the root: each is made of the next, which is this operand of it. */
  readonly chain: readonly { readonly call: Call; readonly at: number }[];
}

interface Revision {
  readonly root: WeakRef<Call>;
  readonly panels: Uint8Array | undefined;
  readonly rowCount: number;
  readonly product: NodeId;
  readonly generation: number;
  /** The one before it. */
  readonly before: Revision | undefined;
}

/** The last product of every kind, and what a new one has in common with it. */
export class Revisions {
  readonly #parts: Parts;
  readonly #known = new Map<string, Revision>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The product by its changed rows and the last one like it; undefined where it is best computed whole. */
  planOf(call: Call, view: View): Call | undefined {
    const subject = call.flops < LEAST_FLOPS ? undefined : subjectOf(call, this.#parts.table);
    if (subject === undefined || call.flops < FLOPS_PER_BYTE * subject.root.type.sizeBytes) return undefined;
    const before = this.#before(subject, call);
    return before === undefined ? undefined : this.#told(call, subject, before, view);
  }

  /** The product before this one, which is remembered from now on; one that was not kept is asked for again. */
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
    const { table, store, contents } = this.#parts;
    const entry = table.isAlive(before.product, before.generation) ? store.peek(before.product) : undefined;
    if (entry === undefined || entry.value.block.isLost) return undefined;
    const changed = changedRows(subject.root, contents.panelsOf(subject.root), before);
    const rowCount = call.type.shape[0]!;
    if (changed === undefined || changed.length > MOST_CHANGED * rowCount) return undefined;
    const kept = new Call(undefined, NO_ATTRIBUTES, entry.value.type, 0, []);
    kept.standAt(before.product, table);
    const told = assembled(call, kept, changed, subject, author);
    if (told !== undefined) told.note = `${changed.length} of ${rowCount} rows were computed, the others kept`;
    return told;
  }
}

/** A product of matrices whose first operand comes from one array, row by row. */
function subjectOf(call: Call, table: InterningTable): Subject | undefined {
  if (call.row !== MATMUL || call.attributes.values['transposeA'] === true) return undefined;
  if (call.operands.some(({ type }) => type.shape.length > 2)) return undefined;
  const chain: { call: Call; at: number }[] = [];
  let [node, at, key] = [call, 0, ''];
  while (at !== -1 && chain.length < MAX_LEVELS) {
    chain.push({ call: node, at });
    key += `${node.row!.number}:${node.attributes.id}:${node.semantics}`;
    for (const [i, other] of node.operands.entries()) key += i === at ? ':' : `:${placeOf(other, table)}`;
    const under = node.operands[at]!;
    const { shape, dtype } = under.type;
    if (shape.length !== 2) return undefined;
    if (under.row === undefined)
      return under.value?.block.isLocal === true
        ? { key: `${key};${dtype}${shape[1]}`, root: under, chain }
        : undefined;
    at = under.row.separable === 'elements' ? rowOperand(under) : -1;
    node = under;
  }
  return undefined;
}

const placeOf = (call: Call, table: InterningTable): string => {
  const node = call.node(table);
  return `${node}.${table.generationOf(node)}`;
};

/** The only operand that is not the same for every row; -1 where there is another. */
function rowOperand({ operands, type: { shape } }: Call): number {
  const varying = operands.flatMap(({ type }, i) => (type.shape.length < 2 || type.shape[0] === 1 ? [] : [i]));
  const [at] = varying;
  return varying.length === 1 && sameShape(operands[at!]!.type.shape, shape) ? at! : -1;
}

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

/** The kept product with other rows in their places, and with those after it. */
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
    const [indices, rows] = productOf(subject, inside, author);
    return canonicalise(scatter!, [others, indices, rows], undefined, author);
  };
  const base = inside.length === 0 ? others : within();
  return after.length === 0
    ? base
    : canonicalise(CONCAT, [base, productOf(subject, after, author)[1]], { axis: 0 }, author);
}

/** Some rows of the product, after their indices. */
function productOf({ root, chain }: Subject, rows: readonly number[], author: View['author']): readonly [Call, Call] {
  const type = tensorType('int32', [rows.length]);
  const indices = rootCall(type, valueOfArray(type, Int32Array.from(rows)), 0);
  const taken = canonicalise(TAKE, [root, indices], { axis: 0 }, author);
  const product = chain.reduceRight<Call>(
    (part, { call: { row, operands, attributes }, at }) =>
      canonicalise(
        row!,
        operands.map((operand, i) => (i === at ? part : operand)),
        attributes.values,
        author,
      ),
    taken,
  );
  return [indices, product];
}
