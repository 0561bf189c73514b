// Mutation run: changes the source in one place after another and asks the tests of that place whether they notice.
//   npm run mutants                    all of them; ends with the score, and fails under the least one or where a
//                                      mutant no longer fits
//   npm run mutants -- fusion replay   those whose area or file contains a word
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MUTANTS, type Mutant } from './list.ts';
import { placesOf } from './place.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Share of the mutants that the tests must notice. */
const LEAST_SCORE = 0.95;
/** A mutant may run for ever; tests that take this long have noticed it. */
const LONGEST_MS = 300_000;

type Verdict = 'caught' | 'survived' | 'does not fit';

const words = process.argv.slice(2);
const chosen = MUTANTS.filter(
  ({ area, file }) => words.length === 0 || words.some((word) => area.includes(word) || file.includes(word)),
);
const verdicts = new Map<Mutant, Verdict>();
const started = performance.now();

/** A copy of the checkout to change things in. */
function copyCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-mutants-'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Whether test files pass in a folder. */
function passes(folder: string, tests: readonly string[]): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', '--maxWorkers', '1', '--reporter', 'dot', ...tests],
    { cwd: folder, stdio: 'ignore', detached: true },
  );
  return new Promise((resolve) => {
    const timer = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), LONGEST_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

async function judge(folder: string, { file, find, replace, tests }: Mutant): Promise<Verdict> {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  const [place, ...others] = placesOf(source, find);
  if (place === undefined || others.length > 0) return 'does not fit';
  writeFileSync(path, source.slice(0, place[0]) + replace + source.slice(place[1]));
  try {
    return (await passes(folder, tests)) ? 'survived' : 'caught';
  } finally {
    writeFileSync(path, source);
  }
}

/** Takes mutants off the list until none is left. */
async function work(queue: Mutant[]): Promise<void> {
  const folder = copyCheckout();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const verdict = await judge(folder, mutant);
      verdicts.set(mutant, verdict);
      console.log(
        `${verdict === 'caught' ? '✓' : '✗'} ${verdict.padEnd(13)} ${mutant.area.padEnd(10)} ${mutant.file}: ` +
          `${mutant.effect}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests must pass on the source as it is, or they notice everything. */
async function checkUnchanged(): Promise<void> {
  const folder = copyCheckout();
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
  const passed = await passes(folder, tests);
  rmSync(folder, { recursive: true, force: true });
  if (passed) return;
  console.error(`The tests do not pass unchanged; run npx vitest run ${tests.join(' ')}`);
  process.exit(1);
}

await checkUnchanged();
const queue = [...chosen];
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => work(queue)));
const count = (verdict: Verdict): number => [...verdicts.values()].filter((each) => each === verdict).length;
const score = count('caught') / chosen.length;
console.log(
  `\n${count('caught')} of ${chosen.length} mutants caught (${(100 * score).toFixed(1)} %, at least ` +
    `${100 * LEAST_SCORE} %), ${count('does not fit')} do not fit, ` +
    `${((performance.now() - started) / 60_000).toFixed(0)} min`,
);
if (!(score >= LEAST_SCORE) || count('does not fit') > 0) process.exitCode = 1;
