// Exchange with other programs, on Node: tensors as files that they read and write, and a trace with its roots as one
// file.
import type { Trace } from './core/trace/trace.ts';
import { checkOptions, checkTrace } from './core/sheet/options.ts';
import { nodeHost } from './host/node/host.ts';
import { type Bundle, type BundleFigures, figuresOf } from './interchange/bundle.ts';
import { nodeCryptography } from './host/node/cryptography.ts';
import { signerOf, statedSigner, trustedSigner } from './interchange/signature.ts';
import { pack } from './interchange/pack.ts';
import type { Redaction } from './interchange/redact.ts';
import { unpack } from './interchange/unpack.ts';
import { AttributeError } from './core/errors.ts';

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
const PACK = {
  redact: {
    expected: "an object, as { roots: 'all', notes: true }",
    accepts: (value: unknown) => typeof value === 'object' && value !== null,
  },
  key: { expected: 'a secret key as text', accepts: (value: unknown) => typeof value === 'string' },
};
const REDACT = {
  roots: {
    expected: "'all', or a list of numbers and content ids",
    accepts: (value: unknown) => value === 'all' || Array.isArray(value),
  },
  notes: { expected: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' },
};
const TRUST = { expected: 'a list of public keys as text', accepts: isTexts };

/** What `packBundle` may be told. */
export interface PackOptions {
  /** What to leave out. Default nothing. */
  readonly redact?: Redaction;
  /** The secret key that signs it, as text: `ci-1:base64`. Default nobody. */
  readonly key?: string;
}

/** What `openBundle` may be told. */
export interface OpenBundleOptions {
  /** Public keys as text, `ci-1:base64`: one of them must have signed it. Default whoever made it is believed. */
  readonly trust?: readonly string[];
}

/** A bundle that was made, and what is in it. */
export interface PackedBundle extends BundleFigures {
  readonly bytes: Uint8Array;
}

/**
 * One file of a trace and the elements of its roots, for others to replay: the same trace gives the same bytes. Throws
 * a FormatError for a trace that is damaged, an AttributeError for a root to be left out that is none.
 */
export async function packBundle(trace: Trace, options: PackOptions = {}): Promise<PackedBundle> {
  checkTrace(trace);
  checkOptions('packBundle', options, PACK);
  const { redact = {} } = options;
  checkOptions('packBundle: redact', redact, REDACT);
  const { digest } = await nodeHost();
  const sign = options.key === undefined ? undefined : signerOf(options.key, nodeCryptography);
  const { bytes, manifest } = pack(trace, digest, redact, sign);
  return { bytes, ...figuresOf(manifest) };
}

/**
 * Reads a bundle and verifies all of it; its signature where `trust` says whose it may be. Throws a FormatError whose
 * `details.code` says what happened to it, or a LimitError.
 */
export async function openBundle(bytes: Uint8Array, options: OpenBundleOptions = {}): Promise<Bundle> {
  if (!(bytes instanceof Uint8Array))
    throw new AttributeError('openBundle: give the bytes of a bundle: await readFile(path).', { bytes });
  checkOptions('openBundle', options, { trust: TRUST });
  const { digest } = await nodeHost();
  const { manifest, signature, trace, unreplayable } = unpack(bytes, digest);
  const { trust } = options;
  const signer =
    trust === undefined ? statedSigner(signature) : trustedSigner(manifest.root, signature, trust, nodeCryptography);
  return { ...figuresOf(manifest), signer, isTrusted: trust !== undefined, trace, unreplayable };
}

export { isBundle } from './interchange/container.ts';
export type { Bundle, BundleFigures, BundleOmission, BundleTensor } from './interchange/bundle.ts';
export type { Redaction } from './interchange/redact.ts';
export * from './interchange/surface.ts';
