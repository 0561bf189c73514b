// QR by Householder reflectors, column after column on the transpose: every column is a row that lies together.
import {
  makeReflector,
  reflectAll,
  type Reflectors,
  reflectors,
  reflectRows,
  reflectUnits,
  type Rows,
} from './reflectors.ts';

/** What the columns come to, as rows: row j holds column j of R down to the diagonal; and the reflectors. */
export interface QrFactors {
  readonly columns: Rows;
  readonly by: Reflectors;
}

/** Factors the n columns of a matrix of m rows, each a row of `columns`, in place. */
export function* factorColumns(columns: Rows, m: number, n: number): Generator<void, QrFactors> {
  const count = Math.min(m, n);
  const by = reflectors(count, m);
  for (let first = 0; first < n; first += 4) {
    const group = Math.min(4, n - first);
    for (let j = 0; j < Math.min(first, count); j++) reflectRows(columns, first, group, by, j);
    for (let j = first; j < Math.min(first + group, count); j++) {
      factorColumn(columns, j, m, by);
      reflectRows(columns, j + 1, first + group - j - 1, by, j);
    }
    yield;
  }
  return { columns, by };
}

function factorColumn({ values, stride }: Rows, j: number, m: number, by: Reflectors): void {
  const [at, shift] = [j * stride, j * m];
  by.v.set(values.subarray(at + j, at + m), shift + j);
  [by.begin[j], by.end[j]] = [j, m];
  values[at + j] = makeReflector(by.v, shift + j, shift + m, shift + j, by.tau, j);
}

/** The first `count` columns of Q, as rows. */
export function* columnsOfQ({ by }: QrFactors, m: number, count: number): Generator<void, Rows> {
  const rows: Rows = { values: new Float64Array(count * m), stride: m };
  yield* reflectUnits(rows, 0, count, by, 'down');
  return rows;
}

/** Q times columns that are given as rows, in place. */
export function timesQ({ by }: QrFactors, columns: Rows, count: number): Generator<void, void> {
  return reflectAll(columns, 0, count, by, 'down');
}
