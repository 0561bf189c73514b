// Digits by ridge regression on random Fourier features: scales × λ, by 3-fold cross-validation, and a final fit.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';

/** Digits as they come from the files: images of 784 bytes, labels 0 to 9. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** What is swept. */
export interface Grid {
  readonly features: number;
  readonly scales: readonly number[];
  readonly lambdas: readonly number[];
  readonly folds: number;
}

/** A fit: its parameters, and its accuracy on the rows it did not see. */
export interface Fit {
  readonly scale: number;
  readonly lambda: number;
  readonly fold: number;
  readonly accuracy: number;
}

/** Cross-validates every scale and λ. Written the plain way: every fit goes from the pixels to the accuracy. */
export async function sweep(sheet: SymbolicSheet, digits: Digits, grid: Grid, onFit: (fit: Fit) => void = () => {}): Promise<Fit[]> {
  const set = load(sheet, digits);
  const splits = Array.from({ length: grid.folds }, (_, fold) => split(digits.labels.length, fold, grid.folds));
  const fits: Fit[] = [];
  for (const scale of grid.scales) {
    for (const lambda of grid.lambdas) {
      for (const [fold, { train, test }] of splits.entries()) {
        const accuracy = await fit(sheet, { set, rows: train }, { set, rows: test }, { scale, lambda, features: grid.features });
        fits.push({ scale, lambda, fold, accuracy });
        onFit({ scale, lambda, fold, accuracy });
      }
    }
  }
  return fits;
}

/** Digits as tensors: pixels [rows, 784] and labels [rows]. */
export interface DigitSet {
  readonly X: Tensor;
  readonly y: Tensor;
}

/** Some rows of a set. */
export interface Selection {
  readonly set: DigitSet;
  readonly rows: Int32Array;
}

export const load = (sheet: SymbolicSheet, { images, labels }: Digits): DigitSet => ({ X: sheet.tensor(images, [labels.length, 784]), y: sheet.tensor(labels) });

/** Fits on one selection and answers the accuracy on the other. */
export async function fit(sheet: SymbolicSheet, train: Selection, test: Selection, { scale, lambda, features }: { scale: number; lambda: number; features: number }): Promise<number> {
  const W = sheet.randomNormal([784, features], { seed: 1 }).multiply(scale);
  const b = sheet.randomUniform([features], { seed: 2 }).multiply(2 * Math.PI);
  const featuresOf = ({ set, rows }: Selection): Tensor => set.X.take(rows).divide(255).matmul(W).add(b).cos();

  const Z = featuresOf(train);
  const T = train.set.y.take(train.rows).oneHot(10);
  const gram = Z.matmul(Z, { transposeA: true }).add(sheet.eye(features).multiply(lambda * train.rows.length));
  const beta = gram.solve(Z.matmul(T, { transposeA: true }));

  const guess = featuresOf(test).matmul(beta).argmax({ axis: 1 });
  return guess.equal(test.set.y.take(test.rows)).mean().item();
}

/** Mean accuracy over the folds, best first. */
export function ranked(fits: readonly Fit[]): Omit<Fit, 'fold'>[] {
  const groups = new Map<string, Fit[]>();
  for (const fit of fits) groups.set(`${fit.scale}/${fit.lambda}`, [...(groups.get(`${fit.scale}/${fit.lambda}`) ?? []), fit]);
  return [...groups.values()]
    .map((group) => ({ scale: group[0]!.scale, lambda: group[0]!.lambda, accuracy: group.reduce((sum, { accuracy }) => sum + accuracy, 0) / group.length }))
    .sort((x, y) => y.accuracy - x.accuracy);
}

function split(rows: number, fold: number, folds: number): { train: Int32Array; test: Int32Array } {
  const from = Math.floor((rows * fold) / folds);
  const to = Math.floor((rows * (fold + 1)) / folds);
  const all = Array.from({ length: rows }, (_, row) => row);
  return { train: Int32Array.from(all.filter((row) => row < from || row >= to)), test: Int32Array.from(all.slice(from, to)) };
}
