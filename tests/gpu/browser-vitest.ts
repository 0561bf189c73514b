// What stands for `vitest` in a page: its runner and its matchers, which need no Node, and a function that runs test
// files with them.
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import { startTests, type Task, type VitestRunner } from '@vitest/runner';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const expect = chai.expect;

/** What a test came to; `ran` is false for those a pattern left out. */
export interface TestOutcome {
  readonly name: string;
  readonly ran: boolean;
  readonly errors: readonly string[];
}

/** Runs the tests of a file whose full names match. */
export async function runFile(file: string, load: () => Promise<unknown>, pattern?: RegExp): Promise<TestOutcome[]> {
  const runner: VitestRunner = { config: configOf(pattern), importFile: load };
  const files = await startTests([file], runner);
  return files.flatMap((found) => [...failuresOf(found), ...outcomesOf(found.tasks)]);
}

const configOf = (testNamePattern: RegExp | undefined): VitestRunner['config'] => ({
  root: '/',
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern,
  allowOnly: false,
  sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
});

const messagesOf = ({ result }: Task): string[] =>
  (result?.errors ?? []).map(({ message, diff = '' }) => `${message}\n${diff}`.trim());

/** A file or suite that failed outside its tests. */
const failuresOf = (task: Task): TestOutcome[] =>
  messagesOf(task).length > 0 ? [{ name: task.name, ran: true, errors: messagesOf(task) }] : [];

function outcomesOf(tasks: readonly Task[]): TestOutcome[] {
  return tasks.flatMap((task) => {
    if (task.type === 'suite') return [...failuresOf(task), ...outcomesOf(task.tasks)];
    return [{ name: task.fullTestName, ran: task.mode === 'run', errors: messagesOf(task) }];
  });
}
