// Runs the soak tests: all of them at full length, or as much as fits in some minutes.
//   npm run soak -- [--minutes N] [words of file names]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { minutes: { type: 'string' } }, allowPositionals: true });
const { minutes } = values;
if (minutes !== undefined && !(Number(minutes) > 0)) {
  console.error(`--minutes is "${minutes}"; give a number of minutes, as in npm run soak -- --minutes 5.`);
  process.exit(2);
}
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.soak.config.ts', ...positionals], {
  stdio: 'inherit',
  env: { ...process.env, ...(minutes !== undefined && { SOAK_MINUTES: minutes }) },
});
process.exitCode = status ?? 1;
