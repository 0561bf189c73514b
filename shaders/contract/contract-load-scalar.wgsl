// Four neighbours of an operand whose lines start anywhere; zeros outside of it.
@group(0) @binding({{binding}}) var<storage, read> {{array}}: array<f32>;

// Without a branch: loads of a thread can be on their way together.
fn element{{name}}(index: u32, present: bool) -> f32 {
  return select(0.0, {{array}}[select(0u, index, present)], present);
}

fn load{{name}}(base: u32, line: u32, lines: u32, at: u32, extent: u32) -> vec4<f32> {
  let index = base + line * params.{{stride}} + at;
  let present = line < lines;
  return vec4<f32>(
    element{{name}}(index, present & (at < extent)), element{{name}}(index + 1u, present & (at + 1u < extent)),
    element{{name}}(index + 2u, present & (at + 2u < extent)), element{{name}}(index + 3u, present & (at + 3u < extent)));
}
