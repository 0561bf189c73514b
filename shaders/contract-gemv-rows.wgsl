// Matrix by vector where the matrix lies along k: `lanes` threads share four of its lines and add their sums in a tree.
{{io}}

var<workgroup> sums: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % params.lanes;
  let first = ((workgroup.y * workgroups.x + workgroup.x) * (64u / params.lanes) + thread / params.lanes) * 4u;
  let base = params.offsetA + workgroup.z * params.strideA;
  let baseX = params.offsetB + workgroup.z * params.strideB;
  var sum = vec4<f32>();
  for (var k = lane * 4u; k < params.k; k += params.lanes * 4u) {
    let along = loadX(baseX, k);
    sum += vec4<f32>(
      dot(loadA(base, first, params.n, k, params.k), along), dot(loadA(base, first + 1u, params.n, k, params.k), along),
      dot(loadA(base, first + 2u, params.n, k, params.k), along), dot(loadA(base, first + 3u, params.n, k, params.k), along));
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = params.lanes >> 1u; half > 0u; half >>= 1u) {
    if (lane < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    store(params.offsetC + workgroup.z * params.n, 0u, first, sums[thread]);
  }
}
