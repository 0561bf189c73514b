// What the compiler knows of elements: programs read them without casts. Every type that is claimed is held against the
// dtype that comes.
import { describe, expect, expectTypeOf, it } from 'vitest';
import { SymbolicSheet, type DType, type Tensor } from 'symbolic-sheet';

describe('elements are typed', () => {
  it('by dtype from item(), and by rank from toArray(), which checks it', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const [floats, longs, flags] = [
      sheet.tensor([
        [1, 2],
        [3, 4],
      ]),
      sheet.tensor([5n]),
      sheet.tensor([true, false]),
    ];
    const total: number = await floats.sum().item();
    const long: bigint = await longs.item();
    const flag: boolean = await flags.any().item();
    const rows: number[][] = await floats.toArray(2);
    const list: boolean[] = await flags.toArray(1);
    const single: bigint = await longs.sum().toArray(0);
    expect([total, long, flag, rows, list, single]).toEqual([
      10,
      5n,
      true,
      [
        [1, 2],
        [3, 4],
      ],
      [true, false],
      5n,
    ]);
    expect(await floats.toArray()).toEqual(rows);
    // @ts-expect-error
    const wrong: Promise<string> = longs.item();
    expect(await wrong).toBe(5n);
    await expect(floats.toArray(1)).rejects.toMatchObject({
      code: 'SHAPE',
      message: expect.stringContaining('has rank 2, not 1'),
    });
  });

  it('through ops of a sheet as through those of a tensor, quotients of integers included', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const [x, i, l, flags] = [
      sheet.tensor(new Float64Array(2)),
      sheet.tensor(new Int32Array([1, 2])),
      sheet.tensor([1n, 2n]),
      sheet.tensor([true, false]),
    ];
    const typed = <D extends DType>(tensor: Tensor<D>, dtype: NoInfer<D>): void => expect(tensor.dtype).toBe(dtype);
    typed(sheet.exp(x), 'float64');
    typed(sheet.add(x, 1), 'float64');
    typed(sheet.sum(flags), 'int32');
    typed(sheet.concat([i, i]), 'int32');
    typed(sheet.where(flags, x, 0), 'float64');
    typed(flags.where(i, i), 'int32');
    typed(x.divide(2), 'float64');
    typed(i.divide(2), 'float32');
    typed(l.divide(l), 'float32');
    expectTypeOf(sheet.exp(x)).toExtend<Tensor<'float64'>>();
    expectTypeOf(sheet.add(x, 1).sum().item()).resolves.toEqualTypeOf<number>();
    expectTypeOf(sheet.concat([i, i]).dtype).toEqualTypeOf<'int32'>();
    expectTypeOf(sheet.concat([i, x]).dtype).toEqualTypeOf<DType>();
    expectTypeOf(sheet.where(flags, x, 0).dtype).toEqualTypeOf<'float64'>();
    expectTypeOf(flags.where(i, i).dtype).toEqualTypeOf<'int32'>();
    expectTypeOf(l.divide(l).sum().item()).resolves.toEqualTypeOf<number>();
    expectTypeOf(i.divide(2).dtype).toEqualTypeOf<'float32'>();
  });

  it('with attributes in an object as soon as nothing else is needed, and defaults written out', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    expectTypeOf(sheet.eye(2, { dtype: 'int8' }).dtype).toEqualTypeOf<'int8'>();
    expectTypeOf(sheet.arange(3, { dtype: 'int32' }).dtype).toEqualTypeOf<'int32'>();
    expect(await sheet.arange(3, { stop: null, dtype: 'int32' }).toArray(1)).toEqual([0, 1, 2]);
    expect(
      await sheet
        .arange(6)
        .slice({ start: null, stop: [4], step: null })
        .toArray(1),
    ).toEqual([0, 1, 2, 3]);
    expect(sheet.full([2], { value: 3 }).reshape({ shape: [2, 1] }).shape).toEqual([2, 1]);
    // @ts-expect-error
    expect(() => sheet.eye(2, { dtype: 'int9' })).toThrow('int9');
  });

  it('with axes reversed by T; and a tensor is no list: loops over it are refused, by the compiler too', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const x = sheet.tensor(new Float64Array([1, 2, 3, 4, 5, 6]), [2, 3]);
    expectTypeOf(x.T.dtype).toEqualTypeOf<'float64'>();
    expect(await x.T.toArray(2)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(sheet.zeros([2, 3, 4]).T.shape).toEqual([4, 3, 2]);
    expect([x.ndim, x.T.T.ndim, sheet.full([], 1).ndim]).toEqual([2, 2, 0]);
    expect(await sheet.tensor([1, 2]).T.toArray(1)).toEqual([1, 2]);
    const loops: readonly (() => unknown)[] = [
      () => {
        // @ts-expect-error
        for (const row of x) return row as unknown;
        return undefined;
      },
      // @ts-expect-error
      () => [...x],
      () => Array.from(x as unknown as ArrayLike<number>),
      () => new Float32Array(x as unknown as ArrayLike<number>),
      () => new Set(x.add(1) as unknown as Iterable<unknown>),
    ];
    for (const loop of loops)
      expect(loop).toThrow(
        expect.objectContaining({ code: 'SOURCE', message: expect.stringContaining('await x.toArray()') }),
      );
    const rows: number[][] = [];
    for (const row of await x.toArray(2)) rows.push(row);
    for (const [i, row] of x.split(2).entries()) expect(await row.toArray(2)).toEqual([rows[i]]);
  });
});
