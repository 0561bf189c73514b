// What a trace says of a call is checked as the call was: every call of every row is taken as it was recorded, and
// nothing that no call comes to.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet } from '../../src/index.ts';
import type { Call } from '../../src/core/engine/call.ts';
import { OPS, opNamed } from '../../src/core/ops/index.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { callsOf, describeCall, enter, perform } from '../ops/samples.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'] });
});
afterAll(() => sheet.close());

/** The expressions under one, with it. */
function under(top: Call, found = new Set<Call>()): Set<Call> {
  if (!found.has(top)) for (const operand of (found.add(top), top.operands)) under(operand, found);
  return found;
}

const again = (call: Call): Call => sheet.restate(call.row as never, call.operands, call.attributes.values).call;

function expectAgain(call: Call, what: string): void {
  for (const each of under(call)) {
    if (each.row === undefined) continue;
    const restated = again(each);
    expect([what, restated.attributes === each.attributes, restated.type === each.type]).toEqual([what, true, true]);
  }
}

describe('a call as it was recorded', () => {
  it.each([...OPS.keys()])('of %s is taken again with the same attributes and type', (name) => {
    const row = opNamed(name);
    for (const dtype of [
      'float32',
      'float64',
      'float16',
      'int32',
      'uint8',
      'bool',
    ] as const satisfies readonly DType[]) {
      for (const call of callsOf(sheet, row, dtype, 4)) {
        let made: Call;
        try {
          made = perform(sheet, call, enter(sheet, call)).call;
        } catch (error) {
          if (error instanceof SheetError) continue;
          throw error;
        }
        expectAgain(made, describeCall(call));
      }
    }
  });

  it('of slices from the end is taken again, too', () => {
    const x = sheet.tensor(new Float32Array(30), [5, 6]);
    for (const [start, stop, step] of [
      [[null], [null], [-1]],
      [
        [-2, 4],
        [null, null],
        [-1, -2],
      ],
      [[9], [-9], [-1]],
      [[-9], [9], [2]],
      [[0], [0], [-1]],
      [[4], [-9, 1], [-3, 1]],
    ]) {
      expectAgain(sheet.execute('slice', x, { start, stop, step } as never).call, JSON.stringify([start, stop, step]));
    }
  });
});

describe('a call that no call comes to', () => {
  const x = (): Call => sheet.tensor(new Float32Array(6), [2, 3]).call;
  const flags = (): Call => sheet.tensor([true, false]).call;
  const wrong: readonly (readonly [
    op: string,
    operands: () => readonly Call[],
    attrs: Readonly<Record<string, unknown>>,
  ])[] = [
    ['exp', () => [], {}],
    ['exp', () => [x(), x()], {}],
    ['exp', () => [x()], { axis: 0 }],
    ['concat', () => [], { axis: 0 }],
    ['add', () => [x()], {}],
    ['add', () => [x(), sheet.tensor(new Int32Array(6), [2, 3]).call], {}],
    ['exp', () => [flags()], {}],
    ['sum', () => [x()], {}],
    ['sum', () => [x()], { axis: 'no', keepdims: false }],
    ['sum', () => [x()], { axis: [0, 0], keepdims: false }],
    ['sum', () => [x()], { axis: [-1], keepdims: false }],
    ['sum', () => [x()], { axis: [2], keepdims: false }],
    ['sum', () => [x()], { axis: [0], keepdims: 'yes' }],
    ['sum', () => [x()], { axis: [0], keepdims: false, more: 1 }],
    ['astype', () => [x()], { dtype: 'nope' }],
    ['astype', () => [x()], {}],
    ['reshape', () => [x()], { shape: [7] }],
    ['reshape', () => [x()], { shape: [-1] }],
    ['reshape', () => [x()], { shape: 6 }],
    ['slice', () => [x()], { start: [0, 0], stop: [9, 3], step: [1, 1] }],
    ['slice', () => [x()], { start: [-2, 0], stop: [2, 3], step: [1, 1] }],
    ['slice', () => [x()], { start: [0], stop: [2], step: [1] }],
    ['slice', () => [x()], { start: [0, 0], stop: [2, 3], step: [0, 1] }],
    ['permute_dims', () => [x()], { axes: [0, 0] }],
    ['permute_dims', () => [x()], { axes: null }],
    ['squeeze', () => [x()], { axis: [0] }],
    ['argmax', () => [x()], { axis: [0, 0], keepdims: false }],
    ['argmax', () => [x()], { axis: [5], keepdims: false }],
    ['argmax', () => [x()], { axis: 1, keepdims: false }],
    ['broadcast_to', () => [x()], { shape: [5, 5] }],
    ['full', () => [], { shape: [-1], value: 1, dtype: 'float32' }],
    ['full', () => [], { shape: [2 ** 40, 2 ** 40], value: 1, dtype: 'float32' }],
    ['exp', () => [sheet.tensor([1, 2]).astype('float16').call], {}],
  ];
  it.each(wrong.map(([op, operands, attrs]) => [op, attrs, operands] as const))(
    '%s of %j is a typed error',
    (op, attrs, operands) => {
      expect(() => sheet.restate(opNamed(op), operands(), attrs as never)).toThrow(SheetError);
    },
  );
});
