// The bytes of a bundle: a header, the manifest, a signature, and the parts one after the other. Specification:
// docs/format/bundle.md.
import { FormatError, LimitError } from '../core/errors.ts';
import { equalBytes } from '../core/fingerprint/digest.ts';
import { crc32 } from '../core/trace/chain.ts';
import { MANIFEST_LIMITS } from './manifest.ts';

/** No text, and broken by a copy that converts line ends or strips bit 7. */
const MAGIC = Uint8Array.of(0x89, 0x53, 0x51, 0x42, 0x0d, 0x0a, 0x1a, 0x0a);
const VERSION = 1;
const HEADER_BYTES = 24;
const MAX_SIGNATURE_BYTES = 1024;

/** A file in its pieces; each views the bytes that were read. */
interface Pieces {
  readonly manifest: Uint8Array;
  /** Empty where nobody signed. */
  readonly signature: Uint8Array;
  readonly parts: Uint8Array;
}

/** Whether a file begins as a bundle. */
export const isBundle = (file: Uint8Array): boolean => equalBytes(file.subarray(0, MAGIC.length), MAGIC);

/** The bytes of a bundle. */
export function joinPieces(manifest: Uint8Array, signature: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const file = new Uint8Array(HEADER_BYTES + manifest.length + signature.length + sizeBytes);
  const view = new DataView(file.buffer);
  file.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, manifest.length, true);
  view.setUint32(16, signature.length, true);
  view.setUint32(20, crc32(file, 0, 20), true);
  let at = HEADER_BYTES;
  for (const piece of [manifest, signature, ...parts]) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}

/**
 * The pieces of a file. Throws FormatError (`details.code`: not-a-bundle, version, truncated, edited) or LimitError.
 */
export function splitPieces(file: Uint8Array): Pieces {
  if (!equalBytes(file.subarray(0, MAGIC.length), MAGIC.subarray(0, Math.max(1, Math.min(file.length, MAGIC.length)))))
    throw badBundle('not-a-bundle', 'it does not begin as one');
  if (file.length < HEADER_BYTES) throw badBundle('truncated', 'it ends inside its header');
  const view = new DataView(file.buffer, file.byteOffset, HEADER_BYTES);
  const version = view.getUint32(8, true);
  if (view.getUint32(20, true) !== crc32(file, 0, 20)) throw badBundle('edited', 'its header does not match its sum');
  if (version !== VERSION) throw badBundle('version', `it is of version ${version}, and this release knows ${VERSION}`);
  const [manifestBytes, signatureBytes] = [view.getUint32(12, true), view.getUint32(16, true)];
  checkLength('manifest', manifestBytes, MANIFEST_LIMITS.bytes);
  checkLength('signature', signatureBytes, MAX_SIGNATURE_BYTES);
  const signatureStart = HEADER_BYTES + manifestBytes;
  const partsStart = signatureStart + signatureBytes;
  if (partsStart > file.length) throw badBundle('truncated', 'it ends before its parts');
  return {
    manifest: file.subarray(HEADER_BYTES, signatureStart),
    signature: file.subarray(signatureStart, partsStart),
    parts: file.subarray(partsStart),
  };
}

function checkLength(what: string, lengthBytes: number, limit: number): void {
  if (lengthBytes <= limit) return;
  throw new LimitError(`A bundle whose ${what} has ${lengthBytes} bytes; at most ${limit} are read.`, {
    lengthBytes,
    limit,
  });
}

/** The error of a bundle that is none, or was changed. */
export const badBundle = (code: string, reason: string): FormatError =>
  new FormatError(`This bundle cannot be read: ${reason}. Take the file from where it was written.`, { code, reason });
