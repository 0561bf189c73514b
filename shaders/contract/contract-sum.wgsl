// The parts of a product whose K was cut: `lanes` threads have four elements, each of them adds every lanes-th part, and a tree their sums.
@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
{{io}}

var<workgroup> sums: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % params.lanes;
  let index = (workgroup.y * workgroups.x + workgroup.x) * (64u / params.lanes) + thread / params.lanes;
  let size = params.slab >> 2u;
  let at = min(index, size - 1u);
  var sum = parts[lane * size + at];
  for (var part = lane + params.lanes; part * params.chunk < params.k; part += params.lanes) {
    sum += parts[part * size + at];
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = params.lanes >> 1u; half > 0u; half >>= 1u) {
    if (lane < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u && index < size) {
    c[index] = finish(sums[thread], index * 4u);
  }
}
