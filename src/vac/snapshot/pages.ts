// Pages of a state by the digest of their bytes, and one root over all: equal states have equal roots. A page that did
// not change since the last checkpoint is compared and neither hashed nor copied.
import { type Digest, FormatError, toHex } from '../../kit.ts';
import { VAC_PAGE_BYTES } from '../machine/layout.ts';

/** A page by its id, in hexadecimal. A page of zeros has the id of none, and no bytes anywhere. */
export type PageId = string;
export const ZERO_PAGE: PageId = '0'.repeat(64);

const LEAF = 0;
const NODE = 1;
const FAN_OUT = 16;
const WORDS = VAC_PAGE_BYTES / 4;

/** The id of a page: the digest of its bytes under the prefix of leaves. */
function pageIdOf(page: Uint8Array, digest: Digest): PageId {
  const bytes = new Uint8Array(1 + page.length);
  bytes[0] = LEAF;
  bytes.set(page, 1);
  return toHex(digest.hash(bytes));
}

/** One digest of a list of pages: a tree of 16 below each node, and how many pages there are. */
export function rootOf(pages: readonly PageId[], digest: Digest): string {
  let level = pages.map(bytesOfHex);
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += FAN_OUT) above.push(nodeOf(level.slice(at, at + FAN_OUT), digest));
    level = above;
  }
  const top = new Uint8Array(36);
  new DataView(top.buffer).setUint32(0, pages.length, true);
  if (level[0] !== undefined) top.set(level[0], 4);
  return toHex(digest.hash(top));
}

function nodeOf(below: readonly Uint8Array[], digest: Digest): Uint8Array {
  const bytes = new Uint8Array(1 + 32 * below.length);
  bytes[0] = NODE;
  for (const [at, id] of below.entries()) bytes.set(id, 1 + 32 * at);
  return digest.hash(bytes);
}

/** 32 bytes as text, read. Throws FormatError. */
export function bytesOfHex(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new FormatError(`"${hex.slice(0, 80)}" is no digest of 32 bytes in hexadecimal; take the file as it was.`, {
      hex,
    });
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** Pages by their ids; those of several checkpoints and machines lie here once. */
export class PageStore {
  readonly #pages = new Map<PageId, Uint8Array>();
  readonly digest: Digest;

  constructor(digest: Digest) {
    this.digest = digest;
  }

  /** How many pages it has, without those of zeros. */
  get size(): number {
    return this.#pages.size;
  }

  has(id: PageId): boolean {
    return id === ZERO_PAGE || this.#pages.has(id);
  }

  /** The bytes of a page; undefined where there are none, as of zeros. */
  get(id: PageId): Uint8Array | undefined {
    return this.#pages.get(id);
  }

  /** Keeps a page that is what its id says. Throws FormatError for another. */
  add(id: PageId, page: Uint8Array): void {
    if (page.length !== VAC_PAGE_BYTES || pageIdOf(page, this.digest) !== id)
      throw new FormatError(`Page ${id.slice(0, 12)}… is damaged; take it from where it was written.`, { id });
    this.#pages.set(id, page);
  }

  /** Ids of the pages of a state. Of `before`, those that are unchanged are told by comparison. */
  take(state: Uint8Array, before: readonly PageId[] = []): PageId[] {
    const words = new Int32Array(state.buffer, state.byteOffset, state.length / 4);
    return Array.from({ length: state.length / VAC_PAGE_BYTES }, (_, at) => {
      const page = words.subarray(at * WORDS, (at + 1) * WORDS);
      if (isZero(page)) return ZERO_PAGE;
      const id = before[at];
      const known = id === undefined ? undefined : this.#pages.get(id);
      if (id !== undefined && known !== undefined && isSame(page, known)) return id;
      return this.#keep(state.subarray(at * VAC_PAGE_BYTES, (at + 1) * VAC_PAGE_BYTES));
    });
  }

  /** The bytes of a state. Throws FormatError that names a page that is not here. */
  put(pages: readonly PageId[], state: Uint8Array): void {
    for (const [at, id] of pages.entries()) {
      const to = state.subarray(at * VAC_PAGE_BYTES, (at + 1) * VAC_PAGE_BYTES);
      const page = this.#pages.get(id);
      if (page !== undefined) to.set(page);
      else if (id === ZERO_PAGE) to.fill(0);
      else
        throw new FormatError(`Page ${at} (${id.slice(0, 12)}…) is not here; it was left out, or never fetched.`, {
          page: at,
          id,
        });
    }
  }

  #keep(page: Uint8Array): PageId {
    const id = pageIdOf(page, this.digest);
    if (!this.#pages.has(id)) this.#pages.set(id, page.slice());
    return id;
  }
}

function isZero(page: Int32Array): boolean {
  for (let at = 0; at < page.length; at += 1) if (page[at] !== 0) return false;
  return true;
}

function isSame(page: Int32Array, known: Uint8Array): boolean {
  const other = new Int32Array(known.buffer, known.byteOffset, known.length / 4);
  for (let at = 0; at < page.length; at += 1) if (page[at] !== other[at]) return false;
  return true;
}
