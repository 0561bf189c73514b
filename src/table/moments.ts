// Mean and variance of what is not missing, through ops of the sheet.
import type { Tensor } from '../surface.ts';

/** What is known of the elements that are not NaN. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Mean of the squared distances from the mean. */
  readonly variance: number;
}

/** Moments of a vector, in two passes; the mean and variance of no element are NaN. */
export async function momentsOf(x: Tensor<'float64'>): Promise<Moments> {
  const missing = x.isnan();
  const count = x.size - Number(await missing.sum().item());
  const mean = missing.where(0, x).sum().divide(count);
  const variance = missing.where(0, x.subtract(mean).square()).sum().divide(count);
  return { count, mean: Number(await mean.item()), variance: Number(await variance.item()) };
}
