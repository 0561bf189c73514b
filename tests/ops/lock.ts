// What every row computes, as one digest: the results of its reference on the sampled calls. ops.lock holds them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SheetError, type SymbolicSheet } from '../../src/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { OPS } from '../../src/core/ops/index.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { callsOf, COMPUTED_DTYPES, describeCall, enter, perform } from './samples.ts';

export const LOCK_FILE = join(import.meta.dirname, '../../ops.lock');
const CALLS_PER_DTYPE = 6;

/** A row's version and the digest of what it computes. */
export interface LockedRow {
  readonly version: number;
  readonly digest: string;
}

/** What the rows compute now, on the reference device of an open sheet. */
export async function lockRows(sheet: SymbolicSheet): Promise<Map<string, LockedRow>> {
  const locked = new Map<string, LockedRow>();
  for (const row of OPS.values()) locked.set(row.name, { version: row.version, digest: await digestOf(sheet, row) });
  return locked;
}

/** The digest of what a row computes on an open sheet that has the reference device. */
export async function digestOf(open: SymbolicSheet, row: OpRow): Promise<string> {
  const sheet = open.with({ class: 'exact', device: 'js', cache: 'off' }) as SymbolicSheet;
  const hash = createHash('sha256');
  for (const dtype of row.source ? ['float32' as DType] : COMPUTED_DTYPES) {
    for (const call of callsOf(sheet, row, dtype, CALLS_PER_DTYPE))
      hash.update(describeCall(call)).update(await outcomeOf(sheet, call));
  }
  return hash.digest('hex').slice(0, 32);
}

/** The bytes of a result, or the code of the error that reading it gives. */
async function outcomeOf(sheet: SymbolicSheet, call: ReturnType<typeof callsOf>[number]): Promise<Uint8Array | string> {
  try {
    const tensor = perform(sheet, call, enter(sheet, call));
    const { buffer, byteOffset, byteLength } = (await tensor.data()) as Float32Array;
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof SheetError) return error.code;
    throw error;
  }
}

/** What ops.lock holds. */
export function readLock(): Map<string, LockedRow> {
  const lines = readFileSync(LOCK_FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [name, version, digest] = line.split(/\s+/) as [string, string, string];
      return [name, { version: Number(version), digest }];
    }),
  );
}

const HEADING =
  "# What every op computes: version and digest of its reference's results on sampled calls. " +
  'Written by scripts/lock-ops.ts.';

/** The text of ops.lock. */
export function formatLock(rows: ReadonlyMap<string, LockedRow>): string {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return [HEADING, ...sorted.map(([name, { version, digest }]) => `${name} ${version} ${digest}`), ''].join('\n');
}
