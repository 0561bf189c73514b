// Whether a result is the recorded one: the same bits, or within a bound of them.
import { type Digest, equalBytes, toHex } from '../fingerprint/digest.ts';
import { bytesOf, type DType, DTYPES, numbersOf, type TypedArray } from '../tensor/dtype.ts';
import type { BytesRecord, DigestRecord } from './records.ts';
import { sketchDistance, sketchOf } from './sketch.ts';

/** What was recorded of a result. */
export type Recorded = DigestRecord | BytesRecord;

interface Comparison {
  readonly verdict: 'same' | 'within' | 'differs';
  readonly reason: string;
}

const SAME: Comparison = { verdict: 'same', reason: '' };

/** `bound`: allowed relative distance in units of the dtype's epsilon; 0 asks for the same bits. */
export function compareResult(
  recorded: Recorded,
  { array, dtype }: { readonly array: TypedArray; readonly dtype: DType },
  bound: number,
  digest: Digest,
): Comparison {
  const bytes = bytesOf(array);
  const same =
    recorded.kind === 'bytes' ? equalBytes(recorded.bytes, bytes) : equalBytes(recorded.digest, digest.hash(bytes));
  if (same) return SAME;
  const allowed = bound * (DTYPES[dtype].epsilon ?? 0);
  const distance = allowed > 0 ? distanceOf(recorded, array, dtype) : undefined;
  if (distance !== undefined && distance <= allowed) return { verdict: 'within', reason: '' };
  return { verdict: 'differs', reason: reasonOf(recorded, bytes, distance, allowed, digest) };
}

function distanceOf(recorded: Recorded, array: TypedArray, dtype: DType): number | undefined {
  const is = numbersOf(array, dtype);
  if (!(is instanceof Float32Array || is instanceof Float64Array)) return undefined;
  if (recorded.kind === 'digest') return recorded.sketch && sketchDistance(recorded.sketch, sketchOf(is));
  if (recorded.bytes.length !== array.byteLength) return undefined;
  const was = numbersOf(new (array.constructor as typeof Float32Array)(recorded.bytes.slice().buffer), dtype);
  return plainDistance(was as typeof is, is);
}

/** ‖x − y‖ / ‖x‖, elements that are equal (infinities, NaNs) counting as 0. */
function plainDistance(x: Float32Array | Float64Array, y: Float32Array | Float64Array): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i]!, y[i]!];
    if (Object.is(a, b)) continue;
    difference += (a - b) ** 2;
  }
  for (const a of x) norm += a - a === 0 ? a * a : 0;
  return difference === 0 ? 0 : Number.isNaN(difference) ? Infinity : Math.sqrt(difference / norm);
}

function reasonOf(
  recorded: Recorded,
  bytes: Uint8Array,
  distance: number | undefined,
  allowed: number,
  digest: Digest,
): string {
  if (distance !== undefined)
    return `it is ${distance.toPrecision(3)} away from what was recorded, more than ${allowed.toPrecision(3)}`;
  const [was, is] = recorded.kind === 'bytes' ? [recorded.bytes, bytes] : [recorded.digest, digest.hash(bytes)];
  return `its ${recorded.kind === 'bytes' ? 'bytes are' : 'digest is'} ${toHex(is)}, recorded was ${toHex(was)}`;
}
