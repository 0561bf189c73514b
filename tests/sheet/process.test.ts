// Whole processes: how they end, what they need, and how much memory they take.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { LimitError, SymbolicSheet } from '../../src/index.ts';
import { readTrace } from '../../src/core/trace/load.ts';
import { partsOf } from '../parts.ts';
import { extent } from '../run/extent.ts';
import { programOf } from '../run/program.ts';
import { complaintsIn } from '../stderr.ts';
import { matrix, SIDE } from './fixtures/arrays.ts';
import { collected, gc } from './fixtures/collected.ts';

const scriptFile = await programOf('tests/sheet/fixtures/script.ts');
const budgetFile = await programOf('tests/sheet/fixtures/budget.ts');
/** Shares of the steps of loops whose memory is measured. */
const LARGE_SHARE = extent('0.25', '1');
const SMALL_SHARE = extent('0.5', '1');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheet-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

function run(...args: readonly string[]): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 110_000,
    cwd: folder,
  });
  return { code: status, signal, out: stdout, err: complaintsIn(stderr) };
}

describe('a script that never closes its sheet', () => {
  it('ends by itself when it is done', () => {
    expect(run(scriptFile)).toMatchObject({ code: 0, signal: null, out: `${256 * 256 * 64}\n`, err: '' });
  });

  it('ends when a product is still on its way, after it', () => {
    expect(run(scriptFile, 'running')).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it('ends by process.exit with the code it gave', () => {
    expect(run(scriptFile, 'exit')).toMatchObject({ code: 3, signal: null });
  });

  it('ends by an exception, its own or one of ours, with that message and code 1', () => {
    expect(run(scriptFile, 'throw')).toMatchObject({
      code: 1,
      signal: null,
      err: expect.stringContaining('TypeError: of the script'),
    });
    expect(run(scriptFile, 'rejected')).toMatchObject({
      code: 1,
      signal: null,
      err: expect.stringMatching(/NumericError: solve/),
    });
  });

  it('leaves a whole trace in its file in each of these cases', async () => {
    const digest = await openNodeDigest();
    for (const how of ['end', 'exit', 'throw']) {
      const file = join(folder, `${how}.sqs`);
      run(scriptFile, how, file);
      const trace = readTrace(readFileSync(file), digest);
      expect(
        trace.events.map((event) => event.op),
        how,
      ).toEqual(['tensor', 'matmul', 'sum']);
    }
  });

  it('needs no package.json that says module', () => {
    const script = join(folder, 'quick.mts');
    writeFileSync(
      script,
      `import { SymbolicSheet } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      await using sheet = await SymbolicSheet.open();
      console.log(await sheet.tensor([1, 2, 3]).multiply(2).sum().item());`,
    );
    expect(run('--import', import.meta.resolve('tsx'), script)).toMatchObject({ code: 0, out: '12\n', err: '' });
  });
});

describe('memory', () => {
  it('of a process stays within 1.25 × budget + pinned + baseline over results many times the budget', () => {
    const { out, err } = run(budgetFile, 'large', LARGE_SHARE);
    expect(err).toBe('');
    const { peak, baseline, budgetBytes, pinned, sizeBytes } = JSON.parse(out) as {
      peak: number;
      baseline: number;
      budgetBytes: number;
      pinned: number;
      sizeBytes: number;
    };
    expect(sizeBytes, 'the loop was long enough').toBeGreaterThan(0.8 * budgetBytes);
    expect(sizeBytes).toBeLessThanOrEqual(budgetBytes);
    expect(pinned).toBeLessThanOrEqual(2 * 2 ** 20);
    expect(peak).toBeLessThanOrEqual(1.25 * budgetBytes + pinned + baseline);
  });

  it('of the table and the process stays flat over ever new small operations', () => {
    const { out, err } = run(budgetFile, 'small', SMALL_SHARE);
    expect(err).toBe('');
    const { grown, budgetBytes, nodes, tableBytes } = JSON.parse(out) as {
      grown: number;
      budgetBytes: number;
      nodes: number;
      tableBytes: number;
    };
    // 400 bytes that stayed of each of 40,000 operations after its working size would be seen, or 700 of 20,000.
    expect(grown).toBeLessThanOrEqual(extent(14e6, 1.25 * budgetBytes + 10e6));
    expect(tableBytes).toBeLessThanOrEqual(40 * 2 ** 19);
    expect(nodes).toBeLessThan(400_000);
  });

  it('that handles pinned comes back when they are collected', async () => {
    const sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    const bytes = SIDE * SIDE * 4;
    const work = async (): Promise<void> => {
      const a = sheet.zeros([SIDE, SIDE]);
      for (let i = 1; i <= 5; i++) await a.add(i).exp().data();
      expect(sheet.stats().pinnedBytes).toBeGreaterThanOrEqual(5 * bytes);
    };
    await work();
    await collected(() => sheet.stats().pinnedBytes === 0);
    expect(sheet.stats().pinnedBytes).toBe(0);
    const kept = sheet.tensor(matrix(1), [SIDE, SIDE]);
    await collected();
    expect(sheet.stats().pinnedBytes).toBe(bytes);
    expect((await kept.data()).length).toBe(SIDE * SIDE);
    await sheet.close();
  });

  it('that a program drops comes back while it does nothing but await its next result', async () => {
    const sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], budgetBytes: 2 ** 26 });
    const x = sheet.tensor(new Float32Array(2 ** 20), [2 ** 20]);
    let most = 0;
    for (let i = 1; i <= 160; i++) {
      await (i % 2 === 0 ? sheet.compute(x.add(i)) : x.add(i).data());
      most = Math.max(most, sheet.stats().pinnedBytes);
    }
    // 670 MB were pinned on the way.
    expect(most).toBeLessThan(2 ** 29);
    await sheet.close();
  });

  it('comes back in a sheet that is opened after another died between a collection and its cleanup', async () => {
    const drop = async (sheet: SymbolicSheet): Promise<void> => {
      const x = sheet.tensor(matrix(1), [SIDE, SIDE]);
      for (let i = 1; i <= 5; i++) await sheet.compute(x.add(i));
      // Young pins are known to the registry after a turn.
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    let first: SymbolicSheet | undefined = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    await drop(first);
    gc();
    void first.close();
    first = undefined;
    gc();
    const sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    await drop(sheet);
    // The trace keeps the root.
    await collected(() => sheet.stats().pinnedBytes <= 4 * SIDE * SIDE);
    expect(sheet.stats().pinnedBytes).toBeLessThanOrEqual(4 * SIDE * SIDE);
    await sheet.close();
  });

  it('that kernels find none of is waited for while some may come back, and then is an error of its own', async () => {
    const sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    const wasm = partsOf(sheet).dispatcher.devices.find(({ name }) => name === 'wasm')!;
    const x = sheet.tensor(matrix(1), [SIDE, SIDE]);
    const real = wasm.run.bind(wasm);
    let full = 0;
    wasm.run = (task, out, mode) => {
      if (full-- > 0) throw new LimitError("The kernels' memory is full.", {});
      return real(task, out, mode);
    };
    await (async () => {
      for (let i = 0; i < 20; i++) await sheet.compute(x.add(i + 2));
    })();
    full = 1;
    expect((await x.matmul(x).data()).length).toBe(SIDE * SIDE);
    full = Infinity;
    await expect(x.matmul(x.add(1)).data()).rejects.toMatchObject({ code: 'LIMIT' });
    full = 0;
    expect((await x.matmul(x.add(1)).data()).length).toBe(SIDE * SIDE);
    await sheet.close();
  });
});
