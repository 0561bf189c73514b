// BLAKE3-256 in native code where the optional binary is present and sound; otherwise the portable one.
import { DIGEST_BYTES, toHex } from '../../core/fingerprint/digest.ts';
import type { Digest } from '../../core/fingerprint/digest.ts';
import { requirePackage } from './packages.ts';

/** What is used of the native package. */
interface NativeBlake {
  blake3(bytes: Uint8Array): Uint8Array;
}

/** BLAKE3-256 of no bytes, from the official test vectors. */
const EMPTY_HEX = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262';

/** The fastest digest of this host. Loads code when called, not when imported. */
export async function openNodeDigest(load: () => NativeBlake = loadNative): Promise<Digest> {
  return nativeDigest(load) ?? (await import('../portable-digest.ts')).openPortableDigest();
}

/** The native digest; undefined when its binary is absent for this platform or gives a wrong answer. */
export function nativeDigest(load: () => NativeBlake = loadNative): Digest | undefined {
  try {
    const native = load();
    const digest: Digest = { name: 'blake3-256/native', hash: (bytes) => plainBytes(native.blake3(bytes)) };
    return toHex(digest.hash(new Uint8Array(0))) === EMPTY_HEX ? digest : undefined;
  } catch {
    // The package throws while loading on a platform without a binary: the portable digest has the same bits.
    return undefined;
  }
}

const loadNative = (): NativeBlake => requirePackage('@napi-rs/blake-hash') as NativeBlake;

/** A Buffer as a Uint8Array, because `Buffer.slice` shares memory where `Uint8Array.slice` copies. */
const plainBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, DIGEST_BYTES);
