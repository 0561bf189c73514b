// A small float as the low bits of a word, to and from float32 on any adapter, with or without shader-f16: integers throughout,
// since packing built-ins may round otherwise and flush what is small. The twin of kernels/codecs/small-float.ts; holes are its
// constants, `name` is the dtype.

// The number of a stored element; NaNs in one form.
fn decode_{{name}}(stored: u32) -> f32 {
  let sign = (stored & {{signBit}}u) << {{signShift}}u;
  let magnitude = stored & {{magnitudeMask}}u;
  let normal = (magnitude << {{shift}}u) + {{rebias}}u;
  let number = sign | {{number}};
  return bitcast<f32>(select(number, 0x7fc00000u, magnitude >= {{firstNaN}}u));
}

// The element nearest to a number, ties to even.
fn encode_{{name}}(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let normal = (magnitude - {{rebias}}u + {{tie}}u + ((magnitude >> {{shift}}u) & 1u)) >> {{shift}}u;
  let rounded = {{rounded}} | ((bits >> {{signShift}}u) & {{signBit}}u);
  return select(rounded, {{nan}}u, magnitude >= {{nanWord}}u);
}

// Below the least normal number: the 24-bit fraction moves right by what the exponent says.
fn encodeSmall_{{name}}(magnitude: u32) -> u32 {
  let shift = min({{lastSmall}}u - (magnitude >> 23u), 25u);
  let fraction = (magnitude & 0x7fffffu) | 0x800000u;
  let kept = fraction >> shift;
  let rest = fraction & ((1u << shift) - 1u);
  let tie = 1u << (shift - 1u);
  return kept + u32(rest > tie || (rest == tie && (kept & 1u) == 1u));
}
