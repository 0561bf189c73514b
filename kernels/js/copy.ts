// The copy skeleton in plain JavaScript: elements move between strided places, whatever they stand for; and slices are
// gathered by index.
import type { ElementArray } from './map.ts';
import { collapse, forEachRow } from '../strides.ts';

/** Where the elements of an index space lie: element (i, j, …) at offset + i * strides[0] + j * strides[1] + … */
export interface Place {
  readonly array: ElementArray;
  readonly strides: readonly number[];
  readonly offset: number;
}

/**
 * Slices to gather: of each of `outer` blocks of `length` slices of `inner` elements, those at `places` in their order.
 */
export interface Gathering {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Each from 0 to length - 1. */
  readonly places: Int32Array;
}

/**
 * Copies every element of `shape` from one place to another; the arrays have elements of one size and do not overlap.
 */
export function copy(shape: readonly number[], source: Place, target: Place): void {
  if (shape.includes(0)) return;
  const parts = partsOf(source.array);
  const nest = collapse({
    shape: parts === 1 ? shape : [...shape, parts],
    strides: [source, target].map(({ strides }) =>
      parts === 1 ? strides : [...strides.map((stride) => stride * parts), 1],
    ),
  });
  const [from, to] = [wordsOf(source.array), wordsOf(target.array)];
  const last = nest.shape.length - 1;
  const length = nest.shape[last]!;
  const [fromStep, toStep] = nest.strides.map((strides) => strides[last]!) as [number, number];
  const run = fromStep === 1 && toStep === 1 && length > 16;
  forEachRow(nest, [source.offset * parts, target.offset * parts], ([start, at]) => {
    if (run) to.set(from.subarray(start!, start! + length), at!);
    else for (let i = 0, s = start!, t = at!; i < length; i++, s += fromStep, t += toStep) to[t] = from[s]!;
  });
}

/** Gathers slices, one after the other. */
export function gather({ outer, length, inner, places }: Gathering, source: ElementArray, target: ElementArray): void {
  const run = inner * partsOf(source);
  const [from, to] = [wordsOf(source), wordsOf(target)];
  for (let block = 0, at = 0; block < outer; block++) {
    for (let k = 0; k < places.length; k++, at += run) {
      const start = (block * length + places[k]!) * run;
      if (run > 16) to.set(from.subarray(start, start + run), at);
      else for (let i = 0; i < run; i++) to[at + i] = from[start + i]!;
    }
  }
}

/**
 * Words an element is copied as: three classes of arrays in all, so that the loops stay quick, and no float is ever
 * loaded.
 */
const partsOf = ({ BYTES_PER_ELEMENT }: ElementArray): number => (BYTES_PER_ELEMENT === 8 ? 2 : 1);

function wordsOf(array: ElementArray): Uint8Array | Uint16Array | Uint32Array {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = array;
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  return BYTES_PER_ELEMENT === 2
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint32Array(buffer, byteOffset, byteLength / 4);
}
