// Shared by the contract shaders: which part of C a workgroup computes, and how NaN is written.

// Row, column and presence (1 or 0) of tile `index`. Eight rows of tiles are walked together, column by column, so that the tiles in
// flight are near each other in both directions and find their operands in the cache.
fn placeOf(index: u32, rows: u32, columns: u32) -> vec3<u32> {
  let down = (params.m + rows - 1u) / rows;
  let across = (params.n + columns - 1u) / columns;
  let band = index / (8u * across);
  let within = index % (8u * across);
  let height = min(8u, max(down, band * 8u + 1u) - band * 8u);
  return vec3<u32>((band * 8u + within % height) * rows, within / height * columns, u32(index < down * across));
}

// Every NaN as the one the CPU writes: equal contents have equal bytes. By bits, for `x != x` may be assumed false.
fn quiet(value: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(value);
  return bitcast<vec4<f32>>(select(bits, vec4<u32>(0x7fc00000u), (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u)));
}
