// Lines of stacks are put in terms of the sources once each: vitest clones every frame of every error for it, and what
// tries calls that are refused makes a hundred thousand errors.
type Prepare = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** Lines that are kept; what makes more places than that starts again. */
const MOST_LINES = 20_000;

/** The same stacks, each line of which is asked for once: it follows from its frame and the one that called it. */
export function onceForEachLine(prepare: Prepare): Prepare {
  const known = new Map<string, string>();
  const lineOf = (frame: NodeJS.CallSite, caller: NodeJS.CallSite | undefined, key: string): string => {
    const line = known.get(key) ?? firstLine(prepare(new Error(''), caller === undefined ? [frame] : [frame, caller]));
    if (known.size >= MOST_LINES) known.clear();
    known.set(key, line);
    return line;
  };
  return (error, frames) => {
    const texts = frames.map(String);
    const lines = frames.map((frame, i) => lineOf(frame, frames[i + 1], `${texts[i]}\n${texts[i + 1]}`));
    return [headOf(error), ...lines].join('\n');
  };
}

const headOf = ({ name, message }: Error): string => `${name || 'Error'}: ${message || ''}`;
const firstLine = (stack: unknown): string => String(stack).split('\n')[1] ?? '';

/** Files that share a process share how it shows errors. */
const told = globalThis as { testsKnowLines?: true };
const host = Error as { prepareStackTrace?: Prepare };
if (told.testsKnowLines === undefined && host.prepareStackTrace !== undefined)
  host.prepareStackTrace = onceForEachLine(host.prepareStackTrace);
told.testsKnowLines = true;
