// A program for several hosts: products, systems and functions in class exact, and what asking a second time costs.
import type { SymbolicSheet, Tensor } from '../../src/index.ts';

/** What the program came to. */
export interface Outcome {
  /** Content ids of its results. */
  readonly ids: readonly string[];
  /** Kernels run when the first result was asked for again. */
  readonly again: number;
  readonly devices: readonly string[];
}

/** Runs the program on a host's sheet. */
export async function program(Sheet: { open(options: { class: 'exact' }): Promise<SymbolicSheet> }): Promise<Outcome> {
  const sheet = await Sheet.open({ class: 'exact' });
  const x = sheet.randomNormal([70, 50], { seed: 4 });
  const run = () =>
    x
      .matmul(x, { transposeB: true })
      .add(sheet.eye(70).multiply(60))
      .solve(x)
      .tanh()
      .softmax({ axis: 1 })
      .sum({ axis: 0 });
  const ids = [await run().fingerprint(), await x.exp().log1p().fingerprint()];
  const before = sheet.stats().counters.kernelCalls;
  await run().data();
  const again = sheet.stats().counters.kernelCalls - before;
  const devices = sheet
    .devices()
    .filter(({ found }) => found)
    .map(({ name }) => name);
  await sheet.close();
  return { ids, again, devices };
}

/**
 * A product, a Cholesky factor and the solution of a general system: each takes one thread some hundred milliseconds.
 */
export function longWork(sheet: SymbolicSheet): {
  readonly inputs: readonly Tensor[];
  readonly results: readonly Tensor[];
} {
  const [x, y] = [sheet.randomNormal([1024, 1024], { seed: 4 }), sheet.randomNormal([1024, 1024], { seed: 5 })];
  const positive = x.matmul(x, { transposeB: true }).add(sheet.eye(1024));
  return { inputs: [x, y, positive], results: [x.matmul(y), positive.cholesky(), x.solve(y)] };
}
