// C = op(A)·op(B), a workgroup {{rows}}×{{columns}} of C, a thread {{threadRows}}×{{threadColumns}} of it in named accumulators.
// While one tile of the operands is multiplied, the next is on its way from memory into registers.
{{io}}

// Both k-major: A as columns of op(A), B as rows of op(B).
var<workgroup> tileA: array<vec4<{{staged}}>, {{sizeA}}>;
var<workgroup> tileB: array<vec4<{{staged}}>, {{sizeB}}>;

@compute @workgroup_size({{threads}})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = placeOf(workgroup.y * workgroups.x + workgroup.x, {{rows}}u, {{columns}}u);
  if (place.z == 0u) {
    return;
  }
  let batch = workgroup.z % params.batch;
  let part = workgroup.z / params.batch;
  let baseA = params.offsetA + batch * params.strideA;
  let baseB = params.offsetB + batch * params.strideB;
  let kFirst = part * params.chunk;
  let kEnd = min(params.k, kFirst + params.chunk);
  // Thirty-two neighbours are a block of 8×4 threads: few distinct vectors a read of either tile.
  let x = thread % 8u + 8u * (thread / 32u % {{blocks}}u);
  let y = thread / 8u % 4u + 4u * (thread / {{blockThreads}}u);
  {{accumulators}}
  {{held}}
  {{fetchFirst}}
  {{front}}
  for (var k = kFirst; k < kEnd; k += {{depth}}u) {
    {{stage}}
    workgroupBarrier();
    {{fetchNext}}
    for (var p = 0u; p < {{depth}}u; p++) {
      {{multiply}}
    }
    {{turn}}
  }
  let baseC = params.offsetC + part * params.slab + batch * params.m * params.n;
  {{store}}
}
