// Columns of Apache Arrow, made and read by its own library: one chunk is not copied, nulls are refused or filled.
import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { ARROW_TYPES } from '../../src/core/tensor/arrow-dtypes.ts';
import { bytesOf, type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { fromArrow, type StoredTensor, toArrow } from '../../src/interchange.ts';

const LIBRARY = Object.values(DTYPES).filter(({ name, codec }) => name === 'float16' || codec === undefined);

/** Elements of a dtype, of any bits. */
function tensorOf(dtype: DType, shape: readonly number[]): StoredTensor {
  const array = new DTYPES[dtype].array(shape.reduce((a, b) => a * b, 1));
  bytesOf(array).forEach((_, i, bytes) => (bytes[i] = dtype === 'bool' ? ((i * 7) >> 2) & 1 : (i * 31 + 3) % 120));
  return { dtype, shape, array };
}

const hex = ({ array }: StoredTensor): string => Buffer.from(bytesOf(array)).toString('hex');

/** Through Arrow's own file format and back. */
const throughFile = (column: arrow.Vector): arrow.Vector =>
  arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table({ column }), 'file')).getChild('column')!;

describe('columns of Arrow', () => {
  it('have a type for every dtype of the library', () => {
    expect(Object.keys(ARROW_TYPES).sort()).toEqual(LIBRARY.map(({ name }) => name).sort());
  });

  it.each(LIBRARY.map(({ name }) => name))('of %s come back as they went, through a file too', (dtype) => {
    for (const shape of [[5], [0], [3, 4], [2, 3, 2]]) {
      const tensor = tensorOf(dtype, shape);
      const column = toArrow(tensor, arrow);
      expect(column).toBeInstanceOf(arrow.Vector);
      expect(column.length).toBe(shape[0]);
      for (const each of shape[0] === 0 ? [column] : [column, throughFile(column)]) {
        const back = fromArrow(each);
        expect([back.dtype, back.shape, hex(back)]).toEqual([dtype, shape, hex(tensor)]);
      }
    }
  });

  it("are the elements that Arrow's own accessors give", () => {
    const column = arrow.vectorFromArray([1.5, -2, 3.25], new arrow.Float64());
    expect([...fromArrow(column).array]).toEqual([...column]);
    const flags = arrow.vectorFromArray([true, false, true, true, false, false, true, false, true], new arrow.Bool());
    expect([...fromArrow(flags).array].map(Boolean)).toEqual([...flags]);
    const sliced = flags.slice(3, 8);
    expect([...fromArrow(sliced).array].map(Boolean)).toEqual([...sliced]);
    const rows = toArrow(tensorOf('float32', [4, 3]), arrow).slice(1, 3);
    expect([...fromArrow(rows).array]).toEqual([...rows].flatMap((row) => [...(row as Iterable<number>)]));
  });

  it('of one chunk are views of its memory; several chunks are joined', () => {
    const elements = Float32Array.of(1, 2, 3, 4);
    const column = toArrow({ dtype: 'float32', shape: [4], array: elements }, arrow);
    expect(fromArrow(column).array.buffer).toBe(elements.buffer);
    const rows = toArrow({ dtype: 'float32', shape: [2, 2], array: elements }, arrow);
    expect(fromArrow(rows).array.buffer).toBe(elements.buffer);
    const both = column.concat(arrow.vectorFromArray([5, 6], new arrow.Float32()) as never);
    expect(both.data).toHaveLength(2);
    expect(fromArrow(both)).toEqual({ dtype: 'float32', shape: [6], array: Float32Array.of(1, 2, 3, 4, 5, 6) });
  });

  it('with nulls are refused, or filled as asked, in slices and lists too', () => {
    const column = arrow.vectorFromArray([1, null, 3, null], new arrow.Float64());
    expect(() => fromArrow(column)).toThrow(
      expect.objectContaining({
        code: 'SOURCE',
        message: expect.stringMatching(/2 elements .* null; say what stands/),
      }),
    );
    expect([...fromArrow(column, { nulls: -1 }).array]).toEqual([1, -1, 3, -1]);
    expect([...column]).toEqual([1, null, 3, null]);
    expect([...fromArrow(column.slice(1, 3), { nulls: Number.NaN }).array]).toEqual([Number.NaN, 3]);
    const big = arrow.vectorFromArray([1n, null], new arrow.Int64());
    expect([...fromArrow(big, { nulls: 7 }).array]).toEqual([1n, 7n]);
    expect(() => fromArrow(big, { nulls: 0.5 })).toThrow(/0.5 is no element of int64/);
    const flags = arrow.vectorFromArray([true, null, false], new arrow.Bool());
    expect([...fromArrow(flags, { nulls: true }).array]).toEqual([1, 1, 0]);
    const half = arrow.vectorFromArray([1, null], new arrow.Float16());
    expect([...fromArrow(half, { nulls: 1 }).array]).toEqual([0x3c00, 0x3c00]);
    const item = new arrow.Field('item', new arrow.Float32(), true);
    const lists = arrow.vectorFromArray([[1, 2], null, [3, null]], new arrow.FixedSizeList(2, item));
    expect(() => fromArrow(lists)).toThrow(expect.objectContaining({ code: 'SOURCE' }));
    expect(fromArrow(lists, { nulls: 9 })).toMatchObject({ shape: [3, 2], array: Float32Array.of(1, 2, 9, 9, 3, 9) });
  });

  it('of other types are refused by saying what to do, as is what is no column', () => {
    const refusals: readonly (readonly [arrow.Vector, RegExp])[] = [
      [arrow.vectorFromArray([1n], new arrow.DateMillisecond()), /elements of Date.* are not held here; cast/],
      [arrow.vectorFromArray(['a'], new arrow.Utf8()), /Utf8 .*map the texts to numbers/],
      [arrow.vectorFromArray(['a', 'b']), /Dictionary.* cast the column/],
    ];
    for (const [column, message] of refusals) {
      expect(() => fromArrow(column)).toThrow(message);
      expect(() => fromArrow(column)).toThrow(expect.objectContaining({ code: 'DTYPE' }));
    }
    for (const none of [undefined, {}, 7]) expect(() => fromArrow(none as never)).toThrow(/is no column of Arrow/);
    const scalar = { dtype: 'float32', shape: [], array: Float32Array.of(1) } as const;
    expect(() => toArrow(scalar, arrow)).toThrow(/give it an axis with reshape\(\[1\]\)/);
    expect(() => toArrow({ ...scalar, shape: [2] }, arrow)).toThrow(/give a shape whose product is 1/);
  });

  it('go into a sheet and out of it', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const table = arrow.tableFromArrays({ x: Float32Array.of(1, 2, 3), y: Int32Array.of(4, 5, 6) });
    const x = fromArrow(table.getChild('x')!);
    const doubled = sheet.tensor(x.array, x.shape, { dtype: x.dtype }).multiply(2);
    const column = toArrow({ dtype: 'float32', shape: [3], array: (await doubled.data()) as Float32Array }, arrow);
    expect([...column]).toEqual([2, 4, 6]);
  });
});
