// Formulas on tensors: the calls of a chain that is written by hand, or one op with the same bits on every device.
import { describe, expect, it } from 'vitest';
import { formula } from '../../src/formula.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { partsOf } from '../parts.ts';

const FORMULAS = [
  'sin(x)^2 + y',
  'exp(-x^2/2)/sqrt(2*pi)',
  'tanh(x*y)*x*y',
  '1/(1 + exp(-(0.3x + 0.7y + 0.1)))',
  'x^3 + 2x^2*y + y^2 + 1',
  'where(x > 0 and not y == 1, log1p(x), -erf(y))',
];
const elements = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * 1.7 + seed) * (1 + (i % 7))));
const SPECIAL = Float32Array.of(NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40, 3e38);

describe('a formula that is applied', () => {
  it('is found where the same chain was computed', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = sheet.tensor(elements(64, 1));
    const y = sheet.tensor(elements(64, 2));
    const byHand = x.sin().square().add(y).multiply(0.1);
    await byHand.data();
    const before = sheet.stats().counters.kernelCalls;
    const applied = formula('(sin(x)^2 + y)*0.1').apply({ x, y });
    expect([...(await applied.data())]).toEqual([...(await byHand.data())]);
    expect(sheet.stats().counters.kernelCalls).toBe(before);
  });

  it('takes numbers beside tensors, folds what is of numbers alone, and broadcasts', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    const x = sheet.tensor([[1], [2]]);
    const f = formula('x*y + sqrt(4)*k');
    expect(await f.apply({ x, y: sheet.tensor([10, 20]), k: 0.5 }).toArray()).toEqual([
      [11, 21],
      [21, 41],
    ]);
    expect(() => f.apply({ x, y: 1 })).toThrow(/there is nothing for k; give a tensor or a number/);
    expect(() => formula('x + 1').apply({ x: 2 })).toThrow(/there is no tensor among its operands/);
  });
});

describe('a formula that is compiled as one op', () => {
  it.each(FORMULAS)('%s: JavaScript and WebAssembly give the same bits, rounded once', async (text) => {
    const f = formula(text);
    const run = async (device: 'js' | 'wasm'): Promise<Float32Array> => {
      await using sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], device, store: 'memory' });
      const x = sheet.tensor(Float32Array.of(...SPECIAL, ...elements(300, 1)));
      const y = sheet.tensor(Float32Array.of(...[...SPECIAL].reverse(), ...elements(300, 2)));
      return (await f.compile({ as: 'op' })({ x, y }).data()) as Float32Array;
    };
    const [js, wasm] = [await run('js'), await run('wasm')];
    expect(new Uint32Array(wasm.buffer, wasm.byteOffset, wasm.length)).toEqual(
      new Uint32Array(js.buffer, js.byteOffset, js.length),
    );
    const [x, y] = [elements(300, 1), elements(300, 2)];
    for (let i = 0; i < 300; i++) {
      const wanted = f.value(f.symbols.includes('y') ? { x: x[i]!, y: y[i]! } : { x: x[i]! });
      expect(js[SPECIAL.length + i]).toBe(Math.fround(wanted));
    }
  });

  it('is one op however often it is made, and refuses what no op has', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = sheet.tensor([1, 2, 3]);
    await formula('x^2 + 1').compile({ as: 'op' })({ x }).data();
    const before = sheet.stats().counters.kernelCalls;
    expect(await formula('x^2 + 1').compile({ as: 'op' })({ x }).toArray()).toEqual([2, 5, 10]);
    expect(sheet.stats().counters.kernelCalls).toBe(before);
    expect(() => formula('a+b+c+d+f+g+h').compile({ as: 'op' })).toThrow(/call apply, or compile a formula of 1 to 6/);
    expect(() => formula('x').compile({ as: 'kernel' as 'op' })).toThrow(/calls or op/);
  });
});
