// What the remote tiers take from the machine they run on: time, chance, digests, cryptography. Tests give their own.
import type { Digest } from '../../kit.ts';

/** HMAC-SHA256 and Ed25519, as a host has them. */
export interface Cryptography {
  /** HMAC-SHA256: 32 bytes. */
  authenticate(secret: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** The public key of an Ed25519 seed: 32 bytes of 32. */
  publicKeyOf(seed: Uint8Array): Uint8Array;
  /** The Ed25519 signature of bytes: 64 bytes. */
  sign(seed: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Whether a signature is that of bytes by the owner of a public key. It never throws. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** Bytes that nobody can guess. */
  randomBytes(length: number): Uint8Array;
}

/** The machine, as far as the remote tiers know it. */
export interface RemoteWorld {
  readonly digest: Digest;
  readonly cryptography: Cryptography;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** A number in [0, 1), for jitter alone. */
  random(): number;
  /**
   * Calls `run` once after so many milliseconds, and keeps the process until then. Returns a function that withdraws
   * it.
   */
  after(ms: number, run: () => void): () => void;
}
