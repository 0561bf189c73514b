// BLAKE3-256 for hosts where no native code runs: in WebAssembly at about 1 GB/s, in JavaScript where that is refused;
// the same bits.
import { createBLAKE3 } from 'hash-wasm';
import type { Digest } from '../core/fingerprint/digest.ts';
import { plainDigest } from './plain-digest.ts';

/** Compiles the WebAssembly module once; the digest it resolves to is synchronous. */
export async function openPortableDigest(): Promise<Digest> {
  try {
    const hasher = await createBLAKE3();
    return {
      name: 'blake3-256/wasm',
      hash: (bytes) => hasher.init().update(bytes).digest('binary'),
    };
  } catch {
    return plainDigest; // No WebAssembly, or a content security policy against it; devices() says so of the kernels.
  }
}
