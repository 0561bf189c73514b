// The commands that read saved traces: replay, diff, explain. Each returns the text to print and the exit code.
import { diffTraces, Explanation, loadTrace, replayTrace } from '../index.ts';
import type { ReplayReport, Trace, TraceDifference } from '../index.ts';

/** 0: as recorded or equal. 1: something differs. 2: it could not be told. */
export interface CommandResult {
  readonly text: string;
  /** The same for programs: what `--json` prints. */
  readonly record?: unknown;
  readonly exitCode: 0 | 1 | 2;
}

/** Options of the commands, as words of the command line. */
export interface TraceCommandOptions {
  readonly device?: string | undefined;
  /** Use the sound prefix of a damaged trace. */
  readonly prefix?: boolean | undefined;
}

const load = (path: string, options: TraceCommandOptions): Promise<Trace> => loadTrace(path, { damaged: options.prefix === true ? 'prefix' : 'refuse' });

/** Replays a trace and says how many results came out as recorded. */
export async function replayCommand(path: string, options: TraceCommandOptions = {}): Promise<CommandResult> {
  const trace = await load(path, options);
  const report = await replayTrace(trace, options.device === undefined ? {} : { device: options.device });
  const { firstDivergence: first, missing } = report;
  const lines = [`${path}: ${summary(report)}`, ...(trace.damage ? [`damaged: ${trace.damage.message}`] : [])];
  if (first !== undefined) lines.push(`first difference: #${first.seq} ${first.op}: ${first.reason}`);
  for (const { seq, contentId, dtype, shape } of missing) lines.push(`missing root #${seq}: ${dtype} [${shape.join('×')}] ${contentId ?? 'of unknown content'}`);
  if (missing.length > 0) lines.push("Save with { roots: 'embedded' } or 'beside', or supply them to replayTrace(trace, { roots }).");
  return { text: lines.join('\n'), record: report, exitCode: first !== undefined ? 1 : missing.length > 0 || report.compared === 0 ? 2 : 0 };
}

const summary = ({ events, compared, equal, within, skipped }: ReplayReport): string =>
  `replayed ${events} events, chain ✓ · ${compared} digests compared: ${equal} equal, ${within} within the bound, ${compared - equal - within} different${skipped > 0 ? ` · ${skipped} not called` : ''}`;

/** Where two traces part. */
export async function diffCommand(pathA: string, pathB: string, options: TraceCommandOptions = {}): Promise<CommandResult> {
  const [a, b] = [await load(pathA, options), await load(pathB, options)];
  const difference = diffTraces(a, b);
  const { firstDivergence: first, onlyInA, onlyInB } = difference;
  const heading = first === undefined
    ? [`The programs are equal: ${a.events.length} events.`]
    : [`The programs part at event ${first.index}: ${name(first.a)} | ${name(first.b)}`, ...first.changes.map((change) => `  ${change}`),
      `only in ${pathA}: ${onlyInA.length} · only in ${pathB}: ${onlyInB.length}`];
  return { text: [...heading, ...opTable(difference)].join('\n'), record: difference, exitCode: first === undefined ? 0 : 1 };
}

const name = (event: Trace['events'][number] | undefined): string => (event === undefined ? 'ends' : `#${event.seq} ${event.op}`);

function opTable({ ops }: TraceDifference): string[] {
  const cell = ({ calls, elapsedNs, decisions }: TraceDifference['ops'][number]['a']): string =>
    `${calls} calls ${(elapsedNs / 1e6).toFixed(3)} ms ${Object.entries(decisions).map(([decision, count]) => `${count} ${decision}`).join(' ')}`.trim();
  const width = Math.max(...ops.map(({ op }) => op.length), 0);
  return ops.map(({ op, a, b }) => `${op.padEnd(width)}  ${cell(a)}  |  ${cell(b)}`);
}

/** Call by call, how it was answered, where and in what time. */
export async function explainCommand(path: string, options: TraceCommandOptions = {}): Promise<CommandResult> {
  const trace = await load(path, options);
  const answers = new Map(trace.annotations.flatMap((record) => (record.kind === 'answer' ? [[record.seq, record] as const] : [])));
  const explanation = new Explanation(trace.events.map((event) => {
    const answer = answers.get(event.seq);
    const source = event.op === 'tensor' ? 'from outside' : answer?.decision ?? 'not computed';
    const type = `${event.dtype} [${event.shape.join('×')}]`;
    return { seq: event.seq, op: event.op, type, source, device: answer?.device, elapsedNs: answer?.elapsedNs, reason: event.operands.map((operand) => `#${operand}`).join(' ') };
  }));
  return { text: explanation.toString(), record: explanation.ops, exitCode: 0 };
}
