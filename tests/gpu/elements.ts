// Operands and tolerances for tests of GPU kernels that work element by element.
import { drawFrom } from '../../bench/measure/seed.ts';
import type { ElementFunction } from '../../kernels/scalar/algebra.ts';
import { map, type NumberArray } from '../../kernels/js/map.ts';
import { type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import type { GpuDType } from '../../kernels/wgsl/text/storage.ts';

/** An array of a dtype; bool is bytes of 0 and 1. */
export function arrayOf(dtype: GpuDType, source: number | ArrayBuffer): NumberArray {
  return new DTYPES[dtype as DType].array(source as number) as NumberArray;
}

const FLOATS = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-40,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3,
  1e10,
  88.8,
  -104,
  710,
  1e-8,
  0.99999994,
  -1.0000001,
  16777215,
  2 ** 31,
  -(2 ** 31),
  3e9,
  255.5,
];
const INTEGERS = [0, 1, -1, 2, 7, -3, 127, 128, 255, 256, 65536, 16777217, 2147483647, -2147483648, -2147483647];

/** So many elements: every pair of special values at positions of operand 0 and 1, then ordinary and arbitrary ones. */
export function elements(dtype: GpuDType, count: number, operand = 0): NumberArray {
  const [out, random] = [arrayOf(dtype, count), drawFrom(91 + operand)];
  const specials = dtype === 'bool' ? [0, 1] : dtype === 'float32' ? FLOATS : INTEGERS;
  const bits = dtype === 'float32' ? new Uint32Array(out.buffer) : undefined;
  for (let i = 0; i < count; i++) {
    const pair = i < specials.length ** 2;
    if (pair)
      out[i] =
        specials[(operand === 0 ? i : operand === 1 ? Math.floor(i / specials.length) : i * 7) % specials.length]!;
    else if (bits !== undefined && i % 4 === 0) bits[i] = random() * 2 ** 32;
    else out[i] = dtype === 'bool' ? Number(random() < 0.5) : (random() - 0.5) * (dtype === 'float32' ? 16 : 100);
  }
  return out;
}

/** What the CPU gives for dense operands. */
export function reference(fn: ElementFunction, operands: readonly NumberArray[], out: GpuDType): NumberArray {
  const count = operands[0]!.length;
  const array = arrayOf(out, count);
  map(
    fn,
    operands.map((operand) => ({ array: operand, shape: [count] })),
    array,
    [count],
  );
  return array;
}

/** Subnormals as zeros, which a GPU may make of them. */
export const flushed = (array: NumberArray): NumberArray =>
  array instanceof Float32Array ? array.map((x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x)) : array;

/**
 * Whether a float is the wanted one within units in the last place and a slack; what rounds to a subnormal may be
 * anything there.
 */
export function near(got: number, want: number, ulps: number, slack = 0): boolean {
  if (Object.is(got, want)) return true;
  if (Number.isNaN(got) || Number.isNaN(want)) return false;
  if (Math.abs(want) <= 2 ** -126 && want !== 0) return Math.abs(got) <= 2 ** -126 + slack;
  if (!Number.isFinite(got) || !Number.isFinite(want))
    return Math.sign(got) === Math.sign(want) && Math.min(Math.abs(got), Math.abs(want)) > 3.40282e38;
  if (want === 0 && got === 0) return false; // zeros of other sign
  return Math.abs(got - want) <= ulps * 2 ** (Math.floor(Math.log2(Math.abs(want))) - 23) + slack;
}
