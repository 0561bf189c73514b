// What Python's csv module and NumPy answer about the files of tests/golden/table (scripts/make-table-files.py).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type OpenOptions, SymbolicSheet } from '../../src/index.ts';

export const GOLDEN = fileURLToPath(new URL('../golden/table', import.meta.url));

type Numbers = readonly (number | null)[];
type Reduction = 'sum' | 'mean' | 'min' | 'max';

interface Golden {
  readonly dialects: Readonly<Record<string, { delimiter: string; names: string[]; rows: string[][] }>>;
  readonly spellings: readonly (readonly [text: string, bits: string])[];
  readonly penguins: Readonly<Record<string, readonly (number | string | boolean | null)[]>>;
  readonly groups: Readonly<
    Record<
      string,
      { keys: unknown[]; count: number[] } & Readonly<Record<'bill' | 'mass' | 'female', Record<Reduction, Numbers>>>
    >
  >;
  readonly described: Readonly<
    Record<
      string,
      {
        count: number;
        missing: number;
        distinct: number;
        mean: number;
        std: number;
        quantiles: number[];
        population: number;
        standardised: Numbers;
        scaled: Numbers;
      }
    >
  >;
  readonly order: Readonly<Record<string, readonly number[]>>;
}

export const golden = JSON.parse(readFileSync(`${GOLDEN}/answers.json`, 'utf8')) as Golden;

/** A float64 as its bits. */
export function bitsOf(x: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(x);
  return bytes.toString('hex');
}

/** A sheet that asks nothing of the machine but its CPU. */
export const open = (options: OpenOptions = {}): Promise<SymbolicSheet> =>
  SymbolicSheet.open({ devices: ['js', 'wasm'], ...options });

/** Values that agree with these to nine decimals; what is missing is NaN. */
export const close = (expected: readonly unknown[]): unknown[] =>
  expected.map((value) => {
    if (value === null || Number.isNaN(value)) return NaN;
    return typeof value === 'number' ? expect.closeTo(value, 9) : value;
  });
