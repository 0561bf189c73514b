// Workbooks of one shape at a time: built from text and numbers, then edited and read. No other engine runs beside it:
// HyperFormula's licence keeps it out of what is installed here.
import process from 'node:process';
import { AtomSheet } from 'symbolic-sheet/atomsheet';
import { noCounts } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import type { Bench, Row } from './report/report.ts';

/** A workbook: how it is built, its edits, and values that it must have then. */
interface Workload {
  readonly rows: number;
  readonly cells: (rows: number) => number;
  readonly build: (book: AtomSheet, rows: number) => void;
  /** Reads what says that all is computed. */
  readonly read: (book: AtomSheet, rows: number) => unknown;
  readonly built: (rows: number) => unknown;
  readonly edits: Readonly<Record<string, (book: AtomSheet, rows: number, round: number) => void>>;
  /** What is read after the edit of a round. */
  readonly edited: (rows: number, round: number) => Readonly<Record<string, unknown>>;
}

const EDITS = 5;
const counted = (rows: number, from: number): Float64Array => Float64Array.from({ length: rows }, (_, i) => i + from);

const WORKLOADS: Readonly<Record<string, Workload>> = {
  W1: {
    rows: 100_000,
    cells: (rows) => 10 * rows,
    build: (book, rows) => {
      for (const [i, column] of 'ABCDEFGHIJ'.split('').entries()) book.setColumn(`${column}1`, counted(rows, i));
    },
    read: (book, rows) => book.get(`J${rows}`),
    built: (rows) => rows + 8,
    edits: { one: (book, rows, round) => book.set(`J${rows}`, round) },
    edited: (_, round) => ({ one: round }),
  },
  W2: {
    rows: 1_000_000,
    cells: (rows) => 2 * rows,
    build: (book, rows) => {
      book.setColumn('A1', counted(rows, 1));
      book.setColumn(
        'B1',
        Array.from({ length: rows }, (_, i) => `=A${i + 1}*2+1`),
      );
    },
    read: (book, rows) => book.get(`B${rows}`),
    built: (rows) => 2 * rows + 1,
    edits: {
      one: (book, rows, round) => book.set(`A${rows}`, round),
      all: (book, rows, round) => book.setColumn('A1', counted(rows, round)),
    },
    edited: (rows, round) => ({ one: 2 * round + 1, all: 2 * (rows - 1 + round) + 1 }),
  },
  W3: {
    rows: 1_000_000,
    cells: (rows) => rows,
    build: (book, rows) => {
      book.set('A1', 1);
      book.setColumn(
        'A2',
        Array.from({ length: rows - 1 }, (_, i) => `=A${i + 1}+1`),
      );
    },
    read: (book, rows) => book.get(`A${rows}`),
    built: (rows) => rows,
    edits: { one: (book, _, round) => book.set('A1', round) },
    edited: (rows, round) => ({ one: rows - 1 + round }),
  },
};

/** The bench `atomsheet`: `--id W2,W3` runs some workbooks, `--quick` a hundredth of their rows. */
export const atomsheet: Bench = async ({ quick, values, isOver }, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  const ids = wordsOf(values, 'id', Object.keys(WORKLOADS)) ?? Object.keys(WORKLOADS);
  for (const id of ids) {
    if (isOver()) break;
    rows.push(...rowsOf(id, WORKLOADS[id]!, quick ? 100 : 1, check));
    tell(`atomsheet ${id} done`);
  }
  return { checked: check.summary, rows, columns: ['id', 'step', 'rows', 'oursMs', 'bytesPerCell'] };
};

function rowsOf(id: string, workload: Workload, share: number, check: Check): Row[] {
  const rows = workload.rows / share;
  const book = new AtomSheet();
  const hold = (step: string, found: unknown, wanted: unknown): void =>
    check.hold(`${id} ${step}: ${String(found)} for ${String(wanted)}`, Object.is(found, wanted) ? 0 : Infinity);
  const built = cpuMs(() => {
    workload.build(book, rows);
    return workload.read(book, rows);
  });
  hold('build', built.value, workload.built(rows));
  const bytesPerCell = book.stats().sizeBytes / workload.cells(rows);
  const row = (step: string, oursMs: number): Row => ({
    id,
    step,
    rows,
    oursMs,
    bytesPerCell,
    counters: noCounts(),
    scenarios: {},
    faults: [],
  });
  const edits = Object.entries(workload.edits).map(([step, edit]) => {
    const times = Array.from({ length: EDITS }, (_, i) => {
      const { ms, value } = cpuMs(() => {
        edit(book, rows, i + 2);
        return workload.read(book, rows);
      });
      hold(step, value, workload.edited(rows, i + 2)[step]);
      return ms;
    });
    return row(step, quantile(times, 0.5));
  });
  return [row('build', built.ms), ...edits];
}

/** Milliseconds of CPU, of all threads, that a function takes. */
function cpuMs<T>(run: () => T): { readonly ms: number; readonly value: T } {
  const start = process.cpuUsage();
  const value = run();
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, value };
}
