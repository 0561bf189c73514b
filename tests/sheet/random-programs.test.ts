// Programs drawn at random give the same bits with the cache on and off, whatever is evicted, repeated or entered anew.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PendingTensor, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { partsOf } from '../parts.ts';
import { extent } from '../run/extent.ts';

/** 6.4 KB a matrix: large enough for recycled blocks, small enough for many runs. */
const SIDE = 40;
const SPECIAL = [0, -0, 1, -1, 0.5, 3e38, -3e38, 1e-40, Infinity, -Infinity, NaN];

/** One step of a program: an op on values made before, by their position from the end. */
interface Step {
  readonly op: string;
  readonly a: number;
  readonly b: number;
}

const UNARY = [
  'abs',
  'negative',
  'exp',
  'tanh',
  'relu',
  'square',
  'softmax',
  'permute_dims',
  'round',
  'tril',
  'flip',
  'sign',
] as const;
const BINARY = ['add', 'subtract', 'multiply', 'maximum', 'minimum', 'matmul', 'hypot', 'divide'] as const;
const OTHER = ['sumRows', 'rowsOf', 'same'] as const;

const step = fc.record({ op: fc.constantFrom(...UNARY, ...BINARY, ...OTHER), a: fc.nat(7), b: fc.nat(7) });
const program = fc.record({
  seeds: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  reads: fc.array(fc.nat(20), { maxLength: 4 }),
  evictions: fc.array(fc.nat(20), { maxLength: 6 }),
});

function matrix(seed: number): Float32Array {
  let state = (seed + 1) * 2654435761;
  return Float32Array.from({ length: SIDE * SIDE }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % 7 === 0 ? SPECIAL[(state >>> 8) % SPECIAL.length]! : (state / 2 ** 31 - 1) * 4;
  });
}

function apply(sheet: SymbolicSheet, { op, a, b }: Step, values: Tensor[]): PendingTensor {
  const x = values.at(-1 - (a % values.length))!;
  const y = values.at(-1 - (b % values.length))!;
  if (op === 'sumRows') return x.sum({ axis: 1, keepdims: true }).add(y);
  if (op === 'rowsOf') return x.take(Int32Array.from({ length: SIDE }, (_, i) => (i * 5 + b) % SIDE));
  if (op === 'same') return x.add(y).subtract(y);
  return (UNARY as readonly string[]).includes(op) ? sheet.execute(op as 'abs', x) : sheet.execute(op as 'add', x, y);
}

/** Runs a program; between steps some values are read and some entries dropped. */
async function run(
  sheet: SymbolicSheet,
  { seeds, steps, reads, evictions }: { seeds: number[]; steps: Step[]; reads: number[]; evictions: number[] },
): Promise<Uint32Array[]> {
  const values: Tensor[] = seeds.map((seed) => sheet.tensor(matrix(seed), [SIDE, SIDE]));
  for (const [i, each] of steps.entries()) {
    values.push(apply(sheet, each, values));
    if (reads.includes(i)) await values.at(-1)?.data();
    if (evictions.includes(i))
      for (const entry of partsOf(sheet).store.entries())
        if (entry.node % 2 === i % 2) partsOf(sheet).store.delete(entry.node);
  }
  return Promise.all(values.map(async (value) => new Uint32Array(((await value.data()) as Float32Array).buffer)));
}

describe('random programs', () => {
  const sheets: SymbolicSheet[] = [];
  let warm: SymbolicSheet;
  let off: SymbolicSheet;
  let plain: SymbolicSheet;

  beforeAll(async () => {
    warm = await SymbolicSheet.open({ class: 'exact', budgetBytes: 1 << 20 });
    off = await SymbolicSheet.open({ class: 'exact', cache: 'off' });
    plain = await SymbolicSheet.open({ class: 'exact', devices: ['js'], budgetBytes: 20_000 });
    sheets.push(warm, off, plain);
    // What a program of this size takes is noise; all that it computes is kept, so that the cache takes part.
    for (const sheet of sheets) Object.assign(partsOf(sheet), { admission: () => 'admit' });
  });

  afterAll(() => Promise.all(sheets.map((sheet) => sheet.close())));

  it('give the same bits with the cache on, off, warm, small, on WASM and on JavaScript', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (drawn) => {
        const expected = await run(off, drawn);
        for (const sheet of [warm, warm, plain]) {
          const got = await run(sheet, drawn);
          got.forEach((bits, i) => expect(bits, `value ${i}`).toEqual(expected[i]));
        }
      }),
      { seed: 20261120, numRuns: extent(60, 120) },
    );
    expect(warm.stats().counters.hits, 'the cache took part').toBeGreaterThan(150);
    expect(plain.stats().evictions, 'the small store was too small').toBeGreaterThan(10);
  });

  it('give the same bits when every entry is evicted between the call and the demand', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (drawn) => {
        const expected = await run(off, drawn);
        await run(warm, drawn);
        const values: Tensor[] = drawn.seeds.map((seed) => warm.tensor(matrix(seed), [SIDE, SIDE]));
        for (const each of drawn.steps) values.push(await apply(warm, each, values));
        for (const entry of partsOf(warm).store.entries()) partsOf(warm).store.delete(entry.node);
        const got = await Promise.all(
          values.map(async (value) => new Uint32Array(((await value.data()) as Float32Array).buffer)),
        );
        got.forEach((bits, i) => expect(bits, `value ${i}`).toEqual(expected[i]));
      }),
      { seed: 20261121, numRuns: extent(30, 60) },
    );
  });
});
