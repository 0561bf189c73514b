// Random words from numbered streams, for readings that are tried at points.
import { drawBlocks } from '../js/philox.ts';

/** So many words of 32 bits of a stream of a seed: always the same. */
export function words(seed: bigint, stream: number, count: number): Uint32Array {
  const out = new Uint32Array(Math.ceil(count / 4) * 4);
  drawBlocks({ seed, stream }, 0, out);
  return out;
}
