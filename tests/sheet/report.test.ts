// What a sheet says about itself: that the cache helped, or why it did not.
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { inspect } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/env.ts';
import { nodeDevices } from '../../src/host/node/devices.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { type ExplainedOp, type OpenOptions, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { answersIn, explainCall } from '../../src/core/engine/explain.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import { openMetered } from './fixtures/metered.ts';
import { partsOf } from '../parts.ts';

/** A sheet on JavaScript alone; `change` replaces parts of its host. */
async function newSheet(options: OpenOptions = {}, change: Partial<Host> = {}): Promise<SymbolicSheet> {
  return openSheet(SymbolicSheet, { ...(await nodeHost()), ...change }, { devices: ['js'], ...options }, nodeDevices);
}

const SIDE = 96;
const fresh = (seed: number): Float32Array =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i * 12.9898 + seed));

describe('report', () => {
  it('says what was reused, computed, spent and saved where the cache helped', async () => {
    const { sheet } = await openMetered();
    const x = sheet.tensor(fresh(0), [SIDE, SIDE]);
    for (let i = 0; i < 10; i++) await x.matmul(x).data();
    // By the clock of this sheet a product takes 1.83 ms, and the first one, which is all that was run, a hundred times
    // as long.
    expect(await sheet.report()).toMatch(
      new RegExp(
        /^cache {3}10 calls · 9 reused · 1 computed · 0\.18 s spent, 0\.016 s saved \(keys\+lookups /.source +
          /[\d.]+ s\) · RAM [\d.]+\/1,024 MB$/.source,
      ),
    );
    await sheet.close();
  });

  it('counts memos with it, and what nobody asked for', async () => {
    await using sheet = await newSheet();
    const memo = sheet.memo('f', (rows: readonly number[]) => Float32Array.from(rows), { rows: 4 });
    await memo([1, 2]);
    await memo([1, 2]);
    await memo([1, 3]);
    for (let i = 0; i < 5; i++) sheet.tensor(fresh(i), [SIDE, SIDE]).cos();
    expect(await sheet.report()).toMatch(/^cache {3}8 calls · 1 reused · 1 in part · 1 computed · 5 never needed · /);
  });

  it('says why where it did not help: which operand differs, and where it was called first', async () => {
    await using sheet = await newSheet({ trace: { digests: 'none' } });
    const right = sheet.tensor(fresh(99), [SIDE, SIDE]);
    for (let i = 0; i < 30; i++) await sheet.tensor(fresh(i), [SIDE, SIDE]).matmul(right).data();
    const text = await sheet.report();
    expect(text).toMatch(
      new RegExp(
        /^cache {3}30 calls · 0 reused · [\d.]+ % overhead\. Nothing repeated: 29 differ in operand 0 /.source +
          /\(fresh random data\?\), first at report\.test\.ts:\d+\./.source,
      ),
    );
    const line = Number(/report\.test\.ts:(\d+)/.exec(text)?.[1]);
    expect(line).toBeGreaterThan(40);
    expect(line).toBeLessThan(60);
  });

  it('names attributes that differ, results too cheap to keep, work nobody read, and a cache that is off', async () => {
    await using attributes = await newSheet();
    for (let i = 0; i < 8; i++) await attributes.randomNormal([200, 200], { seed: i }).data();
    expect(await attributes.report()).toMatch(/Nothing repeated: 7 differ in attributes, first at report\.test\.ts/);
    await using unread = await newSheet();
    unread.tensor(fresh(0), [SIDE, SIDE]).exp();
    expect(await unread.report()).toMatch(/1 calls · 0 reused · 1 never needed · .*Nothing was computed/);
    await using off = await newSheet({ cache: 'off' });
    await off.tensor(fresh(0), [SIDE, SIDE]).exp().data();
    expect(await off.report()).toMatch(/1 calls · off: nothing is reused/);
    await using idle = await newSheet();
    expect(await idle.report()).toBe('cache   0 calls');
  });

  it('is printed once, at the end, where the environment asks for it', async () => {
    const lines: string[] = [];
    const listeners = new Set<() => void>();
    const { settings } = await nodeHost();
    const host: Partial<Host> = {
      settings: { ...settings, report: true },
      warn: (line) => lines.push(line),
      onExit: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const left = await newSheet({}, host);
    left.tensor(fresh(0), [SIDE, SIDE]).exp();
    const closed = await newSheet({}, host);
    await closed.close();
    expect(lines).toEqual(['cache   0 calls']);
    expect(listeners.size).toBe(1);
    for (const listener of listeners) listener();
    expect(lines.slice(1)).toEqual([expect.stringMatching(/^cache {3}1 calls/)]);
    await left.close();
    expect(lines).toHaveLength(2);
  });
});

describe('stats and forget', () => {
  it('count entries, bytes, nodes and calls as a plain copy', async () => {
    await using sheet = await newSheet({ budgetBytes: 1 << 20 });
    const x = sheet.tensor(fresh(0), [SIDE, SIDE]);
    await x.matmul(x).data();
    const stats = sheet.stats();
    expect(stats).toMatchObject({ entries: 1, budgetBytes: 1 << 20, evictions: 0, counters: { calls: 1, misses: 1 } });
    expect(stats.sizeBytes).toBeGreaterThanOrEqual(SIDE * SIDE * 4);
    expect(stats.nodes).toBeGreaterThan(1);
    expect(structuredClone(stats)).toEqual(stats);
    await x.matmul(x).data();
    expect(stats.counters.calls).toBe(1);
  });

  it('drop one result, those of an op, or all; what was dropped is computed again', async () => {
    await using sheet = await newSheet();
    const x = sheet.tensor(fresh(0), [SIDE, SIDE]);
    const work = async (): Promise<number> => {
      const before = sheet.stats().counters.kernelCalls;
      await sheet.compute(x.matmul(x));
      await sheet.compute(x.matmul(x, { transposeB: true }));
      await sheet.compute(x.exp());
      return sheet.stats().counters.kernelCalls - before;
    };
    await work();
    await work();
    expect(await work()).toBe(0);
    expect([sheet.forget(await x.exp()), await work()]).toEqual([1, 1]);
    expect([sheet.forget('matmul'), await work()]).toEqual([2, 2]);
    expect([sheet.forget(), sheet.stats().entries]).toEqual([3, 0]);
    expect(sheet.forget('exp')).toBe(0);
  });
});

describe('what is shown of', () => {
  it('a sheet is one line, wherever it is printed, and never its insides', async () => {
    const sheet = await newSheet();
    await sheet.tensor([1, 2]).add(1).data();
    const shown =
      `SymbolicSheet · class tolerance · devices js · 1 call · 0 reused · 1 computed · ${sheet.stats().entries} ` +
      'kept in 0.0 MiB';
    expect([inspect(sheet), String(sheet), inspect(sheet.with({ class: 'exact' }))]).toEqual([
      shown,
      shown,
      shown.replace('tolerance', 'exact'),
    ]);
    expect(JSON.parse(JSON.stringify(sheet))).toEqual(JSON.parse(JSON.stringify(sheet.stats())));
    await sheet.close();
    expect(String(sheet)).toContain('closed');
  });

  it('a call of thousands of operands is a few of them and how many more', async () => {
    await using sheet = await newSheet();
    const joined = sheet.concat(Array.from({ length: 2000 }, (_, i) => sheet.tensor([i])));
    expect(String(joined)).toMatch(/concat\(#\d+(, #\d+){9}, … 1990 more\)/);
    expect(String(joined).length).toBeLessThan(300);
    const { ops } = joined.explain();
    expect([ops.length, ops.at(-1)]).toEqual([11, expect.objectContaining({ op: 'concat' })]);
    expect(String(joined.explain())).toContain('and 1990 more operands');
  });

  it('a tensor as JSON is what it is, without its elements', async () => {
    await using sheet = await newSheet();
    const x = sheet.tensor([[1, 2]]);
    expect(JSON.stringify([x, x.add(1)])).toBe(
      '[{"dtype":"float32","shape":[1,2],"source":"given"},{"dtype":"float32","shape":[1,2],"source":"pending"}]',
    );
  });

  it(
    'an explanation has the constants, the numbers of the operands and the attributes, and tells what nobody asked ' +
      'for from what was computed with another',
    async () => {
      await using sheet = await SymbolicSheet.open();
      const x = sheet.tensor(new Float32Array(1 << 16).fill(0.5));
      const [inner, asked] = [x.multiply(2.5), x.multiply(2.5).exp().sum({ axis: 0 })];
      await asked.data();
      const pending = asked.add(1);
      const { ops } = pending.explain();
      const find = (op: string): ExplainedOp => ops.find((each) => each.op === op)!;
      expect(find('tensor')).toMatchObject({ source: 'given', operands: [], seq: 1 });
      expect(ops.filter(({ op }) => op === 'full').map(({ source, attributes }) => [source, attributes])).toEqual([
        ['constant', '2.5'],
        ['constant', '1'],
      ]);
      expect(find('multiply')).toMatchObject({ source: 'fused', operands: [1, expect.any(Number)] });
      expect(find('sum')).toMatchObject({ source: 'computed', attributes: 'axis: [0]', operands: [find('exp').seq] });
      expect(find('add')).toMatchObject({ source: 'pending', operands: [find('sum').seq, expect.any(Number)] });
      expect(inner.explain().ops.at(-1)).toMatchObject({ op: 'multiply' });
      expect(String(pending.explain())).toMatch(
        new RegExp(`sum +float32 \\[\\] +computed +\\w+ +[\\d.]+ ms +#${find('exp').seq} axis: \\[0\\]`),
      );
    },
  );

  it('an explanation of a sheet and of its trace are made alike, op by op', async () => {
    await using sheet = await newSheet();
    const y = sheet
      .tensor([
        [1, 2],
        [3, 4],
      ])
      .matmul(sheet.eye(2))
      .sum({ axis: 0 })
      .multiply(2);
    await y.data();
    const answers = answersIn(partsOf(sheet).recorder.records());
    const onTrace = new Map(
      sheet.trace.events().map((event) => [event.seq, explainCall(event, answers.get(event.seq))]),
    );
    for (const { breakEven: _, ...op } of y.explain().ops)
      expect({ ...onTrace.get(op.seq), reason: '' }).toEqual({ ...op, reason: '' });
  });

  it('an explanation of a long program has what is nearest, and says that there is more', async () => {
    await using sheet = await newSheet();
    let x = sheet.tensor([1]).add(1);
    for (let i = 0; i < 300; i++) x = x.add(i / 8);
    const explanation = x.explain();
    expect([explanation.ops.length, explanation.ops.at(-1)?.seq, explanation.more]).toEqual([200, x.call.seq, true]);
    expect(String(explanation).split('\n')[0]).toContain('older ops');
    expect(explanation.summary()).toMatch(/add +\d+ calls +.*\d+ pending/);
  });

  it('an explanation has a line an op, with the device and the time of computed ones, in columns', async () => {
    await using sheet = await newSheet();
    const y = sheet
      .tensor(fresh(0), [SIDE, SIDE])
      .matmul(sheet.tensor(fresh(1), [SIDE, SIDE]))
      .sum();
    expect(y.explain().ops.at(-1)).toMatchObject({ device: undefined, elapsedNs: undefined });
    await y.data();
    expect(sheet.explain(y).ops.find(({ op }) => op === 'matmul')).toMatchObject({
      device: 'js',
      elapsedNs: expect.any(Number),
    });
    const { breakEven } = sheet.explain(y).ops.find(({ op }) => op === 'matmul')!;
    expect(breakEven).toEqual({
      computeNs: expect.any(Number),
      lookupNs: expect.any(Number),
      keepNs: Math.round((SIDE * SIDE * 4 + 600) / 4),
      returns: 1 / 3,
    });
    const lines = String(sheet.explain(y)).split('\n');
    expect(lines[2]).toMatch(/\(computing [\d.]+ µs, a look-up [\d.]+ µs, keeping [\d.]+ µs; comes again 0.33 ×\)$/);
    expect(lines[2]).toMatch(/^#\d+ +matmul +float32 \S+ +computed +js +\d+\.\d{3} ms +#1 #2 +nothing kept matches/);
    expect(new Set(lines.map((line) => line.indexOf('float32'))).size).toBe(1);
  });

  it('an error begins with its name, also after a minifier renamed its class', async () => {
    const source =
      "import { ShapeError } from './src/core/errors.ts'; const error = new ShapeError('x'); " +
      "console.log(error.name, error.stack.split('\\n')[0])";
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: new URL('../..', import.meta.url).pathname },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
    });
    expect(
      execFileSync(process.execPath, ['--input-type=module', '--eval', outputFiles[0]?.text ?? ''], {
        encoding: 'utf8',
      }),
    ).toBe('ShapeError ShapeError: x\n');
  });
});

describe('a miss', () => {
  const reasonOf = async (result: Tensor): Promise<string> => {
    await result.data();
    return result.explain().ops.at(-1)!.reason;
  };

  it('says what it differs in from the nearest call of that op, operand by operand', async () => {
    await using sheet = await newSheet();
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = sheet.tensor(fresh(1), [SIDE, SIDE]);
    const [y, z] = [x.cos(), x.sin()];
    expect(await reasonOf(y.matmul(z))).toBe('nothing kept matches');
    expect(await reasonOf(y.matmul(y))).toMatch(/^nothing kept matches; nearest is #\d+, with another operand 1$/);
    expect(await reasonOf(y.matmul(z, { transposeB: true }))).toMatch(/nearest is #\d+, with transposeB: false$/);
    expect(await reasonOf(y.sum({ axis: 0 }))).toBe('nothing kept matches');
    expect(await reasonOf(y.sum({ axis: 1 }))).toMatch(/, with axis: \[0\]$/);
    expect(await reasonOf(y.slice([1]).sum({ axis: 1 }))).toMatch(/, with operand 0 float32 \[96×96\]$/);
    expect(await reasonOf(sheet.with({ class: 'exact' }).sum(x, { axis: 1 }))).toMatch(/and another class$/);
  });

  it('says which rows of an array have changed, where it was hashed', async () => {
    await using sheet = await newSheet();
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const array = Float32Array.from({ length: 2000 * 256 }, (_, i) => i % 11);
    const w = sheet.tensor(fresh(3).subarray(0, 256 * 30), [256, 30]);
    await sheet.tensor(array, [2000, 256]).matmul(w).data();
    array.fill(5, 256 * 300, 256 * 1500);
    expect(await reasonOf(sheet.tensor(array, [2000, 256]).matmul(w))).toMatch(
      /nearest is #\d+, with operand 0 that differs in rows 256 to 1535$/,
    );
  });

  it('says where a result was known: that it was not kept, or had to go', async () => {
    await using sheet = await newSheet({ budgetBytes: 100_000 });
    const x = sheet.tensor(fresh(1), [SIDE, SIDE]);
    let verdict = 'wait';
    Object.assign(partsOf(sheet), { admission: () => verdict });
    await x.exp().data();
    expect(await reasonOf(x.exp())).toBe('it was computed before, and its result was not kept');
    verdict = 'admit';
    await x.cos().data();
    for (let i = 0; i < 8; i++)
      await x
        .multiply(i + 2)
        .exp()
        .data();
    expect(await reasonOf(x.cos())).toBe('its result was kept before, and had to go for want of room');
  });
});
