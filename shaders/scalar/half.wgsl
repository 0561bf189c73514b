// Half precision as 16 bits of a word, to and from float32 on any adapter, with or without shader-f16: integers throughout, since
// packing built-ins may round otherwise and flush what is small. The twin of kernels/scalar/half.ts.

const HALF_MAGNITUDE = 0x7fffu;
const HALF_INFINITY = 0x7c00u;

// The number of a half; NaNs in one form.
fn widenedHalf(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let magnitude = half & HALF_MAGNITUDE;
  // Multiples of 2^-24 below 2^-14, which are not small in float32.
  let small = bitcast<u32>(f32(magnitude) * 5.9604644775390625e-8);
  let normal = (magnitude << 13u) + 0x38000000u;
  let number = sign | select(select(normal, small, magnitude < 0x400u), 0x7f800000u, magnitude == HALF_INFINITY);
  return bitcast<f32>(select(number, 0x7fc00000u, magnitude > HALF_INFINITY));
}

// The half nearest to a number, ties to even.
fn narrowedHalf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u;
  let special = select(HALF_INFINITY, 0x7e00u, magnitude > 0x7f800000u);
  let rounded = select(select(normal, narrowedSmall(magnitude), magnitude < 0x38800000u), special, magnitude >= 0x477ff000u);
  return select(rounded | ((bits >> 16u) & 0x8000u), rounded, magnitude > 0x7f800000u);
}

// Below 2^-14: the 24-bit fraction moves right by what the exponent says.
fn narrowedSmall(magnitude: u32) -> u32 {
  let shift = min(126u - (magnitude >> 23u), 25u);
  let fraction = (magnitude & 0x7fffffu) | 0x800000u;
  let kept = fraction >> shift;
  let rest = fraction & ((1u << shift) - 1u);
  let tie = 1u << (shift - 1u);
  return kept + u32(rest > tie || (rest == tie && (kept & 1u) == 1u));
}
