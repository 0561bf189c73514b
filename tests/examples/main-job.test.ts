import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SymbolicSheet } from 'symbolic-sheet';
import { afterAll, describe, expect, it } from 'vitest';
import { wrap } from '../../examples/lib/banner.ts';
import { withChangedRows } from '../../examples/lib/changed-rows.ts';
import { formatSeconds } from '../../examples/lib/format.ts';
import { drawHeatMap } from '../../examples/lib/heat-map.ts';
import { drawLanes } from '../../examples/lib/lanes.ts';
import { readOptions, UsageError } from '../../examples/lib/main-options.ts';
import { marksOf } from '../../examples/lib/marks.ts';
import { readDigits } from '../../examples/lib/mnist.ts';
import { watch } from '../../examples/lib/progress.ts';
import { compare, type Run } from '../../examples/lib/runs.ts';
import { formatTable } from '../../examples/lib/run-table.ts';
import { openScreen } from '../../examples/lib/screen.ts';
import { drawing, renderPng, text } from '../../examples/lib/svg.ts';
import { sweepByHand } from '../../examples/mnist-hoisted.ts';
import { cut, ranked, sweep } from '../../examples/mnist-sweep.ts';
import { programsOf } from '../run/program.ts';
import { complaintsIn } from '../stderr.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'main-job-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const TINY = [
  '--rows',
  '240',
  '--features',
  '24',
  '--scales',
  '0.05,0.1',
  '--lambdas',
  '0.001,0.01',
  '--final-rows',
  '300',
  '--final-features',
  '32',
];
const [program] = await programsOf(['examples/main.ts', 'examples/lib/replay.ts', 'examples/lib/sweep-again.ts']);
const command = (...args: string[]): string[] => [program as string, ...args];
const run = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, command(...args), { cwd: root });

const grid = { features: 24, scales: [0.05, 0.1], lambdas: [1e-3, 1e-2], folds: 3 };
const digits = readDigits('train', 240);

describe('the sweep', () => {
  it('gives the same bits with the cache, without it, and hoisted by hand', async () => {
    await using on = await SymbolicSheet.open({ class: 'exact' });
    await using off = await SymbolicSheet.open({ class: 'exact', cache: 'off' });
    const reference = await sweep(off, digits, grid);
    expect(await sweep(on, digits, grid)).toEqual(reference);
    expect(await sweep(on, digits, grid)).toEqual(reference);
    expect(await sweepByHand(off, digits, grid)).toEqual(reference);
    expect(ranked(reference)[0]!.accuracy).toBeGreaterThan(0.4);
  });

  it('asks for the same work with the cache as without, and runs none of it the second time', async () => {
    await using on = await SymbolicSheet.open({ class: 'exact' });
    await using off = await SymbolicSheet.open({ class: 'exact', cache: 'off' });
    await sweep(off, digits, grid);
    // Scalar constants are asked once and computed in every fit.
    expect(off.stats().counters.askedFlops / off.stats().counters.flops).toBeCloseTo(1, 6);
    await sweep(on, digits, grid);
    await sweep(on, digits, grid);
    const { flops } = on.stats().counters;
    await sweep(on, digits, grid);
    expect(on.stats().counters.askedFlops / off.stats().counters.askedFlops).toBeCloseTo(3, 6);
    expect((on.stats().counters.flops - flops) / off.stats().counters.flops).toBeLessThan(0.01);
  });

  it('keeps what the fold that did not change was trained on', async () => {
    await using sheet = await SymbolicSheet.open({ class: 'exact' });
    const size = { ...grid, features: 96 };
    const big = readDigits('train', 900);
    await sweep(sheet, big, size);
    const first = sheet.stats().counters.flops;
    const before = sheet.stats().counters.askedFlops;
    await sweep(sheet, withChangedRows(big, 9, 0, 3), size);
    const asked = sheet.stats().counters.askedFlops - before;
    expect(sheet.stats().counters.flops - first).toBeLessThan(0.9 * first);
    expect(asked / before).toBeCloseTo(1, 6);
  });

  it('cuts digits into parts that are all of them, in order', () => {
    const parts = cut(digits, 7);
    expect(parts.flatMap(({ labels }) => [...labels])).toEqual([...digits.labels]);
    expect(parts.every(({ images, labels }) => images.length === 784 * labels.length)).toBe(true);
  });

  it('waits for the listener of a fit', async () => {
    await using sheet = await SymbolicSheet.open({ class: 'exact' });
    let heard = 0;
    const stopping = sweep(sheet, digits, grid, async () => {
      await new Promise((resume) => setImmediate(resume));
      if (++heard === 2) throw new RangeError('enough');
    });
    await expect(stopping).rejects.toThrow('enough');
    expect(heard).toBe(2);
  });
});

describe('changed rows', () => {
  it('shifts the digits asked for by one pixel and leaves the others and the original alone', () => {
    const original = digits.images.slice();
    const changed = withChangedRows(digits, 2, 1, 3);
    expect(digits.images).toEqual(original);
    const rows = Array.from({ length: 240 }, (_, row) => row).filter(
      (row) =>
        Buffer.compare(
          changed.images.subarray(row * 784, (row + 1) * 784),
          original.subarray(row * 784, (row + 1) * 784),
        ) !== 0,
    );
    expect(rows).toEqual([80, 81]);
    expect(changed.images.subarray(80 * 784 + 1, 80 * 784 + 28)).toEqual(original.subarray(80 * 784, 80 * 784 + 27));
  });
});

describe('options', () => {
  it('are those of the full size unless said otherwise', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({
      rows: 20_000,
      features: 1024,
      folds: 3,
      finalRows: 60_000,
      finalFeatures: 3072,
      class: 'exact',
    });
    expect(options!.scales.length * options!.lambdas.length * options!.folds).toBe(90);
    expect(readOptions(['--quick', '--rows', '500'])).toMatchObject({ rows: 500, features: 512, quick: true });
    expect(readOptions(['--help'])).toBeUndefined();
  });

  it.each([
    [['--rows', 'many'], '--rows is "many"; use a whole number from 60 to 60000.'],
    [['--folds', '1'], '--folds is "1"'],
    [['--class', 'loose'], '--class is "loose"'],
    [['--lambdas', '1,x'], '--lambdas is "1,x"'],
    [['--scales', ''], '--scales is ""'],
    [['--scales', '0.1,0.1'], 'there twice'],
    [['--speed', '9'], "Unknown option '--speed'"],
    [['left'], 'left'],
  ])('refuses %j and says what can be used', (args, words) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(words);
  });
});

const fits = (count: number): Run['fits'] =>
  Array.from({ length: count }, (_, fold) => ({ scale: 0.1, lambda: 0.01, fold, accuracy: 0.5 + fold / 16 }));
const made = (name: string, count: number, seconds: number, flops: number): Run => ({
  name,
  planned: 90,
  fits: fits(count),
  seconds,
  flops,
  askedFlops: 5e12,
  marks: [],
});

describe('the table', () => {
  const off = made('cache off', 90, 54, 5e12);

  it('says how many times faster a fit was, and stays within 80 columns', () => {
    const lines = formatTable(
      [
        { run: made('1 % of rows changed, one fold', 90, 6, 4e11), agreement: compare(fits(90), off.fits) },
        { run: off, agreement: undefined },
      ],
      off,
      'exact',
    );
    expect(lines[2]).toMatch(/changed, one fold\s+90\s+6\.0 s\s+9\.0 ×\s+0\.40\s+4\.60 ✓$/);
    expect(lines[3]).toMatch(/cache off\s+90\s+54\.0 s\s+1\.0 ×\s+5\.00\s+– –$/);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it('marks what was extrapolated', () => {
    const stopped = made('cache off', 30, 18, 5e12);
    const [, , first, last] = formatTable(
      [
        { run: made('first', 90, 6, 4e11), agreement: compare(fits(90), stopped.fits) },
        { run: stopped, agreement: undefined },
      ],
      stopped,
      'exact',
    );
    expect(first).toContain('≈ 9.0 ×');
    expect(first).toContain('✓ (30)');
    expect(last).toContain('30/90');
    expect(last).toContain('≈ 54.0 s');
  });

  it('shows a single differing bit, and in class tolerance how large the difference is', () => {
    const other = fits(90).map((fit, i) => (i === 7 ? { ...fit, accuracy: fit.accuracy + 2 ** -20 } : fit));
    const line = { run: { ...made('first', 90, 6, 4e11), fits: other }, agreement: compare(other, off.fits) };
    expect(formatTable([line], off, 'exact')[2]).toContain('✗ 1/90');
    expect(formatTable([line], off, 'tolerance')[2]).toContain('9.5e-7');
  });

  it('writes seconds for people', () => {
    expect([0.0142, 0.0999, 0.123, 1, 56.34, 123.4].map(formatSeconds)).toEqual([
      '14 ms',
      '0.10 s',
      '0.12 s',
      '1.0 s',
      '56.3 s',
      '123 s',
    ]);
  });

  it('breaks long lines at spaces', () => {
    expect(wrap(['a'.repeat(30), 'b'.repeat(30), 'c c c'], 40)).toEqual(['a'.repeat(30), `${'b'.repeat(30)} · c c c`]);
    expect(wrap(['one two three four'], 10)).toEqual(['one two', '  three', '  four']);
  });
});

describe('the screen', () => {
  const capture = (
    isTTY: boolean,
    environment: Record<string, string> = {},
  ): { screen: ReturnType<typeof openScreen>; lines: string[]; fail: () => void } => {
    const lines: string[] = [];
    let onError: (error: NodeJS.ErrnoException) => void = () => {};
    const screen = openScreen(
      { isTTY, write: (words) => lines.push(words), on: (_event, listener) => (onError = listener) },
      environment,
    );
    return { screen, lines, fail: () => onError(new RangeError('EPIPE')) };
  };

  it('writes plain lines where there is no terminal, and no colours under NO_COLOR', () => {
    const plain = capture(false);
    plain.screen.live('soon gone');
    plain.screen.print(plain.screen.bold('x'));
    expect(plain.lines).toEqual(['x\n']);
    expect(capture(true, { NO_COLOR: '1' }).screen.bold('x')).toBe('x');
    expect(capture(true).screen.bold('x')).not.toBe('x');
  });

  it('writes nothing more once its reader is gone', () => {
    const { screen, lines, fail } = capture(false);
    fail();
    screen.print('unheard');
    expect(lines).toEqual([]);
  });

  it('says how long a run still takes', async () => {
    const { screen, lines } = capture(true, { NO_COLOR: '1' });
    let now = 0;
    const progress = watch(screen, 'cache off', 4, () => now);
    now = 2000;
    await progress.tick();
    progress.end();
    expect(lines.at(-1)).toContain('1/4 ━━━╌╌╌╌╌╌╌╌╌ 2.0 s, ≈ 6.0 s left');
  });
});

describe('pictures', () => {
  it('have text that leaves pixels without any font of the system', async () => {
    const blank = await renderPng(drawing(200, 60, 'blank'));
    const written = await renderPng(drawing(200, 60, 'blank', text('λ = 0.01', 20, 40)));
    expect(written!.length).toBeGreaterThan(blank!.length + 200);
  });

  it('have a lane for every run, boxes for what was computed and hairlines for what was reused', () => {
    const computed = { family: 'products', startSeconds: 0.25, seconds: 0.5, reused: false } as const;
    const svg = drawLanes(
      [
        {
          name: 'first & only',
          seconds: 1,
          marks: [computed, { ...computed, startSeconds: 0.9, seconds: 0, reused: true }],
        },
        { name: 'stopped', seconds: 1, wholeSeconds: 4, marks: [computed] },
      ],
      'Two runs',
    );
    expect(svg).toContain('first &amp; only');
    expect(svg.match(/fill="#0072b2"/g)).toHaveLength(3); // a box in each lane, and the legend
    expect(svg).toMatch(/d="M\d+(\.\d+)? \d+v7" stroke/);
    expect(svg).toContain('≈ 4.0 s');
    expect(svg).toContain('extrapolated');
  });

  it('frame the best cell of a sweep', () => {
    const svg = drawHeatMap(
      [
        { scale: 0.1, lambda: 3e-5, accuracy: 0.9 },
        { scale: 0.1, lambda: 0.01, accuracy: 0.95 },
      ],
      'Accuracy',
    );
    expect(svg).toContain('best 95.0 % at scale 0.1, λ 0.01');
    expect(svg).toContain('3·10⁻⁵');
  });

  it('are drawn from the trace: what ran is solid, what was found is reused', async () => {
    await using sheet = await SymbolicSheet.open({ class: 'exact' });
    const A = sheet.randomNormal([128, 128], { seed: 1 });
    await A.matmul(A).data();
    const first = marksOf(sheet.trace, 0);
    expect(first.some(({ family, reused, seconds }) => family === 'products' && !reused && seconds > 0)).toBe(true);
    const last = Math.max(...sheet.trace.events().map(({ seq }) => seq));
    const B = sheet.randomNormal([128, 128], { seed: 1 });
    await B.matmul(B).data();
    expect(
      marksOf(sheet.trace, last)
        .filter(({ family }) => family === 'products')
        .map(({ reused }) => reused),
    ).toEqual([true]);
  });
});

describe('npm start', () => {
  it('runs to its end at a tiny size: table, equal bits, replay, pictures', async () => {
    const { stdout } = await run(...TINY, '--out', out);
    const table = stdout.slice(stdout.lastIndexOf('computed'));
    expect(table.match(/✓/g)!.length).toBeGreaterThanOrEqual(5);
    expect(table).not.toContain('✗');
    expect(table).toMatch(/the same again\s+12\s+[\d.]+ m?s\s+[\d.,]+ ×/);
    expect(table).toMatch(/cache on, first run\s+12\s+[\d.]+ m?s\s+[\d.,]+ ×\s+[1-9]/);
    expect(table).toMatch(/the same in a new process\s+12\s+[\d.]+ m?s\s+[\d.,]+ ×/);
    expect(stdout).toMatch(/replayed in a new process on wasm: 54 of 54 digests equal/);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !/file:|mnist\.sqs|trace /.test(line))).toEqual([]);
    for (const name of ['lanes.svg', 'lanes.png', 'sweep.svg', 'sweep.png', 'mnist.sqs.json'])
      expect(existsSync(join(out, name))).toBe(true);
    expect(readFileSync(join(out, 'lanes.svg'), 'utf8')).toContain('hoisted by hand');
  });

  it('says what is wrong with an option and ends with code 2', async () => {
    await expect(run('--folds', '1')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--folds is "1"; use a whole number from 2 to 20.') as string,
    });
  });

  it('survives a reader that goes away', async () => {
    const child = spawn(process.execPath, command(...TINY, '--out', out), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((done) => child.once('close', done));
    expect(complaintsIn(complaint)).toBe('');
    expect(code).toBe(0);
  });

  it('extrapolates a run that is stopped by Ctrl-C, says so, and still draws', async () => {
    const folder = join(out, 'stopped');
    const child = spawn(process.execPath, command(...TINY, '--rows', '1200', '--features', '256', '--out', folder), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let heard = '';
    child.stdout.on('data', (bytes: Buffer) => {
      const before = heard.includes('now without a cache');
      heard += bytes.toString();
      if (!before && heard.includes('now without a cache'))
        setTimeout(() => {
          child.kill('SIGINT');
          // What npm and tsx do with a signal that the terminal has sent to the program as well.
          setTimeout(() => child.kill('SIGINT'), 10);
        }, 150);
    });
    const code = await new Promise((done) => child.once('close', done));
    expect(heard).toMatch(/stopped at \d+ of 12, ≈ [\d.]+ m?s extrapolated, not measured/);
    expect(existsSync(join(folder, 'lanes.svg'))).toBe(true);
    expect(code).toBe(0);
  });
});
