// The command line on machines: a run is stopped, kept, gone on with, replayed and compared.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheet-vac-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

it('stops a machine, goes on with its files, replays them and tells them apart', async () => {
  writeFileSync(
    at('echo.vat'),
    `syscall "console.read" i32 i32 -> i32
     syscall "console.write" i32 i32
     memory 1
     func main times:i32 -> i32
       loop
         i32.const 0
         i32.const 0
         i32.const 4
         syscall "console.read"
         syscall "console.write"
         local.get times
         i32.const 1
         i32.sub
         local.tee times
         br_if 0
       end
       i32.const 7
     end
     export main`,
  );
  const half = await runCommandLine([
    'vac',
    'run',
    at('echo.vat'),
    'main',
    '2',
    '--input',
    'abcd',
    '--out',
    at('half'),
  ]);
  expect(half.text).toMatch(/^abcd\nwaiting at tick 13\nroot [0-9a-f]{64}$/);
  const resumed = ['vac', 'run', at('half.vac.json'), '--input', 'xy', '--out', at('whole')];
  const whole = await runCommandLine(resumed);
  expect(whole.text).toMatch(/^abcdxy\nhalted at tick 22, gave 7\nroot /);
  expect((await runCommandLine(resumed)).text).toMatch(/cannot be written .*--force/);
  const replayed = await runCommandLine(['vac', 'replay', at('whole.vac.json')]);
  expect([replayed.exitCode, replayed.text.slice(0, 25)]).toEqual([0, 'the same root at tick 22:']);
  expect((await runCommandLine(['vac', 'verify', at('half.vac.json')])).text).toMatch(
    /^whole: tick 13, \d+ pages\nroot/,
  );
  const differing = await runCommandLine(['vac', 'diff', at('half.vac.json'), at('whole')]);
  expect([differing.exitCode, differing.text]).toEqual([1, 'ticks 13 and 22, 3 pages differ: 0 1 6']);
  expect((await runCommandLine(['vac', 'diff', at('half'), at('half')])).text).toBe(
    'the same state at ticks 13 and 13',
  );
  writeFileSync(at('whole.vacimg'), 'vacimg');
  expect(await runCommandLine(['vac', 'verify', at('whole')])).toMatchObject({ exitCode: 2 });
  expect((await runCommandLine(['vac', 'run', at('echo.vat'), 'main', 'x'])).text).toMatch(/"x" is no i32/);
  expect((await runCommandLine(['vac', 'fly', at('echo.vat')])).text).toMatch(/there is no "fly"/);
});
