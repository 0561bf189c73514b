// A claim: that the result of a key is the elements of a digest. These are the bytes that are signed
// (docs/format/signatures.md).
import { digestFromHex, equalBytes, toHex } from '../../core/fingerprint/digest.ts';
import { TlvWriter } from '../../core/fingerprint/encode.ts';
import { FieldReader } from '../../core/fingerprint/field-reader.ts';
import { FormatError, type Stored } from '../../kit.ts';

/** What is said of a result, and by whom. */
export interface Claim extends Omit<Stored, 'elements' | 'isFresh'> {
  readonly namespace: string;
  readonly scope: string;
  /** Bytes of the elements. */
  readonly elementBytes: number;
  /** Readers refuse claims of an earlier epoch than theirs: what was signed before a key was lost. */
  readonly epoch: number;
  /** Milliseconds since 1970 when it was made, and from when on it no longer counts. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** Id of the key that signs it; empty where nobody does. */
  readonly signer: string;
}

/** No claim is longer. */
export const MAX_CLAIM_BYTES = 4096;
const MAX_RANK = 64;

const writer = new TlvWriter();

/** The bytes of a claim: one claim has one form. */
export function encodeClaim(claim: Claim): Uint8Array {
  return writer
    .begin('claim', 1)
    .string(claim.namespace)
    .string(claim.scope)
    .digest(digestFromHex(claim.key))
    .digest(digestFromHex(claim.digest))
    .string(claim.dtype)
    .list(claim.shape, (to, length) => to.u64(length))
    .u64(claim.elementBytes)
    .u32(claim.facts)
    .f64(claim.costs.pathNs)
    .f64(claim.costs.ownNs)
    .string(claim.producer)
    .u32(claim.epoch)
    .u64(claim.issuedMs)
    .u64(claim.expiresMs)
    .string(claim.signer)
    .copy();
}

/** The claim of bytes; undefined where they are none, or are not in the one form it has. */
export function decodeClaim(bytes: Uint8Array): Claim | undefined {
  if (bytes.length > MAX_CLAIM_BYTES) return undefined;
  try {
    const claim = readClaim(new FieldReader(bytes, (what) => new FormatError(`A claim ${what}.`, {})));
    return equalBytes(encodeClaim(claim), bytes) ? claim : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function readClaim(fields: FieldReader): Claim {
  fields.begin('claim', 1);
  const text = (): string => fields.string(MAX_CLAIM_BYTES);
  const digest = (): string => toHex(fields.digest());
  return {
    namespace: text(),
    scope: text(),
    key: digest(),
    digest: digest(),
    dtype: text(),
    shape: fields.list(MAX_RANK, (items) => items.u64()),
    elementBytes: fields.u64(),
    facts: fields.u32(),
    costs: { pathNs: fields.f64(), ownNs: fields.f64() },
    producer: text(),
    epoch: fields.u32(),
    issuedMs: fields.u64(),
    expiresMs: fields.u64(),
    signer: text(),
  };
}
