// Where reuse is hard: more results than the budget holds, results that never come again, and arrays of which some rows
// changed.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { floats } from '../measure/seed.ts';
import { type Job, matrix, numberOfItem, type Pipeline, type Prepare } from './job.ts';

const SIDE = 200;
/** Bytes that an entry takes besides its elements. */
const ENTRY_BYTES = 600;

/**
 * 35 products, 140 cheap results that never come again, and 20 of the products once more, as the paper has it. By
 * hand: as
 * many of the 20 are held as the budget has room for, which is the least that can be computed.
 */
const phases =
  (share: number, isByHand: boolean): Prepare =>
  async (sheet, rows) => {
    const [X, Y] = [matrix(sheet, rows, SIDE, 1), matrix(sheet, SIDE, SIDE, 2)];
    const product = (i: number): Tensor =>
      X.multiply(i + 0.5)
        .round()
        .matmul(Y);
    return async () => {
      const found: number[] = [];
      const held: Tensor[] = [];
      const read = async (result: Tensor): Promise<void> => {
        await sheet.compute(result);
        found.push(await numberOfItem(result.slice([0, 0], [1, 1])));
      };
      for (let i = 0; i < 35; i++) {
        const result = product(i);
        await read(result);
        if (isByHand && i < 20 * share) held.push(result);
      }
      for (let turn = 0; turn < 20; turn++)
        for (let i = 0; i < 7; i++) await read(X.multiply(turn * 7 + i + 0.25).add(1));
      for (let i = 0; i < 20; i++) await read(held[i] ?? product(i));
      return found;
    };
  };

const evicting = (share: number): Pipeline => ({
  bound: 1.15,
  better: 'lower',
  against: 'byHand',
  scale: 5,
  rows: 2_000,
  plain: phases(share, false),
  byHand: phases(share, true),
  // Beside the products there is room for what is read of each.
  budgetBytes: (rows) => 20 * share * (rows * SIDE * 4 + ENTRY_BYTES) + 200 * (ENTRY_BYTES + 4),
});

/** 40 elementwise ops on every batch of rows, none of which comes again. */
const chains =
  (batch: number): Prepare =>
  async (sheet, rows, turn) => {
    const X = sheet.tensor(floats(rows * 784, 1 + turn), [rows, 784]);
    return async () => {
      const found: number[] = [];
      for (let at = 0, i = 1; at + batch <= rows; at += batch, i++) {
        let R: Tensor = X.slice([at], [at + batch]);
        for (let op = 0; op < 10; op++)
          R = R.add(R)
            .multiply(i)
            .subtract(R)
            .divide(i + 1);
        await sheet.compute(R);
        found.push(await numberOfItem(R.slice([0, 0], [1, 1])));
      }
      return found;
    };
  };

/** A network of two layers, one pass over its rows in batches of 128: every step has other parameters. */
const miniBatches: Prepare = async (sheet, rows, turn) => {
  const BATCH = 128;
  const X = sheet.tensor(floats(rows * 784, 1 + turn), [rows, 784]);
  const Y = sheet.tensor(floats(rows * 10, 2 + turn), [rows, 10]);
  return async () => {
    let [w1, w2]: Tensor[] = [sheet.tensor(floats(784 * 200, 3), [784, 200]), sheet.tensor(floats(2000, 4), [200, 10])];
    const found: number[] = [];
    for (let at = 0; at + BATCH <= rows; at += BATCH) {
      const [raw, y] = [X.slice([at], [at + BATCH]), Y.slice([at], [at + BATCH])];
      const x = raw.subtract(raw.mean({ axis: 0 })).divide(raw.std({ axis: 0 }).add(0.001));
      const hidden = x.matmul(w1!).tanh();
      const off = hidden.matmul(w2!).subtract(y).divide(BATCH);
      const back = off.matmul(w2!, { transposeB: true }).multiply(hidden.square().multiply(-1).add(1));
      w2 = w2!.subtract(hidden.matmul(off, { transposeA: true }).multiply(0.01));
      w1 = w1!.subtract(x.matmul(back, { transposeA: true }).multiply(0.01));
      await sheet.compute(w1, w2);
      found.push(await numberOfItem(w1.slice([0, 0], [1, 1])));
    }
    return found;
  };
};

const overhead = (rows: number, scale: number, plain: Prepare): Pipeline => ({
  bound: 1.03,
  better: 'lower',
  scale,
  rows,
  plain,
});

/**
 * One of a hundred rows of an array that was multiplied is another; the array comes anew. It did once before,
 * untimed: what
 * puts the rows in their places is compiled by then.
 */
const changed =
  (isScattered: boolean): Prepare =>
  async (sheet: SymbolicSheet, rows: number, turn: number): Promise<Job> => {
    const [columns, W] = [512, matrix(sheet, 512, 512, 2)];
    const elements = floats(rows * columns, 1 + turn);
    const version = (number: number): Tensor => {
      for (let i = 0; i < rows / 100; i++)
        elements[((isScattered ? i * 97 : rows / 2 + i) + number) * columns] = i + number;
      return sheet.tensor(elements.slice(), [rows, columns]);
    };
    const held = [version(0), version(1)];
    for (const X of held) await sheet.compute(X.matmul(W));
    return async () => {
      const product = version(2).matmul(W);
      await sheet.compute(product);
      const rowsOf = (at: number): Tensor => product.slice([at], [at + 1]).sum();
      return [await numberOfItem(rowsOf(rows / 2 + 2)), await numberOfItem(rowsOf(99)), held.length];
    };
  };

const revised = (isScattered: boolean): Pipeline => ({
  bound: 0.05,
  better: 'lower',
  scale: 1,
  rows: 10_000,
  plain: changed(isScattered),
});

/** Pipelines by case; those of one id are told apart by what follows it. */
export const PRESSURE: Readonly<Record<string, Pipeline>> = {
  'EVICT, half': evicting(1 / 2),
  'EVICT, a quarter': evicting(1 / 4),
  'OVERHEAD, mini-batches': overhead(6_400, 4, miniBatches),
  'OVERHEAD, chains of 32 rows': overhead(3_200, 625, chains(32)),
  'OVERHEAD, chains of 128 rows': overhead(6_400, 312, chains(128)),
  'OVERHEAD, chains of 512 rows': overhead(12_800, 156, chains(512)),
  'CHANGED, side by side': revised(false),
  'CHANGED, scattered': revised(true),
};
