// The same sweep as an expert writes it by hand: what the λ loop does not change is pulled out of it and held.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { cut, type Digits, type Fit, type Grid, load, type OnFit } from './mnist-sweep.ts';

/** What one fold of one scale needs, computed and held. */
interface Fold {
  readonly rows: number;
  readonly gram: Tensor;
  readonly moments: Tensor;
  readonly testFeatures: Tensor;
  readonly testLabels: Tensor;
}

/** Cross-validates every scale and λ: features once a scale, a gram matrix once a fold, and a λ only solves. */
export async function sweepByHand(
  sheet: SymbolicSheet,
  digits: Digits,
  { features, scales, lambdas, folds: count }: Grid,
  onFit: OnFit = () => {},
): Promise<Fit[]> {
  const parts = cut(digits, count).map((part) => load(sheet, part));
  const scaled = parts.map(({ X }) => X.divide(255));
  const targets = parts.map(({ y }) => y.oneHot(10));
  const noise = sheet.randomNormal([784, features], { seed: 1 });
  const b = sheet.randomUniform([features], { seed: 2 }).multiply(2 * Math.PI);
  const eye = sheet.eye(features);
  await sheet.compute(...scaled, ...targets, noise, b, eye);

  const fits: Fit[] = [];
  for (const scale of scales) {
    const Z = scaled.map((X) => X.matmul(noise.multiply(scale)).add(b).cos());
    await sheet.compute(...Z);
    const folds: Fold[] = [];
    for (const fold of parts.keys())
      folds.push(
        await holdFold(
          sheet,
          Z,
          targets,
          parts.map(({ y }) => y),
          fold,
        ),
      );
    for (const lambda of lambdas) {
      for (const [fold, held] of folds.entries()) {
        const accuracy = await solveFold(held, eye, lambda);
        fits.push({ scale, lambda, fold, accuracy });
        await onFit({ scale, lambda, fold, accuracy });
      }
    }
    for (const held of [...Z, ...folds.flatMap(({ gram, moments }) => [gram, moments])]) held.dispose();
  }
  return fits;
}

async function holdFold(
  sheet: SymbolicSheet,
  Z: readonly Tensor[],
  targets: readonly Tensor[],
  labels: readonly Tensor[],
  fold: number,
): Promise<Fold> {
  const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== fold);
  const trained = sheet.concat(others(Z));
  const gram = trained.matmul(trained, { transposeA: true });
  const moments = trained.matmul(sheet.concat(others(targets)), { transposeA: true });
  await sheet.compute(gram, moments);
  return { rows: trained.shape[0]!, gram, moments, testFeatures: Z[fold]!, testLabels: labels[fold]! };
}

async function solveFold(
  { rows, gram, moments, testFeatures, testLabels }: Fold,
  eye: Tensor,
  lambda: number,
): Promise<number> {
  const beta = gram.add(eye.multiply(lambda * rows)).solve(moments);
  return testFeatures.matmul(beta).argmax({ axis: 1 }).equal(testLabels).mean().item();
}
