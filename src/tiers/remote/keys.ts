// Keys of writers as text, `name-1:base64`, and the list of those a reader trusts (docs/format/signatures.md).
import { AttributeError } from '../../kit.ts';
import { equalBytes } from '../../core/fingerprint/digest.ts';
import type { Cryptography } from './world.ts';

/** A key whose owner may put results into scopes. It is the reader's own choice: nothing at the service adds to it. */
export interface TrustedKey {
  /** The public key, as `ci-1:` and the base64 of its 32 bytes. */
  readonly key: string;
  /** The scopes in which its signatures count. */
  readonly scopes: readonly string[];
}

/** Keys whose results are taken; `all-writers`: whoever may write to the service, signed or not. */
export type Trust = readonly TrustedKey[] | 'all-writers';

/** Who writes results, and where. */
export interface Writer {
  /** The secret key, as `ci-1:` and the base64 of its 64 bytes (`npx symbolic-sheet keys create`). */
  readonly key: string;
  readonly scope: string;
}

/** A public key that was read. */
export interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A secret key that was read. */
export interface SecretKey extends PublicKey {
  readonly seed: Uint8Array;
}

const KEY_BYTES = 32;
const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*-\d{1,9}$/;
const LABEL = /^[A-Za-z0-9_-]{1,64}$/;

/** Makes a key for a writer; `id` is a name and a number, which goes up when the key is replaced. */
export function makeKey(id: string, cryptography: Cryptography): { readonly secret: string; readonly public: string } {
  checkId(id);
  const seed = cryptography.randomBytes(KEY_BYTES);
  const open = cryptography.publicKeyOf(seed);
  const both = new Uint8Array(2 * KEY_BYTES);
  both.set(seed);
  both.set(open, KEY_BYTES);
  return { secret: `${id}:${toBase64(both)}`, public: publicKeyText({ id, bytes: open }) };
}

/** Reads a public key. An AttributeError where it is none; one that is a secret is not repeated in the message. */
export function readPublicKey(text: string): PublicKey {
  const { id, bytes } = readKey(text);
  if (bytes.length === KEY_BYTES) return { id, bytes };
  throw new AttributeError(
    bytes.length === 2 * KEY_BYTES
      ? `"${id}" is given with its secret key, and the public one is asked for: see "symbolic-sheet keys list". ` +
          'Whoever has seen the secret can sign; make another one.'
      : `The public key "${id}" has ${bytes.length} bytes; it has ${KEY_BYTES}.`,
    { id },
  );
}

/** Reads a secret key. An AttributeError where it is none, or its halves do not belong together. */
export function readSecretKey(text: string, cryptography: Cryptography): SecretKey {
  const { id, bytes } = readKey(text);
  const [seed, open] = [bytes.slice(0, KEY_BYTES), bytes.slice(KEY_BYTES)];
  if (open.length === KEY_BYTES && equalBytes(cryptography.publicKeyOf(seed), open)) return { id, bytes: open, seed };
  throw new AttributeError(
    `"${id}" is not given with its secret key; it has ${2 * KEY_BYTES} bytes, the last ${KEY_BYTES} of which are the ` +
      'public one. Make one with "symbolic-sheet keys create".',
    { id },
  );
}

/** The text of a public key. */
export const publicKeyText = ({ id, bytes }: PublicKey): string => `${id}:${toBase64(bytes)}`;

/** Whether an id of a key is a name and a number. */
export const isKeyId = (id: string): boolean => id.length <= 64 && ID.test(id);

/** Checks a namespace or a scope: it is part of names at the service. */
export function checkLabel(what: string, label: string): string {
  if (typeof label === 'string' && LABEL.test(label)) return label;
  throw new AttributeError(
    `The ${what} is ${JSON.stringify(label)}; give 1 to 64 letters, digits, hyphens or underscores.`,
    { [what]: label },
  );
}

function readKey(text: string): PublicKey {
  const [id = '', base64 = '', ...rest] = typeof text === 'string' ? text.trim().split(':') : [];
  checkId(id);
  const bytes = rest.length === 0 ? fromBase64(base64) : undefined;
  if (bytes !== undefined) return { id, bytes };
  throw new AttributeError(`What follows "${id}:" is no base64; give the key as it was printed.`, { id });
}

function checkId(id: string): void {
  if (isKeyId(id)) return;
  throw new AttributeError(
    `"${id.slice(0, 80)}" is no id of a key; give a name in lower-case letters and a number, as "ci-1".`,
    { id: id.slice(0, 80) },
  );
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The bytes of base64 as `toBase64` writes it; undefined where it is any other text. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
