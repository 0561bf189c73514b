// A claim: that the result of a key is the elements of a digest. These are the bytes that are signed
// (docs/format/signatures.md).
import { digestFromHex, isDigestHex, toHex } from '../../core/fingerprint/digest.ts';
import { equalBytes } from '../../core/fingerprint/digest.ts';
import { TAG, TlvWriter } from '../../core/fingerprint/encode.ts';
import { decodeUtf8, encodeUtf8 } from '../../core/tensor/utf8.ts';
import type { Stored } from '../../kit.ts';

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
const HEADER = encodeUtf8('sqs.claim.v1\0');
const FIELD_BYTES = 9;

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
  const fields = new FieldReader(bytes);
  const claim: Claim = {
    namespace: fields.text(),
    scope: fields.text(),
    key: fields.digest(),
    digest: fields.digest(),
    dtype: fields.text(),
    shape: fields.counts(),
    elementBytes: fields.count(),
    facts: fields.u32(),
    costs: { pathNs: fields.f64(), ownNs: fields.f64() },
    producer: fields.text(),
    epoch: fields.u32(),
    issuedMs: fields.count(),
    expiresMs: fields.count(),
    signer: fields.text(),
  };
  return fields.isSound && equalBytes(encodeClaim(claim), bytes) ? claim : undefined;
}

/** Reads fields in order. What is not there as expected is read as nothing, and remembered. */
class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER.length;
  isSound: boolean;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isSound = bytes.length <= MAX_CLAIM_BYTES && equalBytes(bytes.subarray(0, HEADER.length), HEADER);
  }

  text(): string {
    const at = this.#open(TAG.string);
    const text = at === undefined ? undefined : decodeUtf8(this.#bytes.subarray(at, this.#at));
    return text ?? this.#nothing('');
  }

  digest(): string {
    const at = this.#open(TAG.digest, 32);
    const hex = at === undefined ? '' : toHex(this.#bytes.subarray(at, this.#at));
    return isDigestHex(hex) ? hex : this.#nothing('0'.repeat(64));
  }

  u32(): number {
    const at = this.#open(TAG.u32, 4);
    return at === undefined ? 0 : this.#view.getUint32(at, true);
  }

  f64(): number {
    const at = this.#open(TAG.f64, 8);
    return at === undefined ? 0 : this.#view.getFloat64(at, true);
  }

  count(): number {
    const at = this.#open(TAG.u64, 8);
    const count = at === undefined ? 0 : Number(this.#view.getBigUint64(at, true));
    return Number.isSafeInteger(count) ? count : this.#nothing(0);
  }

  counts(): readonly number[] {
    const start = this.#open(TAG.list);
    if (start === undefined) return [];
    const end = this.#at;
    this.#at = start;
    const counts: number[] = [];
    while (this.isSound && this.#at < end && counts.length < MAX_RANK) counts.push(this.count());
    return this.#at === end ? counts : this.#nothing([]);
  }

  /** Steps over a field of a tag; answers where its bytes begin. */
  #open(tag: number, lengthBytes?: number): number | undefined {
    const start = this.#at + FIELD_BYTES;
    if (!this.isSound || start > this.#bytes.length || this.#bytes[this.#at] !== tag) return this.#nothing(undefined);
    const length = Number(this.#view.getBigUint64(this.#at + 1, true));
    if (length > this.#bytes.length - start || (lengthBytes ?? length) !== length) return this.#nothing(undefined);
    this.#at = start + length;
    return start;
  }

  #nothing<T>(value: T): T {
    this.isSound = false;
    return value;
  }
}
