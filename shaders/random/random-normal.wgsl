// Normal numbers by Box and Muller: two of each of two blocks, u and v being 53 bits. Only the last steps are in floats: 1 - u and
// the distance of v from the next quarter turn are exact before they are rounded to 24 bits, so that no result loses its relative
// precision.

// A 64-bit fraction (high word first) as a float.
fn fraction(bits: vec2<u32>) -> f32 {
  let zeros = countLeadingZeros(bits.x);
  if (zeros == 32u) { return f32(bits.y) * 0x1p-64; }
  let top = select((bits.x << zeros) | (bits.y >> (32u - zeros)), bits.x, zeros == 0u);
  return f32(top) * 0x1p-32 * bitcast<f32>((127u - zeros) << 23u);
}

fn negated(bits: vec2<u32>) -> vec2<u32> { return vec2<u32>(~bits.x + u32(bits.y == 0u), ~bits.y + 1u); }

// √(-2 log(1 - u)).
fn radius(u: vec2<u32>) -> f32 {
  if (u.x < 0x40000000u) { return squareRoot(-2.0 * logOf(0.0, -fraction(u))); }
  let split = splitForLog(fraction(negated(u)));
  return squareRoot(-2.0 * logOf(split.k, split.f));
}

// Cosine and sine of 2πv.
fn direction(v: vec2<u32>) -> vec2<f32> {
  let angle = angleOf(v.x, v.y, 0u);
  let near = vec2<f32>(cosineNear0(angle.rest), sineNear0(angle.rest));
  let turned = select(near, vec2<f32>(-near.y, near.x), (angle.quadrant & 1u) == 1u);
  return select(turned, -turned, angle.quadrant >= 2u);
}

fn pairOf(block: vec4<u32>) -> vec2<u32> {
  let mask = 0xfffff800u; // 53 bits
  return bitcast<vec2<u32>>(radius(vec2<u32>(block.y, block.x & mask)) * direction(vec2<u32>(block.w, block.z & mask)));
}

fn drawn(i: u32) -> vec4<u32> { return vec4<u32>(pairOf(philox(2u * i)), pairOf(philox(2u * i + 1u))); }
