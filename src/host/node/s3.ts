// A client of S3 by the package `s3mini`, which a program has installed.
import type { S3Client } from '../../tiers/remote/s3-blobs.ts';
import { loadPeer } from './packages.ts';

/** A bucket, and who asks. */
export interface S3Account {
  /** The address of the bucket: `https://s3.eu-central-1.amazonaws.com/bucket`. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Default `auto`. */
  readonly region?: string;
}

interface S3Package {
  readonly S3mini: new (account: S3Account) => S3Client;
}

/** A client for a bucket. Nothing is asked of it yet. */
export async function openS3(account: S3Account): Promise<S3Client> {
  const { S3mini } = (await loadPeer('s3mini', 'Or give a client: s3Store({ client }).')) as S3Package;
  return new S3mini(account);
}
