// What stands at a service under the name of a key: a claim, its signature, and the elements where they are few
// (docs/format/remote.md).
import { equalBytes } from '../../core/fingerprint/digest.ts';
import { encodeUtf8 } from '../../core/tensor/utf8.ts';
import { MAX_CLAIM_BYTES } from './claim.ts';

/** A claim as bytes, with what comes with it. Nothing of it is checked. */
interface Envelope {
  readonly claim: Uint8Array;
  /** 64 bytes; none where the claim is not signed. */
  readonly signature: Uint8Array;
  /** The elements; undefined where they stand under their digest. */
  readonly elements: Uint8Array | undefined;
}

const MAGIC = encodeUtf8('sqs-remote 1\n\n\n\n');
const HEAD_BYTES = MAGIC.length + 8;
const SIGNATURE_BYTES = 64;
const IS_SIGNED = 1;
const HAS_ELEMENTS = 2;

/** Bytes that an envelope has besides its elements, at most. */
export const MAX_ENVELOPE_BYTES = HEAD_BYTES + MAX_CLAIM_BYTES + SIGNATURE_BYTES;

export function encodeEnvelope({ claim, signature, elements }: Envelope): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + claim.length + signature.length + (elements?.length ?? 0));
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(MAGIC.length, claim.length, true);
  view.setUint32(
    MAGIC.length + 4,
    (signature.length > 0 ? IS_SIGNED : 0) | (elements === undefined ? 0 : HAS_ELEMENTS),
    true,
  );
  bytes.set(claim, HEAD_BYTES);
  bytes.set(signature, HEAD_BYTES + claim.length);
  if (elements !== undefined) bytes.set(elements, HEAD_BYTES + claim.length + signature.length);
  return bytes;
}

/** The parts of an envelope, which view its bytes; undefined where it is none. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < HEAD_BYTES || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimBytes = view.getUint32(MAGIC.length, true);
  const flags = view.getUint32(MAGIC.length + 4, true);
  const claimEnd = HEAD_BYTES + claimBytes;
  const end = claimEnd + ((flags & IS_SIGNED) === 0 ? 0 : SIGNATURE_BYTES);
  const hasElements = (flags & HAS_ELEMENTS) !== 0;
  const isWhole = hasElements ? end <= bytes.length : end === bytes.length;
  if (flags > (IS_SIGNED | HAS_ELEMENTS) || claimBytes > MAX_CLAIM_BYTES || !isWhole) return undefined;
  return {
    claim: bytes.subarray(HEAD_BYTES, claimEnd),
    signature: bytes.subarray(claimEnd, end),
    elements: hasElements ? bytes.subarray(end) : undefined,
  };
}
