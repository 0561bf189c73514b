// Few outputs and a long K: a workgroup computes 4×4 of C, its threads share K and add their sums in a tree.
{{io}}

var<workgroup> sums: array<vec4<f32>, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = placeOf(workgroup.y * workgroups.x + workgroup.x, 4u, 4u);
  if (place.z == 0u) {
    return;
  }
  let row = place.x;
  let column = place.y;
  let batch = workgroup.z;
  let baseA = params.offsetA + batch * params.strideA;
  let baseB = params.offsetB + batch * params.strideB;
  let kEnd = params.k;
  {{accumulators}}
  for (var k = thread * 4u; k < kEnd; k += 256u) {
    {{multiply}}
  }
  {{share}}
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (thread < half) {
      for (var i = 0u; i < 256u; i += 64u) {
        sums[i + thread] += sums[i + thread + half];
      }
    }
    workgroupBarrier();
  }
  if (thread < 4u) {
    store(params.offsetC + batch * params.m * params.n, row + thread, column, sums[thread * 64u]);
  }
}
