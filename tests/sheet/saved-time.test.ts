// Time that is said to be saved is time that the same program takes without the cache: both are run, by a clock that
// only kernels move.
import { describe, expect, it } from 'vitest';
import type { SymbolicSheet, Tensor } from '../../src/index.ts';
import { FUSED_ELEMENTS } from '../../src/core/engine/fusion.ts';
import { noise } from './fixtures/arrays.ts';
import { openMetered } from './fixtures/metered.ts';

const ROWS = 400;
const COLUMNS = 20;

/** Makes what a program does, turn by turn. */
type Program = (sheet: SymbolicSheet) => (turn: number) => PromiseLike<unknown>;

interface Cost {
  readonly spentNs: number;
  readonly savedNs: number;
}

/**
 * What so many turns take after the first two (kernels are compiled in either case), and what is said to be saved by
 * them.
 */
async function costOf(program: Program, turns: number, cache: 'on' | 'off'): Promise<Cost> {
  const { sheet, spentNs } = await openMetered({ cache });
  const turn = program(sheet);
  const savedNs = (): number => sheet.stats().counters.savedNs + sheet.stats().memo.savedNs;
  await turn(0);
  await turn(1);
  const before = { spentNs: spentNs(), savedNs: savedNs() };
  for (let i = 2; i < 2 + turns; i++) await turn(i);
  const cost = { spentNs: spentNs() - before.spentNs, savedNs: savedNs() - before.savedNs };
  await sheet.close();
  return cost;
}

/** Ridge regressions that differ in λ alone. */
function refits(sheet: SymbolicSheet): ReturnType<Program> {
  const [x, y] = [sheet.tensor(noise(ROWS * COLUMNS, 1), [ROWS, COLUMNS]), sheet.tensor(noise(ROWS, 2), [ROWS, 1])];
  return (turn) => {
    const z = x.subtract(x.mean({ axis: 0 })).divide(x.std({ axis: 0 }));
    const p = sheet.randomPermutation(ROWS, { seed: 5 });
    const [a, b] = [z.take(p), y.take(p)];
    return a
      .matmul(a, { transposeA: true })
      .add(sheet.eye(COLUMNS).multiply(1 + turn))
      .solve(a.matmul(b, { transposeA: true }))
      .sum()
      .item();
  };
}

const matrix = (sheet: SymbolicSheet, side: number): Tensor => sheet.tensor(noise(side * side, 3), [side, side]);
/** Large enough for its elementwise ops to be computed in one pass. */
const LARGE = FUSED_ELEMENTS;

const PROGRAMS: Readonly<Record<string, Program>> = {
  'refits that differ in one number': refits,
  'equal products': (sheet) => {
    const a = matrix(sheet, 48);
    return () => a.matmul(a).data();
  },
  'products that share a factor': (sheet) => {
    const [a, b] = [matrix(sheet, 32), matrix(sheet, 32)];
    return (turn) => a.matmul(b).matmul(a).multiply(turn).sum().item();
  },
  'products that nobody reads': (sheet) => {
    const a = matrix(sheet, 48);
    return async (turn) => (turn < 2 ? a.matmul(a).data() : (await a.matmul(a)).shape);
  },
  'a chain of one pass, all of it found': (sheet) => {
    const x = sheet.tensor(noise(LARGE, 4));
    return () => x.add(1).exp().multiply(0.5).tanh().sum().item();
  },
  'a chain of one pass whose beginning is found': (sheet) => {
    const x = sheet.tensor(noise(LARGE, 4));
    return (turn) => x.add(1).exp().multiply(0.5).tanh().multiply(turn).sum().item();
  },
  'a chain of one pass that is read at every place': (sheet) => {
    const x = sheet.tensor(noise(LARGE, 4));
    return async () => {
      const y = x.add(1).exp();
      await y.data();
      return y.multiply(0.5).tanh().sum().item();
    };
  },
  'one operand twice': (sheet) => {
    const a = matrix(sheet, 32);
    return (turn) => a.exp().matmul(a.exp()).add(a.exp()).multiply(turn).data();
  },
  'new inputs': (sheet) => (turn) => sheet.tensor(noise(1024, turn), [32, 32]).exp().sum().item(),
  'a function that is remembered': (sheet) => {
    const a = matrix(sheet, 32);
    const remembered = sheet.memo('f', () => a.matmul(a).sum().item());
    return () => remembered();
  },
  'rows of a function that is remembered': (sheet) => {
    const a = matrix(sheet, 32);
    const remembered = sheet.memo(
      'rows',
      async (rows: readonly number[][]) =>
        (await a.matmul(sheet.tensor(rows as number[][]), { transposeB: true }).data()).subarray(0, rows.length),
      { rows: 4 },
    );
    const rows = Array.from({ length: 12 }, (_, i) => new Array<number>(32).fill(i));
    return () => remembered(rows);
  },
};

describe('time saved', () => {
  it.each(Object.entries(PROGRAMS))(
    'and spent is at most what the same turns take without the cache, and little less: %s',
    async (_name, program) => {
      const turns = program === refits ? 20 : 5;
      const [on, off] = [await costOf(program, turns, 'on'), await costOf(program, turns, 'off')];
      expect(on.savedNs + on.spentNs).toBeLessThanOrEqual(off.spentNs);
      expect(on.savedNs).toBeGreaterThanOrEqual(0.8 * (off.spentNs - on.spentNs));
    },
  );
});
