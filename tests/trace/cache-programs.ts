// Programs whose traces the simulator of caches is run on. Their times are those of a made-up clock, so that every
// run records
// the same.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTrace, type SymbolicSheet, type Tensor, type Trace } from '../../src/index.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { noise } from '../sheet/fixtures/arrays.ts';
import { openMetered } from '../sheet/fixtures/metered.ts';

type Program = (sheet: SymbolicSheet) => Promise<unknown>;

const reading =
  (sheet: SymbolicSheet) =>
  (result: Tensor): Promise<void> =>
    sheet.compute(result);

/** Products of one side, each its own, with so many rows. */
function productsOf(sheet: SymbolicSheet, side: number): (which: number, rows?: number) => Tensor {
  const W = sheet.tensor(noise(side * side, 1), [side, side]);
  const inputs = new Map<string, Tensor>();
  return (which, rows = 24) => {
    const key = `${which} ${rows}`;
    const X = inputs.get(key) ?? sheet.tensor(noise(rows * side, 2 + which), [rows, side]);
    inputs.set(key, X);
    return X.matmul(W);
  };
}

async function repeat(count: number, turn: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i++) await turn(i);
}

/** The programs by what they do. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  phases: async (sheet) => {
    const read = reading(sheet);
    const X = sheet.tensor(noise(24 * 40, 7), [24, 40]);
    const product = productsOf(sheet, 40);
    await repeat(35, (i) => read(product(i)));
    await repeat(140, (i) => read(X.multiply(i + 0.5).add(1)));
    await repeat(20, (i) => read(product(i)));
  },
  loop: async (sheet) => {
    const read = reading(sheet);
    const product = productsOf(sheet, 40);
    await repeat(5 * 30, (i) => read(product(i % 30)));
  },
  'scans beside hot results': async (sheet) => {
    const read = reading(sheet);
    const product = productsOf(sheet, 40);
    await repeat(12, async (round) => {
      await repeat(8, (i) => read(product(i)));
      await repeat(60, (i) => read(product(100 + 60 * round + i)));
    });
  },
  'another hot set': async (sheet) => {
    const read = reading(sheet);
    const product = productsOf(sheet, 40);
    for (const from of [0, 50, 100]) await repeat(6 * 12, (i) => read(product(from + (i % 12))));
  },
  Zipf: async (sheet) => {
    const read = reading(sheet);
    const product = productsOf(sheet, 40);
    const draw = drawFrom(11);
    await repeat(500, () => {
      const which = Math.floor(80 ** draw()) - 1;
      return read(product(which, 8 + 8 * (which % 7)));
    });
  },
  sweep: async (sheet) => {
    const read = reading(sheet);
    const folds = [0, 1, 2].map((at) => sheet.tensor(noise(60 * 20, at), [60, 20]));
    const y = sheet.tensor(noise(120, 9), [120, 1]);
    const W = sheet.tensor(noise(20 * 32, 8), [20, 32]);
    const fit = (scale: number, lambda: number, test: number): Promise<void> => {
      const features = (X: Tensor): Tensor => X.matmul(W.multiply(scale)).cos();
      const Z = sheet.concat(folds.filter((_, at) => at !== test).map(features));
      const gram = Z.matmul(Z, { transposeA: true }).add(sheet.eye(32).multiply(lambda));
      return read(features(folds[test]!).matmul(gram.solve(Z.matmul(y, { transposeA: true }))));
    };
    for (const again of [0, 1])
      for (const scale of [0.1, 0.2, 0.3])
        for (const lambda of [1, 2, 4, 8]) for (const test of [0, 1, 2]) await fit(scale, lambda + again / 2, test);
  },
};

/** A trace of each program, run without a cache. */
export async function recordedTraces(): Promise<Readonly<Record<string, Trace>>> {
  const traces: Record<string, Trace> = {};
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const { sheet } = await openMetered({ cache: 'off' });
    const file = join(tmpdir(), `symbolic-sheet-cache-${process.pid}-${name.replaceAll(' ', '-')}.sqs.json`);
    try {
      await program(sheet);
      await sheet.trace.save(file);
      traces[name] = await loadTrace(file);
    } finally {
      await sheet.close();
      rmSync(file, { force: true });
    }
  }
  return traces;
}
