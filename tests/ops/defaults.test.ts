// Defaults of attributes: written out, each is the same call as when it is left out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { methodName, OPS } from '../../src/core/ops/index.ts';

const REQUIRED: Readonly<Record<string, unknown>> = {
  shape: [2, 8],
  dtype: 'int32',
  ints: [1],
  int: 2,
  float: 2,
  number: 2,
  axis: 0,
  axes: [0],
  seed: 7,
  bool: true,
};

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'] });
});
afterAll(() => sheet.close());

/** Shapes and attributes for rows that do not take any. */
const OPERANDS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  squeeze: [[1, 4, 1, 4]],
  searchsorted: [[16], [4, 4]],
  cumulative_sum: [[16]],
  cumulative_prod: [[16]],
  cumulative_min: [[16]],
  cumulative_max: [[16]],
  fold_windows: [[2, 1, 1, 8]],
};

function operandsOf(row: OpRow): unknown[] {
  const tensors = row.operands.map(({ kind, pairs }, i) =>
    sheet
      .eye(4, {
        dtype: kind === 'bool' ? 'bool' : kind === 'index' || kind.startsWith('integer') ? 'int32' : 'float32',
      })
      .reshape(OPERANDS[row.name]?.[i] ?? (pairs === true ? [8, 2] : [4, 4])),
  );
  return row.variadic ? [[tensors[0], tensors[0]]] : tensors;
}

const given = (row: OpRow): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row.attributes).flatMap(([name, spec]) =>
      spec.fallback === undefined
        ? [
            [
              name,
              row.name === 'expand_dims'
                ? [0]
                : row.name === 'broadcast_to'
                  ? [4, 4]
                  : row.name === 'reshape'
                    ? [2, 8]
                    : REQUIRED[spec.kind],
            ],
          ]
        : [],
    ),
  );

const rows = [...OPS.values()].filter((row) =>
  Object.values(row.attributes).some(({ fallback }) => fallback !== undefined),
);

describe.each(rows.map((row) => [row.name, row] as const))('%s', (name, row) => {
  const execute = (...args: readonly unknown[]): Tensor =>
    (sheet.execute as (op: string, ...rest: readonly unknown[]) => Tensor)(name, ...args);
  const method = (...args: readonly unknown[]): Tensor =>
    (sheet as unknown as Record<string, (...rest: readonly unknown[]) => Tensor>)[methodName(row.name)]?.(
      ...args,
    ) as Tensor;

  it('is the same call with each default written out, with all of them, and with undefined', () => {
    const operands = operandsOf(row);
    const required = given(row);
    const plain = execute(...operands, required);
    const defaults = Object.fromEntries(
      Object.entries(row.attributes).flatMap(([attribute, { fallback }]) =>
        fallback === undefined ? [] : [[attribute, fallback]],
      ),
    );
    for (const written of [
      defaults,
      ...Object.entries(defaults).flatMap(([attribute, value]) => [{ [attribute]: value }, { [attribute]: undefined }]),
    ]) {
      for (const call of name === 'trace' ? [execute] : [execute, method]) {
        const same = call(...operands, { ...required, ...written });
        expect(
          [same.dtype, same.shape, same.call.row?.name, same.call.attributes.values],
          JSON.stringify(written),
        ).toEqual([plain.dtype, plain.shape, plain.call.row?.name, plain.call.attributes.values]);
        expect(same.call.attributes).toBe(plain.call.attributes);
      }
    }
  });

  it('takes them by position as well', () => {
    const operands = operandsOf(row);
    const required = given(row);
    if (!row.positional.some((attribute) => row.attributes[attribute]?.fallback !== undefined)) return;
    const inOrder = row.positional.map((attribute) => required[attribute] ?? row.attributes[attribute]?.fallback);
    const others = Object.fromEntries(
      Object.entries(required).filter(([attribute]) => !row.positional.includes(attribute)),
    );
    expect(execute(...operands, ...inOrder, others).call.attributes).toBe(
      execute(...operands, required).call.attributes,
    );
  });
});
