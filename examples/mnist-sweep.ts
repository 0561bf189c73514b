// Digits by ridge regression on random Fourier features: scales × λ, by cross-validation.
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

/** Hears of every fit; the sweep waits for what it answers. */
export type OnFit = (fit: Fit) => void | Promise<void>;

/** Digits as tensors: pixels [rows, 784] and labels [rows]. */
export interface DigitSet {
  readonly X: Tensor;
  readonly y: Tensor;
}

/** What one model is made with. */
export interface ModelOptions {
  readonly features: number;
  readonly scale: number;
  readonly lambda: number;
}

/** Cross-validates every scale and λ. Written the plain way: every fit goes from the pixels to the accuracy. */
export async function sweep(
  sheet: SymbolicSheet,
  digits: Digits,
  { features, scales, lambdas, folds: count }: Grid,
  onFit: OnFit = () => {},
): Promise<Fit[]> {
  const folds = cut(digits, count).map((fold) => load(sheet, fold));
  const fits: Fit[] = [];
  for (const scale of scales) {
    for (const lambda of lambdas) {
      for (const [fold, test] of folds.entries()) {
        const train = folds.filter((other) => other !== test);
        const accuracy = await fit(sheet, train, test, { features, scale, lambda });
        fits.push({ scale, lambda, fold, accuracy });
        await onFit({ scale, lambda, fold, accuracy });
      }
    }
  }
  return fits;
}

/** Fits on some sets and answers the accuracy on another. */
export async function fit(
  sheet: SymbolicSheet,
  train: readonly DigitSet[],
  test: DigitSet,
  { features, scale, lambda }: ModelOptions,
): Promise<number> {
  const W = sheet.randomNormal([784, features], { seed: 1 }).multiply(scale);
  const b = sheet.randomUniform([features], { seed: 2 }).multiply(2 * Math.PI);
  const featuresOf = ({ X }: DigitSet): Tensor => X.divide(255).matmul(W).add(b).cos();

  const Z = sheet.concat(train.map(featuresOf));
  const T = sheet.concat(train.map(({ y }) => y.oneHot(10)));
  const gram = Z.matmul(Z, { transposeA: true }).add(sheet.eye(features).multiply(lambda * Z.shape[0]!));
  const beta = gram.solve(Z.matmul(T, { transposeA: true }));

  const guess = featuresOf(test).matmul(beta).argmax({ axis: 1 });
  return guess.equal(test.y).mean().item();
}

/** Digits as tensors. */
export const load = (sheet: SymbolicSheet, { images, labels }: Digits): DigitSet => ({
  X: sheet.tensor(images, [labels.length, 784]),
  y: sheet.tensor(labels),
});

/** Digits in `count` parts of nearly equal length, in their order. */
export function cut({ images, labels }: Digits, count: number): Digits[] {
  const bound = (part: number): number => Math.floor((labels.length * part) / count);
  return Array.from({ length: count }, (_, part) => ({
    images: images.subarray(784 * bound(part), 784 * bound(part + 1)),
    labels: labels.subarray(bound(part), bound(part + 1)),
  }));
}

/** Mean accuracy over the folds of every scale and λ, best first. */
export function ranked(fits: readonly Fit[]): Omit<Fit, 'fold'>[] {
  const groups = new Map<string, Fit[]>();
  for (const fit of fits) {
    const name = `${fit.scale}/${fit.lambda}`;
    groups.set(name, [...(groups.get(name) ?? []), fit]);
  }
  return [...groups.values()]
    .map((group) => ({
      scale: group[0]!.scale,
      lambda: group[0]!.lambda,
      accuracy: group.reduce((sum, { accuracy }) => sum + accuracy, 0) / group.length,
    }))
    .sort((x, y) => y.accuracy - x.accuracy);
}
