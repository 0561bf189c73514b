// Every bench runs from the command line at its smallest size and answers the JSON that is promised.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COUNTED } from '../../bench/measure/counts.ts';
import { extent, some } from '../run/extent.ts';
import { programOf } from '../run/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const main = await programOf('bench/main.ts');

const bench = (...args: readonly string[]) => run([main, ...args]);

/** A sample starts no servers; where they are installed the soak does. */
const env = extent({ ...process.env, TEST_SERVERS: '', PATH: '' }, process.env);

function run(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

const SMALLEST: readonly (readonly [args: readonly string[], fields: readonly string[]])[] = [
  [
    ['matmul', '--sizes', '64'],
    ['n', 'm', 'k', 'device', 'uncachedMs', 'hitHandleMs', 'hitContentMs', 'tfjsWasmMs', 'naiveMs'],
  ],
  [
    ['overhead', '--op', 'matmul', '--bytes', '800', '--reuse', '0.4'],
    ['op', 'bytes', 'reuse', 'operands', 'directMs', 'offMs', 'onMs', 'ratio', 'addedUs'],
  ],
  [
    ['probe', '--entries', '400'],
    ['nsPerHit', 'bytesPerEntry', 'lru', 'memoize'],
  ],
  [
    [
      'pipeline',
      ...extent(['--rows', '120', '--features', '16'], ['--rows', '600', '--features', '64']),
      '--lambdas',
      '2',
    ],
    ['directMs', 'hoistedMs', 'offMs', 'coldMs', 'warmMs', 'avoidedFlops'],
  ],
  [
    ['fingerprint', '--bytes', '4096'],
    ['contentIdMs', 'nativeMs', 'share'],
  ],
  [
    ['store', '--bytes', '4096', '--entries', '500'],
    ['tier', 'case', 'value', 'unit', 'bound', 'better'],
  ],
  [
    ['lima', '--id', 'CHANGED'],
    ['case', 'value', 'unit', 'bound', 'better', 'offMs', 'onMs', 'computedFlops', 'avoidedFlops'],
  ],
  [
    ['ops', '--elements', '1000', '--op', 'add,sort'],
    ['op', 'dtype', 'elements', 'oursMs', 'rivals', 'case', 'value', 'unit', 'bound', 'better'],
  ],
  [
    ['atomsheet', '--id', 'W3'],
    ['id', 'step', 'rows', 'oursMs', 'bytesPerCell'],
  ],
];

const REFUSED: readonly (readonly [args: readonly string[], code: number, why: string])[] = [
  [['dispatch', '--chain', 'abc'], 1, '--chain abc: give numbers'],
  [['matmul', '--sizes', 'x'], 1, '--sizes x: give numbers'],
  [['probe', '--entries', '10,'], 1, '--entries 10,: give numbers'],
  [['overhead', '--op', 'divide'], 1, '--op divide: give one or some of add, sum, matmul'],
  [['dispatch', '--chains', '100'], 2, 'dispatch has no option --chains; it has --device, --chain'],
  [['dispatch', '--chain'], 2, '--chain takes a value'],
  [['memory', '--seconds', 'soon'], 2, '--seconds soon: give numbers'],
];

describe('npm run bench', () => {
  test.each(SMALLEST)('%j answers its fields and counters, and contradicts no scenario', (args, fields) => {
    const { status, stdout, stderr } = bench(...args, '--quick', '--json');
    expect(stderr).not.toContain('FAILED');
    expect(status).toBe(0);
    const { name, machine, checked, rows, ...rest } = JSON.parse(stdout) as {
      name: string;
      machine: object;
      checked: { results: number };
      rows: Record<string, unknown>[];
      commit: unknown;
    };
    expect(name).toBe(args[0]);
    expect(machine).toMatchObject({ node: process.versions.node });
    expect(Object.keys(rest)).toEqual(['commit']);
    expect(checked.results).toBeGreaterThan(0);
    for (const row of rows) {
      for (const field of fields) expect(row).toHaveProperty(field);
      expect(Object.keys(row['counters']!)).toEqual([...COUNTED]);
    }
  });

  test.each(some(REFUSED, 3, 1))('%j is refused in one line', (args, code, why) => {
    const { status, stderr } = bench(...args);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(why)]);
    expect(status).toBe(code);
  });

  test('a name that is no bench is refused with those that are', () => {
    const { status, stderr } = run(['--import', 'tsx', 'bench/main.ts', 'nosuch']);
    expect(status).toBe(2);
    expect(stderr).toContain(
      'matmul, overhead, probe, pipeline, store, warmstart, fingerprint, memory, elementwise, ' +
        'lima, dispatch, ops, atomsheet',
    );
  });
});
