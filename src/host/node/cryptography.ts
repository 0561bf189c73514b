// HMAC-SHA256 and Ed25519 of Node.
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { Cryptography } from '../../tiers/remote/world.ts';

/** What stands before the 32 bytes of a key in DER (RFC 8410). */
const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE, seed]), format: 'der', type: 'pkcs8' });

const publicKey = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([PUBLIC, bytes]), format: 'der', type: 'spki' });

/** Made once: reading a key takes as long as using it. */
const keys = new WeakMap<Uint8Array, KeyObject>();

function made(bytes: Uint8Array, make: (bytes: Uint8Array) => KeyObject): KeyObject {
  const known = keys.get(bytes) ?? make(bytes);
  keys.set(bytes, known);
  return known;
}

export const nodeCryptography: Cryptography = {
  authenticate: (secret, bytes) => plain(createHmac('sha256', secret).update(bytes).digest()),
  publicKeyOf: (seed) =>
    plain(createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length)),
  sign: (seed, bytes) => plain(sign(null, bytes, made(seed, privateKey))),
  verify: (key, bytes, signature) => {
    try {
      return verify(null, bytes, made(key, publicKey), signature);
    } catch {
      return false;
    }
  },
  randomBytes: (length) => plain(randomBytes(length)),
};
