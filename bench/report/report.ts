// What a bench answers, and how it is printed: JSON for programs, a table for people.
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { SymbolicSheet } from 'symbolic-sheet';
import { addDifference, type Counts, noCounts } from '../measure/counts.ts';
import type { Pace, Timing } from '../measure/harness.ts';

/** The file of a bundle that names its commit. */
export const BUILT_FROM = 'commit';

/** How a bench is run. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly pace: Pace;
  /** `--name value` pairs of the command line. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether the time given with `--seconds` is over: what was not begun is left out. */
  readonly isOver: () => boolean;
}

/** The GPU a bench ran on. */
export interface GpuOfRun {
  readonly adapter: string;
  /** A driver that computes on the CPU: its figures show that the bench runs, and nothing else. */
  readonly sanity: boolean;
}

/** One line of a bench. `counters` are those of all sheet contenders together, `scenarios` of each. */
export interface Row {
  readonly [field: string]: unknown;
  readonly counters: Counts;
  readonly scenarios: Readonly<Record<string, Counts>>;
  /** Where the counters contradict the scenario, or a bound is broken: the bench fails. */
  readonly faults: readonly string[];
}

/** Results that were compared with an oracle before anything was timed. */
export interface Checked {
  readonly results: number;
  /** Largest error in units of the bound it was held against; ≤ 1. */
  readonly worst: number;
}

export interface Outcome {
  readonly checked: Checked;
  readonly rows: readonly Row[];
  /** Fields to show in the table, in this order. */
  readonly columns: readonly string[];
  readonly gpu?: GpuOfRun;
}

/** A bench: runs, calls `tell` as rows are done. */
export type Bench = (options: BenchOptions, tell: (line: string) => void) => Promise<Outcome>;

/** The counters, scenarios and faults of a row from the timings of its contenders. */
export function accountOf(
  timings: Readonly<Record<string, Timing>>,
  faults: readonly string[] = [],
): Pick<Row, 'counters' | 'scenarios' | 'faults'> {
  const counters = noCounts();
  const nothing = noCounts();
  const scenarios: Record<string, Counts> = {};
  for (const [name, timing] of Object.entries(timings)) {
    if (Object.values(timing.counts).every((count) => count === 0)) continue;
    scenarios[name] = timing.counts;
    addDifference(counters, nothing, timing.counts);
  }
  return {
    counters,
    scenarios,
    faults: [...faults, ...Object.values(timings).flatMap((timing) => timing.contradictions)],
  };
}

/** Median and spread of contenders as fields: `xMs`, and `spread: { x: [p10, p90] }`. */
export function timesOf(timings: Readonly<Record<string, Timing>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, { medianMs }] of Object.entries(timings)) fields[`${name}Ms`] = medianMs;
  return {
    ...fields,
    spread: Object.fromEntries(Object.entries(timings).map(([name, { p10Ms, p90Ms }]) => [name, [p10Ms, p90Ms]])),
  };
}

/** Outcomes as one table: rows one after the other, columns as they first appear. */
export function joined(outcomes: readonly Outcome[]): Outcome {
  const gpu = outcomes.find((outcome) => outcome.gpu !== undefined)?.gpu;
  return {
    checked: {
      results: outcomes.reduce((sum, { checked }) => sum + checked.results, 0),
      worst: Math.max(0, ...outcomes.map(({ checked }) => checked.worst)),
    },
    rows: outcomes.flatMap(({ rows }) => rows),
    columns: [...new Set(outcomes.flatMap(({ columns }) => columns))],
    ...(gpu !== undefined && { gpu }),
  };
}

/** The machine, in words and numbers. */
export function machineOf(sheet: SymbolicSheet): Record<string, unknown> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    devices: sheet
      .devices()
      .map(({ name, found, detail }) => (found ? `${name}: ${detail}` : `${name} absent: ${detail}`)),
    blas: sheet.devices().find(({ name, found }) => name === 'blas' && found)?.detail ?? null,
  };
}

/**
 * The commit that is checked out, read from the files of the repository, or the one that a bundle was built from; null
 * outside both.
 */
export function commitOf(): string | null {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const folder = join(root, '.git');
  try {
    if (existsSync(join(root, BUILT_FROM))) return readFileSync(join(root, BUILT_FROM), 'utf8').trim();
    const head = readFileSync(join(folder, 'HEAD'), 'utf8').trim();
    if (!head.startsWith('ref: ')) return head;
    return readReference(folder, head.slice(5));
  } catch {
    return null;
  }
}

function readReference(folder: string, name: string): string | null {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    const packed = readFileSync(join(folder, 'packed-refs'), 'utf8')
      .split('\n')
      .find((line) => line.endsWith(` ${name}`));
    return packed?.split(' ')[0] ?? null;
  }
}

/** Rows as a table, numbers to four digits. */
export function tableOf({ rows, columns }: Outcome): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  return lines.map((line) => line.map((text, i) => text.padStart(widths[i] ?? 0)).join('  ')).join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (typeof value !== 'number')
    return typeof value === 'object' ? JSON.stringify(value) : String(value as string | boolean);
  return Number.isInteger(value) ? String(value) : Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
