// Random numbers by index: each thread draws the four elements of a vector from the blocks they are numbered in.
@group(0) @binding(0) var<storage, read_write> y: array<vec4<u32>>;

{{philox}}
{{distribution}}

@compute @workgroup_size(64)
fn main({{builtins}}) {
  let i = {{workgroup}} * 64u + thread;
  if (i >= params.vectors) { return; }
  y[i] = drawn(i);
}
