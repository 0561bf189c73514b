// Going on with a live trace's file: what is in it is kept, and the next run is appended. A file that is none is
// refused.
import type { AppendFile } from '../env.ts';
import { FormatError, LimitError } from '../errors.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { endRecord, MAX_RUNS, RECORD_TYPE } from './frames.ts';
import type { TraceDamage } from './read-frames.ts';
import { readRuns } from './read-runs.ts';

/**
 * Makes a file ready for another run and returns its number. The end of the run before becomes the mark that one
 * follows; where its writer was killed that is noted, in place of the half record it may have left. Throws a
 * FormatError for any other file.
 */
export function resumeLog(file: AppendFile, digest: Digest, path: string): number {
  const bytes = file.existing();
  if (bytes.length === 0) return 0;
  const { runs, damage } = readRuns(bytes, digest);
  const last = runs.at(-1)!;
  const start = runs.at(-2)?.endAt?.end ?? 0;
  if (damage !== undefined && !wasInterrupted(damage, start)) throw refusal(path, damage);
  if (runs.length >= MAX_RUNS)
    throw new LimitError(
      `The trace ${path} holds ${runs.length} runs, the most there can be in one file; give another name.`,
      { path, runs: runs.length },
    );
  if (damage !== undefined && damage.offset === start) return restart(file, start, runs.length - 1);
  const ended = last.endAt?.start;
  // A cut after the mark of a run that another follows leaves nothing to mark.
  if (ended !== undefined && last.ending !== 'final') return runs.length;
  const type = ended === undefined ? RECORD_TYPE.interrupted : RECORD_TYPE.continued;
  file.replaceFrom(ended ?? (damage as TraceDamage).offset, endRecord(type, last.blocks.length, last.heads));
  return runs.length;
}

/**
 * A killed writer leaves sound records and at most half of one, or half a header; a file that ends inside its first
 * header may be anybody's.
 */
const wasInterrupted = ({ code, offset }: TraceDamage, start: number): boolean =>
  (code === 'truncated' || code === 'missing-final') && (start > 0 || offset > 0);

/** Nothing of the last run was written but a part of its header. */
function restart(file: AppendFile, start: number, run: number): number {
  file.replaceFrom(start, new Uint8Array(0));
  return run;
}

function refusal(path: string, { code, message }: TraceDamage): FormatError {
  const what =
    code === 'not-a-trace'
      ? 'is there already and is no trace that can be continued'
      : `cannot be continued: ${message}`;
  return new FormatError(
    `open: ${path} ${what}. It was not changed; give trace.file another name, or move it away first.`,
    { code, path },
  );
}
