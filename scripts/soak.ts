// Runs the soak tests, and whole what npm test runs a sample of: all of it at full length; or as much of the soak tests
// as fits in some minutes.
//   npm run soak -- [--minutes N] [--steps N] [--only words of a test] [words of file names]
//   npm run soak -- --steps 10000000 --only lineage soak/loops    one loop, whole
// Loops go so many steps (ten million by default), and end earlier where their share of the minutes is over.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string' }, steps: { type: 'string' }, only: { type: 'string' } },
  allowPositionals: true,
});
const { minutes, steps, only } = values;
checkPositive('minutes', minutes, 'a number of minutes, as in npm run soak -- --minutes 5');
checkPositive('steps', steps, 'a number of steps, as in npm run soak -- --steps 1e7 loops');
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const chosen = [...positionals, ...(only === undefined ? [] : ['-t', only])];
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.soak.config.ts', ...chosen], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(minutes !== undefined && { SOAK_MINUTES: minutes }),
    ...(steps !== undefined && { SOAK_STEPS: steps }),
  },
});
process.exitCode = status ?? 1;

function checkPositive(option: string, given: string | undefined, wanted: string): void {
  if (given === undefined || Number(given) > 0) return;
  console.error(`--${option} is "${given}"; give ${wanted}.`);
  process.exit(2);
}
