// Portable names of calls: keys that mean the same in another process. Nothing here runs on a hit in RAM.
import type { Digest } from '../env.ts';
import { NodeKeys } from '../fingerprint/key.ts';
import { SourceError, UnavailableError } from '../errors.ts';
import type { Call } from './call.ts';
import type { Contents } from './contents.ts';

/** Keys of an engine's calls. Roots are named by their content, which is read where it was not needed before. */
export const callKeys = (digest: Digest, contents: Contents): NodeKeys<Call> =>
  new NodeKeys<Call>(digest, (root) => root.contentId ?? contentOf(root, contents));

function contentOf({ seq, type, value }: Call, contents: Contents): Uint8Array {
  if (value?.block.isLocal === true) return contents.contentId(value.array, value.type);
  const what = `Tensor #${seq} of shape [${type.shape.join(',')}]`;
  if (value === undefined) {
    const remedy = 'take its fingerprint() before';
    throw new SourceError(`${what} was disposed, and the key of this result needs its content; ${remedy}.`, { seq });
  }
  const remedy = 'await its fingerprint() first';
  const message = `${what} is on a device, and the key of this result needs its content; ${remedy}.`;
  throw new UnavailableError(message, { seq });
}
