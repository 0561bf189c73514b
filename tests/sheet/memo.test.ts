// Memoised functions: kept by name, deps and arguments; rows kept one by one; nothing that leaves or enters can poison
// them.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/gather.js';
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  AbortedError,
  AttributeError,
  ClosedError,
  ShapeError,
  SourceError,
  SymbolicSheet,
  type Tensor,
} from '../../src/index.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { nodeDevices } from '../../src/host/node/devices.ts';
import type { OpenOptions } from '../../src/core/sheet/open-options.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import { gc } from './fixtures/collected.ts';

const open: SymbolicSheet[] = [];

async function newSheet(options: OpenOptions = {}, warn: (line: string) => void = () => {}): Promise<SymbolicSheet> {
  const sheet = await openSheet(
    SymbolicSheet,
    { ...(await nodeHost()), warn },
    { devices: ['js'], ...options },
    nodeDevices,
  );
  open.push(sheet);
  return sheet;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => Promise.all(open.splice(0).map((sheet) => sheet.close())));

/** A vector that tells texts apart. */
const vectorOf = (text: string): number[] => [
  text.length,
  text.codePointAt(0) ?? 0,
  Array.from(text).reduce((sum, c) => sum + (c.codePointAt(0) ?? 0), 0),
];
const embedding = (texts: readonly string[]): ort.Tensor =>
  new ort.Tensor('float32', Float32Array.from(texts.flatMap(vectorOf)), [texts.length, 3]);
/**
 * Leaves no memory that only waits for the collector: the second collection finishes the sweep the first left to
 * another thread.
 */
function collectGarbage(): void {
  gc();
  gc();
}

const later = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 5);
  });

describe('a memoised function', () => {
  it('runs once for equal arguments of every kind, and again when any of them differs', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const memo = sheet.memo('f', (...args: readonly unknown[]) => [++runs, args.length], {});
    const tensor = (): unknown => sheet.tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
    const arguments_: readonly (() => readonly unknown[])[] = [
      () => [1],
      () => ['1'],
      () => [true],
      () => [null],
      () => [1n],
      () => [-1n],
      () => [-0],
      () => [0],
      () => [NaN],
      () => [[1, 2]],
      () => [{ a: 1, b: [2n] }],
      () => [{ a: 1, b: ['2'] }],
      () => [new Float32Array([1, 2])],
      () => [new Float64Array([1, 2])],
      () => [{ data: new Float32Array([1, 2]), label: 'x' }],
      () => [{ data: new Float32Array([1, 2]), label: 'y' }],
      () => [tensor()],
      () => [new ort.Tensor('float32', new Float32Array([1, 2]), [1, 2])],
      () => [new ort.Tensor('float32', new Float32Array([1, 2]), [2, 1])],
      () => [{ x: tensor() }],
      () => [[tensor()]],
      () => [tensor(), 1],
      () => [1, 2],
      () => [[1], 2],
      () => [],
      () => ['f', ''],
      () => ['', 'f'],
      () => [sheet.tensor([1, 2]).add(1)],
      () => [sheet.tensor([1, 2]).add(2)],
    ];
    for (const [i, make] of arguments_.entries()) {
      const first = await memo(...make());
      expect(first[0], `arguments ${i} are new`).toBe(i + 1);
      expect(await memo(...make()), `arguments ${i} are known`).toEqual(first);
    }
    expect(await memo({ b: [2n], a: 1 }), 'key order does not count').toEqual(await memo({ a: 1, b: [2n] }));
    expect(await memo(1, undefined), 'trailing undefined is as if left out').toEqual(await memo(1));
    expect(runs).toBe(arguments_.length);
    expect(await memo(tf.tensor2d([[1, 2]])), 'a tensor of another library is another argument').toEqual([
      arguments_.length + 1,
      1,
    ]);
    expect(await memo(tf.tensor2d([[1, 2]]))).toEqual([arguments_.length + 1, 1]);
  });

  it(
    'is another one under another name, other deps or in a view whose results have other bits, and the same in the ' +
      'others',
    async () => {
      const sheet = await newSheet();
      let runs = 0;
      const run = (x: number): number => x + ++runs;
      expect(await sheet.memo('f', run, { deps: ['a'] })(0)).toBe(1);
      expect(await sheet.memo('f', run, { deps: ['b'] })(0)).toBe(2);
      expect(await sheet.memo('f', run, { deps: [sheet.tensor([1]).add(1)] })(0)).toBe(3);
      expect(await sheet.memo('f', run, { deps: [new Float32Array([2])] })(0), 'deps are content too').toBe(3);
      expect(await sheet.memo('g', run, { deps: ['a'] })(0)).toBe(4);
      expect(await sheet.with({ device: 'js', precision: 'float32' }).memo('f', run, { deps: ['a'] })(0)).toBe(1);
      expect(await sheet.memo('f', run, { deps: ['a'] }).with({ device: 'js' })(0)).toBe(1);
      expect(await sheet.memo('f', run, { deps: ['a'] }).with({ cache: 'off' })(0), 'cache off always runs').toBe(5);
      expect(await sheet.memo('f', run, { deps: ['a'] }).with({ class: 'exact' })(0)).toBe(6);
      expect(await sheet.with({ precision: 'float16' }).memo('f', run, { deps: ['a'] })(0)).toBe(7);
    },
  );

  it('gives trees of tensors and JSON of the type the function has', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo('tree', (x: Tensor) => ({
      whole: x.add(1),
      list: [new Float32Array([1, 2]), 'text', null, 3n, -0, NaN] as const,
      foreign: new ort.Tensor('int32', Int32Array.of(7), [1]),
      deep: { flag: true, ['__proto__x']: [[]] },
    }));
    for (let round = 0; round < 2; round++) {
      const tree = await memo(sheet.tensor([1, 2]));
      expectTypeOf(tree.whole).toEqualTypeOf<Tensor>();
      expectTypeOf(tree.foreign).toEqualTypeOf<Tensor>();
      expectTypeOf(tree.list[1]).toEqualTypeOf<'text'>();
      expect(await tree.whole.toArray()).toEqual([2, 3]);
      expect(await tree.list[0].toArray()).toEqual([1, 2]);
      expect(tree.list.slice(1)).toEqual(['text', null, 3n, -0, NaN]);
      expect([tree.foreign.dtype, await tree.foreign.toArray()]).toEqual(['int32', [7]]);
      expect(tree.deep).toEqual({ flag: true, ['__proto__x']: [[]] });
    }
    expect(memo.stats).toMatchObject({ calls: 2, hits: 1, runs: 1 });
  });

  it('gives any JSON back as it was, whatever is done to it in between', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo('identity', (value: unknown) => value);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const expected = structuredClone(value);
        const first = await memo(value);
        if (typeof first === 'object' && first !== null)
          for (const key of Object.keys(first)) delete (first as Record<string, unknown>)[key];
        expect(await memo(value)).toEqual(expected);
        expect(value, 'arguments are not touched').toEqual(expected);
      }),
      { seed: 20261120, numRuns: 200 },
    );
  });

  it('cannot be poisoned by writing to arguments or results, before, during or after a run', async () => {
    const sheet = await newSheet();
    const kept: Float32Array[] = [];
    const memo = sheet.memo('f', async (x: Float32Array, tag: { n: number }) => {
      const doubled = x.map((v) => v * 2 * tag.n);
      kept.push(doubled);
      x.fill(-1);
      await later();
      return { doubled, seen: [...x] };
    });
    const x = new Float32Array([1, 2]);
    const tag = { n: 1 };
    const first = memo(x, tag);
    x.fill(9);
    tag.n = 9;
    const result = await first;
    expect([...x], 'the function wrote to a copy').toEqual([9, 9]);
    for (const array of kept) array.fill(0);
    (await result.doubled.data()).fill(0 as never);
    result.seen.push(5);
    expect(await memo.has(new Float32Array([9, 9]), { n: 9 }), 'what was written later is not what was asked').toBe(
      false,
    );
    const again = await memo(new Float32Array([1, 2]), { n: 1 });
    expect(await again.doubled.toArray()).toEqual([2, 4]);
    expect(again.seen).toEqual([-1, -1]);
    expect(kept).toHaveLength(1);
  });

  it('is one operand: ops on its result are reused after a hit', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo('big', (n: number) => new ort.Tensor('float32', new Float32Array(n * n).fill(0.5), [n, n]));
    const first = await memo(160);
    await first.matmul(first).sum().item();
    const kernelCalls = sheet.stats().counters.kernelCalls;
    const again = await memo(160);
    expect(await again.matmul(again).sum().item()).toBe(160 ** 3 / 4);
    expect(sheet.stats().counters.kernelCalls).toBe(kernelCalls);
    expect([first.source, again.source], 'and says where it is from').toEqual(['computed', 'ram']);
    expect(again.explain().toString()).toContain('a memo kept it');
  });

  it('shares one run among concurrent calls, and keeps no error', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const memo = sheet.memo('flaky', async (x: number) => {
      runs++;
      await later();
      if (runs === 1) throw new RangeError('first time');
      return { x, t: new Float32Array(4096).fill(x) };
    });
    const failed = await Promise.allSettled([memo(1), memo(1)]);
    expect(failed.map((each) => each.status === 'rejected' && (each.reason as Error).message)).toEqual([
      'first time',
      'first time',
    ]);
    expect(runs).toBe(1);
    const results = await Promise.all([memo(1), memo(1), memo.with({ device: 'js' })(1)]);
    expect(runs).toBe(2);
    for (const { t } of results) expect((await t.data())[4095]).toBe(1);
  });

  it('lets a signal end the wait while the run goes on and is kept', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const memo = sheet.memo('slow', async () => {
      runs++;
      await later();
      return 'done';
    });
    const stop = new AbortController();
    const aborted = memo.with({ signal: stop.signal })();
    const other = memo();
    stop.abort();
    await expect(aborted).rejects.toThrow(AbortedError);
    expect([await other, runs]).toEqual(['done', 1]);
  });

  it('tells what is kept, forgets it, and refuses what it cannot name', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo('f', (x: unknown) => (typeof x === 'function' ? 1 : x === 'bad' ? { at: [() => 1] } : x));
    await memo('a');
    await memo('b');
    expect([
      await memo.has('a'),
      await memo.has('c'),
      await memo.forget('a'),
      await memo.has('a'),
      await memo.forget(),
      await memo.has('b'),
    ]).toEqual([true, false, 1, false, 1, false]);
    await expect(memo(() => 1)).rejects.toThrow(/memo "f": arguments\[0\] is a function/);
    await expect(memo(new Map())).rejects.toThrow(AttributeError);
    await expect(memo('bad')).rejects.toThrow(/memo "f": result\.at\[0\] is a function/);
    expect(() => sheet.memo('', () => 1)).toThrow(AttributeError);
    expect(() => sheet.memo('f', () => 1, { rows: 0 })).toThrow(/rows is 0/);
    expect(() => sheet.memo('f', () => 1, { row: 3 } as never)).toThrow(/no option "row"/);
    await sheet.close();
    await expect(memo('a')).rejects.toThrow(ClosedError);
  });

  it('warns once when another function is given under the same name and deps', async () => {
    const lines: string[] = [];
    const sheet = await newSheet({}, (line) => lines.push(line));
    for (let i = 0; i < 2; i++) sheet.memo('f', (x: number) => x);
    expect(lines).toEqual([]);
    for (let i = 0; i < 2; i++) sheet.memo('f', (x: number) => x + 1);
    sheet.memo('f', (x: number) => x + 2, { deps: ['other'] });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/memo "f": another function/);
  });

  it('stays within the budget of the store, and so does the memory of the process', async () => {
    const sheet = await newSheet({ budgetBytes: 4 << 20 });
    const memo = sheet.memo('f', (i: number) => ({ i, t: new Float32Array(65_536).fill(i) }));
    const run = async (from: number): Promise<NodeJS.MemoryUsage> => {
      for (let i = from; i < from + 1500; i++) await memo(i);
      collectGarbage();
      return process.memoryUsage();
    };
    const before = await run(0);
    const after = await run(2000);
    const { sizeBytes, entries, evictions } = sheet.stats();
    expect(sizeBytes).toBeLessThanOrEqual(4 << 20);
    expect(entries).toBeGreaterThan(4);
    // The others were refused: old results stay where new ones are no more likely to be asked for.
    expect(evictions).toBeGreaterThan(20);
    expect(after.arrayBuffers - before.arrayBuffers, '1,500 results are 375 MB').toBeLessThan(20e6);
    expect(after.rss - before.rss).toBeLessThan(150e6);
    expect(await (await memo(3)).t.max().item()).toBe(3);
  });
});

describe('rows', () => {
  it('run once each, in batches, in order, whatever repeats', async () => {
    const sheet = await newSheet();
    const batches: (readonly string[])[] = [];
    const embed = sheet.memo(
      'embed',
      (texts: readonly string[]) => {
        batches.push(texts);
        return embedding(texts);
      },
      { deps: ['minilm-q8'], rows: 3 },
    );
    expectTypeOf(embed).returns.resolves.toEqualTypeOf<Tensor>();
    const texts = ['a', 'bb', 'a', 'ccc', 'bb', 'dddd', 'a', 'ee'];
    const E = await embed(texts);
    expect(await E.toArray()).toEqual(texts.map(vectorOf));
    expect(batches).toEqual([
      ['a', 'bb', 'ccc'],
      ['dddd', 'ee'],
    ]);
    const more = await embed(['new', ...texts]);
    expect(await more.toArray()).toEqual(['new', ...texts].map(vectorOf));
    expect(more.source).toBe('part');
    expect(batches.slice(2)).toEqual([['new']]);
    expect([await embed.has(['ee', 'a']), await embed.has(['ee', 'x'])]).toEqual([true, false]);
    expect([await embed.forget(['ee', 'x', 'ee']), await embed.has(['ee'])]).toEqual([1, false]);
    expect(embed.stats).toMatchObject({ calls: 2, parts: 2, hits: 0, runs: 3, rowsComputed: 6, rowsReused: 11 });
  });

  it('agree with the plain function for any calls in any order', async () => {
    const sheet = await newSheet();
    const seen: string[] = [];
    const embed = sheet.memo(
      'embed',
      async (texts: readonly string[], shift: number) => {
        seen.push(...texts.map((text) => `${text}/${shift}`));
        await Promise.resolve();
        return texts.map((text) => vectorOf(text).map((v) => v + shift));
      },
      { rows: 4 },
    );
    const call = fc.record({
      texts: fc.array(fc.string({ maxLength: 2 }), { minLength: 1, maxLength: 12 }),
      shift: fc.constantFrom(0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 4 }), async (calls) => {
        const results = await Promise.all(calls.map(({ texts, shift }) => embed(texts, shift)));
        for (const [i, { texts, shift }] of calls.entries())
          expect(await results[i]?.toArray()).toEqual(texts.map((text) => vectorOf(text).map((v) => v + shift)));
      }),
      { seed: 20261120, numRuns: 60 },
    );
    expect(new Set(seen).size, 'no row ran twice').toBe(seen.length);
    expect(seen.length).toBeGreaterThan(100);
  });

  it('share rows that another call runs, and run them again when it failed', async () => {
    const sheet = await newSheet();
    const batches: string[] = [];
    let failing = true;
    const embed = sheet.memo(
      'embed',
      async (texts: readonly string[]) => {
        batches.push(texts.join());
        await later();
        if (failing) throw new RangeError('no model');
        return embedding(texts);
      },
      { rows: 8 },
    );
    const failed = await Promise.allSettled([embed(['a', 'b']), embed(['b', 'a'])]);
    expect(failed.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    failing = false;
    const [x, y] = await Promise.all([embed(['a', 'b']), embed(['b', 'c'])]);
    expect(batches).toEqual(['a,b', 'a,b', 'c']);
    expect([await x.toArray(), await y.toArray()]).toEqual([['a', 'b'].map(vectorOf), ['b', 'c'].map(vectorOf)]);
  });

  it('are one operand: equal rows in equal order are the same root in every view of the same class', async () => {
    const sheet = await newSheet();
    const wide = sheet.memo(
      'wide',
      (texts: readonly string[]) =>
        new ort.Tensor(
          'float32',
          Float32Array.from({ length: texts.length * 512 }, (_, i) => texts[Math.floor(i / 512)]!.length + (i % 7)),
          [texts.length, 512],
        ),
      { rows: 32 },
    );
    const texts = Array.from({ length: 200 }, (_, i) => 'x'.repeat(i));
    const E = await wide(texts);
    await E.matmul(E, { transposeB: true }).data();
    const { kernelCalls } = sheet.stats().counters;
    const again = await wide(texts);
    await again.matmul(again, { transposeB: true }).data();
    expect(sheet.stats().counters.kernelCalls).toBe(kernelCalls);
    expect(await (await wide.with({ device: 'js' })(texts)).fingerprint()).toBe(await E.fingerprint());
    const turned = await wide(texts.toReversed());
    await turned.matmul(turned, { transposeB: true }).data();
    expect(sheet.stats().counters.kernelCalls, 'another order is another operand').toBeGreaterThan(kernelCalls);
    expect(wide.stats.rowsComputed).toBe(200);
  });

  it('come as the kind that was given: tensors of the sheet, arrays, onnxruntime, tf, JSON', async () => {
    const sheet = await newSheet();
    const data = Float32Array.from([1, 2, 3, 4, 1, 2]);
    const sum = [[3], [7], [3]];
    const sizes: unknown[] = [];
    const ours = sheet.memo(
      'ours',
      (x: Tensor) => {
        sizes.push(x.shape);
        return x.sum({ axis: 1, keepdims: true });
      },
      { rows: 8 },
    );
    expect(await (await ours(sheet.tensor(data, [3, 2]))).toArray()).toEqual(sum);
    const pending = sheet.tensor(data, [3, 2]).multiply(1);
    expect(await (await ours(pending)).toArray(), 'a computed tensor has the same rows').toEqual(sum);
    expect(sizes).toEqual([[2, 2]]);

    const onnx = sheet.memo(
      'onnx',
      (x: ort.Tensor) =>
        new ort.Tensor(
          'float32',
          (x.data as Float32Array).filter((_, i) => i % 2 === 0),
          [x.dims[0]!, 1],
        ),
      { rows: 1 },
    );
    expect(await (await onnx(new ort.Tensor('float32', data, [3, 2]))).toArray()).toEqual([[1], [3], [1]]);

    const before = tf.memory().numTensors;
    const given = tf.tensor2d(data, [3, 2]);
    const made: tf.Tensor[] = [];
    const flow = sheet.memo(
      'tf',
      (x: tf.Tensor2D) => {
        made.push(tf.tidy(() => tf.sum(x, 1, true)));
        return made.at(-1)!;
      },
      { rows: 8 },
    );
    expect(await (await flow(given)).toArray()).toEqual(sum);
    expect([given.isDisposed, made[0]?.isDisposed], "what is the caller's stays").toEqual([false, false]);
    expect(tf.memory().numTensors - before, 'only what the memo made is gone').toBe(2);

    const array = sheet.memo('array', (x: Float32Array) => x.map((v) => v * 2), { rows: 2 });
    expect(await (await array(data)).toArray()).toEqual([2, 4, 6, 8, 2, 4]);
    const json = sheet.memo('json', (x: readonly { n: number }[]) => x.map(({ n }) => [n]), { rows: 2 });
    expect(await (await json([{ n: 1 }, { n: 2 }, { n: 1 }])).toArray()).toEqual([[1], [2], [1]]);
    expect([array.stats.rowsComputed, json.stats.rowsComputed, onnx.stats.rowsComputed]).toEqual([4, 2, 2]);
  });

  it('refuse results without a row for each, rows of different types, and what has no rows', async () => {
    const sheet = await newSheet();
    const short = sheet.memo('short', (x: readonly string[]) => new Float32Array(x.length - 1), { rows: 4 });
    await expect(short(['a', 'b'])).rejects.toThrow(/memo "short": it was given 2 rows and its result is \[1\]/);
    expect(await short.has(['a'])).toBe(false);
    const ragged = sheet.memo(
      'ragged',
      (x: readonly string[]) => x.map((text) => vectorOf(text).slice(0, text.length)),
      { rows: 1 },
    );
    await expect(ragged(['a', 'bb'])).rejects.toThrow(ShapeError);
    await expect(short('ab' as never)).rejects.toThrow(SourceError);
    await expect(short(sheet.tensor(1) as never)).rejects.toThrow(/a scalar/);
    const empty = sheet.memo('empty', (x: readonly string[]) => ({ data: new Float32Array(0), shape: [x.length, 5] }), {
      rows: 4,
    });
    expect((await empty([])).shape).toEqual([0, 5]);
  });

  it('all run when the cache is off, and keep to the batch size', async () => {
    const sheet = await newSheet({ cache: 'off' });
    const sizes: number[] = [];
    const embed = sheet.memo(
      'embed',
      (texts: readonly string[]) => {
        sizes.push(texts.length);
        return embedding(texts);
      },
      { rows: 2 },
    );
    for (let i = 0; i < 2; i++)
      expect(await (await embed(['a', 'a', 'b'])).toArray()).toEqual(['a', 'a', 'b'].map(vectorOf));
    expect(sizes).toEqual([2, 1, 2, 1]);
    expect(await embed.has(['a'])).toBe(false);
  });

  it('are not changed by what the caller or the function writes to them meanwhile', async () => {
    const sheet = await newSheet();
    const seen: number[][] = [];
    const memo = sheet.memo(
      'f',
      async (x: Float32Array) => {
        seen.push([...x]);
        const result = x.map((v) => v + 1);
        x.fill(-1);
        await later();
        return result;
      },
      { rows: 2 },
    );
    const x = new Float32Array([1, 2, 3, 4]);
    const result = memo(x);
    x.fill(0);
    expect(await (await result).toArray()).toEqual([2, 3, 4, 5]);
    expect(seen).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...x]).toEqual([0, 0, 0, 0]);
  });

  it('are dropped under a small budget and run again', async () => {
    const sheet = await newSheet({ budgetBytes: 64 << 10 });
    const memo = sheet.memo(
      'f',
      (x: readonly number[]) =>
        new ort.Tensor(
          'float32',
          Float32Array.from({ length: x.length * 256 }, (_, i) => x[i >> 8]!),
          [x.length, 256],
        ),
      { rows: 16 },
    );
    const rows = Array.from({ length: 300 }, (_, i) => i);
    for (let round = 0; round < 2; round++)
      expect(await (await memo(rows)).max({ axis: 1 }).data()).toEqual(Float32Array.from(rows));
    expect(sheet.stats().sizeBytes).toBeLessThanOrEqual(64 << 10);
    expect(memo.stats.rowsComputed).toBeGreaterThan(500);
  });
});

describe('a share of hits that is checked', () => {
  it('runs the function so often, and no more', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const twice = sheet.memo('twice', (x: Float64Array) => (runs++, { y: x.map((each) => 2 * each), n: x.length }), {
      check: 0.25,
    });
    for (let i = 0; i < 9; i++) expect((await twice(Float64Array.of(1, 2))).n).toBe(2);
    expect([runs, twice.stats.checked, twice.stats.differed, twice.stats.hits]).toEqual([3, 2, 0, 8]);
  });

  it('finds a function that gives two results, says so once, and reuses nothing of it', async () => {
    const lines: string[] = [];
    const sheet = await newSheet({}, (line) => lines.push(line));
    let runs = 0;
    const drifting = sheet.memo('drifting', (x: number) => x + (runs++ < 2 ? 0 : runs), { check: 0.5 });
    const asked: number[] = [];
    for (let i = 0; i < 7; i++) asked.push(await drifting(10));
    // Two hits, of which the second is checked and equal; of the next two the second is not.
    expect(asked).toEqual([10, 10, 10, 10, 13, 14, 15]);
    expect(drifting.stats).toMatchObject({ checked: 2, differed: 1, hits: 4 });
    expect(lines.filter((line) => line.includes('memo "drifting": the function gave two results'))).toHaveLength(1);
    expect(await drifting.has(10)).toBe(false);
  });

  it('is of rows, too', async () => {
    const lines: string[] = [];
    const sheet = await newSheet({}, (line) => lines.push(line));
    let drift = 0;
    const embed = sheet.memo('rows', (texts: string[]) => sheet.tensor(texts.map((text) => [text.length + drift])), {
      rows: 8,
      check: 1,
    });
    await embed(['a', 'bb']);
    expect(await (await embed(['bb', 'a'])).toArray()).toEqual([[2], [1]]);
    expect(embed.stats).toMatchObject({ checked: 1, differed: 0 });
    drift = 1;
    await embed(['bb']);
    expect(embed.stats).toMatchObject({ checked: 2, differed: 1 });
    expect(await (await embed(['bb', 'a'])).toArray()).toEqual([[3], [2]]);
    expect(lines.join()).toContain('memo "rows": the function gave two results');
  });

  it('is a share', async () => {
    const sheet = await newSheet();
    for (const check of [-0.1, 1.5, NaN, '1'])
      expect(() => sheet.memo('f', () => 1, { check: check as number })).toThrow('give a share of hits from 0 to 1');
  });
});
