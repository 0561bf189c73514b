// The low bytes of four words as one: results of packed dtypes, which no single thread of a reduction has four of.
@group(0) @binding(0) var<storage, read> words: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;

@compute @workgroup_size(64)
fn main({{builtins}}) {
  let i = {{workgroup}} * 64u + thread;
  if (i >= params.packedWords) { return; }
  let bytes = words[i] & vec4<u32>(0xffu);
  packed[i] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
}
