// Vector by matrix where the matrix lies across k: eight threads read a cache line of it, 32 such rows of threads share K.
{{io}}

var<workgroup> sums: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let column = ((workgroup.y * workgroups.x + workgroup.x) * 8u + thread % 8u) * 4u;
  let batch = workgroup.z % params.batch;
  let part = workgroup.z / params.batch;
  let base = params.offsetA + batch * params.strideA;
  let baseX = params.offsetB + batch * params.strideB;
  let kFirst = part * params.chunk;
  let kEnd = min(params.k, kFirst + params.chunk);
  var sum = vec4<f32>();
  // Four lines at a time: as many loads in flight.
  for (var k = kFirst + thread / 8u * 4u; k < kEnd; k += 128u) {
    let along = loadX(baseX, k);
    let line0 = loadA(base, k, params.k, column, params.n);
    let line1 = loadA(base, k + 1u, params.k, column, params.n);
    let line2 = loadA(base, k + 2u, params.k, column, params.n);
    let line3 = loadA(base, k + 3u, params.k, column, params.n);
    sum = fma(vec4<f32>(along.x), line0, sum);
    sum = fma(vec4<f32>(along.y), line1, sum);
    sum = fma(vec4<f32>(along.z), line2, sum);
    sum = fma(vec4<f32>(along.w), line3, sum);
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = 128u; half >= 8u; half >>= 1u) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  if (thread < 8u) {
    store(params.offsetC + part * params.slab + batch * params.n, 0u, column, sums[thread]);
  }
}
