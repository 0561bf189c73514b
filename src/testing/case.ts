// One case of a conformance suite, for any runner of tests: for (const { name, run } of cases) test(name, run).
import { type ErrorDetails, SheetError } from '../core/errors.ts';

/** A named case. It passes where `run` resolves. */
export interface ConformanceCase {
  readonly name: string;
  /** Why it does not apply; a runner skips it and says this. */
  readonly skip?: string;
  readonly run: () => Promise<void>;
}

/** What is tested does not keep its contract. Code `CONFORMANCE`. */
export class ConformanceError extends SheetError {
  override readonly name = 'ConformanceError';

  constructor(message: string, details?: ErrorDetails) {
    super('CONFORMANCE', message, details);
  }
}

/** Throws a ConformanceError where something does not hold. */
export function hold(holds: boolean, message: string, details?: ErrorDetails): asserts holds {
  if (!holds) throw new ConformanceError(message, details);
}
