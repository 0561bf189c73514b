// Did the cache help? A line for people that says so, or says why not, and the numbers behind it.
import { formatCallSite } from '../call-site.ts';
import type { Counters } from '../engine/counters.ts';
import type { MemoStats } from '../memo/store.ts';
import type { Reported } from './stats.ts';

/** One line: what was reused and what that saved, or that nothing was and why. */
export function formatReport(sheet: Reported): string {
  const { counters, settings } = sheet;
  const tally = tallyOf(counters, sheet.memos.totals());
  if (tally.calls === 0) return 'cache   0 calls';
  if (settings.cache === 'off')
    return (
      `cache   ${count(tally.calls)} calls · off: nothing is reused (open without cache: 'off' and without ` +
      'SYMBOLIC_SHEET=off)'
    );
  return tally.reused + tally.parts > 0 ? formatHelp(sheet, tally) : formatNoHelp(sheet, tally);
}

interface Tally {
  readonly calls: number;
  readonly reused: number;
  readonly parts: number;
  readonly computed: number;
  /** Neither computed nor found: shared with an equal call, left out under a reused result, or never asked for. */
  readonly rest: number;
  readonly spentNs: number;
  readonly savedNs: number;
}

function tallyOf(c: Counters, memo: Readonly<MemoStats>): Tally {
  const computed = c.misses + c.bypasses;
  const memoComputed = memo.calls - memo.hits - memo.parts - memo.failures;
  return {
    calls: c.calls + memo.calls,
    reused: c.hits + memo.hits,
    parts: c.parts + memo.parts,
    computed: computed + Math.max(0, memoComputed),
    rest: Math.max(0, c.calls - c.hits - c.parts - computed - c.denials - c.failures),
    spentNs: c.kernelNs + memo.spentNs,
    savedNs: c.savedNs + memo.savedNs,
  };
}

function formatHelp({ counters, store }: Reported, tally: Tally): string {
  const { sizeBytes, budgetBytes, deviceBytes } = store.stats();
  return [
    `cache   ${count(tally.calls)} calls`,
    `${count(tally.reused)} reused`,
    ...(tally.parts > 0 ? [`${count(tally.parts)} in part`] : []),
    `${count(tally.computed)} computed`,
    ...formatRest(tally),
    `${seconds(tally.spentNs)} s spent, ${seconds(tally.savedNs)} s saved (keys+lookups ` +
      `${seconds(counters.lookupNs)} s)`,
    `RAM ${megabytes(sizeBytes)}/${megabytes(budgetBytes)} MB`,
    ...(counters.quarantined > 0 ? [`${count(counters.quarantined)} were wrong and are not used`] : []),
    ...(deviceBytes > 0 ? [`GPU ${megabytes(deviceBytes)} MB`] : []),
  ].join(' · ');
}

function formatNoHelp(sheet: Reported, tally: Tally): string {
  const { lookupNs } = sheet.counters;
  const overhead = (100 * lookupNs) / Math.max(1, lookupNs + tally.spentNs);
  return [
    `cache   ${count(tally.calls)} calls`,
    '0 reused',
    ...formatRest(tally),
    `${digits(overhead)} % overhead. ${reasonOf(sheet, tally)}`,
  ].join(' · ');
}

const formatRest = ({ rest }: Tally): string[] => (rest > 0 ? [`${count(rest)} never needed`] : []);

/** Why nothing was reused; the most frequent reason. */
function reasonOf({ counters, nearMisses, store, settings }: Reported, tally: Tally): string {
  if (tally.computed === 0) return 'Nothing was computed: no elements were read.';
  const near = nearMisses.commonest();
  if (near === undefined && counters.bypasses > counters.misses)
    return 'Nothing was worth keeping: results cost less than finding them.';
  if (near === undefined)
    return store.stats().evictions > 0
      ? 'What was kept had to leave: open({ budgetBytes }) with more.'
      : 'Nothing repeated: every call was of another kind.';
  const { file } = settings.trace;
  const where = near.site === undefined ? '' : `, first at ${formatCallSite(near.site)}`;
  return (
    `Nothing repeated: ${count(near.count)} differ in ` +
    `${near.what}${near.fresh ? ' (fresh random data?)' : ''}${where}. ` +
    `${file === undefined ? 'open({ trace: { file } }) to look closer.' : `\`npx symbolic-sheet explain ${file}\``}`
  );
}

const count = (n: number): string => n.toLocaleString('en-US');
const seconds = (ns: number): string => digits(ns / 1e9);
const megabytes = (bytes: number): string =>
  bytes >= 10 * 2 ** 20 ? count(Math.round(bytes / 2 ** 20)) : digits(bytes / 2 ** 20);

/** Two significant digits below 10, one decimal above; never an exponent. */
function digits(x: number): string {
  if (x >= 10) return x.toFixed(x >= 1000 ? 0 : 1);
  return x === 0 ? '0' : x < 1e-6 ? '0.000001' : String(Number(x.toFixed(Math.max(1, 1 - Math.floor(Math.log10(x))))));
}
