// Least and greatest elements, as unsigned integers in the order wanted: exact for every dtype, and NaN above all.

const FLOATS = {{floats}};
const SIGNED = {{signed}};
const LEAST = {{least}};
const MAGNITUDES = {{magnitudes}};
const ZEROS_EQUAL = {{zerosEqual}};

// Greater is what wins.
fn rankOf(x: {{scalar}}) -> u32 {
  var bits = bitcast<u32>(x);
  if (FLOATS) {
    let size = bits & 0x7fffffffu;
    if (size > 0x7f800000u) { return 0xffffffffu; }
    if (MAGNITUDES) { return size; }
    if (ZEROS_EQUAL && size == 0u) { bits = 0u; }
    bits = select(bits ^ 0x80000000u, ~bits, bits != size);
  } else if (SIGNED) {
    bits ^= 0x80000000u;
  }
  return select(bits, ~bits, LEAST);
}
