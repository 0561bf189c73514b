// Stores below RAM, to be put together: on a disk, in Redis, in S3, and what wraps them.
export { diskStore, storeFolder } from './index.ts';
export { createKeyFile, keyFiles, readTrust, secretKey, trustKey } from './host/node/keys.ts';
export type { OwnKey } from './host/node/keys.ts';
export { createKey, openDigest, redisStore, s3Store } from './host/node/remote.ts';
export type { RedisStoreOptions, S3StoreOptions } from './host/node/remote.ts';
export type { RemoteOptions } from './host/node/remote-options.ts';
export type { RemoteStore } from './tiers/remote/remote-store.ts';
export type { RemoteFigures } from './tiers/remote/figures.ts';
export type { ClaimRefusal } from './tiers/remote/trust.ts';
export type { Trust, TrustedKey, Writer } from './tiers/remote/keys.ts';
export { RamStore } from './core/store/ram-store.ts';
export { prefetch } from './core/store/prefetch.ts';
export type { PrefetchOptions } from './core/store/prefetch.ts';
export { readonly } from './core/store/readonly.ts';
export { tiered } from './core/store/tiered.ts';
export { verified } from './core/store/verified.ts';
