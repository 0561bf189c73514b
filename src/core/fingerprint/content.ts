// Content ids: what a root tensor is, from its dtype, shape and bytes, panel by panel, so that a change can be located.
// Specification with test vectors: docs/format/fingerprint.md.
import { ShapeError, UnavailableError } from '../errors.ts';
import { bytesOf, DTYPES } from '../tensor/dtype.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape, formatShape, sizeOf } from '../tensor/shape.ts';
import type { Shape } from '../tensor/shape.ts';
import { DIGEST_BYTES } from './digest.ts';
import type { Digest } from './digest.ts';
import { TlvWriter } from './encode.ts';

/**
 * A panel holds at least this much, unless it is the last: 256 KiB keep 95 % of one-shot hashing speed, 64 KiB 80 %.
 */
export const PANEL_MIN_BYTES = 256 * 1024;
/** Rows shorter than this have no digests of their own. */
const ROW_DIGEST_MIN_BYTES = 1024;

/** How a tensor, seen as [rowCount, last dim], divides into panels of rows. */
interface PanelLayout {
  readonly rowBytes: number;
  readonly rowCount: number;
  /** A power of two, from rowBytes alone: appended rows leave earlier full panels as they are. */
  readonly rowsPerPanel: number;
  /** At least 1: a tensor without bytes is one empty panel. */
  readonly panelCount: number;
}

/** The panels of a shape and dtype. Ranks 0 and 1 are one row. */
export function panelLayout(shape: Shape, dtype: DType): PanelLayout {
  checkShape(shape, 'content id');
  const rowBytes = (shape.at(-1) ?? 1) * DTYPES[dtype].itemBytes;
  const rowCount = sizeOf(shape.slice(0, -1));
  if (rowBytes === 0 || rowCount === 0) return { rowBytes, rowCount, rowsPerPanel: 1, panelCount: 1 };
  let rowsPerPanel = 1;
  while (rowsPerPanel * rowBytes < PANEL_MIN_BYTES) rowsPerPanel *= 2;
  return { rowBytes, rowCount, rowsPerPanel, panelCount: Math.ceil(rowCount / rowsPerPanel) };
}

/**
 * The digests of all panels, 32 bytes each, in row order. `array` holds the row-major elements; its bytes are hashed in
 * place.
 */
export function panelDigests(array: ArrayBufferView, shape: Shape, dtype: DType, digest: Digest): Uint8Array {
  const { rowBytes, rowsPerPanel, panelCount } = panelLayout(shape, dtype);
  const bytes = elementBytes(array, shape, dtype);
  return panelCount === 1 ? digest.hash(bytes) : blockDigests(bytes, rowBytes * rowsPerPanel, panelCount, digest);
}

/**
 * The digests of all rows, 32 bytes each; undefined when rows are under 1 KiB, where they would cost more than they
 * save.
 */
export function rowDigests(array: ArrayBufferView, shape: Shape, dtype: DType, digest: Digest): Uint8Array | undefined {
  const { rowBytes, rowCount } = panelLayout(shape, dtype);
  const bytes = elementBytes(array, shape, dtype);
  return rowBytes < ROW_DIGEST_MIN_BYTES ? undefined : blockDigests(bytes, rowBytes, rowCount, digest);
}

const writer = new TlvWriter();

/** The content id: digest of dtype, shape and panel digests (`sqs.content.v1`). */
export function contentId(panels: Uint8Array, shape: Shape, dtype: DType, digest: Digest): Uint8Array {
  const { panelCount } = panelLayout(shape, dtype);
  if (panels.length !== panelCount * DIGEST_BYTES) {
    throw new ShapeError(
      `content id: ${panels.length} bytes of panel digests; ${dtype}${formatShape(shape)} has ${panelCount} ` +
        `panels of ${DIGEST_BYTES}. ` +
        'Take them from panelDigests with the same shape and dtype.',
      { shape, dtype, lengthBytes: panels.length, panelCount },
    );
  }
  const { code, identity } = DTYPES[dtype];
  writer.begin('content', 1).u8(code);
  if (identity !== undefined) writer.string(identity);
  writer.list(shape, writeDimension).bytes(panels);
  return digest.hash(writer.view());
}

/**
 * Indices of the panels (or rows) of `next` that `previous` does not have at the same place. Same dtype and last dim on
 * both sides.
 */
export function changedPanels(previous: Uint8Array, next: Uint8Array): number[] {
  const changed: number[] = [];
  for (let at = 0; at < next.length; at += DIGEST_BYTES) {
    if (!sameDigestAt(previous, next, at)) changed.push(at / DIGEST_BYTES);
  }
  return changed;
}

const writeDimension = (to: TlvWriter, length: number): void => void to.u64(length);

function sameDigestAt(a: Uint8Array, b: Uint8Array, at: number): boolean {
  for (let i = at; i < at + DIGEST_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

function blockDigests(bytes: Uint8Array, blockBytes: number, count: number, digest: Digest): Uint8Array {
  const digests = new Uint8Array(count * DIGEST_BYTES);
  for (let block = 0; block < count; block++) {
    const start = block * blockBytes;
    digests.set(digest.hash(bytes.subarray(start, Math.min(start + blockBytes, bytes.length))), block * DIGEST_BYTES);
  }
  return digests;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The bytes under an array, if they are as many as the shape and dtype say (a detached array has none) and in format
 * order.
 */
function elementBytes(array: ArrayBufferView, shape: Shape, dtype: DType): Uint8Array {
  const expectedBytes = sizeOf(shape) * DTYPES[dtype].itemBytes;
  if (array.byteLength !== expectedBytes) {
    throw new ShapeError(
      `content id: the array has ${array.byteLength} bytes, ${dtype}${formatShape(shape)} has ${expectedBytes}. ` +
        'Pass the whole row-major array, attached, with its own shape and dtype.',
      { lengthBytes: array.byteLength, expectedBytes, shape, dtype },
    );
  }
  if (!HOST_IS_LITTLE_ENDIAN && DTYPES[dtype].itemBytes > 1) {
    throw new UnavailableError(
      'Content ids are over little-endian bytes and this host is big-endian; use a little-endian host.',
    );
  }
  return bytesOf(array);
}
