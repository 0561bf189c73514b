// Matrix by vector where the matrix lies along k: `lanes` threads share four of its lines and add their sums in a tree.
{{io}}

var<workgroup> sums: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % params.lanes;
  let first = ((workgroup.y * workgroups.x + workgroup.x) * (64u / params.lanes) + thread / params.lanes) * 4u;
  let batch = workgroup.z % params.batch;
  let part = workgroup.z / params.batch;
  let base = params.offsetA + batch * params.strideA;
  let baseX = params.offsetB + batch * params.strideB;
  let kFirst = part * params.chunk;
  let kEnd = min(params.k, kFirst + params.chunk);
  var sum = vec4<f32>();
  for (var k = kFirst + lane * 4u; k < kEnd; k += params.lanes * 4u) {
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
    store(params.offsetC + part * params.slab + batch * params.n, 0u, first, sums[thread]);
  }
}
