// C = op(A)·op(B) from registers alone: a thread computes 4×4 of C, a workgroup 32×32.
{{io}}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = placeOf(workgroup.y * workgroups.x + workgroup.x, 32u, 32u);
  let row = place.x + thread / 8u * 4u;
  let column = place.y + thread % 8u * 4u;
  if (place.z == 0u || row >= params.m || column >= params.n) {
    return;
  }
  let batch = workgroup.z;
  let baseA = params.offsetA + batch * params.strideA;
  let baseB = params.offsetB + batch * params.strideB;
  let kEnd = params.k;
  {{accumulators}}
  for (var k = 0u; k < kEnd; k += 4u) {
    {{multiply}}
  }
  let baseC = params.offsetC + batch * params.m * params.n;
  {{store}}
}
