// The table of the main job: one line a run, 80 columns at most.
import { flopUnit, formatCount, formatSeconds } from './format.ts';
import { type Agreement, isWhole, type Run, wholeSeconds } from './runs.ts';

/** How bits are told: in class exact equality is asserted, in tolerance the difference is shown. */
export type Telling = 'exact' | 'tolerance';

/** One line of the table. */
export interface TableLine {
  readonly run: Run;
  /** How its accuracies stand to those of the run without a cache; undefined for that run itself, or before it. */
  readonly agreement: Agreement | undefined;
}

/** A run as one line that stands alone. */
export function formatRun(run: Run): string {
  const unit = flopUnit(run.askedFlops);
  const asked = run.askedFlops > run.flops ? ` of ${formatCount(run.askedFlops, unit.size)}` : '';
  return (
    `  ${run.name.padEnd(29)} ${String(run.fits.length).padStart(5)} fits ` +
    `${formatSeconds(run.seconds).padStart(8)}  ${formatCount(run.flops, unit.size)}${asked} ${unit.name} run`
  );
}

/** How many times faster a fit was than without a cache; `≈` where that run was stopped. */
export function formatRatio(run: Run, off: Run | undefined): string {
  if (off === undefined || off.fits.length === 0 || run.fits.length === 0) return '';
  const ratio = off.seconds / off.fits.length / (run.seconds / run.fits.length);
  const digits = ratio < 9.95 ? ratio.toFixed(1) : Math.round(Number(ratio.toPrecision(3))).toLocaleString('en');
  return `${isWhole(off) ? '' : '≈ '}${digits} ×`;
}

/** ✓ where all that was compared is equal, with how many that were where it was not all; ✗ where bits differ. */
export function formatAgreement({ run, agreement }: TableLine, telling: Telling): string {
  if (agreement === undefined || agreement.compared === 0) return '–';
  const share = agreement.compared === run.fits.length ? '' : ` (${agreement.compared})`;
  if (telling === 'tolerance') return agreement.largest === 0 ? '0' : agreement.largest.toExponential(1);
  return agreement.equal === agreement.compared
    ? `✓${share}`
    : `✗ ${agreement.compared - agreement.equal}/${agreement.compared}`;
}

const WIDTHS = [29, 5, 8, 8, 8, 7, 7] as const;
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 || i === 6 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!)))
    .reduce((line, cell) => `${line} ${cell}`, ' ')
    .trimEnd();

/** The table; `off` is the run without a cache, where there is one. */
export function formatTable(lines: readonly TableLine[], off: Run | undefined, telling: Telling): string[] {
  const unit = flopUnit(Math.max(...lines.map(({ run }) => run.askedFlops)));
  const heads = [
    row(['', '', '', '', unit.name, unit.name, telling === 'exact' ? 'equal' : 'largest']),
    row(['run', 'fits', 'time', 'vs off', 'computed', 'reused', telling === 'exact' ? 'bits' : 'diff.']),
  ];
  return [...heads, ...lines.map((line) => formatLine(line, off, telling, unit.size))];
}

function formatLine(line: TableLine, off: Run | undefined, telling: Telling, size: number): string {
  const { run } = line;
  const reused = Math.max(0, run.askedFlops - run.flops);
  const time = isWhole(run) ? formatSeconds(run.seconds) : `≈ ${formatSeconds(wholeSeconds(run))}`;
  return row([
    run.name,
    isWhole(run) ? String(run.planned) : `${run.fits.length}/${run.planned}`,
    time,
    formatRatio(run, off),
    formatCount(run.flops, size),
    reused === 0 ? '–' : formatCount(reused, size),
    run === off ? '–' : formatAgreement(line, telling),
  ]);
}
