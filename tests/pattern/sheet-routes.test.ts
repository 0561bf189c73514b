// Routes and rewrites inside a sheet: the same bits with the cache on and off, named in explain and on the trace.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { PendingTensor } from '../../src/core/handle/tensor.ts';
import { difference } from './bits.ts';

const N = 420;
const noise = (seed: number): Float32Array =>
  Float32Array.from({ length: N * N }, (_, i) => (i % 11 === 0 ? -0 : Math.sin(i * 1.3 + seed)));
const shuffled = Int32Array.from({ length: N }, (_, i) => (i * 11 + 3) % N);

type Program = (sheet: SymbolicSheet, x: Tensor) => PendingTensor;
const PROGRAMS: readonly (readonly [string, Program])[] = [
  ['identity route', (sheet, x) => x.matmul(sheet.eye(N))],
  ['diagonal route', (sheet, x) => sheet.eye(N).multiply(3).matmul(x)],
  ['zero route', (sheet, x) => x.matmul(sheet.zeros([N, N]))],
  ['permutation route', (sheet, x) => sheet.eye(N).take(shuffled).matmul(x, { transposeA: true })],
  ['repeated rows route', (sheet, x) => x.take(shuffled.map((i) => i % 7)).matmul(x)],
];

describe('routes inside a sheet', () => {
  const sheets: SymbolicSheet[] = [];
  beforeAll(async () => {
    for (const options of [{ cache: 'on' }, { cache: 'off' }, { devices: ['js'] }] as const)
      sheets.push(await SymbolicSheet.open({ class: 'exact', ...options }));
  });
  afterAll(async () => {
    for (const sheet of sheets) await sheet.close();
  });

  for (const [name, program] of PROGRAMS) {
    it(`${name}: is explained and noted, with the bits every sheet gives, and those of the kernel`, async () => {
      const results: Float32Array[] = [];
      for (const sheet of sheets) {
        const tensor = await program(sheet, sheet.tensor(noise(1), [N, N]));
        results.push((await tensor.data()) as Float32Array);
        expect(sheet.explain(tensor).toString()).toContain(name);
        expect(sheet.trace.annotations().some(({ note }) => note?.startsWith(name) === true)).toBe(true);
      }
      const [first, ...others] = results as [Float32Array, ...Float32Array[]];
      for (const other of others) expect(difference(other, first)).toBeUndefined();
      expect(first.some((value) => Object.is(value, -0))).toBe(false);
    });
  }

  it('an ordinary product is not noted', async () => {
    const [sheet] = sheets as [SymbolicSheet];
    const tensor = await sheet.tensor(noise(2), [N, N]).matmul(sheet.tensor(noise(3), [N, N]));
    await tensor.data();
    expect(sheet.explain(tensor).toString()).not.toContain('route');
  });

  it('a product of a matrix with its own transpose is symmetric to the last bit', async () => {
    for (const sheet of sheets.slice(0, 2)) {
      const x = sheet.tensor(noise(4), [N, N]);
      const [gram, turned] = [
        await x.matmul(x, { transposeA: true }).data(),
        await x.matmul(x, { transposeA: true }).permuteDims([1, 0]).data(),
      ];
      expect(difference(gram, turned)).toBeUndefined();
    }
  });
});
