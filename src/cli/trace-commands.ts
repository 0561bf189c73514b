// The commands that read saved traces: replay, diff, explain. Each returns the text to print and the exit code.
import { AttributeError, diffTraces, Explanation, replayTrace } from '../index.ts';
import type { ExplainedOp, ReplayReport, Trace, TraceDifference } from '../index.ts';
import { answersIn, explainCall } from '../core/engine/explain.ts';
import { alignColumns } from '../core/text.ts';
import { readTraceFile, type TraceFileOptions } from './files.ts';
import { oneLine } from './printable.ts';
import { during } from './progress.ts';

/** 0: as recorded or equal. 1: something differs. 2: it could not be told. */
export interface CommandResult {
  readonly text: string;
  /** The same for programs: what `--json` prints. */
  readonly record?: unknown;
  readonly exitCode: 0 | 1 | 2;
}

/** Options of the commands, as words of the command line. */
export interface TraceCommandOptions extends TraceFileOptions {
  readonly device?: string | undefined;
  /** explain: calls of this op alone, and most calls to print. */
  readonly op?: string | undefined;
  readonly limit?: string | undefined;
}

/** Replays a trace and says how many results came out as recorded. */
export async function replayCommand(path: string, options: TraceCommandOptions = {}): Promise<CommandResult> {
  const { trace } = await readTraceFile(path, options);
  const report = await during(`replaying ${trace.events.length} calls`, () =>
    replayTrace(trace, options.device === undefined ? {} : { device: options.device }),
  );
  const { firstDivergence: first, missing } = report;
  const lines = [`${path}: ${summary(report)}`, ...damageOf(trace)];
  if (first !== undefined) lines.push(`first difference: #${first.seq} ${oneLine(first.op)}: ${oneLine(first.reason)}`);
  for (const { seq, contentId, dtype, shape } of missing)
    lines.push(`missing root #${seq}: ${oneLine(dtype)} [${shape.join('×')}] ${contentId ?? 'of unknown content'}`);
  if (missing.length > 0)
    lines.push("Save with { roots: 'embedded' } or 'beside', or supply them to replayTrace(trace, { roots }).");
  return {
    text: lines.join('\n'),
    record: report,
    exitCode: first !== undefined ? 1 : missing.length > 0 || report.compared === 0 ? 2 : 0,
  };
}

const summary = ({ events, compared, equal, within, skipped }: ReplayReport): string =>
  `replayed ${events} events, chain ✓ · ${compared} digests compared: ${equal} equal, ${within} within the ` +
  `bound, ${compared - equal - within} different${skipped > 0 ? ` · ${skipped} not called` : ''}`;

/** Where two traces part. */
export async function diffCommand(
  pathA: string,
  pathB: string,
  options: TraceCommandOptions = {},
): Promise<CommandResult> {
  const [{ trace: a }, { trace: b }] = [await readTraceFile(pathA, options), await readTraceFile(pathB, options)];
  const difference = diffTraces(a, b);
  const { firstDivergence: first, onlyInA, onlyInB } = difference;
  const heading =
    first === undefined
      ? [`The programs are equal: ${a.events.length} events.`]
      : [
          `The programs part at event ${first.index}: ${name(first.a)} | ${name(first.b)}`,
          ...first.changes.map((change) => `  ${oneLine(change)}`),
          `only in ${pathA}: ${onlyInA.length} · only in ${pathB}: ${onlyInB.length}`,
        ];
  return {
    text: [...heading, ...opTable(difference)].join('\n'),
    record: difference,
    exitCode: first === undefined ? 0 : 1,
  };
}

const name = (event: Trace['events'][number] | undefined): string =>
  event === undefined ? 'ends' : `#${event.seq} ${oneLine(event.op)}`;

function opTable({ ops }: TraceDifference): string[] {
  const cell = ({ calls, elapsedNs, decisions }: TraceDifference['ops'][number]['a']): string =>
    `${calls} calls ${(elapsedNs / 1e6).toFixed(3)} ms ${Object.entries(decisions)
      .map(([decision, count]) => `${count} ${decision}`)
      .join(' ')}`.trim();
  return alignColumns(ops.map(({ op, a, b }) => [oneLine(op), cell(a), `|  ${cell(b)}`])).split('\n');
}

/** What a reader should know of a trace before anything else is said of it. */
export function damageOf({ damage, runs = [] }: Trace): string[] {
  const cut = runs.filter(({ interrupted }) => interrupted === true).length;
  return [
    ...(damage ? [`damaged: ${oneLine(damage.message)}`] : []),
    ...(cut > 0 ? [`${cut} of ${runs.length} runs did not end: what was not written yet is missing`] : []),
  ];
}

const DEFAULT_LIMIT = 50;

/** By op, and then call by call, how it was answered, where and in what time. */
export async function explainCommand(path: string, options: TraceCommandOptions = {}): Promise<CommandResult> {
  const limit = limitOf(options.limit);
  const { trace } = await readTraceFile(path, options);
  const ops = explainedOps(trace).filter(({ op }) => options.op === undefined || op === options.op);
  if (ops.length === 0 && options.op !== undefined) {
    throw new AttributeError(
      `explain: ${path} has no calls of ${options.op}; it has ` +
        `${[...new Set(trace.events.map(({ op }) => op))].sort().join(', ')}.`,
      { op: options.op },
    );
  }
  const shown = ops.map(inOneLine).slice(0, limit);
  const more = ops.length - shown.length;
  const lines = [
    `${path}: ${ops.length} calls`,
    ...damageOf(trace),
    ...(ops.length === 0 ? [] : [new Explanation(ops.map(inOneLine)).summary()]),
    '',
    new Explanation(shown).toString(),
  ];
  if (more > 0)
    lines.push(`… and ${more} more calls: --limit ${ops.length} prints them all, --op NAME those of one op.`);
  return { text: lines.join('\n').trimEnd(), record: ops, exitCode: 0 };
}

export function limitOf(text: string | undefined, command = 'explain'): number {
  const limit = text === undefined ? DEFAULT_LIMIT : /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (limit !== undefined) return limit;
  throw new AttributeError(`${command}: --limit is "${text}"; give a number, as --limit 200.`, { limit: text });
}

const inOneLine = (op: ExplainedOp): ExplainedOp => ({
  ...op,
  op: oneLine(op.op),
  type: oneLine(op.type),
  source: oneLine(op.source),
  attributes: oneLine(op.attributes),
  reason: oneLine(op.reason),
  device: op.device === undefined ? undefined : oneLine(op.device),
});

function explainedOps(trace: Trace): ExplainedOp[] {
  const answers = answersIn(trace.annotations);
  return trace.events.map((event) => explainCall(event, answers.get(event.seq)));
}
