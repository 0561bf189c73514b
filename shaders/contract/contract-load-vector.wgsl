// Four neighbours of an operand whose lines are whole vectors; zeros outside of it.
@group(0) @binding({{binding}}) var<storage, read> {{array}}: array<vec4<f32>>;

// Without a branch: loads of a thread can be on their way together.
fn load{{name}}(base: u32, line: u32, lines: u32, at: u32, extent: u32) -> vec4<f32> {
  let present = (line < lines) & (at < extent);
  return select(vec4<f32>(), {{array}}[select(0u, (base + line * params.{{stride}} + at) >> 2u, present)], present);
}
