// Reductions over axes without elements: the inferred result where it is empty, or a typed error at the call; never a
// fault of a kernel.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { sizeOf } from '../../src/core/tensor/shape.ts';

const REDUCING = [...OPS.values()].filter(({ kernel: { skeleton } }) => skeleton === 'reduce' || skeleton === 'rows');
const SHAPES = [[0], [0, 0], [0, 5], [5, 0], [0, 0, 5], [0, 5, 0], [5, 0, 0], [2, 0, 3], [0, 0, 0]];

describe.each(['js', 'wasm'] as const)('on %s', (device) => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], cache: 'off' });
  });
  afterAll(() => sheet.close());

  it.each(REDUCING.map((row) => [row.name, row] as const))(
    '%s of an empty axis is an empty result, a value or a typed error at the call',
    async (name, row) => {
      const dtypes =
        row.operands[0]?.kind === 'float'
          ? (['float32', 'float64'] as const)
          : (['float32', 'int64', 'uint8'] as const).slice(0, row.operands[0]?.kind === 'floatOrBool' ? 1 : 3);
      for (const dtype of dtypes)
        for (const shape of SHAPES)
          for (const axis of [...shape.keys(), ...(row.kernel.skeleton === 'rows' ? [] : [null])]) {
            let result: Tensor;
            try {
              result = (sheet.with({ device }).execute as (name: string, ...args: readonly unknown[]) => Tensor)(
                name,
                sheet.zeros(shape, { dtype }),
                { axis },
              );
            } catch (error) {
              expect(error).toBeInstanceOf(SheetError);
              expect((error as SheetError).code).toBe('SHAPE');
              continue;
            }
            expect(
              ((await result.data()) as ArrayLike<unknown>).length,
              `${name} ${dtype} [${shape.join()}] along ${axis}`,
            ).toBe(sizeOf(result.shape));
          }
    },
  );

  it('argmin and argmax give the empty result where nothing is kept, and refuse an empty axis', async () => {
    const on = sheet.with({ device });
    for (const [shape, axis, wanted] of [
      [[0, 0], 0, [0]],
      [[0, 0], 1, [0]],
      [[0, 0, 5], 0, [0, 5]],
      [[0, 0, 5], 1, [0, 5]],
      [[3, 0, 0], 2, [3, 0]],
    ] as const) {
      for (const result of [
        on.argmin(on.zeros(shape), { axis }),
        on.argmax(on.zeros(shape, { dtype: 'int64' }), { axis }),
      ]) {
        expect(result.shape).toEqual(wanted);
        expect(await result.data()).toEqual(new Int32Array(0));
      }
    }
    expect(() => on.argmax(on.zeros([0, 5]), { axis: 0 })).toThrow(/argmax: x is|argmax: x has shape \[0,5\]/);
    expect(() => on.argmin(on.zeros([0]))).toThrow(SheetError);
  });
});
