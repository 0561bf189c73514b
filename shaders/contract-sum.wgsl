// The parts of a product whose K was cut, added in order: four elements a thread.
@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
{{io}}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + thread;
  let size = params.slab >> 2u;
  if (index >= size) {
    return;
  }
  var sum = parts[index];
  for (var part = 1u; part * params.chunk < params.k; part++) {
    sum += parts[part * size + index];
  }
  c[index] = finish(sum, index * 4u);
}
