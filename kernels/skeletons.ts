// The two loop nests that composed kernels are written over, so that they run on any device that has twins of them.
import { map } from './map.ts';
import { reduce } from './reduce.ts';

/** A map and a reduce; every implementation gives the bits of the plain JavaScript one. */
export interface Skeletons {
  map: typeof map;
  reduce: typeof reduce;
}

/** The plain JavaScript skeletons: the reference. */
export const plainSkeletons: Skeletons = { map, reduce };
