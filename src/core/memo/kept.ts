// Results of memoised functions in the stores below RAM: a call, or a row, that an earlier run has answered
// (docs/format/store.md). The text of the function is part of the name there: who edits it is never given what the old
// text computed.
import type { Digest } from '../env.ts';
import type { LowerTiers } from '../engine/parts.ts';
import { toHex } from '../fingerprint/digest.ts';
import { TlvWriter } from '../fingerprint/encode.ts';
import { namedBytes } from '../store/named-bytes.ts';
import type { Key, Stored } from '../store/store.ts';
import { portableName, storedDType } from '../store/verified.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { bytesOf, DTYPES } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import { tensorType } from '../tensor/type.ts';

/** What one call or row gave: tensors, then the tree of what is none where the result has one. */
export interface KeptResult {
  readonly tensors: readonly Value[];
  readonly tree: Uint8Array | undefined;
  readonly costNs: number;
}

/** What a result must have cost to be written, and so much more a byte: reading it takes about as much. */
const LEAST_NS = 5e4;
const NS_PER_BYTE = 3;
const HEADING = 'sqs-memo 1';
const PRODUCER = 'memo';
const MAX_PIECES = 1 << 16;

/** A tensor in the bytes of a result. */
interface PieceHead {
  readonly dtype: string;
  readonly shape: readonly number[];
}

interface Head {
  readonly format: string;
  readonly costNs: number;
  readonly pieces: readonly PieceHead[];
  /** Bytes of the tree after the pieces; −1 where there is none. */
  readonly treeBytes: number;
}

const writer = new TlvWriter();

/** Memoised results below RAM, for one sheet. */
export class KeptResults {
  readonly #lower: LowerTiers;
  readonly #digest: Digest;

  constructor(lower: LowerTiers, digest: Digest) {
    this.#lower = lower;
    this.#digest = digest;
  }

  /** What an earlier run kept under a memo's key; undefined where it kept nothing, or what is there is damaged. */
  async read(key: string, text: string, signal?: AbortSignal): Promise<KeptResult | undefined> {
    const stored = await this.#lower.get(this.#nameOf(key, text), signal);
    return stored === undefined ? undefined : decode(stored);
  }

  /** Offers a result; returns at once. */
  write(key: string, text: string, result: KeptResult): void {
    const sizeBytes = result.tensors.reduce((sum, { type }) => sum + type.sizeBytes, result.tree?.length ?? 0);
    if (result.costNs < LEAST_NS + NS_PER_BYTE * sizeBytes) return;
    this.#lower.put(sizeBytes, result.costNs, () =>
      namedBytes(this.#nameOf(key, text), encode(result), result.costNs, PRODUCER, this.#digest),
    );
  }

  /** Puts nothing in the place of what was kept. */
  forget(key: string, text: string): void {
    this.#lower.put(0, Infinity, () =>
      namedBytes(this.#nameOf(key, text), new Uint8Array(0), 0, PRODUCER, this.#digest),
    );
  }

  #nameOf(key: string, text: string): Key {
    return toHex(this.#digest.hash(writer.begin('kept-memo', 1).string(key).string(text).view()));
  }
}

/** Length of the head, the head as JSON, then every piece from a multiple of eight bytes on. */
function encode({ tensors, tree, costNs }: KeptResult): Uint8Array {
  const pieces = tensors.map(({ type }): PieceHead => ({ dtype: portableName(type.dtype), shape: type.shape }));
  const head: Head = { format: HEADING, costNs, pieces, treeBytes: tree?.length ?? -1 };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const parts = [...tensors.map(({ array }) => bytesOf(array)), ...(tree === undefined ? [] : [tree])];
  const bytes = new Uint8Array(parts.reduce((sum, part) => aligned(sum) + part.length, 4 + text.length));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const part of parts) {
    bytes.set(part, aligned(at));
    at = aligned(at) + part.length;
  }
  return bytes;
}

const aligned = (at: number): number => Math.ceil(at / 8) * 8;

/** The result of bytes whose digest was checked; undefined where they are none of this version. */
function decode({ elements }: Stored): KeptResult | undefined {
  if (!(elements instanceof Uint8Array) || elements.length < 4) return undefined;
  try {
    return decodeChecked(elements);
  } catch {
    // No JSON, or not of this shape.
    return undefined;
  }
}

function decodeChecked(bytes: Uint8Array): KeptResult | undefined {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const { format, costNs, pieces, treeBytes } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(4, 4 + length)),
  ) as Head;
  if (format !== HEADING || pieces.length > MAX_PIECES || !Number.isFinite(costNs)) return undefined;
  let at = 4 + length;
  const take = (count: number): Uint8Array<ArrayBuffer> | undefined => {
    const start = aligned(at);
    at = start + count;
    return at > bytes.length ? undefined : new Uint8Array(bytes.subarray(start, at));
  };
  const tensors: Value[] = [];
  for (const { dtype: name, shape } of pieces) {
    const dtype = storedDType(name);
    if (dtype === undefined || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return undefined;
    const { array: ArrayType } = DTYPES[dtype];
    const type = tensorType(dtype, shape);
    const piece = take(type.sizeBytes);
    if (piece === undefined) return undefined;
    tensors.push(valueOfArray(type, new ArrayType(piece.buffer, 0, sizeOf(shape))));
  }
  const tree = treeBytes < 0 ? undefined : take(treeBytes);
  return at === bytes.length ? { tensors, tree, costNs } : undefined;
}
