// How long a soak may take: `npm run soak -- --minutes 5` gives every test its share, `--steps 1e6` every loop so many
// steps; without them loops go their full length.
import process from 'node:process';

/** Tests that share the time. */
const SHARES = 15;

const { SOAK_MINUTES, SOAK_STEPS = '1e7' } = process.env;

/** Steps of a loop. */
export const loopSteps = Number(SOAK_STEPS);

/** Seconds that one test may take. */
export const shareSeconds = SOAK_MINUTES === undefined ? Infinity : (Number(SOAK_MINUTES) * 60) / SHARES;

/** Answers whether the share of a test that begins now is over. */
export function untilShareEnds(): () => boolean {
  const endMs = performance.now() + shareSeconds * 1000;
  return () => performance.now() > endMs;
}
