// Composites: ops told as calls of rows, each of which is found by itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PendingTensor, SheetError, SymbolicSheet } from '../../src/index.ts';
import { composite } from '../../src/core/ops/composite.ts';
import { addComposites } from '../../src/core/ops/index.ts';
import { partsOf } from '../parts.ts';

addComposites([
  composite({
    name: 'test_count_positive',
    doc: 'So many zeros as there are positive elements.',
    waits: true,
    expand: async (call, [x]) => {
      const count = await call.read(call('sum', [call('astype', [call('greater', [x!, 0])], { dtype: 'int32' })]));
      return call('zeros', [], { shape: [count] });
    },
  }),
  composite({
    name: 'test_shifted',
    doc: 'The sum of x with what is given beside it.',
    operands: [
      { name: 'x', kind: 'numeric' },
      { name: 'by', kind: 'numeric' },
      { name: 'scale', kind: 'numeric' },
    ],
    optional: 2,
    expand: (call, [x, by, scale]) => {
      const scaled = scale === undefined ? x! : call('multiply', [x!, scale]);
      return by === undefined ? scaled : call('add', [scaled, by]);
    },
  }),
]);

describe('a composite', () => {
  let sheet: SymbolicSheet;
  const run = (name: string, ...args: readonly unknown[]): PendingTensor => sheet.execute<string>(name, ...args);
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it('is a name for execute, a method of sheets and one of tensors, and its parts are on the trace', async () => {
    const x = sheet.tensor([3, 1, 2]);
    expect(await x.median().item()).toBe(2);
    expect(await sheet.median(x).item()).toBe(2);
    expect(await sheet.execute('median', x).item()).toBe(2);
    const ops = sheet.trace.events().map((event) => ('op' in event ? event.op : ''));
    expect(ops).toContain('sort');
    expect(ops).not.toContain('median');
  });

  it('shares its parts with others: what one sorted is not sorted again', async () => {
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = sheet.tensor([5, 3, 8, 1]);
    await x.quantile(0.25).item();
    const { misses } = sheet.stats().counters;
    await x.sort().data();
    expect(sheet.stats().counters.misses).toBe(misses);
  });

  it('gives several tensors by name', async () => {
    const { values, indices } = sheet.topK([4, 9, 7], 2);
    expect(await values.toArray()).toEqual([9, 7]);
    expect(await indices.toArray()).toEqual([1, 2]);
  });

  it('that waits for elements is a promise of its result', async () => {
    const given = await run('test_count_positive', [1, -1, 2]);
    expect(await given.toArray()).toEqual([0, 0]);
  });

  it('that waits reads a count that is kept: asked again nothing is computed', async () => {
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = sheet.tensor([3, NaN, 0, 3, -0, 1, NaN]);
    const ask = async (): Promise<unknown> => {
      const { values, counts, inverse } = await x.uniqueAll();
      const { codes, uniques } = await x.factorize();
      return Promise.all([values, counts, inverse, codes, uniques].map((part) => part.toArray()));
    };
    const first = await ask();
    expect(first).toEqual([
      [0, 1, 3, NaN, NaN],
      [2, 1, 2, 1, 1],
      [2, 3, 0, 2, 0, 1, 4],
      [0, -1, 1, 0, 1, 2, -1],
      [3, 0, 1],
    ]);
    const { misses } = sheet.stats().counters;
    expect(await ask()).toEqual(first);
    expect(sheet.stats().counters.misses).toBe(misses);
  });

  it('that waits refuses at the call what it can tell there', async () => {
    await expect(sheet.maskSelect([1, 2, 3], [true, false, true]).then((kept) => kept.toArray())).resolves.toEqual([
      1, 3,
    ]);
    expect(() => sheet.maskSelect([1, 2, 3], [true, false])).toThrow('mask_select: ');
    expect(() => sheet.nonzero(3)).toThrow('nonzero: x has rank 0');
  });

  it('takes operands that may be left out, also by null', async () => {
    expect(await run('test_shifted', [1, 2]).toArray()).toEqual([1, 2]);
    expect(await run('test_shifted', [1, 2], 3).toArray()).toEqual([4, 5]);
    expect(await run('test_shifted', [1, 2], null, 3).toArray()).toEqual([3, 6]);
    expect(() => run('test_shifted', [1, 2], 1, 1, 1)).toThrow(SheetError);
  });

  it('reads a plain number as the dtype beside it, to its last digit', async () => {
    const x = sheet.tensor(new Float64Array([1]));
    expect(await run('test_shifted', x, 0.1).toArray()).toEqual([1.1]);
    expect(await run('test_shifted', sheet.tensor([1], { dtype: 'int32' }), 2).toArray()).toEqual([3]);
  });

  it('names itself in the errors of its parts', () => {
    expect(() => run('test_shifted', [1, 2], [1, 2, 3])).toThrow('test_shifted: ');
    expect(() => sheet.median(sheet.tensor([true]))).toThrow('median: x is bool');
  });
});
