// Who answers for a bundle: an Ed25519 signature of its root, by a key whose id the reader has listed. Keys are those
// of the remote stores. Specification: docs/format/bundle.md.
import { FormatError } from '../core/errors.ts';
import { TlvWriter } from '../core/fingerprint/encode.ts';
import { type PublicKey, readPublicKey, readSecretKey } from '../tiers/remote/keys.ts';
import type { Cryptography } from '../tiers/remote/world.ts';
import { FieldReader } from '../core/fingerprint/field-reader.ts';
import type { SignRoot } from './pack.ts';

const MAX_ID_BYTES = 64;
const SIGNATURE_BYTES = 64;

/** What is signed: the root under a name of its own, and who signs it. */
const signedBytes = (root: Uint8Array, signer: string): Uint8Array =>
  new TlvWriter().begin('bundle-root', 1).digest(root).string(signer).copy();

/** Signs with a secret key as text, `ci-1:base64`. */
export function signerOf(secret: string, cryptography: Cryptography): SignRoot {
  const { id, seed } = readSecretKey(secret, cryptography);
  return (root) => {
    const signature = cryptography.sign(seed, signedBytes(root, id));
    return new TlvWriter().begin('bundle-signature', 1).string(id).bytes(signature).copy();
  };
}

/** Who says to have signed; nobody where there is no signature. A FormatError for a piece that is none. */
export const statedSigner = (piece: Uint8Array): string | undefined =>
  piece.length === 0 ? undefined : readSignature(piece).signer;

/**
 * The listed key that signed a root. Throws a FormatError whose `details.code` is unsigned, unknown-key or
 * bad-signature.
 */
export function trustedSigner(
  root: Uint8Array,
  piece: Uint8Array,
  trust: readonly string[],
  cryptography: Cryptography,
): string {
  const keys = trust.map(readPublicKey);
  if (piece.length === 0) throw untrusted('unsigned', 'nobody signed it', keys);
  const { signer, signature } = readSignature(piece);
  const named = keys.filter(({ id }) => id === signer);
  if (named.length === 0) throw untrusted('unknown-key', `it is signed by "${signer}"`, keys);
  const signed = signedBytes(root, signer);
  if (named.some(({ bytes }) => cryptography.verify(bytes, signed, signature))) return signer;
  throw untrusted('bad-signature', `its signature is not that of "${signer}"`, keys);
}

function readSignature(piece: Uint8Array): { readonly signer: string; readonly signature: Uint8Array } {
  const fields = new FieldReader(piece, (what) => badSignature(what)).begin('bundle-signature', 1);
  const [signer, signature] = [fields.string(MAX_ID_BYTES), fields.bytes()];
  fields.end();
  if (signature.length !== SIGNATURE_BYTES) throw badSignature(`has ${signature.length} bytes, not ${SIGNATURE_BYTES}`);
  return { signer, signature };
}

const badSignature = (what: string): FormatError =>
  new FormatError(`The signature of this bundle ${what}; take the file from where it was written.`, {
    code: 'malformed',
    what,
  });

function untrusted(code: string, why: string, keys: readonly PublicKey[]): FormatError {
  const ids = keys.map(({ id }) => id);
  const listed = ids.length === 0 ? 'no key is trusted' : `trusted are ${ids.join(', ')}`;
  return new FormatError(
    `This bundle is not taken: ${why}, and ${listed}. Ask for one that is signed by a key you trust, or list the ` +
      'signer if you do.',
    { code, trusted: ids },
  );
}
