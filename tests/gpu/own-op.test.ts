// Ops of a program's own on a GPU: the body is written as a shader, alone and fused, and a body in JavaScript stays on
// the CPU.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SymbolicSheet } from 'symbolic-sheet';
import { defineOp, elementary } from 'symbolic-sheet/kit';
import type { Entrance } from '../ops/samples.ts';
import { openGpuAndJs } from './gpu-and-js.ts';

const softsign = defineOp({
  name: 'gpu_softsign',
  version: 1,
  operands: ['x'],
  element: (m, x) => m.div(x, m.add(m.constant(1), m.abs(x))),
});
const damped = defineOp({
  name: 'gpu_damped',
  version: 1,
  operands: ['x', 'rate'],
  element: (m, x, rate) => m.mul(x, m.call(elementary.exp, m.neg(m.mul(rate, m.abs(x))))),
});
const reversed = defineOp({
  name: 'gpu_reversed',
  version: 1,
  operands: ['x'],
  reference: ({ operands: [x], out }) => {
    for (let i = 0; i < out.array.length; i++) out.array[i] = x?.array[out.array.length - 1 - i] as number;
  },
});

describe('an op of a program on a GPU', () => {
  let sheet: SymbolicSheet;
  let gpu: Entrance;
  let js: Entrance;
  const x = Float32Array.from({ length: 5000 }, (_, i) => (i - 2500) / 301);
  beforeAll(async () => {
    ({ sheet, gpu, js } = await openGpuAndJs());
  });
  afterAll(() => sheet.close());

  it.each([
    ['alone', false],
    ['fused with its neighbours', true],
  ])('computes its body there, %s', async (_how, isFused) => {
    for (const view of [gpu, js] as unknown as SymbolicSheet[]) {
      const given = isFused ? view.tensor(x).add(1) : view.tensor(x);
      const result = view.execute(damped, view.execute(softsign, given), 0.5);
      const values = await (isFused ? result.multiply(2) : result).data();
      const wanted = Array.from(x, (element) => {
        const at = element + Number(isFused);
        const soft = at / (1 + Math.abs(at));
        return soft * Math.exp(-0.5 * Math.abs(soft)) * (isFused ? 2 : 1);
      });
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - (values[i] as number))))).toBeLessThan(1e-6);
    }
    const on = (gpu as unknown as SymbolicSheet).execute(softsign, x);
    await on.data();
    expect(on.explain().ops.at(-1)?.device).toBe('webgpu');
  });

  it('is computed on the CPU where its body is JavaScript', async () => {
    const result = (gpu as unknown as SymbolicSheet).execute(
      reversed,
      (gpu as unknown as SymbolicSheet).execute(softsign, x),
    );
    expect((await result.data())[0]).toBeCloseTo(x[4999]! / (1 + x[4999]!), 6);
  });
});
