// Results at a service: how one is found, checked and written. Nothing that comes back is believed before it was
// checked; the claim of a key is published after the elements that it names.
import { faultOfStored, type Key, type Stored } from '../../kit.ts';
import type { AddressOf } from './addresses.ts';
import type { Blobs, PutMode } from './blobs.ts';
import { type Claim, decodeClaim, encodeClaim } from './claim.ts';
import { decodeEnvelope, encodeEnvelope, MAX_ENVELOPE_BYTES } from './envelope.ts';
import type { SecretKey } from './keys.ts';
import type { ClaimRefusal, TrustList } from './trust.ts';
import type { RemoteWorld } from './world.ts';
import type { WritableResult } from './write-behind.ts';

/** Elements of so many bytes stand with their claim; more of them under their digest. */
const MAX_INLINE_BYTES = 2 ** 20;

/** What reading a result gave. */
export type Reading =
  | { readonly kind: 'found'; readonly stored: Stored }
  /** `isDangling`: a claim without its elements. */
  | { readonly kind: 'missing'; readonly isDangling: boolean }
  | { readonly kind: 'corrupt'; readonly detail: string }
  | { readonly kind: 'refused'; readonly why: ClaimRefusal; readonly signer: string };

export interface ResultsOptions {
  readonly namespace: string;
  readonly addressOf: AddressOf;
  /** Scopes that are looked into, in order. */
  readonly scopes: readonly string[];
  readonly trust: TrustList;
  /** Who writes; without a key unsigned. */
  readonly writer: { readonly scope: string; readonly key: SecretKey | undefined } | undefined;
  readonly epoch: number;
  readonly ttlMs: number;
  /** Bytes of elements that are read or written at most. */
  readonly maxBytes: number;
}

const MISSING: Reading = { kind: 'missing', isDangling: false };
/** What is told of a key, where several scopes have something to say. */
const ORDER: readonly Reading['kind'][] = ['found', 'corrupt', 'refused', 'missing'];

export class RemoteResults {
  readonly #blobs: Blobs;
  readonly #options: ResultsOptions;
  readonly #world: RemoteWorld;

  constructor(blobs: Blobs, options: ResultsOptions, world: RemoteWorld) {
    this.#blobs = blobs;
    this.#options = options;
    this.#world = world;
  }

  /** The first scope that has a result that can be believed. */
  async read(key: Key, signal: AbortSignal): Promise<Reading> {
    let worst = MISSING;
    for (const scope of this.#options.scopes) {
      const reading = await this.#readIn(scope, key, signal);
      if (reading.kind === 'found') return reading;
      if (ORDER.indexOf(reading.kind) < ORDER.indexOf(worst.kind)) worst = reading;
    }
    return worst;
  }

  /** Writes a result into the scope of the writer. What is there stays where it can be believed, unless it is to go. */
  async write(
    { stored, elements }: WritableResult,
    mode: PutMode,
    signal: AbortSignal,
  ): Promise<'written' | 'present'> {
    const { writer, addressOf, ttlMs } = this.#options;
    if (writer === undefined) return 'present';
    const isInline = elements.length <= MAX_INLINE_BYTES;
    const name = addressOf(writer.scope, 'claim', stored.key);
    const envelope = this.#envelopeOf(stored, elements, writer, isInline);
    const put = async (how: PutMode): Promise<'stored' | 'exists'> => {
      if (!isInline) {
        const content = addressOf(writer.scope, 'content', stored.digest);
        await this.#blobs.put(content, elements, { mode: how, ttlMs }, signal);
      }
      return this.#blobs.put(name, envelope, { mode: how, ttlMs }, signal);
    };
    if ((await put(mode)) === 'stored') return 'written';
    const { kind } = await this.#readIn(writer.scope, stored.key, signal);
    if (kind === 'found') return 'present';
    await put('replace');
    return 'written';
  }

  #envelopeOf(
    stored: Stored,
    elements: Uint8Array,
    { scope, key }: NonNullable<ResultsOptions['writer']>,
    isInline: boolean,
  ): Uint8Array {
    const { namespace, epoch, ttlMs } = this.#options;
    const issuedMs = Math.floor(this.#world.nowMs());
    const claim = encodeClaim({
      ...stored,
      namespace,
      scope,
      epoch,
      elementBytes: elements.length,
      issuedMs,
      expiresMs: issuedMs + ttlMs,
      signer: key?.id ?? '',
    });
    const signature = key === undefined ? new Uint8Array(0) : this.#world.cryptography.sign(key.seed, claim);
    return encodeEnvelope({ claim, signature, elements: isInline ? elements : undefined });
  }

  async #readIn(scope: string, key: Key, signal: AbortSignal): Promise<Reading> {
    const { addressOf, trust, maxBytes } = this.#options;
    const most = Math.min(maxBytes, MAX_INLINE_BYTES) + MAX_ENVELOPE_BYTES;
    const bytes = await this.#blobs.get(addressOf(scope, 'claim', key), most, signal);
    if (bytes === undefined) return MISSING;
    const envelope = decodeEnvelope(bytes);
    const claim = envelope && decodeClaim(envelope.claim);
    if (envelope === undefined || claim === undefined) return corrupt('it is no claim');
    if (claim.key !== key || claim.scope !== scope || claim.namespace !== this.#options.namespace)
      return corrupt('it is the claim of another result');
    const why = trust.refusalOf(claim, envelope.claim, envelope.signature, this.#world.nowMs());
    if (why !== undefined) return { kind: 'refused', why, signer: claim.signer };
    if (claim.elementBytes > maxBytes) return MISSING;
    const elements =
      envelope.elements ??
      (await this.#blobs.get(addressOf(scope, 'content', claim.digest), claim.elementBytes, signal));
    return elements === undefined ? { kind: 'missing', isDangling: true } : this.#checked(claim, elements);
  }

  #checked(claim: Claim, bytes: Uint8Array): Reading {
    // Elements of eight bytes need a buffer of their own, whose start is theirs.
    const elements = new Uint8Array(bytes);
    const { key, dtype, shape, digest, facts, costs, producer, elementBytes } = claim;
    const stored: Stored = { key, dtype, shape, digest, elements, isFresh: true, facts, costs, producer };
    if (elements.length !== elementBytes) return corrupt(`it has ${elements.length} bytes of ${elementBytes}`);
    const fault = faultOfStored(key, stored, elements, this.#world.digest);
    return fault === undefined ? { kind: 'found', stored } : corrupt(fault);
  }
}

const corrupt = (detail: string): Reading => ({ kind: 'corrupt', detail });
