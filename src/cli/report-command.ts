// The command that says of a trace whether the cache helped, and why where it did not.
import { alignColumns } from '../core/text.ts';
import { readTraceFile } from './files.ts';
import { oneLine } from './printable.ts';
import { type Reuse, reuseIn } from './reuse.ts';
import { type CommandResult, damageOf, limitOf, type TraceCommandOptions } from './trace-commands.ts';
import { time } from './units.ts';

/** What was reused, what that saved, and what computed calls differed in. */
export async function reportCommand(path: string, options: TraceCommandOptions): Promise<CommandResult> {
  const { trace } = await readTraceFile(path, options);
  const limit = limitOf(options.limit, 'report');
  const reuse = reuseIn(trace);
  return {
    text: [
      `${path}: ${countsOf(reuse)}`,
      ...damageOf(trace),
      savingsOf(reuse),
      ...dryRunOf(reuse),
      ...missesOf(reuse, limit),
    ].join('\n'),
    record: reuse,
    exitCode: 0,
  };
}

function countsOf({ calls, roots, reused, part, computed, computedNs, unanswered, denied, failed }: Reuse): string {
  const counts = [
    `${calls} calls`,
    `${roots} roots`,
    `${reused} reused`,
    ...(part > 0 ? [`${part} in part`] : []),
    `${computed} computed in ${time(computedNs)}`,
    ...(unanswered > 0 ? [`${unanswered} not read, or computed with others`] : []),
    ...(denied > 0 ? [`${denied} denied`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return counts.join(' · ');
}

/** Only what the trace itself has measured counts as saved. */
function savingsOf({ reused, savedNs, fromBefore }: Reuse): string {
  if (reused === 0) return 'Nothing was reused.';
  const before = fromBefore === 0 ? '' : ` ${fromBefore} of them were computed before this trace.`;
  return `About ${time(savedNs)} saved, by what calls of the same ops and types took here at least.${before}`;
}

/** What a cache would have saved that had kept all. */
function dryRunOf({ repeated, repeatedNs, computedNs }: Reuse): string[] {
  if (repeated === 0) return [];
  const share = Math.min(100, (100 * repeatedNs) / Math.max(1, computedNs));
  return [
    `${repeated} of the computed calls were repeats: keeping everything would have saved about ${time(repeatedNs)}, ` +
      `${share.toFixed(0)} % of what was computed.`,
  ];
}

function missesOf({ misses }: Reuse, limit: number): string[] {
  if (misses.length === 0) return [];
  const rows = misses
    .slice(0, limit)
    .map(({ op, differs, count, of }) => [`  ${oneLine(op)}`, `${count} of ${of}`, `differ in ${differs}`]);
  const more = misses.length > limit ? [`  … and ${misses.length - limit} more reasons: --limit ${misses.length}`] : [];
  return ['What was computed, and what it differs in from the nearest of that op before:', alignColumns(rows), ...more];
}
