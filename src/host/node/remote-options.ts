// Options of the remote tiers: what they may be, and what is taken where they are left out.
import { checkOptions } from '../../core/sheet/options.ts';
import { AttributeError, type TellTrouble } from '../../kit.ts';
import { addressesOf, secretBytes } from '../../tiers/remote/addresses.ts';
import { checkLabel, readSecretKey, type Trust, type Writer } from '../../tiers/remote/keys.ts';
import type { RemoteStoreOptions } from '../../tiers/remote/remote-store.ts';
import { TrustList } from '../../tiers/remote/trust.ts';
import type { RemoteWorld } from '../../tiers/remote/world.ts';

/** Options that every remote tier has. */
export interface RemoteOptions {
  /** Whose results are taken: keys and their scopes, or `all-writers` where whoever may write is trusted. */
  readonly trust: Trust;
  /** Who writes, and into which scope; `unsigned` writes into the scope `shared`. Default nobody: it is read only. */
  readonly write?: Writer | 'unsigned';
  /** Programs with another one do not meet. Default `default`. */
  readonly namespace?: string;
  /** With it nobody else can find, or probe for, what is stored: names are HMACs. 16 bytes or more. */
  readonly secret?: Uint8Array | string;
  /** Scopes that are looked into, in order. Default the writer's own, then those of the trusted keys. */
  readonly scopes?: readonly string[];
  /** Claims of an earlier epoch are refused; what is written is of this one. Default 0. */
  readonly epoch?: number;
  /** Milliseconds after which a look-up is a miss. Default 40 for Redis, 500 for S3. */
  readonly deadlineMs?: number;
  /** Tries after the first, 3 at most. Default 1 for Redis, 3 for S3. */
  readonly retries?: number;
  /** What takes less to compute is neither written nor asked for. Default 5e6 for Redis, 5e7 for S3. */
  readonly leastNs?: number;
  /** How long what is written counts. Default 30 days. */
  readonly ttlMs?: number;
  /** Bytes of a result, at most. Default 1 MiB for Redis, 256 MiB for S3. */
  readonly maxBytes?: number;
  /** Is told of trouble. Default: each kind is said once, on stderr. */
  readonly tell?: TellTrouble;
}

/** What of the options differs between tiers where it is left out. */
export type RemoteDefaults = Required<Pick<RemoteOptions, 'deadlineMs' | 'retries' | 'leastNs' | 'maxBytes'>> & {
  readonly writeDeadlineMs: number;
};

const SHARED = 'shared';
const DEFAULT_TTL_MS = 30 * 24 * 3600 * 1000;
const MAX_WAITING_BYTES = 2 ** 28;
const LEAST_SECRET_BYTES = 16;
const MAX_RETRIES = 3;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const POSITIVE = {
  expected: 'a number above 0',
  accepts: (value: unknown) => typeof value === 'number' && value > 0 && Number.isFinite(value),
};

/** What the options that all have may be. */
const REMOTE = {
  trust: {
    expected: "a list of { key: 'ci-1:…', scopes: ['ci'] }, or 'all-writers' where whoever may write is trusted",
    accepts: (value: unknown) =>
      value === 'all-writers' ||
      (Array.isArray(value) && value.every((each) => isRecord(each) && 'key' in each && 'scopes' in each)),
  },
  write: {
    expected: "{ key: 'ci-1:…', scope: 'ci' } with a secret key, or 'unsigned'",
    accepts: (value: unknown) => value === 'unsigned' || (isRecord(value) && 'key' in value && 'scope' in value),
  },
  namespace: { expected: 'a name', accepts: isText },
  secret: {
    expected: `${LEAST_SECRET_BYTES} bytes or more`,
    accepts: (value: unknown) =>
      (typeof value === 'string' || value instanceof Uint8Array) && secretBytes(value).length >= LEAST_SECRET_BYTES,
  },
  scopes: {
    expected: 'a list of names',
    accepts: (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isText),
  },
  epoch: {
    expected: 'an integer from 0 on',
    accepts: (value: unknown) => isWhole(value) && (value as number) < 2 ** 32,
  },
  deadlineMs: POSITIVE,
  retries: {
    expected: `an integer from 0 to ${MAX_RETRIES}`,
    accepts: (value: unknown) => isWhole(value) && (value as number) <= MAX_RETRIES,
  },
  leastNs: { expected: 'a number from 0 on', accepts: (value: unknown) => typeof value === 'number' && value >= 0 },
  ttlMs: POSITIVE,
  maxBytes: { expected: 'a positive integer', accepts: (value: unknown) => isWhole(value) && value !== 0 },
  tell: { expected: 'a function', accepts: (value: unknown) => typeof value === 'function' },
} as const;

const isAny = { expected: 'anything', accepts: () => true };

/** Checks options, those of a tier alone included, and fills in what is left out. */
export function settleRemote<O extends RemoteOptions>(
  owner: string,
  options: O,
  own: readonly Exclude<keyof O, keyof RemoteOptions>[],
  defaults: RemoteDefaults,
  world: RemoteWorld,
  tell: TellTrouble,
): RemoteStoreOptions {
  const specs = { ...REMOTE, ...Object.fromEntries(own.map((name) => [name, isAny])) };
  checkOptions<object>(owner, options, specs as Readonly<Record<never, typeof isAny>>);
  const { trust, write, namespace = 'default', secret, epoch = 0 } = options;
  if (trust === undefined)
    throw new AttributeError(`${owner}: trust is missing; give ${REMOTE.trust.expected}.`, { option: 'trust' });
  const writer = writerOf(owner, trust, write, world);
  const signer = writer?.key && { key: writer.key, scope: writer.scope };
  const list = new TrustList(trust, signer, epoch, world.cryptography);
  const scopes = options.scopes ?? [...new Set([...(writer === undefined ? [] : [writer.scope]), ...list.scopes])];
  checkLabel('namespace', namespace);
  for (const scope of scopes) checkLabel('scope', scope);
  return {
    namespace,
    addressOf: addressesOf(namespace, secret === undefined ? undefined : secretBytes(secret), world.cryptography),
    scopes: scopes.length === 0 ? [SHARED] : scopes,
    trust: list,
    writer,
    epoch,
    ttlMs: Math.ceil(options.ttlMs ?? DEFAULT_TTL_MS),
    maxBytes: options.maxBytes ?? defaults.maxBytes,
    deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
    writeDeadlineMs: Math.max(defaults.writeDeadlineMs, options.deadlineMs ?? 0),
    retries: options.retries ?? defaults.retries,
    leastNs: options.leastNs ?? defaults.leastNs,
    maxWaitingBytes: MAX_WAITING_BYTES,
    tell: options.tell ?? tell,
  };
}

/** Who writes. What is not signed could be read by nobody who demands signatures, and so is not written there. */
function writerOf(
  owner: string,
  trust: Trust,
  write: RemoteOptions['write'],
  { cryptography }: RemoteWorld,
): RemoteStoreOptions['writer'] {
  if (write === undefined) return undefined;
  if (write !== 'unsigned')
    return { scope: checkLabel('scope', write.scope), key: readSecretKey(write.key, cryptography) };
  if (trust === 'all-writers') return { scope: SHARED, key: undefined };
  throw new AttributeError(
    `${owner}: write is 'unsigned', and trust demands signatures; give a secret key: write: { key, scope }.`,
    { option: 'write' },
  );
}
