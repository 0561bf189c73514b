// What an array was that a result was computed of row by row, for later runs: digests of its rows under a name that
// says how the result is made, whatever the array. A run that has another array finds by it which rows are the same.
import type { Digest } from '../env.ts';
import { encodeAttributes } from '../fingerprint/attributes.ts';
import { toHex } from '../fingerprint/digest.ts';
import { TlvWriter } from '../fingerprint/encode.ts';
import { resultKey } from '../fingerprint/key.ts';
import { portableSemantics } from '../expr/node.ts';
import { type RowWise, rowlessValues } from '../pattern/row-wise.ts';
import { namedBytes } from '../store/named-bytes.ts';
import type { Key, Stored } from '../store/store.ts';
import { portableName } from '../store/verified.ts';
import type { Value } from '../tensor/block.ts';
import { bytesOf } from '../tensor/dtype.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';

/** Bytes of the digest of a row: enough that no two rows have one. */
export const ROW_DIGEST_BYTES = 16;
/** Shorter rows would have digests as large as themselves. */
const LEAST_ROW_BYTES = 64;
/** What a digest of a row takes, and each of its bytes. */
const NS_PER_ROW = 1500;
const NS_PER_BYTE = 0.5;
/** How many times as long a result must take as the digests of its array. */
const TIMES = 5;
const HEAD_BYTES = 40;
const PRODUCER = 'rows';

/** What a run before had of a result. */
export interface KeptRevision {
  /** Key of its result. */
  readonly product: Key;
  readonly rowCount: number;
  readonly digests: Uint8Array;
}

const writer = new TlvWriter();

/** Digests of the rows of an array, one after the other. */
export function digestsOfRows({ array, type: { shape } }: Value, digest: Digest): Uint8Array {
  const bytes = bytesOf(array);
  const [count, rowBytes] = [shape[0]!, bytes.length / Math.max(1, shape[0]!)];
  const digests = new Uint8Array(count * ROW_DIGEST_BYTES);
  for (let row = 0; row < count; row++) {
    const own = digest.hash(bytes.subarray(row * rowBytes, (row + 1) * rowBytes));
    digests.set(own.subarray(0, ROW_DIGEST_BYTES), row * ROW_DIGEST_BYTES);
  }
  return digests;
}

/** Whether digests of the rows of an array pay for a result that takes so long. */
export function isWorthDigests({ type: { shape, sizeBytes } }: Call, costNs: number): boolean {
  const rows = Math.max(1, shape[0]!);
  return sizeBytes / rows >= LEAST_ROW_BYTES && costNs >= TIMES * (NS_PER_ROW * rows + NS_PER_BYTE * sizeBytes);
}

/** The name of what is kept of a result. Throws where an operand has no content that can be read now. */
export function revisionName({ root, order }: RowWise<Call>, { keys, host: { digest } }: Parts): Key {
  const { dtype, shape } = root.type;
  const inner = `${portableName(dtype)}[${shape.slice(1).join()}]`;
  const known = new Map<Call, Uint8Array>([[root, digest.hash(writer.begin('rows', 1).string(inner).view())]]);
  for (const call of order) {
    const operands = call.operands.map((operand) => known.get(operand) ?? keys.of(operand));
    const attrs = encodeAttributes(rowlessValues(call)).slice();
    const { name: op, version } = call.row!;
    known.set(call, resultKey({ op, version, attrs, operands, semantics: portableSemantics(call.semantics) }, digest));
  }
  return toHex(known.get(order.at(-1)!)!);
}

/** The bytes that are kept. */
export function encodeRevision(
  name: Key,
  { product, rowCount, digests }: KeptRevision,
  costNs: number,
  digest: Digest,
): Stored {
  const bytes = new Uint8Array(HEAD_BYTES + digests.length);
  for (let i = 0; i < 32; i++) bytes[i] = Number.parseInt(product.slice(2 * i, 2 * i + 2), 16);
  new DataView(bytes.buffer).setUint32(32, rowCount, true);
  bytes.set(digests, HEAD_BYTES);
  return namedBytes(name, bytes, costNs, PRODUCER, digest);
}

/** What a store has kept; undefined where it is of another form. */
export function decodeRevision({ elements, producer }: Stored): KeptRevision | undefined {
  if (!(elements instanceof Uint8Array) || producer !== PRODUCER || elements.length < HEAD_BYTES) return undefined;
  const rowCount = new DataView(elements.buffer, elements.byteOffset).getUint32(32, true);
  if (elements.length !== HEAD_BYTES + rowCount * ROW_DIGEST_BYTES) return undefined;
  return { product: toHex(elements.subarray(0, 32)), rowCount, digests: elements.slice(HEAD_BYTES) };
}
