// Where in the user's program a call stands: stacks without the lines of this library, and places taken at a call and
// read only when an error names them.

/** A place that was taken: the stack as the engine keeps it, which is made into text when somebody asks. */
export interface CallSite {
  readonly stack?: string;
}

/** V8 keeps ten lines, all of which are the library's own in a read. */
const DEEP_STACK = 100;
/** Lines of a call of the library down to its caller's, with some to spare. */
const CALL_STACK = 10;
const DEFAULT_LIMIT = 10;

/** The file, line and column at the end of a stack line. */
const PLACE = /([^\s(]+):\d+:\d+\)?$/;

/**
 * Sets how many lines of a stack are kept, where the engine has such a number and lets it be set; answers what it was.
 */
function limitStacks(limit: number | undefined): number | undefined {
  const before: unknown = Error.stackTraceLimit;
  if (typeof before !== 'number' || limit === undefined) return undefined;
  try {
    Error.stackTraceLimit = limit;
  } catch {
    // Frozen, as --frozen-intrinsics does: stacks are as long as they are.
    return undefined;
  }
  return before;
}

/**
 * Has stacks keep enough lines to reach the program; answers what `restoreStacks` takes. Somebody who asked for more
 * has more, who asked for none has none.
 */
export function deepenStacks(): number | undefined {
  const before = Error.stackTraceLimit;
  return before > 0 && before < DEEP_STACK ? limitStacks(DEEP_STACK) : undefined;
}

export function restoreStacks(before: number | undefined): void {
  limitStacks(before);
}

/** Takes the place of a call, in microseconds; undefined where the engine has no such stacks. */
export function takeCallSite(): CallSite | undefined {
  if (typeof Error.captureStackTrace !== 'function') return undefined;
  const before = limitStacks(CALL_STACK);
  const site: CallSite = {};
  Error.captureStackTrace(site, takeCallSite);
  limitStacks(before);
  return site;
}

/** The line of a stack that made the call: the first outside this library. */
export function callerIn(stack: string | undefined): string | undefined {
  return linesOf(stack).find(isOfProgram);
}

/**
 * A stack that begins with the program's own lines, without those of this library; as it is where there are none, or
 * where somebody asked for long stacks.
 */
export function withoutLibrary(stack: string): string {
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => line.startsWith('    at '));
  const rest = lines.slice(first);
  const own = rest.findIndex(isOfProgram);
  if (first < 0 || own < 0 || Error.stackTraceLimit > DEFAULT_LIMIT) return stack;
  const shown = rest
    .slice(own)
    .filter((line) => !isOfLibrary(line))
    .slice(0, DEFAULT_LIMIT);
  return [...lines.slice(0, first), ...shown].join('\n');
}

/** `train.ts:14` of a stack line. */
export function formatCallSite(line: string): string {
  const found = /([^/\\(\s]+):(\d+):\d+\)?$/.exec(line);
  return found === null ? line.trim() : `${found[1]}:${found[2]}`;
}

const linesOf = (stack: string | undefined): string[] => stack?.split('\n').filter((line) => PLACE.test(line)) ?? [];

const isOfProgram = (line: string): boolean => {
  const file = PLACE.exec(line)?.[1];
  return file !== undefined && !file.startsWith('node:') && !isOfLibrary(line);
};

let library: readonly string[] | undefined;

/** The folders of this library, or the one file that a bundle has made of it. */
function isOfLibrary(line: string): boolean {
  library ??= foldersOf(PLACE.exec(linesOf(new Error('here').stack)[0] ?? '')?.[1]);
  return library.some((folder) => line.includes(folder));
}

function foldersOf(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  // The build for Node, in parts beside each other.
  const built = /^(.*[\\/])part-\w+\.cjs$/.exec(file);
  if (built !== null) return [built[1]!];
  const root = file.replace(/src[\\/]core[\\/]call-site\.[jt]s$/, '');
  // A file of another name is a bundle: all of it is the library, or the library is a part of the program that nothing
  // tells from it.
  return root === file ? [file] : ['src', 'kernels'].flatMap((folder) => [`${root}${folder}/`, `${root}${folder}\\`]);
}
