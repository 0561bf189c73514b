// The command line on a folder of results: a program is run, looked at, checked and cleared as a person would.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { programsOf } from '../run/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [main, index] = await programsOf(['src/cli/main.ts', 'src/index.ts']);
writeFileSync(join(folder, 'package.json'), '{}');
writeFileSync(
  join(folder, 'program.mts'),
  `import { SymbolicSheet } from ${JSON.stringify(index)};
await using sheet = await SymbolicSheet.open();
const x = sheet.randomNormal([600, 600], { seed: 3 });
const y = x.matmul(x);
console.log(await y.sum().item(), y.source, process.argv[2]);
`,
);

/** What a command line prints in the folder. */
function command(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const env = { ...process.env, SYMBOLIC_SHEET_STORE: '' };
  return spawnSync(process.execPath, [main as string, ...args], { cwd: folder, env, encoding: 'utf8' });
}

describe('symbolic-sheet', () => {
  it('runs a program whose results the next run finds, and says how much is kept', { timeout: 240_000 }, () => {
    expect(command('stats').stdout).toMatch(/^Nothing is kept in .*\.symbolic-sheet yet\.\n$/);
    const first = command('run', 'program.mts', 'word');
    expect(first.stdout, first.stderr).toMatch(/^-?[\d.]+ computed word\n$/);
    expect(first.stderr).toMatch(/Results are kept for later runs in .*\.symbolic-sheet, [\d.]+ GB at most/);
    const second = command('run', 'program.mts', 'word');
    expect(second.stdout.split(' ')[0]).toBe(first.stdout.split(' ')[0]);
    expect(second.stderr).not.toMatch(/Results are kept/);
    expect(second.stderr).toMatch(/cache {3}\d+ calls/);
    expect(JSON.parse(command('stats', '--json').stdout).entries).toBeGreaterThanOrEqual(1);
    expect(command('where').stdout).toBe(`${join(folder, '.symbolic-sheet')}\n`);
  });

  it('checks what is kept, finds what is damaged and takes it out, and clears all', { timeout: 240_000 }, () => {
    expect(command('fsck')).toMatchObject({ status: 0 });
    const content = join(folder, '.symbolic-sheet', 'content');
    const file = readdirSync(content, { recursive: true, encoding: 'utf8' }).find((name) => name.length > 40)!;
    const bytes = readFileSync(join(content, file));
    bytes[9]! ^= 1;
    writeFileSync(join(content, file), bytes);
    const broken = command('fsck');
    expect(broken.stdout).toMatch(/1 wrong, 0 without elements, 0 damaged records\n.*--repair takes them out/);
    expect(broken.status).toBe(1);
    expect(command('fsck', '--repair').status).toBe(1);
    expect(command('fsck').stdout).toMatch(/all are whole/);
    expect(command('clear').stdout).toMatch(/^\d+ results? removed from/);
    expect(JSON.parse(command('stats', '--json').stdout).entries).toBe(0);
    expect(command('gc', '--cap', 'much')).toMatchObject({ status: 2 });
  });
});
