// A program that computes with stores in Redis and S3, as one of several on different machines: what it printed is read
// by the test. Its argument says where they are, whom it trusts, and whether it writes.
import process from 'node:process';
import { SymbolicSheet } from 'symbolic-sheet';
import { RamStore, redisStore, s3Store, tiered, type Trust, type Writer } from 'symbolic-sheet/tiers';

/** What the program is told. */
export interface Sharing {
  readonly redis: string | undefined;
  readonly s3:
    | { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  readonly trust: Trust;
  readonly write?: Writer;
  /** Whether the program forgets to close its stores. */
  readonly forgets?: boolean;
}

/** What it prints. */
export interface Shared {
  readonly source: string;
  readonly bits: string;
  readonly hits: readonly number[];
  readonly written: readonly number[];
}

const { redis, s3, trust, write, forgets } = JSON.parse(process.argv[2]!) as Sharing;
// A loaded machine answers late, and that is no part of this.
const options = { trust, ...(write !== undefined && { write }), namespace: 'sharing', deadlineMs: 1500, leastNs: 0 };
const remotes = [
  ...(redis === undefined ? [] : [await redisStore({ url: redis, ...options })]),
  ...(s3 === undefined ? [] : [await s3Store({ ...s3, ...options })]),
];
const sheet = await SymbolicSheet.open({
  store: tiered([new RamStore(2 ** 26), ...remotes]),
  devices: ['js'],
  class: 'exact',
});
const x = sheet.randomNormal([220, 220], { seed: 11 });
const y = x.matmul(x).matmul(x).tanh();
const bits = Buffer.from((await y.data()).buffer).toString('base64');
await sheet.flush();
const figures = remotes.map((remote) => remote.figures());
const shared: Shared = {
  source: y.source,
  bits: String(bits.length) + bits.slice(0, 400) + bits.slice(-400),
  hits: figures.map(({ hits }) => hits),
  written: figures.map(({ written }) => written),
};
await sheet.close();
for (const remote of forgets === true ? [] : remotes) await remote.close();
process.stdout.write(JSON.stringify(shared));
