// The loop nests that composed kernels are written over, so that they run on any device that has twins of them.
import { convert } from './js/convert.ts';
import { copy, gather } from './js/copy.ts';
import { decodeAll, encodeAll } from './codecs/codec.ts';
import { map } from './js/map.ts';
import { drawBlocks } from './js/philox.ts';
import { argReduce, reduce } from './js/reduce.ts';

/** Every implementation gives the bits of the plain JavaScript one. */
export interface Skeletons {
  map: typeof map;
  reduce: typeof reduce;
  argReduce: typeof argReduce;
  copy: typeof copy;
  gather: typeof gather;
  convert: typeof convert;
  decode: typeof decodeAll;
  encode: typeof encodeAll;
  drawBlocks: typeof drawBlocks;
}

/** The plain JavaScript skeletons: the reference. */
export const plainSkeletons: Skeletons = {
  map,
  reduce,
  argReduce,
  copy,
  gather,
  convert,
  decode: decodeAll,
  encode: encodeAll,
  drawBlocks,
};
