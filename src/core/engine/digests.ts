// Whether a result that was read gets a digest on the trace.
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import type { Settings } from './settings.ts';

/** Results up to this size are always given a digest when they are read: it takes microseconds. */
const SMALL_BYTES = 4096;
/** Nanoseconds per byte of a digest and its sketch, and the share of the work they may take. */
const DIGEST_NS_PER_BYTE = 1.5;
const DIGEST_SHARE = 0.05;

/**
 * Whether a result that was read gets a digest: a small one always, a large one where its work outweighs the digest.
 */
export function isDigestAffordable(
  { costNs }: Call,
  { type }: Value,
  digests: Settings['trace']['digests'] = 'affordable',
): boolean {
  return (
    digests !== 'affordable' ||
    type.sizeBytes <= SMALL_BYTES ||
    type.sizeBytes * DIGEST_NS_PER_BYTE <= DIGEST_SHARE * costNs
  );
}
