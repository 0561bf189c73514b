// A client of S3 by the package `s3mini`, which a program has installed.
import { UnavailableError } from '../../kit.ts';
import type { S3Client } from '../../tiers/remote/s3-blobs.ts';
import { importPackage } from './packages.ts';

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
  const { S3mini } = await loadS3();
  return new S3mini(account);
}

async function loadS3(): Promise<S3Package> {
  try {
    return (await importPackage('s3mini')) as S3Package;
  } catch (error) {
    throw new UnavailableError(
      'The package "s3mini" is not installed, and an S3 store needs it: npm install s3mini. ' +
        'Or give a client that you have made: s3Store({ client }).',
      { package: 's3mini' },
      { cause: error },
    );
  }
}
