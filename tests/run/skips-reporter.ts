// Ends every run with what was skipped and why, and fails a run in which a suite skipped that may not.
import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** A suite that may not skip, but for reasons that begin in one of these ways. */
export interface Required {
  readonly file: string;
  readonly allowed: readonly string[];
}

/** A skipped test. */
export interface Skip {
  readonly file: string;
  readonly test: string;
  readonly reason: string;
}

/**
 * Reads lines `file` or `file: reason that is allowed | another`; blank lines and lines that begin with # say nothing.
 */
export function readRequired(text: string): Required[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [file, allowed = ''] = line.split(/:\s(.*)/s) as [string, string?];
      return {
        file,
        allowed: allowed
          .split('|')
          .map((reason) => reason.trim())
          .filter((reason) => reason !== ''),
      };
    });
}

/** Skips of a suite that may not, and suites that ran nothing at all. */
export function offences(required: readonly Required[], skips: readonly Skip[], ran: ReadonlySet<string>): string[] {
  return required.flatMap(({ file, allowed }) => {
    if (!ran.has(file)) return [`${file}: it ran no test`];
    return skips
      .filter((skip) => skip.file === file && !allowed.some((reason) => skip.reason.startsWith(reason)))
      .map(({ test, reason }) => `${file}: ${test}: ${reason}`);
  });
}

/** How often each reason stood, the most frequent first. */
export function summarise(skips: readonly Skip[]): string[] {
  const counts = new Map<string, number>();
  for (const { file, reason } of skips) counts.set(`${file}: ${reason}`, (counts.get(`${file}: ${reason}`) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([where, count]) => `${String(count).padStart(5)}  ${where}`);
}

/** Reasons that one summary names; those beyond are counted. */
const SHOWN = 40;

export default class SkipsReporter implements Reporter {
  /** Where only tests of a name were asked for, the others were not skipped. */
  #isPartial = false;

  onInit({ config }: Vitest): void {
    this.#isPartial = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#isPartial) return;
    const [skips, ran] = collect(modules);
    const lines = summarise(skips);
    if (lines.length > 0)
      console.log(
        [
          `\n Skipped: ${skips.length}`,
          ...lines.slice(0, SHOWN),
          ...(lines.length > SHOWN ? [`       and ${lines.length - SHOWN} reasons more`] : []),
        ].join('\n'),
      );
    const broken = offences(readRequired(process.env['SUITES_THAT_MAY_NOT_SKIP'] ?? ''), skips, ran);
    if (broken.length === 0) return;
    console.error(
      ['\n These suites may not skip here (SUITES_THAT_MAY_NOT_SKIP):', ...broken.map((line) => `       ${line}`)].join(
        '\n',
      ),
    );
    process.exitCode = 1;
  }
}

/** The skipped tests of a run, and the files of which a test ran. */
function collect(modules: readonly TestModule[]): [skips: Skip[], ran: Set<string>] {
  const [skips, ran]: [Skip[], Set<string>] = [[], new Set()];
  for (const module of modules) {
    const file = relative(process.cwd(), module.moduleId);
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'skipped')
        skips.push({ file, test: test.fullName, reason: result.note ?? reasonInName(test.fullName) });
      else ran.add(file);
    }
  }
  return [skips, ran];
}

/** Suites that are left out as a whole have their reason in their name: `(skipped: …)`, or `(needs …)`. */
const reasonInName = (name: string): string =>
  /\(skipped: (.*?)\)/.exec(name)?.[1] ?? /\((needs .*?)\)/.exec(name)?.[1] ?? `no reason is given: ${name}`;
