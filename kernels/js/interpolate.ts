// Interpolation between elements: along one axis after the other, by weights.
import { canonicaliseNaN } from './map.ts';
import { elementCount } from '../strides.ts';

type FloatArray = Float32Array | Float64Array;

/** Of each output of an axis the elements it is made of, `taps` of them, and their weights. */
export interface AxisTaps {
  readonly taps: number;
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

/** An array [outer, length, inner] as [outer, outputs, inner]: sums of elements times weights, in float64. */
function alongAxis(x: FloatArray, outer: number, length: number, inner: number, axis: AxisTaps): Float64Array {
  const { taps, places, weights } = axis;
  const outputs = places.length / taps;
  const out = new Float64Array(outer * outputs * inner);
  for (let block = 0, at = 0; block < outer; block++)
    for (let output = 0; output < outputs; output++, at += inner)
      for (let tap = output * taps; tap < (output + 1) * taps; tap++) {
        const weight = weights[tap]!;
        if (weight === 0) continue;
        const from = (block * length + places[tap]!) * inner;
        for (let i = 0; i < inner; i++) out[at + i]! += weight * x[from + i]!;
      }
  return out;
}

/** Interpolates along the axes that have taps, the first one first; sums stay float64 until the end. */
export function interpolateAxes(
  x: FloatArray,
  shape: readonly number[],
  axes: readonly (AxisTaps | undefined)[],
  out: FloatArray,
): void {
  let from = x;
  const lengths = [...shape];
  axes.forEach((axis, k) => {
    if (axis === undefined) return;
    const [outer, inner] = [elementCount(lengths.slice(0, k)), elementCount(lengths.slice(k + 1))];
    from = alongAxis(from, outer, lengths[k]!, inner, axis);
    lengths[k] = axis.places.length / axis.taps;
  });
  out.set(from);
  canonicaliseNaN(out);
}
