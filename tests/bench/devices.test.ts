// The benches for devices run at their tiny sizes on the software GPU, say that their figures are sanity alone, and
// match their counters.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COUNTED } from '../../bench/measure/counts.ts';
import { extent } from '../run/extent.ts';
import { programsOf } from '../run/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [main, patientPolls] = (await programsOf(['bench/main.ts', 'tests/gpu/patient-polls.ts'])) as [string, string];

function bench(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: `--import=${patientPolls}` },
  });
  return { status, stdout, stderr };
}

interface Answer {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly checked: { readonly results: number; readonly worst: number };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const answers = new Map<string, Answer>();

/** What a bench answers; each is run once. */
function answerOf(args: readonly string[]): Answer {
  const known = answers.get(args.join(' '));
  if (known !== undefined) return known;
  const { status, stdout, stderr } = bench(...args, ...PACE, '--json');
  expect(stderr).not.toContain('FAILED');
  expect(status).toBe(0);
  const answer = JSON.parse(stdout) as Answer;
  answers.set(args.join(' '), answer);
  return answer;
}

/** A sample of the rounds; all of them in the soak. */
const PACE = extent(['--quick'], []);
const PRODUCTS = ['matmul', '--rivals', 'tfjs', '--variants', 'tiled-64', '--sizes', '32'];
const ON_SOFTWARE = ['--device', 'webgpu', '--driver', 'swiftshader'];
const ON_GPU: readonly (readonly [args: readonly string[], fields: readonly string[]])[] = [
  [PRODUCTS, ['n', 'precision', 'variant', 'gflops', 'shareOfPeak']],
  [
    ['elementwise', '--rivals', 'none', '--bytes', '4096'],
    ['op', 'bytes', 'offMs', 'uncachedMs', 'hitUs', 'copyMs', 'gigabytesPerSecond', 'shareOfCopy'],
  ],
  [
    ['fingerprint', '--bytes', '4096'],
    ['bytes', 'kernelsMs', 'awaitedMs', 'readbackMs', 'gigabytesPerSecond', 'speedup'],
  ],
  ...extent<readonly [readonly string[], readonly string[]][]>(
    [],
    [
      [
        ['dispatch', '--rivals', 'none', '--chain', '4'],
        ['op', 'chain', 'encodeUs', 'directUs', 'offUs', 'uncachedUs', 'foundUs', 'hitUs', 'withinTarget'],
      ],
    ],
  ),
];

describe('npm run bench -- --device webgpu', () => {
  test.each(ON_GPU)('%j answers its fields and contradicts no scenario', (args, fields) => {
    const { machine, checked, rows } = answerOf([...args, ...ON_SOFTWARE]);
    expect(machine['adapter']).toMatch(/swiftshader/i);
    expect(machine['sanity']).toBe(true);
    expect(checked.results).toBeGreaterThan(0);
    expect(checked.worst).toBeLessThanOrEqual(1);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      for (const field of fields) expect(row).toHaveProperty(field);
      expect(row).toMatchObject({ device: 'webgpu', sanity: true, faults: [] });
      expect(Object.keys(row['counters']!)).toEqual([...COUNTED]);
    }
  });

  test(
    'products through the sheet are computed, missed and found as often as they are asked for, beside tfjs on the ' +
      'same driver',
    () => {
      const { rows } = answerOf([...PRODUCTS, ...ON_SOFTWARE]);
      const [sheet] = rows.filter((row) => row['variant'] === 'sheet');
      const { off, uncached, hit } = sheet!['scenarios'] as Record<string, Record<string, number>>;
      expect(off!['kernelCalls']).toBeGreaterThan(0);
      expect(uncached).toMatchObject({ hits: 0, bytesDemanded: 0 });
      expect(uncached!['kernelCalls']).toBeGreaterThan(0);
      expect(hit).toMatchObject({ kernelCalls: 0 });
      expect(hit!['hits']).toBeGreaterThan(0);
      expect(sheet).toMatchObject({ n: 32, skipped: { onnx: 'not asked for' } });
      expect(sheet!['tfjsMs']).toBeGreaterThan(0);
    },
  );

  test('time that is over leaves out what was not begun', () => {
    expect(answerOf(['elementwise', '--seconds', '0', '--rivals', 'none', ...extent([], ON_SOFTWARE)]).rows).toEqual(
      [],
    );
  });
});

describe('npm run bench on other devices', () => {
  test('matmul --device tensorflow has a row for each backend', () => {
    const { rows } = answerOf(['matmul', '--device', 'tensorflow', '--sizes', '32', '--backends', 'cpu,wasm']);
    expect(rows.map((row) => row['backend'])).toEqual(['cpu', 'wasm']);
    for (const row of rows) expect(row).toMatchObject({ device: 'tensorflow', n: 32, faults: [] });
  });

  test.each([['dispatch', '--chain', '8'], ...extent<string[][]>([], [['elementwise', '--bytes', '4096']])])(
    '%s runs on the CPU where no device is named',
    (...args) => {
      const { machine, rows } = answerOf(args);
      expect(machine).not.toHaveProperty('sanity');
      for (const row of rows) expect(row).toMatchObject({ device: 'wasm', sanity: false, faults: [] });
    },
  );

  test('a device that is not there is named, and the exit code is 1', () => {
    const { status, stderr } = bench('elementwise', '--device', 'abacus');
    expect(stderr).toContain('FAILED elementwise: there is no device "abacus" here');
    expect(status).toBe(1);
  });
});
