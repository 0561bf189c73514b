// What keeping results on a disk costs: puts and gets of 4 KB to 100 MB beside raw files, and a folder of many results.
// Every result is read back and compared before anything is timed. What is compared is timed in turns.
import { mkdtempSync, openSync, readSync, closeSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { diskStore, type DiskStore, SymbolicSheet } from 'symbolic-sheet';
import { type Key, type Stored, verified } from 'symbolic-sheet/kit';
import { contentId, panelDigests } from '../src/core/fingerprint/content.ts';
import { toHex } from '../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../src/host/node/digest.ts';
import { noCounts } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { numbersOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { remoteTimes } from './remote-tiers.ts';
import type { Bench, BenchOptions, Row } from './report/report.ts';

const WORTH = { costNs: 1e9, score: 0.5 };
const SIZES = [4096, 65_536, 1_048_576, 16_777_216, 104_857_600];
const ROUND_BYTES = 2 ** 27;
const PROBES = 20_000;
/** A get from a service takes so many times as long as the bare client's, at most. */
const REMOTE_BOUND = 5;
/** A product of this side takes about as long as the least that is kept. */
const SIDE = 256;
const PRODUCTS = 1000;
const ROUNDS_OF_NO_REUSE = 5;

/** A figure that was asked for, with the bound it is held against. */
interface Figure {
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number;
  readonly better: 'lower' | 'higher';
}

/** The bench `store`. `--bytes 4096` and `--entries 100000` narrow it down. */
export const store: Bench = async (options, tell) => {
  const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-bench-store-'));
  const check = new Check();
  const rows: Row[] = [];
  try {
    for (const bytes of numbersOf(options.values, 'bytes') ?? (options.quick ? SIZES.slice(0, 3) : SIZES)) {
      rows.push(...(await rowsOfSize(join(folder, String(bytes)), bytes, check)));
      tell(`store ${bytes} B done`);
    }
    for (const entries of entriesOf(options)) {
      rows.push(...(await rowsOfMany(join(folder, `${entries} entries`), entries, check)));
      tell(`store ${entries} entries done`);
    }
    rows.push(...(await rowsOfRemotes(check, tell)));
    if (!options.quick && numbersOf(options.values, 'bytes') === undefined)
      rows.push(...(await rowsOfNoReuse(join(folder, 'no-reuse'), check, tell)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const columns = ['tier', 'bytes', 'entries', 'case', 'value', 'unit', 'bound', 'better', 'bytesPerEntry'];
  return { checked: check.summary, rows, columns };
};

const entriesOf = ({ quick, values }: BenchOptions): readonly number[] =>
  numbersOf(values, 'entries') ?? (quick ? [10_000] : [100_000, 1_000_000]);

/** Gets of the stores in Redis and S3, beside those of the bare clients; signatures and digests are checked in them. */
async function rowsOfRemotes(check: Check, tell: (line: string) => void): Promise<readonly Row[]> {
  const digest = await openNodeDigest();
  const times = await remoteTimes(
    (bytes, rounds) => Array.from({ length: rounds }, (_, i) => resultOf(i, bytes, digest)),
    (store, result) => holdSame(store, result, check),
    tell,
  );
  return times.map((all) =>
    row({
      ...all,
      case: `get ${all.bytes} B beside the bare client`,
      value: all.getUs / all.rawGetUs,
      unit: 'times',
      bound: REMOTE_BOUND,
      better: 'lower',
    }),
  );
}

const row = (fields: Readonly<Record<string, unknown>>): Row => ({
  tier: 'disk',
  ...fields,
  counters: noCounts(),
  scenarios: {},
  faults: [],
});

/** Medians of a put that is written, a verified get, and reading and writing a file of as many bytes. */
async function rowsOfSize(folder: string, bytes: number, check: Check): Promise<readonly Row[]> {
  const digest = await openNodeDigest();
  const rounds = Math.max(5, Math.min(400, Math.floor(ROUND_BYTES / bytes)));
  const results = Array.from({ length: rounds }, (_, i) => resultOf(i, bytes, digest));
  const disk = await diskStore(folder, { capBytes: 1e11 });
  try {
    // As many raw files as results: one alone would be read from the processor's cache.
    const path = (i: number): string => join(folder, `raw ${i}`);
    const { putUs, rawPutUs } = await mediansUs(rounds, {
      putUs: async (i) => {
        disk.put(results[i]!.key, results[i]!, WORTH);
        await disk.flush();
      },
      rawPutUs: (i) => {
        writeFileSync(`${path(i)}.part`, results[i]!.elements as Uint8Array);
        renameSync(`${path(i)}.part`, path(i));
      },
    });
    const checked = verified(disk, digest);
    for (const result of results) await holdSame(checked, result, check);
    const readRaw = (i: number, target: Uint8Array): void => {
      const file = openSync(path(i), 'r');
      readSync(file, target, 0, bytes, 0);
      closeSync(file);
    };
    const again = new Uint8Array(bytes);
    const gets = await mediansUs(rounds, {
      getUs: async (i) => elementsOf(await checked.get(results[i]!.key)),
      hitUs: (i) => checked.get(results[i]!.key),
      rawGetUs: (i) => readRaw(i, again),
      freshGetUs: (i) => readRaw(i, Buffer.allocUnsafeSlow(bytes)),
    });
    const all = { bytes, putUs, rawPutUs, ...gets };
    return figuresOf(all).map((figure) => row({ ...all, ...figure }));
  } finally {
    await disk.close();
  }
}

/** Microseconds of a result of so many bytes: found, and read as well. */
interface Gets {
  readonly bytes: number;
  readonly getUs: number;
  readonly hitUs: number;
  /** Of a raw file into memory that is used again, and into fresh memory as a result is. */
  readonly rawGetUs: number;
  readonly freshGetUs: number;
}

function figuresOf({ bytes, getUs, hitUs, rawGetUs, freshGetUs }: Gets): readonly Figure[] {
  if (bytes <= 4096) return [{ case: `get ${bytes} B`, value: getUs, unit: 'µs', bound: 4, better: 'lower' }];
  const share = (what: string, value: number): Figure => ({
    case: `get ${bytes} B of raw ${what}`,
    value,
    unit: '',
    bound: 0.8,
    better: 'higher',
  });
  const shares = [share('into used memory', rawGetUs / getUs), share('into fresh memory', freshGetUs / getUs)];
  if (bytes < 1e8) return shares;
  return [
    ...shares,
    { case: `get ${bytes} B`, value: getUs / 1e3, unit: 'ms', bound: 25, better: 'lower' },
    { case: `hit of ${bytes} B that nobody reads`, value: hitUs / 1e3, unit: 'ms', bound: 0.25, better: 'lower' },
  ];
}

/**
 * A program that finds nothing again, its results at the least cost that is kept: with a store on a disk and without,
 * in turns, by the least time of each.
 */
async function rowsOfNoReuse(base: string, check: Check, tell: (text: string) => void): Promise<readonly Row[]> {
  const times = { without: [] as number[], with: [] as number[] };
  const elements = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.fround(Math.sin(i)));
  let seed = 0;
  const run = async (folder: string): Promise<number> => {
    const sheet = await SymbolicSheet.open({ store: folder });
    const x = sheet.tensor(elements, [SIDE, SIDE]);
    const start = performance.now();
    for (let i = 0; i < PRODUCTS; i++)
      await x
        .add(++seed / 1e6)
        .matmul(x)
        .data();
    const elapsedMs = performance.now() - start;
    const { hits } = sheet.stats().stored ?? { hits: 0 };
    check.hold('a program that finds nothing again', hits === 0 ? 0 : Infinity);
    await sheet.close();
    return elapsedMs;
  };
  for (let round = 0; round < ROUNDS_OF_NO_REUSE; round++) {
    times.without.push(await run('memory'));
    times.with.push(await run(join(base, String(round))));
    tell(`store without reuse, round ${round + 1} of ${ROUNDS_OF_NO_REUSE} done`);
  }
  const [withoutMs, withMs] = [Math.min(...times.without), Math.min(...times.with)];
  const value = (withMs / withoutMs - 1) * 100;
  return [
    row({ case: 'a program that reuses nothing', value, unit: '%', bound: 1, better: 'lower', withoutMs, withMs }),
  ];
}

/** A folder of many small results: opening it, and asking for one that is there. */
async function rowsOfMany(folder: string, entries: number, check: Check): Promise<readonly Row[]> {
  const digest = await openNodeDigest();
  await fill(folder, entries, digest);
  const openedAt = performance.now();
  const disk = await diskStore(folder, { capBytes: 1e11 });
  const openMs = performance.now() - openedAt;
  try {
    const step = Math.max(1, Math.floor(entries / PROBES));
    const wanted = Array.from({ length: Math.min(PROBES, entries) }, (_, i) => resultOf(i * step, 16, digest));
    for (const result of wanted.slice(0, 200)) await holdSame(disk, result, check);
    const probeUs = await medianUs(wanted.length, (i) => disk.get(wanted[i]!.key));
    const { sizeBytes } = await disk.measure();
    const all = { entries, openMs, probeUs, bytesPerEntry: sizeBytes / entries + 32 };
    const figures: readonly Figure[] = [
      { case: `open ${entries} entries`, value: openMs, unit: 'ms', bound: 300, better: 'lower' },
      { case: `probe of ${entries} entries`, value: probeUs, unit: 'µs', bound: 6, better: 'lower' },
    ];
    return figures.map((figure) => row({ ...all, ...figure }));
  } finally {
    await disk.close();
  }
}

async function fill(folder: string, entries: number, digest: NodeDigest): Promise<void> {
  const disk = await diskStore(folder, { capBytes: 1e11 });
  for (let i = 0; i < entries; i++) {
    const result = resultOf(i, 16, digest);
    disk.put(result.key, result, WORTH);
    if (i % 10_000 === 0) await disk.flush();
  }
  await disk.close();
}

type NodeDigest = Awaited<ReturnType<typeof openNodeDigest>>;

function resultOf(number: number, bytes: number, digest: NodeDigest): Stored {
  const words = new Float64Array(bytes / 8).map((_, i) => number + i * 0.5);
  const elements = new Uint8Array(words.buffer);
  const key: Key = toHex(digest.hash(new Uint8Array(new Float64Array([number, bytes]).buffer)));
  const shape = [words.length];
  const id = toHex(contentId(panelDigests(elements, shape, 'float64', digest), shape, 'float64', digest));
  const costs = { pathNs: 1e9, ownNs: 1e9 };
  return { key, dtype: 'float64', shape, digest: id, elements, facts: 0, costs, producer: 'js' };
}

/** Holds that a store gives the very bytes that were put. */
async function holdSame(disk: Pick<DiskStore, 'get'>, result: Stored, check: Check): Promise<void> {
  const found = await disk.get(result.key);
  const bytes = await elementsOf(found);
  const isSame = bytes !== undefined && Buffer.compare(bytes, result.elements as Uint8Array) === 0;
  check.hold(`the result of ${result.shape.join()} elements`, isSame ? 0 : Infinity);
}

/** The elements of an answer, read where they were not. */
const elementsOf = async (found: Stored | undefined): Promise<Uint8Array | undefined> =>
  found?.elements instanceof Uint8Array ? found.elements : found?.elements.read();

/** Medians of several, a round of each in turn. */
async function mediansUs<Name extends string>(
  rounds: number,
  runs: Readonly<Record<Name, (round: number) => unknown>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(runs) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let i = 0; i < rounds; i++)
    for (const name of names) {
      const start = performance.now();
      await runs[name](i);
      times.get(name)!.push((performance.now() - start) * 1e3);
    }
  return Object.fromEntries(names.map((name) => [name, quantile(times.get(name)!, 0.5)])) as Record<Name, number>;
}

async function medianUs(rounds: number, run: (round: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await run(i);
    times.push((performance.now() - start) * 1e3);
  }
  return quantile(times, 0.5);
}
