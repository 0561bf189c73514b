// Under which names results stand at a service: a namespace and a scope, then the plane, then what cannot be guessed
// where the namespace has a secret (docs/format/remote.md).
import { TlvWriter } from '../../core/fingerprint/encode.ts';
import { digestFromHex, toHex } from '../../core/fingerprint/digest.ts';
import { encodeUtf8 } from '../../core/tensor/utf8.ts';
import type { Cryptography } from './world.ts';

/** What a name leads to: the claim of a key, or the elements of a digest. */
type Plane = 'claim' | 'content';

/** The name of a key or digest of 64 hexadecimal digits. */
export type AddressOf = (scope: string, plane: Plane, name: string) => string;

/**
 * Names in a namespace. With a secret they are HMACs: whoever has it not can neither find, nor probe for, nor collide
 * with what is there.
 */
export function addressesOf(namespace: string, secret: Uint8Array | undefined, cryptography: Cryptography): AddressOf {
  const writer = new TlvWriter();
  const key = secret && cryptography.authenticate(secret, writer.begin('address-key', 1).string(namespace).copy());
  return (scope, plane, name) => {
    const last =
      key === undefined
        ? toHex(digestFromHex(name))
        : toHex(
            cryptography.authenticate(
              key,
              writer.begin('address', 1).string(scope).string(plane).digest(digestFromHex(name)).copy(),
            ),
          );
    return `sqs1/${namespace}/${scope}/${plane}/${last}`;
  };
}

/** The bytes of a secret that was given as bytes or as text. */
export const secretBytes = (secret: Uint8Array | string): Uint8Array =>
  typeof secret === 'string' ? encodeUtf8(secret) : secret;
