// Two integers from each of two blocks: floor(64 bits · range / 2^64) + low; a range of 2^32 is given as 0.
fn scaled(high: u32, low: u32) -> u32 {
  if (params.range == 0u) { return high; }
  let carry = multiplyWide(low, params.range).x;
  let product = multiplyWide(high, params.range);
  return product.x + u32(product.y + carry < carry);
}

fn drawn(i: u32) -> vec4<u32> {
  let a = philox(2u * i);
  let b = philox(2u * i + 1u);
  return vec4<u32>(scaled(a.y, a.x), scaled(a.w, a.z), scaled(b.y, b.x), scaled(b.w, b.z)) + params.low;
}
