// Four floats of [0, 1) from the words of a block, the top 24 bits of each.
fn drawn(i: u32) -> vec4<u32> { return bitcast<vec4<u32>>(vec4<f32>(philox(i) >> vec4<u32>(8u)) * 0x1p-24); }
