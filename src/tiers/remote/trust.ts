// Whom a reader believes: what makes it refuse a claim, however whole the bytes are that come with it.
import { equalBytes } from '../../core/fingerprint/digest.ts';
import { AttributeError } from '../../kit.ts';
import type { Claim } from './claim.ts';
import { checkLabel, isKeyId, type PublicKey, readPublicKey, type SecretKey, type Trust } from './keys.ts';
import type { Cryptography } from './world.ts';

/** Why a claim is refused. */
export type ClaimRefusal = 'unsigned' | 'unknown-key' | 'wrong-scope' | 'bad-signature' | 'earlier-epoch' | 'expired';

interface Trusted extends PublicKey {
  readonly scopes: ReadonlySet<string>;
}

/** What a reader demands of claims. */
export class TrustList {
  /** Undefined: whoever may write to the service is believed. */
  readonly #keys: ReadonlyMap<string, Trusted> | undefined;
  readonly #epoch: number;
  readonly #cryptography: Cryptography;
  /** Scopes in the order in which the list names them. */
  readonly scopes: readonly string[];

  /** `own`: a key that is trusted in a scope besides, the writer's. */
  constructor(
    trust: Trust,
    own: { readonly key: SecretKey; readonly scope: string } | undefined,
    epoch: number,
    cryptography: Cryptography,
  ) {
    this.#epoch = epoch;
    this.#cryptography = cryptography;
    const keys = new Map<string, Trusted>();
    if (own !== undefined) addTrusted(keys, own.key, [own.scope]);
    if (trust !== 'all-writers')
      for (const { key, scopes } of trust)
        addTrusted(
          keys,
          readPublicKey(key),
          scopes.map((scope) => checkLabel('scope', scope)),
        );
    this.#keys = trust === 'all-writers' ? undefined : keys;
    this.scopes = [...new Set([...keys.values()].flatMap(({ scopes }) => [...scopes]))];
  }

  /** Why a claim is refused; undefined where it is taken. `bytes` are those that were signed. */
  refusalOf(claim: Claim, bytes: Uint8Array, signature: Uint8Array, nowMs: number): ClaimRefusal | undefined {
    return this.#refusalOfSigner(claim, bytes, signature) ?? this.#refusalOfTime(claim, nowMs);
  }

  #refusalOfSigner({ signer, scope }: Claim, bytes: Uint8Array, signature: Uint8Array): ClaimRefusal | undefined {
    if (this.#keys === undefined) return undefined;
    if (signer === '' || signature.length === 0) return 'unsigned';
    const key = isKeyId(signer) ? this.#keys.get(signer) : undefined;
    if (key === undefined) return 'unknown-key';
    if (!key.scopes.has(scope)) return 'wrong-scope';
    return this.#cryptography.verify(key.bytes, bytes, signature) ? undefined : 'bad-signature';
  }

  #refusalOfTime({ epoch, expiresMs }: Claim, nowMs: number): ClaimRefusal | undefined {
    if (epoch < this.#epoch) return 'earlier-epoch';
    return expiresMs <= nowMs ? 'expired' : undefined;
  }
}

/** Adds a key. An id means one key: what two keys of one id sign could be told apart by nobody. */
function addTrusted(keys: Map<string, Trusted>, { id, bytes }: PublicKey, scopes: readonly string[]): void {
  const known = keys.get(id);
  if (known !== undefined && !equalBytes(known.bytes, bytes)) {
    throw new AttributeError(`Two keys are called "${id}"; give the newer one the next number, and list both.`, { id });
  }
  keys.set(id, { id, bytes, scopes: new Set([...(known?.scopes ?? []), ...scopes]) });
}
