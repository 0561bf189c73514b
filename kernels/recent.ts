// Plans that were used last: what a call needs besides its data, found once for its dtypes and shapes.

/** Kept at most; a program that alternates among more pays for planning again. */
const LIMIT = 16;

/** A short list of plans, the last found first. */
export class Recent<Plan> {
  readonly #plans: Plan[] = [];

  /** The plan that fits a call, moved to the front. */
  find(fits: (plan: Plan) => boolean): Plan | undefined {
    const plans = this.#plans;
    for (let i = 0; i < plans.length; i++) {
      const plan = plans[i]!;
      if (!fits(plan)) continue;
      plans[i] = plans[0]!;
      plans[0] = plan;
      return plan;
    }
    return undefined;
  }

  /** Adds a plan before all others; the least used one goes when there are too many. */
  add(plan: Plan): Plan {
    if (this.#plans.unshift(plan) > LIMIT) this.#plans.pop();
    return plan;
  }
}

/**
 * Whether two shapes (or lists of axes) are the same numbers. Lists are compared, not their identity: a caller may
 * change one.
 */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
